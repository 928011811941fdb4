//! The live page in a real browser: figures that move without a reload, on a table and on a wall.

use crate::support::browser::Browser;
use crate::support::venue::{Venue, get, scan};

/// The wall's address, as the server's command prints it.
fn wall(venue: &Venue) -> String {
    let said = venue.server(&["live"]).ok();
    assert!(said.err.contains("the API token behind the #"), "{}", said.err);
    said.json()["wall"].as_str().unwrap().to_owned()
}

#[test]
fn the_organiser_sees_people_arrive_without_a_reload_and_across_a_restart() {
    let mut venue = Venue::open();
    let people = venue.people();
    let station = venue.station("K1", "registration");
    let mut desk = station.open();
    let browser = Browser::start();
    browser.open(&format!("{}/live#{}", venue.url, venue.token));
    browser.wait_for("#arrived", "0");
    browser.wait_for("#others [data-figure=expected] dd", "827");
    browser.wait_for("#convention", "首届全球辽商大会");
    browser.wait_for("#chart text", "还没有人到场");
    let address = browser.script("return location.href");
    assert_eq!(address, format!("{}/live", venue.url), "the token is not for those who pass by");
    browser.script("window.marker = 'the same page'");

    assert_eq!(scan(&mut desk, &people["260926"].invitation)["decision"], "admit");
    browser.wait_for("#arrived", "1");
    browser.wait_for("#latest .name", "欧阳静怡");
    browser.wait_for("#others [data-figure=missing] dd", "826");
    let region = people["260926"].attendee.person.as_ref().unwrap().region.clone();
    browser.click("#regions .foot button");
    browser.wait_for(&format!("[data-key={region}] .pair b"), "1");

    venue.kill_server();
    browser.wait_for("#lost", "连接已断开");
    browser.wait_for("#arrived", "1");
    assert_eq!(scan(&mut desk, &people["452344"].invitation)["decision"], "admit");
    venue.restart_server();
    browser.wait_for("#arrived", "2");
    assert_eq!(browser.texts("#lost"), [""], "the ribbon is gone");
    assert_eq!(browser.script("return window.marker"), "the same page");

    browser.click("#activities [data-key=opening] a");
    browser.wait_for("#activity", "开幕式");
    browser.wait_for("#arrived", "0");
}

#[test]
fn a_wall_reads_from_afar_and_names_nobody() {
    let venue = Venue::open();
    let people = venue.people();
    let station = venue.station("K1", "registration");
    let mut desk = station.open();
    let browser = Browser::start();
    let wall = wall(&venue);
    browser.open(&wall);
    browser.wait_for("#arrived", "0");
    assert_eq!(scan(&mut desk, &people["260926"].invitation)["decision"], "admit");
    browser.wait_for("#arrived", "1");

    let token = wall.split_once('#').unwrap().1;
    let (status, figures) = get(&format!("{}/api/figures", venue.url), Some(token));
    let page = browser.script("return document.documentElement.outerHTML");
    for told in [figures.as_str(), page.as_str().unwrap()] {
        for name in ["欧阳静怡", "OUYANG Jingyi", "260926", &people["260926"].id] {
            assert!(!told.contains(name), "{name}");
        }
    }
    assert_eq!(status, 200);
    assert_eq!(get(&format!("{}/api/arrivals", venue.url), Some(token)).0, 401);

    let scrolls = "const e = document.documentElement;
                   return e.scrollHeight > innerHeight || e.scrollWidth > innerWidth";
    assert_eq!(browser.script(scrolls), false);
    assert_eq!(browser.script(SMALLEST_TEXT).as_array().unwrap().len(), 0, "too small for a wall");
    assert_eq!(browser.script(CUT_ROWS), 0, "a row is whole or not there");
}

/// Texts smaller than a fiftieth of the screen's height.
const SMALLEST_TEXT: &str = "
    const seen = [...document.querySelectorAll('#figures *')].filter(element =>
        element.checkVisibility() && [...element.childNodes].some(n => n.nodeType === 3 && n.data.trim()));
    const size = element => parseFloat(element.closest('svg')?.getAttribute('font-size')
        ?? getComputedStyle(element).fontSize);
    return seen.filter(element => size(element) < innerHeight / 54 - 0.5)
        .map(element => element.textContent + ' ' + size(element));";

/// How many rows stick out of their place or their panel.
const CUT_ROWS: &str = "
    const out = row => row.scrollHeight > row.clientHeight + 1
        || row.getBoundingClientRect().bottom > row.parentElement.getBoundingClientRect().bottom + 1;
    return [...document.querySelectorAll('#figures .row')].filter(out).length;";

#[test]
fn without_the_right_token_the_page_is_calm_and_says_what_to_do() {
    let venue = Venue::rehearsing();
    let browser = Browser::start();
    for wrong in ["", "#", "#0123456789"] {
        browser.open(&format!("{}/live{wrong}", venue.url));
        browser.wait_for("#notice", "请用完整的地址打开");
        browser.wait_for("#notice", "Ask the organiser for the whole address");
        assert_eq!(browser.texts("#figures"), [""], "no figures");
    }
    // The right one, typed behind the # of the same page.
    browser.script(&format!("location.hash = '{}'", venue.token));
    browser.wait_for("#rehearsal", "演练");
    browser.wait_for("#clock", "07:4");
    browser.open(&format!("{}/live?activity=nowhere#{}", venue.url, venue.token));
    browser.wait_for("#notice", "大会没有这个场次");
    browser.open(&format!("{}/live?lang=en#{}", venue.url, venue.token));
    browser.wait_for("#rehearsal", "REHEARSAL");
    assert!(!browser.texts("body")[0].contains("报到"), "English only");
}
