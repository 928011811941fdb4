# The words on the picture of an invitation pass.

pass-title = رمز التسجيل
pass-number = رقم التسجيل
pass-days = صالح { $days }
pass-show = اعرض هذا الرمز عند مكتب التسجيل وارفع سطوع الشاشة.
pass-personal = خاص بك وحدك. يُرجى عدم إعادة إرساله.
