# The words on the picture of an invitation pass.

pass-title = 등록 코드
pass-number = 등록 번호
pass-days = 유효 기간: { $days }
pass-show = 화면을 밝게 하고 등록 데스크에서 이 코드를 보여 주세요.
pass-personal = 본인 전용입니다. 전달하지 마세요.
