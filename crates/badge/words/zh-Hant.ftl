# The words on the picture of an invitation pass.

pass-title = 報到碼
pass-number = 登記號
pass-days = 有效日期：{ $days }
pass-show = 請在簽到台出示此碼，並調高螢幕亮度。
pass-personal = 僅限本人使用，請勿轉發。
