//! What a scanner types into the real window: the page goes nowhere, shows nothing of it, and
//! presses nothing.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use crate::support::venue::{Guest, Venue};
use crate::support::webdriver::Window;

/// A kiosk's window, and guests who wait in line.
struct Kiosk {
    // Closed first: it writes into the venue's folder.
    window: Window,
    venue: Venue,
    line: Vec<Guest>,
}

impl Kiosk {
    fn open() -> Kiosk {
        let venue = Venue::rehearsing();
        // Those whose names stand nowhere else on the page.
        let waits = |guest: &Guest| !guest.invitation.is_empty() && !name(guest).is_empty();
        let line = venue.people().into_values().filter(waits).collect();
        let window = Window::at(&venue, &[]);
        window.wait_for("[data-screen=attract]", "");
        Kiosk { window, venue, line }
    }

    /// Types keys one after the other, as a scanner of that many milliseconds a key does.
    fn press(&self, every: &str, keys: &[&str]) {
        self.window.keys(&[&["key", "--delay", every], keys].concat());
    }

    /// Types a text and Return.
    fn types(&self, every: &str, text: &str) {
        self.window.keys(&["type", "--delay", every, "--", text]);
        self.press(every, &["Return"]);
    }

    /// Brings the next guest before the question.
    fn confirms(&mut self) -> Guest {
        let guest = self.line.pop().unwrap();
        self.window.scan_for(&guest.invitation, &name(&guest));
        self.window.wait_for("[data-screen=confirm]", &name(&guest));
        guest
    }

    /// Checks that nothing broke: the page is where it was, and knows the next guest.
    fn goes_on(&mut self) {
        let here = self.window.script("return location.href + ' ' + document.title");
        let here = here.as_str().unwrap().to_owned();
        assert!(
            here.starts_with("tauri://localhost") || here.contains("tauri.localhost"),
            "{here}"
        );
        assert!(!here.contains("broken"), "{here}");
        self.confirms();
        self.window.click("button[data-touch=not_me]");
        self.window.wait_for("[data-screen=attract]", "");
    }

    /// Types something hostile: the page says calmly that it is not ours, and shows none of it.
    fn refuses(&mut self, text: &str) {
        self.types("4", text);
        self.window.wait_for("[data-screen=help]", "K2-");
        let page = self.window.script("return document.documentElement.outerHTML");
        let page = page.as_str().unwrap().to_lowercase();
        let shown: String = text.chars().take(12).collect::<String>().to_lowercase();
        assert!(!page.contains(&shown), "{shown} is in the page");
        self.goes_on();
    }
}

fn name(guest: &Guest) -> String {
    guest.attendee.person.as_ref().map(|person| person.name.clone()).unwrap_or_default()
}

/// Runs a story in the window that stories share; it is closed with the last of them.
fn in_the_window(story: impl FnOnce(&mut Kiosk)) {
    static SHARED: Mutex<Weak<Mutex<Kiosk>>> = Mutex::new(Weak::new());
    let kiosk = {
        let mut shared = SHARED.lock().unwrap();
        let there = shared.upgrade().filter(|there| !there.is_poisoned());
        there.unwrap_or_else(|| {
            let made = Arc::new(Mutex::new(Kiosk::open()));
            *shared = Arc::downgrade(&made);
            made
        })
    };
    let mut kiosk = kiosk.lock().unwrap_or_else(PoisonError::into_inner);
    story(&mut kiosk);
    drop(kiosk);
}

#[test]
fn case_06_seven_thousand_digits_in_the_window() {
    in_the_window(|kiosk| {
        kiosk.types("1", &"1234567890".repeat(709)[..7089]);
        kiosk.window.wait_for("[data-screen=help]", "K2-");
        kiosk.goes_on();
    });
}

#[test]
fn case_14_markup_in_the_window() {
    in_the_window(|kiosk| {
        kiosk.refuses("<img src=x onerror=\"document.title='broken'\">");
        kiosk.refuses("<script>document.title='broken'</script>");
        let images = kiosk.window.script("return document.querySelectorAll('img[src=x]').length");
        assert_eq!(images, 0);
    });
}

#[test]
fn case_15_addresses_in_the_window() {
    in_the_window(|kiosk| {
        for address in [
            "javascript:document.title='broken'",
            "file:///etc/passwd",
            "tauri://localhost/other.html",
            "http://app.evil.com/",
        ] {
            kiosk.refuses(address);
        }
    });
}

/// No window manager runs here, so a key that only one of those obeys does nothing in any case.
#[test]
fn case_17_command_keys_in_the_window() {
    in_the_window(|kiosk| {
        let commands = [
            "ctrl+o",
            "super+r",
            "F12",
            "alt+F4",
            "ctrl+p",
            "ctrl+s",
            "ctrl+w",
            "ctrl+n",
            "ctrl+t",
            "ctrl+u",
            "ctrl+f",
            "ctrl+shift+i",
            "ctrl+shift+r",
            "alt+Left",
            "alt+space",
            "F5",
            "F11",
            "Escape",
            "Menu",
            "ctrl+plus",
            "BackSpace",
        ];
        kiosk.press("5", &commands);
        kiosk.goes_on();
        // In the middle of a code they are no part of it, and a code that was so spoilt is refused.
        kiosk.window.keys(&["type", "--delay", "4", "CODE"]);
        kiosk.press("5", &["ctrl+o", "super+r", "F12"]);
        kiosk.types("4", "CMD");
        kiosk.window.wait_for("[data-screen=help]", "K2-");
        let height = "return String(Math.abs(devicePixelRatio - 1) < 0.01)";
        assert_eq!(kiosk.window.script(height), "true", "nothing was zoomed");
        kiosk.goes_on();
    });
}

#[test]
fn case_17_tab_and_enter_say_yes_for_nobody() {
    in_the_window(|kiosk| {
        let guest = kiosk.confirms();
        for every in ["2", "10", "50"] {
            for keys in [
                &["Tab", "Return"][..],
                &["Tab", "Return", "Return"],
                &["Tab", "space", "Return"],
                &["Tab", "Tab", "Return", "Tab"],
                &["shift+Tab", "KP_Enter"],
            ] {
                kiosk.press(every, keys);
                std::thread::sleep(Duration::from_millis(500));
            }
        }
        kiosk.window.wait_for("[data-screen=confirm]", &name(&guest));
        assert_eq!(kiosk.venue.arrived("registration").len(), 0, "nobody said yes");
        // A person at a keyboard, who takes a moment between two keys, still can.
        kiosk.window.script("document.querySelector('button[data-touch=not_me]').focus()");
        std::thread::sleep(Duration::from_millis(500));
        kiosk.press("10", &["Return"]);
        kiosk.window.wait_for("[data-screen=attract]", "");
        kiosk.goes_on();
    });
}

#[test]
fn case_25_two_hundred_codes_in_the_window() {
    in_the_window(|kiosk| {
        let codes: String = (0..200).map(|number| format!("CODE-{number:04}\n")).collect();
        kiosk.window.keys(&["type", "--delay", "0", "--", &codes]);
        kiosk.window.wait_for("[data-screen=help]", "K2-");
        kiosk.goes_on();
    });
}
