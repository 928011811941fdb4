//! How full a printer's trays are: `printer-input-tray` of PWG 5100.13, a text of names and values for each.

/// Tells whether the printer says of every tray that it is empty; it must have one of which it knows.
///
/// A tray of which it does not know may be full. Not counted are a slot that a person feeds sheet by sheet, and `auto`,
/// which stands for all the others.
pub(super) fn all_empty(trays: &[String]) -> bool {
    let counts = |tray: &&String| {
        value(tray, "type") != Some("sheetFeedManual") && value(tray, "name") != Some("auto")
    };
    let mut levels = trays.iter().filter(counts).map(|tray| value(tray, "level")).peekable();
    levels.peek().is_some() && levels.all(|level| level == Some("0"))
}

fn value<'a>(tray: &'a str, wanted: &str) -> Option<&'a str> {
    let mut parts = tray.split(';').filter_map(|part| part.split_once('='));
    parts.find(|(name, _)| *name == wanted).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trays_that_are_all_known_to_be_empty_are_no_paper() {
        const AUTO: &str = "type=sheetFeedAutoRemovableTray;maxcapacity=-2;level=-2;name=auto";
        const HAND: &str = "type=sheetFeedManual;maxcapacity=1;level=-2;name=manual";
        let main =
            |level: &str| format!("type=sheetFeedAutoRemovableTray;level={level};name=main;");
        let roll = |level: &str| format!("type=continuousRoll;level={level};name=roll");
        for (trays, empty) in [
            (vec![], false),
            (vec![AUTO.to_owned(), HAND.to_owned()], false),
            (vec![AUTO.to_owned(), main("0"), HAND.to_owned(), roll("0")], true),
            (vec![main("0"), roll("-2")], false),
            (vec![main("0"), roll("-3")], false),
            (vec![main("250")], false),
            (vec![main("")], false),
            (vec!["level".to_owned()], false),
        ] {
            assert_eq!(all_empty(&trays), empty, "{trays:?}");
        }
    }
}
