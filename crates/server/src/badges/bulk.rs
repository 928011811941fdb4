//! `badge print`: everybody's badge or invitation, as PDF files or one file each.
//!
//! A PDF lies in memory until it is written, so a long one comes in parts. What was written is noted with a digest of all that
//! stands in it: an interrupted run goes on, and a later run writes only what has changed.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use admission::id::Slug;
use admission::pass::PassKind;
use admission::roster::Convention;
use anyhow::{Context, ensure};
use badge::{Badge, Pages, Sheet};
use data_encoding::HEXLOWER;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::people::{Guest, Studio, read};
use crate::folder::{Folder, publish};
use crate::passes::Passes;
use crate::progress::Progress;
use crate::{answer, issue, parallel, regular, sheet};

/// Badges in one PDF: some hundred megabytes of memory while it is made, and whole sheets of every kind.
const PART: usize = 200;
const TRAYS: [&str; 6] = ["delegation", "place", "number", "name", "category", "file"];

/// What is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// The badges that kiosks would print.
    Badge,
    /// The invitations that `issue` sends.
    Invitation,
}

/// What to print, and where to.
#[derive(Clone, Debug)]
pub struct Order {
    /// A file that ends with `.pdf`, or a folder for a file each.
    pub out: PathBuf,
    /// Several on a sheet, with crop marks.
    pub sheet: Option<Sheet>,
    /// Badges or invitations.
    pub kind: Kind,
    /// Only this delegation.
    pub delegation: Option<Slug>,
    /// Write the list by which trays are filled.
    pub trays: bool,
}

/// What became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Summary {
    pub(super) badges: usize,
    pub(super) files: usize,
    /// Files that were there and have not changed.
    pub(super) kept: usize,
    /// People whose badge cannot be drawn.
    pub(super) refused: usize,
}

/// One file, and whose it is.
struct Piece<'a> {
    file: String,
    guests: &'a [Guest],
}

/// Prints, and prints the summary as JSON.
///
/// # Errors
/// A sentence, if a file cannot be written, or somebody's badge cannot be drawn; everybody else's is there.
pub fn run(data: &Path, order: &Order) -> anyhow::Result<()> {
    let summary = print(data, order)?;
    answer(&format!("{}\n", serde_json::to_string(&summary)?))?;
    let Summary { badges, files, kept, refused } = summary;
    eprintln!("{badges} in {files} new files; {kept} files were there already.");
    ensure!(refused == 0, "{refused} could not be drawn; badge check tells what to do");
    Ok(())
}

pub(super) fn print(data: &Path, order: &Order) -> anyhow::Result<Summary> {
    let (convention, guests) = read(data, None, order.delegation.as_ref())?;
    let single = order.out.extension().is_some_and(|ending| ending == "pdf");
    ensure!(single || order.sheet.is_none(), "sheets go into a file: name one that ends with .pdf");
    let shop = Shop::open(data, order, convention)?;
    let (folder, pieces) = pieces(&order.out, single, &guests)?;
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let journal = Journal::open(&folder.join(note(&order.out, single)))?;
    let progress = Progress::of(guests.len(), "badges");
    let printed = parallel::map(&pieces, |piece| {
        let done = shop.print(&folder, piece, &journal);
        progress.advance(piece.guests.len());
        done
    });
    let mut summary = Summary::default();
    for one in printed {
        let one = one?;
        summary.badges = summary.badges.saturating_add(one.badges);
        summary.files = summary.files.saturating_add(one.files);
        summary.kept = summary.kept.saturating_add(one.kept);
        summary.refused = summary.refused.saturating_add(one.refused);
    }
    if order.trays {
        let path = folder.join(beside(&order.out, single, "trays.csv"));
        publish(&path, &sheet::write(&TRAYS, &trays(&pieces))?)?;
    }
    Ok(summary)
}

/// Everything that badges are made of.
struct Shop {
    studio: Studio,
    passes: Option<Passes>,
    sheet: Option<Sheet>,
    /// A digest of what is the same for all.
    common: Vec<u8>,
}

impl Shop {
    fn open(data: &Path, order: &Order, convention: Convention) -> anyhow::Result<Shop> {
        let mut common = Sha256::new();
        common.update(format!("{} {:?} {:?}", env!("CARGO_PKG_VERSION"), order.kind, order.sheet));
        for (name, svg) in &convention.templates {
            common.update(format!("{}{name}{}", name.len(), svg.len()));
            common.update(svg);
        }
        let passes = match order.kind {
            Kind::Badge => None,
            Kind::Invitation => {
                let folder = Folder::open(data)?;
                let ledger = folder.ledger_to_read()?;
                Some(Passes::open(&folder, &ledger)?)
            }
        };
        let studio = Studio::open(convention, None)?;
        Ok(Shop { studio, passes, sheet: order.sheet, common: common.finalize().to_vec() })
    }

