use super::*;

fn parse(text: &str) -> Result<Device, BadDevice> {
    text.parse()
}

#[test]
fn what_is_written_is_what_is_meant_and_what_is_shown() {
    for text in [
        "camera:any",
        "camera:usb-046d_HD_Pro_Webcam_C920-video-index0",
        "camera:/dev/video0?size=1280x720&exposure=200&torch=yes",
        "camera:file:/tmp/a folder/passes",
        "camera:file:C:\\passes.mjpeg?rate=15&repeat=no&turn=90&mirror=yes",
        "camera:file:/tmp/what?.png?",
        "serial:/dev/ttyACM0",
        "serial:COM3?baud=115200",
        "serial:0c2e:0b61",
        "serial:0c2e:0b61:S/N 7:1?end=silence&silence=80",
        "serial:any?end=cr",
        "hid:any",
        "hid:0c2e:0b61",
        "keyboard:/dev/input/by-id/usb-Scanner-event-kbd",
        "keyboard:05fe:1010",
    ] {
        let device = parse(text).unwrap();
        assert_eq!(device.to_string(), text);
        let json = serde_json::to_string(&device).unwrap();
        assert_eq!(serde_json::from_str::<Device>(&json).unwrap(), device);
    }
    assert_eq!(parse("serial:0C2E:0B61").unwrap().to_string(), "serial:0c2e:0b61");
    let Device::Serial(line) = parse("serial:any?end=lf").unwrap() else { unreachable!() };
    assert_eq!((line.ending, line.silence), (Ending::Lf, Duration::from_secs(2)));
}

#[test]
fn what_names_no_device_is_refused_with_what_to_write() {
    for (text, word) in [
        ("", "camera:any"),
        ("camera", "camera:any"),
        ("camera:", "which one"),
        ("webcam:0", "no device of the kind webcam"),
        ("camera:file:", "path of a recording"),
        ("camera:any?repeat=no", "only a recording"),
        ("camera:file:/tmp/x?torch=yes", "leave torch out"),
        ("camera:any?zoom=2", "no choice zoom"),
        ("camera:file:/tmp/what?.png", "another one at its end"),
        ("camera:any?rate=0", "from 1 to 240"),
        ("camera:any?rate=fast", "from 1 to 240"),
        ("camera:any?turn=45", "0, 90, 180 or 270"),
        ("camera:any?size=1280", "1280x720"),
        ("camera:any?mirror", "key=value"),
        ("camera:any?mirror=maybe", "yes or no"),
        ("serial:12:34", "four hexadecimal digits"),
        ("serial:+123:0b61", "four hexadecimal digits"),
        ("serial:0c2e:0b61:", "serial number"),
        ("serial:/dev/ttyS0?end=tab", "any, cr, lf, crlf or silence"),
        ("serial:/dev/ttyS0?silence=0", "from 10 to 10000"),
        ("serial:/dev/tty\nS0", "control character"),
        ("hid:/dev/hidraw0", "any or by VENDOR:PRODUCT"),
        ("hid:any?x=1", "nothing to choose"),
        ("keyboard:any", "never by any"),
    ] {
        let refusal = parse(text).unwrap_err().to_string();
        assert!(refusal.contains(word), "{text}: {refusal}");
    }
}
