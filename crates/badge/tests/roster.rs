//! Everyone on the demo roster has a badge: no glyph missing, no line outside its box.

use std::thread;

mod support;

#[test]
fn every_badge_of_the_demo_roster_can_be_printed() {
    let (template, roster) = (support::template("badge.svg"), support::roster());
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