    /// Writes one file, unless it is there as it would be.
    fn print(&self, folder: &Path, piece: &Piece, journal: &Journal) -> anyhow::Result<Summary> {
        let path = folder.join(&piece.file);
        let digest = self.digest(piece.guests)?;
        if journal.has(&piece.file, &digest) && journal.is_whole(&piece.file, &path) {
            return Ok(Summary { kept: 1, ..Summary::default() });
        }
        let (mut pages, mut summary) = (Pages::new(self.sheet), Summary::default());
        for guest in piece.guests {
            match self.draw(guest) {
                Ok(None) => {}
                Ok(Some(badge)) => {
                    // What does not fit its place on the sheet fits nobody's.
                    pages.add(badge).with_context(|| format!("cannot draw {}", piece.file))?;
                    summary.badges = summary.badges.saturating_add(1);
                }
                Err(error) => {
                    eprintln!("{}: {error:#}", guest.number);
                    summary.refused = summary.refused.saturating_add(1);
                }
            }
        }
        if summary.badges == 0 {
            return Ok(summary);
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)
                .with_context(|| format!("cannot make {}", parent.display()))?;
        }
        let bytes = pages.finish().with_context(|| format!("cannot draw {}", piece.file))?;
        publish(&path, &bytes)?;
        summary.files = 1;
        if summary.refused == 0 {
            journal.note(&piece.file, &digest, &bytes)?;
        }
        Ok(summary)
    }

    fn draw(&self, guest: &Guest) -> anyhow::Result<Option<Badge>> {
        match &self.passes {
            None => Ok(self.studio.draw(guest).transpose()?),
            Some(passes) => {
                let token = passes.sign(&guest.attendee, PassKind::Invitation)?;
                let picture = issue::picture(passes.convention(), &guest.attendee, token);
                Ok(picture.map(|picture| picture.draw()).transpose()?)
            }
        }
    }

    /// Returns a digest of all that stands in a file.
    fn digest(&self, guests: &[Guest]) -> anyhow::Result<String> {
        let mut digest = Sha256::new();
        digest.update(&self.common);
        for guest in guests {
            let said = match &self.passes {
                None => format!("{:?}", self.studio.texts(guest).map(|(texts, _)| texts)),
                Some(passes) => {
                    let token = passes.sign(&guest.attendee, PassKind::Invitation)?;
                    format!("{:?}", issue::picture(passes.convention(), &guest.attendee, token))
                }
            };
            let category = guest.attendee.category.to_string();
            digest.update(format!("{}{category}{}{said}", category.len(), said.len()));
        }
        Ok(HEXLOWER.encode(&digest.finalize()))
    }
}

/// Returns the folder, and the files in it with their people.
fn pieces<'a>(
    out: &Path,
    single: bool,
    guests: &'a [Guest],
) -> anyhow::Result<(PathBuf, Vec<Piece<'a>>)> {
    if !single {
        let file = |guest: &Guest| format!("{}/{}.pdf", guest.attendee.delegation, guest.number);
        let each = guests
            .chunks(1)
            .flat_map(|one| one.first().map(|guest| Piece { file: file(guest), guests: one }));
        return Ok((out.to_owned(), each.collect()));
    }
    let folder = out.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).to_owned();
    let stem = stem(out);
    let parts = guests.chunks(PART).zip(1u32..);
    let many = guests.len() > PART;
    let file = |n: u32| if many { format!("{stem}-{n:04}.pdf") } else { format!("{stem}.pdf") };
    ensure!(!stem.is_empty(), "name a file, such as badges.pdf");
    Ok((folder, parts.map(|(guests, n)| Piece { file: file(n), guests }).collect()))
}

fn stem(out: &Path) -> &str {
    out.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
}

/// Returns the name of a file that goes with what is printed.
fn beside(out: &Path, single: bool, name: &str) -> String {
    if single { format!("{}-{name}", stem(out)) } else { name.to_owned() }
}

fn note(out: &Path, single: bool) -> String {
    beside(out, single, "printed.txt")
}

/// Who lies where: in order of delegation and number, as the pages come.
fn trays(pieces: &[Piece]) -> Vec<[String; 6]> {
    let (mut rows, mut places) = (Vec::new(), BTreeMap::<Slug, usize>::new());
    for piece in pieces {
        for guest in piece.guests {
            let place = places.entry(guest.attendee.delegation.clone()).or_default();
            *place = place.saturating_add(1);
            rows.push([
                guest.attendee.delegation.to_string(),
                place.to_string(),
                guest.number.clone(),
                guest.name().to_owned(),
                guest.attendee.category.to_string(),
                piece.file.clone(),
            ]);
        }
    }
    rows
}

/// Which files are whole, each on a line with two digests: of what shall stand in it, and of its bytes. A line that broke off
/// counts nothing.
struct Journal {
    known: BTreeMap<String, (String, String)>,
    file: Mutex<File>,
}

impl Journal {
    fn open(path: &Path) -> anyhow::Result<Journal> {
        let cannot = || format!("cannot write {}", path.display());
        let text = fs::read_to_string(path).unwrap_or_default();
        let noted = |line: &str| {
            let (wanted, rest) = line.split_once(' ')?;
            let (written, file) = rest.split_once(' ')?;
            Some((file.to_owned(), (wanted.to_owned(), written.to_owned())))
        };
        let known = text.lines().filter_map(noted).collect();
        let mut file =
            OpenOptions::new().create(true).append(true).open(path).with_context(cannot)?;
        if !text.is_empty() && !text.ends_with('\n') {
            file.write_all(b"\n").with_context(cannot)?;
        }
        Ok(Journal { known, file: Mutex::new(file) })
    }

    fn has(&self, file: &str, digest: &str) -> bool {
        self.known.get(file).is_some_and(|(wanted, _)| wanted == digest)
    }

    /// Tells whether a file still is as it was written: somebody may have cut it short, or saved it anew.
    fn is_whole(&self, file: &str, path: &Path) -> bool {
        let Some((_, written)) = self.known.get(file) else { return false };
        regular::read(path, u64::MAX).is_ok_and(|bytes| digest_of(&bytes) == *written)
    }

    fn note(&self, file: &str, digest: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let mut journal = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let line = format!("{digest} {} {file}\n", digest_of(bytes));
        journal.write_all(line.as_bytes()).context("cannot note a file")
    }
}

fn digest_of(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}
