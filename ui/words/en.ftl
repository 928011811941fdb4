# Texts of the self-service desk. Line by line the same keys as zh-Hans.ftl; a test compares them.
# Words: registration code, badge, desk, help desk. Calm, no blame, no reasons in public.

attract-title = Show your registration code
attract-no-code = No code? Please go to the help desk
elsewhere-title = This printer has stopped
elsewhere-stations = Please go to { $stations } and show your code there
elsewhere-desk = Please go to the help desk: your badge is printed there
elsewhere-or = {" "}or{" "}

confirm-title = Is this you?
confirm-yes-badge = Yes, print my badge
confirm-yes = Yes, sign me in
confirm-no = Not me

printing-title = Making your badge
printing-hint = One moment, it comes out of the slot

done-title = Welcome home
done-since = In since { $time }
done-leaving = See you soon
done-next = Next
done-seat = Your seat
done-table = Your table
done-bus = Your bus
done-tray = Your badge lies in tray
done-more-may-be-inside = More people may be inside than this desk has heard of
done-ask = Do you have your badge?
done-have = I have my badge
done-no-badge = No badge came
done-finish = All right

already-title = You are registered
already-ask = Do you have your badge?
already-yes = I have my badge
already-no = Not yet

ask-title = Please decide
ask-look-up = Please look up the guest
ask-let-in = Let in
ask-not-now = Not now
ask-default = This desk leaves it to you. Let in?
ask-invitation-at-door = An invitation, no badge yet. Let in and mark as arrived?
ask-wrong-site = This guest has a seat on another bus. Take along on this one?
    .yes = Take along
ask-unbound-blank = This badge belongs to nobody yet, or to two.
ask-newer-record = A newer desk recorded something about this guest that this one cannot read. Let in?
ask-clock-unsure = The clock of this desk may be wrong, so the hour was not checked. Let in?
ask-list-too-old = The list of this desk is too old for this category. Let in?
ask-doors-not-open = The doors are not open yet. Let in all the same?
    .yes = Let in all the same
ask-doors-closed = The doors have closed. Let in all the same?
    .yes = Let in all the same
ask-full = There is no room any more. Let in all the same?
    .yes = Let in all the same

help-title = Please see the help desk
help-again = Try another code
help-code = Tell a colleague this number
help-default = A colleague will do this step with you. It will not take long.

help-not-ours = This is not a code of this convention. Please show the QR code that the convention sent you, or ask at the help desk.
    .title = Please show your convention code
help-newer-pass = Your code is newer than this desk can read. A colleague will help you in a moment.
help-unknown-key = This desk does not know this code yet. A colleague will help you in a moment.
help-forged = This code could not be read clearly. A colleague will check it with you in a moment.
help-wrong-convention = This code belongs to another event. A colleague will help you in a moment.
help-not-yet = This code is for a later day. A colleague can tell you which one.
help-expired = The day of this code has passed. A colleague will help you in a moment.
help-revoked = This code needs to be renewed. A colleague will help you in a moment.
help-replaced = If you have a newer code, please show that one. A colleague will help you in a moment.
help-cancelled = A colleague will look at your registration with you. It will not take long.
help-unknown-attendee = Your registration has not reached this desk yet. A colleague will help you in a moment.
help-not-entitled = This is a different session. A colleague will tell you where to go.
help-doors-not-open = Check-in has not started yet. Please come back a little later.
    .title = You are early
help-doors-closed = Check-in here has ended. A colleague will find a way for you.
help-already-in = You have signed in already. The help desk is there if you need anything.
    .title = You are signed in
help-not-in = Your way in is not on record yet. A colleague will help you in a moment.
help-full = There is no room here at the moment. A colleague will find a way for you.
help-invitation-at-door = Please collect your badge first; it opens this door.
    .title = Registration comes first
help-badge-at-registration = You have your badge and can go straight in. The help desk is there if you need anything.
    .title = You have your badge
