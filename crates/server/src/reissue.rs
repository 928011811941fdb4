//! `revoke` and `reissue`: passes that open nothing any more, and new ones in their place.
//!
//! `revoke` puts serials on the list that every station gets. `reissue` makes a person's old passes
//! void by raising the lowest revision that still opens something; who is on the list, or carries a
//! blank, gets new serials, because those stay dead for ever.

use std::collections::BTreeSet;
use std::path::Path;

use admission::id::{Serial, Slug};
use admission::roster::Attendee;
use anyhow::{Context, ensure};
use data_encoding::HEXLOWER_PERMISSIVE;
use ledger::Ledger;
use serde_json::{Value, json};

use crate::folder::Folder;
use crate::passes::Passes;
use crate::{alone, answer, random, test_passes};

/// Highest revision that a pass can carry.
const LAST_REVISION: u8 = 23;

/// Which of a person's passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Which {
    /// The registration code.
    Invitation,
    /// The badge, and every blank that was bound to the person.
    Badge,
    /// Both.
    Both,
}

/// What to revoke.
#[derive(Clone, Debug)]
pub struct Revocation {
    /// Registration numbers.
    pub numbers: Vec<String>,
    /// Serials in hexadecimal, of passes that belong to nobody.
    pub serials: Vec<String>,
    /// Which passes of these people.
    pub which: Which,
}

/// Puts passes on the revocation list and prints `{"revoked", "list"}`.
///
/// # Errors
/// A sentence, if a number or a serial is none; then nothing is revoked.
pub fn run_revoke(data: &Path, wanted: &Revocation) -> anyhow::Result<()> {
    let (revoked, list) = revoke(&Folder::open(data)?, wanted)?;
    eprintln!("The list has number {list} now; stations that are connected have it at once.");
    answer(&format!("{}\n", json!({ "revoked": revoked, "list": list })))
}

/// Puts passes on the revocation list; returns how many were not on it yet, and its number.
///
/// # Errors
/// A sentence, if a number or a serial is none; then nothing is revoked.
pub fn revoke(folder: &Folder, wanted: &Revocation) -> anyhow::Result<(usize, u64)> {
    let mut ledger = folder.ledger()?;
    let mut serials = Vec::new();
    for text in &wanted.serials {
        let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).unwrap_or_default();
        let serial = <[u8; 16]>::try_from(bytes).ok();
        serials
            .push(Serial(serial.with_context(|| format!("{text:?} is no serial: 32 hex digits"))?));
    }
    for number in &wanted.numbers {
        let attendee = person(&ledger, number)?;
        if wanted.which != Which::Badge {
            serials.push(attendee.invitation);
        }
        if wanted.which != Which::Invitation {
            serials.push(attendee.badge);
            serials.extend(ledger.dossier(attendee.id, attendee.test)?.bound);
        }
    }
    let mut new = BTreeSet::new();
    for serial in serials {
        if !ledger.is_revoked(serial)? {
            new.insert(serial);
        }
    }
    let new = Vec::from_iter(new);
    Ok((new.len(), ledger.revoke(&new)?))
}

/// Finds a person by registration number; test passes have numbers too.
fn person(ledger: &Ledger, number: &str) -> anyhow::Result<Attendee> {
    let found = match ledger.entry(number)? {
        Some(entry) => Some(entry.attendee),
        None => test_passes::find(ledger, number)?,
    };
    found.with_context(|| format!("nobody on the list has the number {number}"))
}

/// Whom to give new passes, and why.
#[derive(Clone, Debug)]
pub struct Request {
    /// Registration numbers; none for everybody.
    pub numbers: Vec<String>,
    /// Why, as a short code for the log.
    pub why: Slug,
}

/// Gives new passes and prints `{"reissued", "roster", "list"}`.
///
/// # Errors
/// A sentence, if somebody cannot get a new pass; then nothing is changed.
pub fn run(data: &Path, request: &Request) -> anyhow::Result<()> {
    let done = reissue(&Folder::open(data)?, request)?;
    eprintln!("The old passes are void. Make the new pictures: yingbin-server issue --out DIR");
    answer(&format!("{done}\n"))
}

