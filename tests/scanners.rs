//! Guests who hold their code before a camera, and staff who look why one is not read.

use std::path::Path;

use badge::pass_picture::PassPicture;

use crate::support::venue::Venue;
use crate::support::wait_for;
use crate::support::webdriver::Window;

/// Plugs a camera in that sees a code, or takes it away.
fn show(seen: &Path, text: Option<&str>) {
    if seen.exists() {
        std::fs::remove_dir_all(seen).unwrap();
    }
    let Some(text) = text else { return };
    let making = seen.with_extension("making");
    std::fs::create_dir(&making).unwrap();
    std::fs::write(making.join("frame.png"), pass(text)).unwrap();
    std::fs::rename(making, seen).unwrap();
}

/// Draws a pass as guests get it on the phone.
fn pass(text: &str) -> Vec<u8> {
    let picture = PassPicture {
        number: "260926".to_owned(),
        name: "欧阳静怡".to_owned(),
        convention: "首届全球辽商大会".to_owned(),
        token: text.to_owned(),
        language: "zh-Hans".to_owned(),
        ..PassPicture::default()
    };
    picture.png().unwrap()
}

/// Rests a finger on the clock, as staff do.
fn rest_on_the_clock(window: &Window) {
    window.script(
        "document.querySelector('time').dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }))",
    );
    window.wait_for("h1", "扫码设备");
}

#[test]
fn a_code_held_before_the_camera_is_a_scan_and_staff_see_what_is_refused() {
    let venue = Venue::rehearsing();
    let people = venue.people();
    let (ouyang, next) = (&people["260926"], venue.guests(1).remove(0));
    let seen = venue.path("seen");
    let camera = format!("camera:file:{}?rate=20", seen.display());
    let window = Window::at(&venue, &["--scanner", &camera]);
    window.wait_for("body", "请出示报到码");

    show(&seen, Some(&ouyang.invitation));
    window.wait_for("[data-screen=confirm]", "欧阳静怡");
    window.click("button[data-touch=this_is_me]");
    window.wait_for("body", "欢迎回家");
    wait_for("the arrival on the server", || {
        (venue.arrived("registration") == [ouyang.id.clone()]).then_some(())
    });
    window.click("button[data-touch=finished]");
    window.wait_for("[data-screen=attract]", "");
    let sees = "const c = document.querySelector('canvas.shows');
                return c !== null && c.getContext('2d').getImageData(0, 0, c.width, c.height)
                    .data.some((shade, n) => n % 4 === 1 && shade === 208)";
    wait_for("the code with its outline", || window.script(sees).as_bool().filter(|sees| *sees));

    rest_on_the_clock(&window);
    window.wait_for(".devices", "读到");
    window.wait_for(".codes", "已放行");
    show(&seen, None);
    window.wait_for(".devices", "未连接");
    show(&seen, Some("HTTPS://EXAMPLE.COM/SOMEBODY-ELSES-TICKET"));
    window.wait_for(".codes", "不是本系统的码");
    show(&seen, Some(&next.invitation));
    window.wait_for(".codes", "可以放行");
    assert!(!window.texts("body")[0].contains("欧阳"), "no name stands on a page for staff");
    window.click(".devices + .codes + button");
    window.wait_for("[data-screen=attract]", "");
    let came = venue.arrived("registration");
    assert_eq!(came, std::slice::from_ref(&ouyang.id), "it was only tried");
}
