# The words on the picture of an invitation pass.

pass-title = 受付コード
pass-number = 受付番号
pass-days = 有効期間：{ $days }
pass-show = 画面を明るくして、受付機にかざしてください。
pass-personal = ご本人専用です。転送しないでください。