/// Gives new passes.
///
/// # Errors
/// A sentence, if somebody cannot get a new pass; then nothing is changed.
pub fn reissue(folder: &Folder, request: &Request) -> anyhow::Result<Value> {
    let mut ledger = folder.ledger()?;
    // An import that runs at the same time would put the old passes back.
    alone::soon(folder, &mut ledger, |ledger| reissue_alone(ledger, folder, request))
}

fn reissue_alone(ledger: &mut Ledger, folder: &Folder, request: &Request) -> anyhow::Result<Value> {
    let passes = Passes::open(folder, ledger)?;
    let people = match request.numbers.as_slice() {
        [] => ledger.attendees()?,
        numbers => numbers.iter().map(|number| person(ledger, number)).collect::<Result<_, _>>()?,
    };
    let (mut renewed, mut void) = (Vec::with_capacity(people.len()), Vec::new());
    for attendee in people {
        renewed.push(renew(ledger, &passes, attendee, &mut void)?);
    }
    // First what dies: cut short here, the same command goes on where it stopped.
    let list = ledger.revoke(&void)?;
    let roster = ledger.revise(&renewed)?;
    tracing::info!(people = renewed.len(), why = %request.why, "new passes");
    Ok(json!({ "reissued": renewed.len(), "roster": roster.0, "list": list }))
}

/// Makes both passes of a person anew; serials that must die for it go to `void`.
fn renew(
    ledger: &Ledger,
    passes: &Passes,
    mut attendee: Attendee,
    void: &mut Vec<Serial>,
) -> anyhow::Result<Attendee> {
    let dossier = ledger.dossier(attendee.id, attendee.test)?;
    let dead = |serial: Serial| -> anyhow::Result<bool> {
        Ok(dossier.replaced.contains(&serial) || ledger.is_revoked(serial)?)
    };
    let new_invitation = dead(attendee.invitation)?;
    // A blank has no revision that could be raised.
    let new_badge = dead(attendee.badge)? || ledger.blank_text(attendee.badge)?.is_some();
    void.extend(&dossier.bound);
    if new_invitation {
        void.push(std::mem::replace(&mut attendee.invitation, Serial(random()?)));
    }
    if new_badge {
        void.push(std::mem::replace(&mut attendee.badge, Serial(random()?)));
    }
    attendee.revision = match attendee.revision {
        LAST_REVISION.. if new_invitation && new_badge => 0,
        revision => revision.saturating_add(1),
    };
    let person = attendee.person.clone().context("a person on the list has no name")?;
    ensure!(
        attendee.revision <= LAST_REVISION,
        "{} has had {LAST_REVISION} new passes, and no pass can count further; revoke {} first, \
         then reissue makes passes with new serials",
        person.number,
        person.number
    );
    let badge_pass = passes.badge(&attendee, None)?;
    attendee.person = Some(admission::roster::Person { badge_pass, ..person });
    Ok(attendee)
}

#[cfg(test)]
mod tests {
    use admission::pass::{self, PassError, PassKind};

    use super::*;
    use crate::keys::Change;
    use crate::testing::{self, PEOPLE, change_keys};

    fn attendee(folder: &Folder, number: &str) -> Attendee {
        person(&folder.ledger().unwrap(), number).unwrap()
    }

    fn request(numbers: &[&str]) -> Request {
        let numbers = numbers.iter().map(|number| (*number).to_owned()).collect();
        Request { numbers, why: "lost".parse().unwrap() }
    }

    fn badge(attendee: &Attendee) -> String {
        attendee.person.as_ref().unwrap().badge_pass.clone()
    }

    fn invitation(folder: &Folder, number: &str) -> String {
        let passes = Passes::open(folder, &folder.ledger().unwrap()).unwrap();
        passes.sign(&attendee(folder, number), PassKind::Invitation).unwrap()
    }

    fn revoke_passes(folder: &Folder, number: &str, which: Which) -> (usize, u64) {
        let wanted = Revocation { numbers: vec![number.to_owned()], serials: Vec::new(), which };
        revoke(folder, &wanted).unwrap()
    }

