# The words on the picture of an invitation pass.

pass-title = 报到码
pass-number = 登记号
pass-days = 有效日期：{ $days }
pass-show = 请在签到台出示此码，并调高屏幕亮度。
pass-personal = 仅限本人使用，请勿转发。
