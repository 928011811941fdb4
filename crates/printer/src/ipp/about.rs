//! What a printer says of itself.

use std::collections::BTreeSet;

use ipp::value::IppValue;

use super::trays;
use super::wire::{Attributes, number};
use crate::address::{Format, Paper};
use crate::discover::Found;
use crate::{Condition, State};

/// What is asked. `media-col-database` has to be asked for by name.
pub(super) const WANTED: [&str; 24] = [
    "printer-name",
    "printer-info",
    "printer-make-and-model",
    "printer-state",
    "printer-state-reasons",
    "printer-is-accepting-jobs",
    "printer-input-tray",
    "cups-version",
    "document-format-supported",
    "media-col-supported",
    "media-col-default",
    "media-col-ready",
    "media-col-database",
    "media-size-supported",
    "media-bottom-margin-supported",
    "media-left-margin-supported",
    "media-right-margin-supported",
    "media-top-margin-supported",
    "orientation-requested-supported",
    "print-color-mode-supported",
    "print-scaling-supported",
    "printer-resolution-supported",
    "pwg-raster-document-resolution-supported",
    "pwg-raster-document-type-supported",
];

/// How far two sizes may differ and still be the same paper, in hundredths of a millimetre.
const SAME: u32 = 100;

/// What a printer says of itself.
#[derive(Debug)]
pub(super) struct About {
    name: Option<String>,
    model: Option<String>,
    /// Whether it is a queue of CUPS, which tells of its printer only while something prints.
    pub(super) is_queue: bool,
    pub(super) conditions: BTreeSet<Condition>,
    pub(super) formats: Vec<Format>,
    sizes: Vec<Size>,
    /// What it takes when nothing is said.
    usual: Option<Size>,
    ready: Vec<Size>,
    /// Whether a page may be printed up to its edges.
    pub(super) to_the_edge: bool,
    /// Whether it can be told about its paper.
    pub(super) takes_media_col: bool,
    /// Whether it turns what it is sent.
    pub(super) turns: bool,
    /// Whether it says that it can leave a page as large as it is.
    pub(super) takes_scaling: bool,
    is_colour: bool,
    resolutions: Vec<u32>,
    pwg_resolutions: Vec<u32>,
    pwg_types: Vec<String>,
}

/// A size of paper, or a range of them, in hundredths of a millimetre.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Size {
    width: (u32, u32),
    height: (u32, u32),
}

/// On which paper a badge is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sheet {
    pub(super) paper: Paper,
    /// Whether the badge lies across it.
    pub(super) across: bool,
}

impl About {
    pub(super) fn read(said: Attributes<'_>) -> About {
        let takes = said.words("document-format-supported");
        let margins = ["bottom", "left", "right", "top"];
        let edge = |side: &str| {
            said.numbers(&format!("media-{side}-margin-supported")).any(|margin| margin == 0)
        };
        let collections = |name: &str| said.values(name).iter();
        let mut sizes: Vec<Size> = collections("media-size-supported").filter_map(size).collect();
        sizes.extend(collections("media-col-database").filter_map(media_size));
        About {
            name: said.word("printer-info").or_else(|| said.word("printer-name")),
            model: said.word("printer-make-and-model"),
            is_queue: !said.values("cups-version").is_empty(),
            conditions: conditions(said),
            formats: Format::ALL
                .into_iter()
                .filter(|format| takes.iter().any(|takes| takes == format.mime()))
                .collect(),
            sizes,
            usual: collections("media-col-default").find_map(media_size),
            ready: collections("media-col-ready").filter_map(media_size).collect(),
            to_the_edge: margins.into_iter().all(edge),
            takes_media_col: !said.values("media-col-supported").is_empty(),
            turns: said.numbers("orientation-requested-supported").any(|way| way == LANDSCAPE),
            takes_scaling: said.words("print-scaling-supported").iter().any(|way| way == "none"),
            is_colour: said.words("print-color-mode-supported").iter().any(|mode| mode == "color"),
            resolutions: resolutions(said, "printer-resolution-supported"),
            pwg_resolutions: resolutions(said, "pwg-raster-document-resolution-supported"),
            pwg_types: said.words("pwg-raster-document-type-supported"),
        }
    }

    /// Makes a line of a list of it.
    pub(super) fn into_found(self) -> Found {
        let state = Some(self.state());
        let model = self.model.unwrap_or_default();
        let name = self.name.filter(|name| !name.is_empty()).unwrap_or_else(|| model.clone());
        Found { name, address: None, what: model, formats: self.formats, state }
    }

    /// Returns how the printer is. A queue that rests is ready whatever its printer said last: it asks anew only when
    /// something prints.
    pub(super) fn state(&self) -> State {
        let state = State::of(self.conditions.iter().copied());
        State { ready: self.held_by().is_none(), ..state }
    }

    /// Returns why nothing is to be sent at all.
    pub(super) fn held_by(&self) -> Option<Condition> {
        let rests = self.is_queue && !self.conditions.contains(&Condition::Busy);
        let its_own =
            |condition: Condition| matches!(condition, Condition::Paused | Condition::Rejecting);
        let holds = |condition: &Condition| condition.stops() && (!rests || its_own(*condition));
        self.conditions.iter().copied().find(holds)
    }

