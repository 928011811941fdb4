# The words on the picture of an invitation pass.

pass-title = Registration code
pass-number = Registration number
pass-days = Valid { $days }
pass-show = Show this code at the check-in desk and turn up the brightness of your screen.
pass-personal = For you alone. Please do not forward.
