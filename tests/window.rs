//! The real window: a guest with a pass on the phone.

use crate::support::venue::Venue;
use crate::support::wait_for;
use crate::support::webdriver::Window;

#[test]
fn a_guest_scans_sees_the_name_takes_the_badge_and_has_arrived() {
    let venue = Venue::rehearsing();
    let people = venue.people();
    let ouyang = &people["260926"];
    let window = Window::at(&venue, &[]);
    window.wait_for("body", "请出示报到码");
    window.wait_for("body", "2023-09-26");

    window.scan_for("HTTPS://EXAMPLE.COM/SOMEBODY-ELSES-TICKET", "K2-001");
    window.scan_for(&ouyang.invitation, "欧阳静怡");
    window.wait_for("body", "OUYANG Jingyi");
    assert_eq!(venue.arrived("registration").len(), 0, "a scan alone writes nothing");

    window.click("button[data-touch=this_is_me]");
    let badge = wait_for("the badge in the printer's folder", || {
        let mut files = std::fs::read_dir(venue.path("out")).ok()?;
        let is_badge = |path: &std::path::PathBuf| path.extension().is_some_and(|end| end == "pdf");
        files.find_map(|file| Some(file.ok()?.path()).filter(is_badge))
    });
    window.wait_for("body", "欢迎回家");
    wait_for("the picture of the badge", || {
        let drawn = "return [...document.images].some(i => i.complete && i.naturalWidth > 300)";
        window.script(drawn).as_bool().filter(|drawn| *drawn)
    });
    let text = crate::support::program::system("pdftotext", &[badge.to_str().unwrap(), "-"]);
    assert!(text.contains("欧阳静怡"), "{text}");
    wait_for("the arrival on the server", || {
        (venue.arrived("registration") == [ouyang.id.clone()]).then_some(())
    });

    window.wait_for("[data-screen=attract]", "");
    window.scan_for(&ouyang.invitation, "欧阳静怡");
    window.wait_for("[data-screen=already_in]", "欧阳静怡");
}

#[test]
fn a_walk_away_leaves_nothing_and_the_page_cannot_be_left() {
    let venue = Venue::rehearsing();
    let people = venue.people();
    let window = Window::at(&venue, &[]);
    window.wait_for("body", "请出示报到码");
    window.scan_for(&people["260926"].invitation, "欧阳静怡");
    window.click("button[data-touch=not_me]");
    window.wait_for("body", "请出示报到码");
    assert!(!window.texts("body")[0].contains("欧阳静怡"), "the person is forgotten");
    assert_eq!(venue.arrived("registration").len(), 0);

    let scrolls = "const e = document.documentElement;
                   return e.scrollHeight > e.clientHeight || e.scrollWidth > e.clientWidth";
    assert_eq!(window.script(scrolls), false);
    let menu = "const e = new MouseEvent('contextmenu', { bubbles: true, cancelable: true });
                return document.body.dispatchEvent(e)";
    assert_eq!(window.script(menu), false, "no context menu");
    assert_eq!(window.script("return getComputedStyle(document.body).webkitUserSelect"), "none");
    window.script("location.href = 'https://example.com/'");
    window.keys(&["key", "F5"]);
    window.wait_for("body", "请出示报到码");
}
