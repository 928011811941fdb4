# The words on the picture of an invitation pass.

pass-title = Код регистрации
pass-number = Регистрационный номер
pass-days = Действителен { $days }
pass-show = Покажите этот код на стойке регистрации и прибавьте яркость экрана.
pass-personal = Только для вас. Пожалуйста, не пересылайте.
