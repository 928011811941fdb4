//! Everyone on the demo roster has every print: no glyph missing, no line outside its box.

use std::thread;

mod support;

#[test]
fn every_badge_of_the_demo_roster_can_be_printed() {
    everybody_has("badge.svg");
}

#[test]
fn every_guest_of_the_demo_roster_could_be_a_guest_of_honour() {
    everybody_has("a6.svg");
}

#[test]
fn every_label_of_the_demo_roster_can_be_printed() {
    everybody_has("label.svg");
}

#[test]
fn every_place_card_of_the_demo_roster_can_be_printed() {
    everybody_has("place-card.svg");
}

fn everybody_has(template: &str) {
    let (template, roster) = (support::template(template), support::roster());
    assert!(roster.len() > 614, "the roster has {} people", roster.len());
    let cores = thread::available_parallelism().map_or(2, usize::from);
    let share = roster.len().div_ceil(cores);
    let refused: Vec<String> = thread::scope(|scope| {
        let fill = |people: &[badge::Texts]| {
            let refused =
                people.iter().filter_map(|texts| Some((texts, template.fill(texts).err()?)));
            refused.map(|(texts, why)| format!("{}: {why}", texts.name)).collect::<Vec<_>>()
        };
        let workers: Vec<_> =
            roster.chunks(share).map(|part| scope.spawn(move || fill(part))).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no badge panics")).collect()
    });
    assert_eq!(refused, Vec::<String>::new());
}