    /// Returns whether the raster may be in colour; `None` if it takes no raster that is known here.
    pub(super) fn pwg_colour(&self) -> Option<bool> {
        let takes = |kind: &str| self.pwg_types.iter().any(|takes| takes == kind);
        match (takes("srgb_8") && self.is_colour, takes("sgray_8") || self.pwg_types.is_empty()) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => takes("srgb_8").then_some(true),
        }
    }

    /// Returns the dots per inch for a picture: 300 if the printer takes them, else the nearest that it has.
    pub(super) fn dpi(&self, format: Format) -> u32 {
        let all = match format {
            Format::Pwg if !self.pwg_resolutions.is_empty() => &self.pwg_resolutions,
            Format::Pdf | Format::Pwg | Format::Jpeg => &self.resolutions,
        };
        let usable = all.iter().copied().filter(|dpi| (100..=1200).contains(dpi));
        match format {
            // A picture is laid on the page by its size; its dots need not be the printer's.
            Format::Pdf | Format::Jpeg => 300,
            Format::Pwg => usable.min_by_key(|dpi| dpi.abs_diff(300)).unwrap_or(300),
        }
    }

    /// Chooses the paper for a badge: its own size, upright or across, if the printer knows it; else what it usually
    /// takes, else the smallest that lies ready, if that holds the badge. `None` if there is none.
    pub(super) fn sheet(&self, badge: Paper) -> Option<Sheet> {
        let upright = Sheet { paper: badge, across: false };
        let turned = Paper { width: badge.height, height: badge.width };
        let across = Sheet { paper: turned, across: true };
        let known = || self.sizes.iter().chain(&self.ready);
        if known().next().is_none() || known().any(|size| size.is(badge)) {
            return Some(upright);
        }
        if self.turns && known().any(|size| size.is(turned)) {
            return Some(across);
        }
        let larger = |from: &[Size], way: Sheet| -> Option<Sheet> {
            let holding = from.iter().filter(|size| size.holds(way.paper));
            let smallest = holding.min_by_key(|size| size.area())?;
            Some(Sheet { paper: smallest.largest(), across: way.across })
        };
        let usual = self.usual.as_slice();
        larger(usual, upright)
            .or_else(|| larger(&self.ready, upright))
            .or_else(|| larger(&self.ready, across).filter(|_| self.turns))
            .or_else(|| larger(&self.sizes, upright))
    }
}

/// `orientation-requested` of a page that is turned by a quarter.
pub(super) const LANDSCAPE: i32 = 4;

impl Size {
    fn is(self, paper: Paper) -> bool {
        let near = |(least, most): (u32, u32), side: u32| {
            side.saturating_add(SAME) >= least && side <= most.saturating_add(SAME)
        };
        near(self.width, paper.width) && near(self.height, paper.height)
    }

    fn holds(self, paper: Paper) -> bool {
        let largest = self.largest();
        paper.width <= largest.width && paper.height <= largest.height
    }

    fn largest(self) -> Paper {
        Paper { width: self.width.1, height: self.height.1 }
    }

    fn area(self) -> u64 {
        u64::from(self.width.1).saturating_mul(u64::from(self.height.1))
    }
}

/// Reads the paper of a `media-col`.
fn media_size(value: &IppValue) -> Option<Size> {
    let members = value.as_collection()?;
    size(members.iter().find(|(name, _)| name.as_str() == "media-size")?.1)
}

fn size(value: &IppValue) -> Option<Size> {
    let members = value.as_collection()?;
    let side = |wanted: &str| {
        let value = members.iter().find(|(name, _)| name.as_str() == wanted)?.1;
        let (least, most) = match value {
            IppValue::RangeOfInteger { min, max } => (*min, *max),
            value => (number(value)?, number(value)?),
        };
        Some((u32::try_from(least).ok()?, u32::try_from(most).ok()?))
    };
    Some(Size { width: side("x-dimension")?, height: side("y-dimension")? })
}

/// Reads resolutions that are the same in both directions, in dots per inch.
fn resolutions(said: Attributes<'_>, name: &str) -> Vec<u32> {
    let square = said.values(name).iter().filter_map(|value| match value {
        IppValue::Resolution { cross_feed, feed, units: 3 } if cross_feed == feed => {
            u32::try_from(*feed).ok()
        }
        _ => None,
    });
    square.collect()
}

fn conditions(said: Attributes<'_>) -> BTreeSet<Condition> {
    let reasons = said.words("printer-state-reasons");
    let mut conditions: BTreeSet<Condition> =
        reasons.iter().filter_map(|reason| condition(reason)).collect();
    // At rest some report no more, and take a job that then waits for paper.
    let has_little = conditions.contains(&Condition::PaperLow);
    if has_little && trays::all_empty(&said.octets("printer-input-tray")) {
        conditions.remove(&Condition::PaperLow);
        conditions.insert(Condition::PaperOut);
    }
    match said.number("printer-state") {
        Some(4) => drop(conditions.insert(Condition::Busy)),
        Some(5) if !conditions.iter().any(|condition| condition.stops()) => {
            conditions.insert(Condition::Paused);
        }
        _ => {}
    }
    if said.yes("printer-is-accepting-jobs") == Some(false) {
        conditions.insert(Condition::Rejecting);
    }
    conditions
}

