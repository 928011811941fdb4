# The words on the picture of an invitation pass.

pass-title = Code d’enregistrement
pass-number = Numéro d’enregistrement
pass-days = Valable { $days }
pass-show = Présentez ce code à l’accueil et augmentez la luminosité de l’écran.
pass-personal = Strictement personnel. Merci de ne pas le transférer.