    #[test]
    fn a_new_pass_voids_the_old_one_and_nobody_elses() {
        let (_dir, folder) = testing::folder_with(PEOPLE);
        let (before, other) = (attendee(&folder, "100001"), attendee(&folder, "100002"));
        let old = invitation(&folder, "100001");
        let done = reissue(&folder, &request(&["100001"])).unwrap();
        assert_eq!((&done["reissued"], &done["list"]), (&json!(1), &json!(0)));
        let after = attendee(&folder, "100001");
        assert_eq!((after.revision, after.badge), (1, before.badge));
        assert_ne!(badge(&after), badge(&before));
        assert_ne!(invitation(&folder, "100001"), old);
        assert_eq!(attendee(&folder, "100002"), other);
        let keys = folder.ledger().unwrap().issuing_keys().unwrap();
        let read = pass::read(&badge(&after), &keys).unwrap().pass;
        assert_eq!((read.revision(), read.serial()), (1, after.badge));
        assert!(reissue(&folder, &request(&["999999"])).is_err());
    }

    #[test]
    fn after_a_killed_key_everybody_has_a_believed_pass_again() {
        let (dir, folder) = testing::folder_with(PEOPLE);
        let old = badge(&attendee(&folder, "100002"));
        let set = folder.ledger().unwrap().key_set().unwrap().unwrap();
        change_keys(&folder, Change::Kill(set.keys[0].kid().unwrap()));
        let keys = folder.ledger().unwrap().issuing_keys().unwrap();
        assert!(matches!(pass::read(&old, &keys), Err(PassError::KilledKey(_))));
        let complaints = crate::check::check(&folder).unwrap()["complaints"].clone();
        assert_eq!(
            complaints,
            json!(["6 people have passes of a key that was killed; make new ones (reissue --all)"])
        );
        assert_eq!(reissue(&folder, &request(&[])).unwrap()["reissued"], 6, "test passes too");
        assert_eq!(crate::check::check(&folder).unwrap()["complaints"], json!([]));
        let again = testing::people(dir.path(), &testing::sheet(PEOPLE));
        let summary = crate::import::import(&folder, &again).unwrap();
        assert_eq!((summary.changed, summary.unchanged), (0, 3), "an import keeps the new ones");
        assert_eq!(attendee(&folder, "100002").revision, 1);
    }

    #[test]
    fn whose_pass_is_on_the_list_gets_new_serials() {
        let (_dir, folder) = testing::folder_with(PEOPLE);
        let before = attendee(&folder, "100001");
        assert_eq!(revoke_passes(&folder, "100001", Which::Badge), (1, 1));
        assert_eq!(revoke_passes(&folder, "100001", Which::Badge), (0, 1), "known already");
        reissue(&folder, &request(&["100001"])).unwrap();
        let after = attendee(&folder, "100001");
        assert_ne!(after.badge, before.badge);
        assert_eq!(after.invitation, before.invitation, "that one dies by its revision");
        let ledger = folder.ledger().unwrap();
        assert!(ledger.is_revoked(before.badge).unwrap());
        assert!(!ledger.is_revoked(after.badge).unwrap());
        assert_eq!(ledger.attendee_of(after.badge).unwrap().unwrap().id, before.id);
        revoke_passes(&folder, "100002", Which::Badge);
        assert_eq!(revoke_passes(&folder, "100002", Which::Both), (1, 3), "one of them is new");
    }

    #[test]
    fn the_last_revision_is_told_with_its_cure() {
        let (_dir, folder) = testing::folder_with(PEOPLE);
        for _ in 0..23 {
            reissue(&folder, &request(&["100001"])).unwrap();
        }
        let refused = reissue(&folder, &request(&["100001"])).unwrap_err().to_string();
        assert!(refused.starts_with("100001 has had 23 new passes"), "{refused}");
        revoke_passes(&folder, "100001", Which::Both);
        reissue(&folder, &request(&["100001"])).unwrap();
        assert_eq!(attendee(&folder, "100001").revision, 0);
    }

    #[test]
    fn serials_that_belong_to_nobody_can_be_revoked() {
        let (_dir, folder) = testing::folder_with(PEOPLE);
        let wanted = |serial: &str| Revocation {
            numbers: Vec::new(),
            serials: vec![serial.to_owned()],
            which: Which::Both,
        };
        assert_eq!(revoke(&folder, &wanted(&"0A".repeat(16))).unwrap(), (1, 1));
        assert!(folder.ledger().unwrap().is_revoked(Serial([10; 16])).unwrap());
        let refused = revoke(&folder, &wanted("xyz")).unwrap_err().to_string();
        assert_eq!(refused, "\"xyz\" is no serial: 32 hex digits");
    }
}