help-newer-record = A colleague will look at your registration with you.
help-unbound-blank = This badge has no name yet. A colleague will help you in a moment.
help-list-too-old = This desk is waiting for a new list. A colleague will help you in a moment.
help-clock-unsure = This desk needs a colleague for a moment. The help desk will serve you right away.
help-wrong-site = Your seat is on another bus. A colleague will show you which one.
help-not-stored = The kiosk could not save your registration. The help desk registers you.
    .title = Please go to the help desk
help-shut-down = The organiser has shut this desk down; please give it back. Guests are welcome at the help desk.
    .title = This desk is closed
help-desk-closed = The organiser has closed this desk; please leave it on until its records have arrived. Guests are welcome at the help desk.
    .title = This desk is closed

help-print-failed = You are registered. The help desk prints your badge.
    .title = Your badge is at the help desk
help-badge-open = Your badge has not been printed yet. The help desk prints it.
    .title = Your badge is at the help desk

countdown-title = Are you still there?
countdown-left =
    { $seconds ->
        [one] Back to start in { $seconds } second
       *[other] Back to start in { $seconds } seconds
    }
countdown-more = I am here

frame-station = Desk { $name }
frame-list = List of { $at }
frame-list-age =
    { $minutes ->
        [0] just now
       *[other] { $minutes } min ago
    }
frame-no-list = List on its way
frame-waiting =
    { $count ->
        [one] { $count } record to sync
       *[other] { $count } records to sync
    }
frame-offline = Offline, check-in goes on
# What staff should look at at the printer; short, in the foot of the screen.
printer-offline = Printer does not answer
printer-foreign = Not a printer
printer-paper-out = No paper
printer-jam = Paper jam
printer-cover-open = Printer is open
printer-ink-out = No ink
printer-paused = Printer is paused
printer-rejecting = Printer takes no jobs
printer-fault = Printer fault
printer-paper-low = Paper is low
printer-ink-low = Ink is low
frame-rehearsal = Rehearsal
frame-test = TEST
frame-badge = Badge of { $name }
frame-language = Language

# The scanner page, for staff only: short, and plain about what is wrong.
scanners-title = Scanners
scanners-only-tried = Nothing is recorded while this page is open
scanners-close = Back to the guests
scanners-codes = Last codes
scanners-none = No code yet. Hold one before the camera or the scanner
scanners-keyboard = Scanner that types
scanners-keyboard-hint = Needs no setting here: what it types arrives in this window
scanners-frames = { $rate } frames a second
scanners-looks = { $middle } ms to look, { $longest } ms at most
scanners-heard =
    { $count ->
        [0] no code yet
        [one] one code
       *[other] { $count } codes
    }
scanners-refused =
    { $count ->
        [one] one piece refused
       *[other] { $count } pieces refused
    }
scanners-opening = opening
scanners-ready = ready
scanners-unplugged = not there
scanners-broken = failed
scanners-now = just now
scanners-ago = { $seconds } s ago
scanners-camera = camera
scanners-serial = serial
scanners-hid = HID
scanners-source-keyboard = typed
scanners-good = would be let in
scanners-was-good = let in
scanners-waiting = not answered
scanners-preview = What the camera sees
scan-not-ours = not one of ours
scan-newer-pass = pass of a newer version: update this desk
scan-unknown-key = signed by a key that this desk does not know
scan-forged = not signed by the key that it names
scan-wrong-convention = pass of another convention
scan-not-yet = before its first day
scan-expired = after its last day
scan-revoked = withdrawn
scan-replaced = replaced by a newer pass
scan-cancelled = guest called off
scan-unknown-attendee = guest is not on this desk's list
scan-not-entitled = not entitled to this activity
scan-doors-not-open = doors not open yet
scan-doors-closed = doors closed
scan-already-in = in already
scan-not-in = no way in on record
scan-full = no room
scan-invitation-at-door = invitation; a badge is shown here
scan-badge-at-registration = badge; has been here already
scan-unbound-blank = blank badge of nobody
scan-list-too-old = list too old for this category
scan-clock-unsure = clock of this desk is unsure
scan-newer-record = record of a newer version
scan-wrong-site = seat on another bus
scan-not-stored = could not be stored: look at the disk
scan-shut-down = this desk was shut down
scan-desk-closed = this desk was closed
scan-default = not let in
