# 迎宾自助签到台的文字。与 en.ftl 逐条对应，有测试核对。
# 用词：报到码、证件、签到台、服务台、大会。语气平和，不责怪，不公开原因。

attract-title = 请出示报到码
attract-no-code = 没有报到码？请到服务台
elsewhere-title = 本机暂停打印
elsewhere-stations = 请到 { $stations } 号签到台出示报到码
elsewhere-desk = 请到服务台报到，证件在那里打印
elsewhere-or = {" "}或{" "}

confirm-title = 请确认是您本人
confirm-yes-badge = 是我，领取证件
confirm-yes = 是我，签到
confirm-no = 不是我

printing-title = 正在制作证件
printing-hint = 请稍候，证件马上从出口出来

done-title = 欢迎回家
done-since = { $time } 已入场
done-leaving = 请慢走
done-next = 接下来
done-seat = 您的座位
done-table = 您的桌次
done-bus = 您的车辆
done-tray = 您的证件在证件盘
done-more-may-be-inside = 场内人数可能多于本机所知
done-ask = 证件拿到了吗？
done-have = 已拿到证件
done-no-badge = 没有出来
done-finish = 好的

already-title = 您已经报到了
already-ask = 证件拿到了吗？
already-yes = 已拿到证件
already-no = 还没有

ask-title = 请您决定
ask-look-up = 请先查找来宾
ask-let-in = 请进
ask-not-now = 先不进
ask-default = 这一步由您决定。请进吗？
ask-invitation-at-door = 这是报到码，还没有领证件。请进并记为已到吗？
ask-wrong-site = 这位来宾的座位在另一辆车上。上这辆车一起走吗？
    .yes = 上这辆车
ask-unbound-blank = 这张证件还没有对应的来宾，或对应了两位。
ask-newer-record = 另一台较新的签到台为这位来宾留有本机无法读取的记录。请进吗？
ask-clock-unsure = 本机时钟可能不准，没有核对时间。请进吗？
ask-list-too-old = 本机名单较旧，这一类来宾需要您确认。请进吗？
ask-doors-not-open = 还没有到入场时间。仍然请进吗？
    .yes = 仍然请进
ask-doors-closed = 入场时间已过。仍然请进吗？
    .yes = 仍然请进
ask-full = 场内已经满了。仍然请进吗？
    .yes = 仍然请进

help-title = 请到服务台
help-again = 换一个报到码
help-code = 请告诉同事这个编号
help-default = 这一步需要同事为您办理，很快就好。

help-not-ours = 这个码不是本次大会的报到码。请出示大会发给您的二维码，或到服务台，同事会帮您找到。
    .title = 请出示大会的报到码
help-newer-pass = 您的报到码是新版，这台设备还读不了。同事会很快帮您办好。
help-unknown-key = 这台设备暂时认不出这个报到码。同事会很快帮您办好。
help-forged = 这个报到码没有读清楚，需要同事核对一下，很快就好。
help-wrong-convention = 这个报到码属于另一场活动。同事会很快帮您办好。
help-not-yet = 这个报到码还没有到使用的日子。同事可以告诉您哪一天来。
help-expired = 这个报到码的日期已经过了。同事会很快帮您办好。
help-revoked = 这个报到码需要更新。同事会很快帮您办好。
help-replaced = 如果您有更新的码，请出示最新的那一个。同事会很快帮您办好。
help-cancelled = 您的登记需要同事看一下，很快就好。
help-unknown-attendee = 这台设备的名单里还没有您的登记。同事会很快帮您办好。
help-not-entitled = 这里是另一个场次。同事会告诉您该去哪里。
help-doors-not-open = 现在还没有开始签到，请稍后再来。
    .title = 您来得真早
help-doors-closed = 这里的签到已经结束。同事会为您安排。
help-already-in = 您已经签到过了。需要帮忙请到服务台。
    .title = 您已经签到
help-not-in = 还没有您入场的记录。同事会很快帮您办好。
help-full = 这里暂时没有空位。同事会为您安排。
help-invitation-at-door = 请先领取证件，再用证件入场。
    .title = 请先到报到处
help-badge-at-registration = 您的证件已经领好了，可以直接入场。需要帮忙请到服务台。
    .title = 证件已领取
