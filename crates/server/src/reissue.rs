//! `revoke` and `reissue`: passes that open nothing any more, and new ones in their place.
//!
//! `revoke` puts serials on the list that every station gets. `reissue` makes a person's old passes
//! void by raising the lowest revision that still opens something; who is on the list, or carries a
//! blank, gets new serials, because those stay dead for ever.

use std::path::Path;

use admission::id::{Serial, Slug};
use admission::roster::Attendee;
use anyhow::{Context, ensure};
use data_encoding::HEXLOWER_PERMISSIVE;
use ledger::Ledger;
use serde_json::{Value, json};

use crate::folder::Folder;
use crate::passes::Passes;
use crate::{answer, random, test_passes};

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

/// Puts passes on the revocation list; returns how many, and the number of the list.
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
    let list = ledger.revoke(&serials)?;
    Ok((serials.len(), list))
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
    // An import that runs at the same time would put the old passes back.
    let _alone = folder.lock("import.lock", "an import is running; wait until it ends")?;
    let mut ledger = folder.ledger()?;
    let passes = Passes::open(folder, &ledger)?;
    let people = match request.numbers.as_slice() {
        [] => ledger.attendees()?,
        numbers => {
            numbers.iter().map(|number| person(&ledger, number)).collect::<Result<_, _>>()?
        }
    };
    let (mut renewed, mut void) = (Vec::with_capacity(people.len()), Vec::new());
    for attendee in people {
        renewed.push(renew(&ledger, &passes, attendee, &mut void)?);
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
