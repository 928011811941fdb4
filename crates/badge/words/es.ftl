# The words on the picture of an invitation pass.

pass-title = Código de registro
pass-number = Número de registro
pass-days = Válido { $days }
pass-show = Muestre este código en el mostrador de registro y suba el brillo de la pantalla.
pass-personal = Es personal. Por favor, no lo reenvíe.