help-newer-record = 您的登记需要同事看一下，很快就好。
help-unbound-blank = 这张证件还没有登记姓名。同事会很快帮您办好。
help-list-too-old = 这台设备正在等新的名单。同事会很快帮您办好。
help-clock-unsure = 这台设备需要同事调一下。请到服务台，马上就好。
help-wrong-site = 您的座位在另一辆车上。同事会告诉您是哪一辆。
help-not-stored = 这台机器没能保存您的报到，服务台马上为您办理。
    .title = 请到服务台报到
help-shut-down = 主办方已停用这台设备，请交还主办方。来宾请到服务台办理。
    .title = 这台设备已停用
help-desk-closed = 主办方已关闭这台设备，请保持开机联网，直到记录上传完毕。来宾请到服务台办理。
    .title = 这台设备已停用

help-print-failed = 您已经报到成功，证件由服务台为您打印。
    .title = 请到服务台领证件
help-badge-open = 您的证件尚未打印，请到服务台领取。
    .title = 请到服务台领证件

countdown-title = 您还在吗？
countdown-left = { $seconds } 秒后返回首页
countdown-more = 我还在

frame-station = 签到台 { $name }
frame-list = 名单 { $at } 更新
frame-list-age =
    { $minutes ->
        [0] 刚刚
       *[other] { $minutes } 分钟前
    }
frame-no-list = 名单待更新
frame-waiting = 待同步 { $count } 条
frame-offline = 离线，签到照常
# 打印机的状况，供工作人员看，在页脚。
printer-offline = 打印机无应答
printer-foreign = 地址上不是打印机
printer-paper-out = 缺纸
printer-jam = 卡纸
printer-cover-open = 机盖未关
printer-ink-out = 缺墨
printer-paused = 打印机已暂停
printer-rejecting = 打印队列已停
printer-fault = 打印机故障
printer-paper-low = 纸将用尽
printer-ink-low = 墨将用尽
frame-rehearsal = 演练
frame-test = 测试
frame-badge = { $name } 的证件
frame-language = 语言

# 扫码设备页，只供工作人员看：简短，直说问题。
scanners-title = 扫码设备
scanners-only-tried = 本页打开时只试读，不作任何记录
scanners-close = 返回来宾页面
scanners-codes = 最近读到的码
scanners-none = 尚未读到码，请对准摄像头或扫码枪
scanners-keyboard = 键盘式扫码枪
scanners-keyboard-hint = 无需设置，读到的内容直接输入本窗口
scanners-frames = 每秒 { $rate } 帧
scanners-looks = 每帧识读 { $middle } 毫秒，最长 { $longest } 毫秒
scanners-heard =
    { $count ->
        [0] 尚无
       *[other] 读到 { $count } 个
    }
scanners-refused = 不能用 { $count } 段
scanners-opening = 正在打开
scanners-ready = 正常
scanners-unplugged = 未连接
scanners-broken = 出错
scanners-now = 刚刚
scanners-ago = { $seconds } 秒前
scanners-camera = 摄像头
scanners-serial = 串口
scanners-hid = HID
scanners-source-keyboard = 键盘
scanners-good = 可以放行
scanners-was-good = 已放行
scanners-waiting = 未得到答复
scanners-preview = 摄像头画面
scan-not-ours = 不是本系统的码
scan-newer-pass = 新版本的码，请升级本机
scan-unknown-key = 本机不认识签发它的密钥
scan-forged = 签名不符
scan-wrong-convention = 其他活动的码
scan-not-yet = 尚未到有效日期
scan-expired = 已过有效日期
scan-revoked = 已作废
scan-replaced = 已被新码取代
scan-cancelled = 来宾已取消出席
scan-unknown-attendee = 本机名单上没有此人
scan-not-entitled = 无权参加本场活动
scan-doors-not-open = 尚未开始入场
scan-doors-closed = 入场已结束
scan-already-in = 已经入场
scan-not-in = 没有入场记录
scan-full = 已满员
scan-invitation-at-door = 报到码；此处须出示证件
scan-badge-at-registration = 证件码；已经报到
scan-unbound-blank = 空白证件，尚未绑定
scan-list-too-old = 名单过旧，不能用于此身份
scan-clock-unsure = 本机时钟不准
scan-newer-record = 新版本写的记录
scan-wrong-site = 座位在另一辆车
scan-not-stored = 未能保存，请查看磁盘
scan-shut-down = 本机已被停用
scan-desk-closed = 本机已被关闭
scan-default = 未放行
