//! `badge preview`: a contact sheet, the badges that are hardest to draw first.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use badge::{Badge, contact_pdf, contact_png};

use super::people::{Guest, Studio, read};
use crate::folder::publish;
use crate::parallel;
use crate::progress::Progress;

/// How many badges a sheet shows where nobody says.
const USUAL: usize = 24;
/// Most badges on one sheet: more would not be looked at, and a sheet lies in memory.
const MOST: usize = 500;
/// Most badges in one picture: more make it higher than programs open.
const MOST_IN_A_PICTURE: usize = 60;

/// What to show.
#[derive(Clone, Debug)]
pub struct Request {
    /// A template; without it, the convention's own.
    pub template: Option<PathBuf>,
    /// The list; without it, the imported one.
    pub roster: Option<PathBuf>,
    /// A file that ends with `.pdf` or `.png`.
    pub out: PathBuf,
    /// Whose badges.
    pub choice: Choice,
}

/// Whose badges a sheet shows.
#[derive(Clone, Copy, Debug)]
pub enum Choice {
    /// Those with the longest and rarest texts.
    Hardest,
    /// So many by chance; the same seed gives the same people.
    Random {
        /// How many.
        count: usize,
        /// Where chance begins.
        seed: u64,
    },
}

/// Draws a contact sheet.
///
/// # Errors
/// A sentence, if the file cannot be written or no badge can be drawn.
pub fn run(data: &Path, request: &Request) -> anyhow::Result<()> {
    let ending = request.out.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ensure!(matches!(ending, "pdf" | "png"), "name a file that ends with .pdf or .png");
    if let Choice::Random { count, .. } = request.choice {
        refuse_count(count, ending)?;
    }
    let (convention, guests) = read(data, request.roster.as_deref(), None)?;
    let studio = Studio::open(convention, request.template.as_deref())?;
    let guests = chosen(guests, &studio, request.choice);
    ensure!(!guests.is_empty(), "nobody is confirmed, so there is no badge to show");
    let progress = Progress::of(guests.len(), "badges");
    let drawn = parallel::map(&guests, |guest| {
        let badge = studio.draw(guest);
        progress.advance(1);
        badge
    });
    let mut cards: Vec<(String, Badge)> = Vec::new();
    for (guest, badge) in guests.iter().zip(drawn) {
        match badge {
            Some(Ok(badge)) => cards.push((label(guest), badge)),
            Some(Err(error)) => eprintln!("{}: {error}", guest.number),
            None => {}
        }
    }
    ensure!(!cards.is_empty(), "no badge could be drawn");
    let bytes = if ending == "pdf" { contact_pdf(&cards) } else { contact_png(&cards) };
    publish(&request.out, &bytes.context("cannot draw the sheet")?)?;
    eprintln!("{} badges are on {}.", cards.len(), request.out.display());
    let missing = guests.len().saturating_sub(cards.len());
    ensure!(missing == 0, "{missing} badges could not be drawn; badge check tells all of them");
    Ok(())
}

/// Before anything is drawn: hundreds of badges take a while.
fn refuse_count(count: usize, ending: &str) -> anyhow::Result<()> {
    ensure!(count > 0, "say how many badges, from 1 to {MOST}");
    ensure!(
        count <= MOST,
        "a sheet shows at most {MOST} badges; badge check looks at everybody's, badge print draws them"
    );
    let fits = ending == "pdf" || count <= MOST_IN_A_PICTURE;
    ensure!(
        fits,
        "a picture shows at most {MOST_IN_A_PICTURE} badges; name a file that ends with .pdf for more"
    );
    Ok(())
}

fn label(guest: &Guest) -> String {
    let line = guest.line.map(|line| format!(" · line {line}")).unwrap_or_default();
    format!("{} · {}{line}", guest.number, guest.attendee.category)
}

fn chosen(mut guests: Vec<Guest>, studio: &Studio, choice: Choice) -> Vec<Guest> {
    match choice {
        Choice::Hardest => {
            guests.sort_by_cached_key(|guest| std::cmp::Reverse(hardness(studio, guest)));
            guests.truncate(USUAL);
        }
        Choice::Random { count, seed } => {
            guests.sort_by_cached_key(|guest| (mixed(seed, &guest.number), guest.number.clone()));
            guests.truncate(count);
        }
    }
    guests
}

/// A number that looks random and is the same wherever it is made.
fn mixed(seed: u64, number: &str) -> u64 {
    use sha2::{Digest, Sha256};
    let hash = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(number).finalize();
    hash.iter().take(8).fold(0, |all, byte| (all << 8) | u64::from(*byte))
}

/// Long texts are hard, and so are letters that few fonts have.
fn hardness(studio: &Studio, guest: &Guest) -> usize {
    let Some((texts, _)) = studio.texts(guest) else { return 0 };
    let length = |text: &str| {
        text.chars().map(|c| if c.is_ascii() { 1usize } else { 2 }).fold(0, usize::saturating_add)
    };
    let rare = texts.name.chars().filter(|c| is_rare(*c)).count();
    [
        length(&texts.name).max(length(&texts.second_name)).saturating_mul(3),
        length(&texts.enterprise).max(length(&texts.second_enterprise)),
        length(&texts.post),
        rare.min(3).saturating_mul(12),
    ]
    .into_iter()
    .fold(0, usize::saturating_add)
}

/// Letters beyond Latin, everyday Han, Kana and Hangul.
fn is_rare(c: char) -> bool {
    matches!(c,
        '\u{0370}'..='\u{1FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{E000}'..='\u{FAFF}' | '\u{20000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_the_same_for_the_same_seed() {
        assert_eq!(mixed(1, "100001"), mixed(1, "100001"));
        assert_ne!(mixed(1, "100001"), mixed(2, "100001"));
        assert_ne!(mixed(1, "100001"), mixed(1, "100002"));
    }
}