/// Translates one of the `printer-state-reasons` of RFC 8011 and PWG 5100.
///
/// How bad it is says the printer behind a dash; a report is for the record. What is empty counts as empty even where
/// it is only warned of: many printers say no more when their one tray is. A report of paper is worth a look: one tray
/// of several may be empty, or a printer at rest may have noticed only so much; its trays tell.
pub(super) fn condition(reason: &str) -> Option<Condition> {
    let (what, how) = match reason.rsplit_once('-') {
        Some((what, how @ ("error" | "warning" | "report"))) => (what, Some(how)),
        _ => (reason, None),
    };
    let found = match what {
        "media-empty" | "media-needed" | "media-low" if how == Some("report") => {
            return Some(Condition::PaperLow);
        }
        "media-empty" | "media-needed" | "input-media-supply-empty" => Condition::PaperOut,
        "media-low" | "input-media-supply-low" => Condition::PaperLow,
        "media-jam" => Condition::Jam,
        "cover-open"
        | "door-open"
        | "interlock-open"
        | "input-tray-missing"
        | "output-tray-missing" => Condition::CoverOpen,
        "marker-supply-empty" | "toner-empty" | "marker-supply-missing" | "marker-ribbon-empty" => {
            Condition::InkOut
        }
        "marker-supply-low" | "toner-low" | "marker-ribbon-low" => Condition::InkLow,
        "paused" | "moving-to-paused" => Condition::Paused,
        // CUPS reports so, and it is all that it says of a printer that is switched off.
        "offline" => return Some(Condition::Offline),
        "shutdown" | "timed-out" | "deactivated" => Condition::Offline,
        _ if how == Some("error") => Condition::Fault,
        _ => return None,
    };
    (how != Some("report")).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(sizes: &[(u32, u32)], ready: &[(u32, u32)]) -> About {
        let all = |sizes: &[(u32, u32)]| -> Vec<Size> {
            sizes.iter().map(|&(w, h)| Size { width: (w, w), height: (h, h) }).collect()
        };
        About {
            sizes: all(sizes),
            ready: all(ready),
            turns: true,
            ..About::read(Attributes::default())
        }
    }

    const BADGE: Paper = Paper { width: 9000, height: 13000 };

    #[test]
    fn a_badge_lies_on_its_own_paper_else_across_else_on_the_smallest_that_holds_it() {
        let (a4, a5, own, turned) = ((21000, 29700), (14800, 21000), (9050, 12950), (13000, 9000));
        let paper = |about: About| {
            let sheet = about.sheet(BADGE)?;
            Some((sheet.paper.width, sheet.paper.height, sheet.across))
        };
        assert_eq!(paper(about(&[], &[])), Some((9000, 13000, false)));
        assert_eq!(paper(about(&[a4, own, turned], &[a4])), Some((9000, 13000, false)));
        assert_eq!(paper(about(&[a4, turned], &[a4])), Some((13000, 9000, true)));
        assert_eq!(paper(about(&[a4, a5], &[a4])), Some((21000, 29700, false)));
        assert_eq!(paper(about(&[a4, a5], &[])), Some((14800, 21000, false)));
        assert_eq!(paper(about(&[(6200, 10000)], &[(6200, 10000)])), None);
        let envelope = about(&[a4, (11000, 22000)], &[(11000, 22000), a4]);
        let usual = Some(Size { width: (a4.0, a4.0), height: (a4.1, a4.1) });
        assert_eq!(paper(About { usual, ..envelope }), Some((21000, 29700, false)));
        let roll = Size { width: (2500, 10800), height: (1270, 300_000) };
        let endless = About { sizes: vec![roll], ..about(&[], &[a4]) };
        assert_eq!(paper(endless), Some((9000, 13000, false)));
    }

    #[test]
    fn what_a_printer_says_is_what_people_can_do_something_about() {
        for (reason, expected) in [
            ("media-empty-error", Some(Condition::PaperOut)),
            ("media-empty-warning", Some(Condition::PaperOut)),
            ("media-needed", Some(Condition::PaperOut)),
            ("media-low-warning", Some(Condition::PaperLow)),
            ("media-empty-report", Some(Condition::PaperLow)),
            ("media-jam-error", Some(Condition::Jam)),
            ("cover-open", Some(Condition::CoverOpen)),
            ("offline-report", Some(Condition::Offline)),
            ("toner-low-report", None),
            ("fuser-over-temp-error", Some(Condition::Fault)),
            ("hold-new-jobs", None),
            ("none", None),
            ("", None),
        ] {
            assert_eq!(condition(reason), expected, "{reason}");
        }
    }
}
