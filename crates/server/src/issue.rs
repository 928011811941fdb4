//! `issue`: a picture of the invitation pass for every confirmed attendee, in one folder a
//! delegation, and `send.csv` for the organiser's own messages.
//!
//! Issued again, everything comes out byte for byte the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use admission::pass::PassKind;
use admission::roster::{Attendee, Convention, Status};
use anyhow::Context;
use badge::pass_picture::PassPicture;

use crate::days;
use crate::folder::{Folder, publish};
use crate::passes::Passes;
use crate::{parallel, sheet, test_passes};

const HEADER: [&str; 6] = ["number", "name", "delegation", "language", "token", "file"];
/// How often progress is shown, in pictures.
const TELL_EVERY: usize = 100;

/// What to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A picture for phones.
    Png,
    /// The same as a page.
    Pdf,
    /// The list for sending.
    Csv,
}

/// One invitation.
struct Invitation<'a> {
    number: &'a str,
    name: &'a str,
    attendee: &'a Attendee,
    language: &'a str,
    token: String,
}

/// Issues the invitations of everybody who is confirmed into `out`.
///
/// # Errors
/// A sentence that names the registration number, if a picture cannot be drawn or written.
pub fn run(data: &Path, out: &Path, formats: &[Format]) -> anyhow::Result<()> {
    let folder = Folder::open(data)?;
    let ledger = folder.ledger_to_read()?;
    let passes = Passes::open(&folder, &ledger)?;
    let convention = passes.convention();
    let attendees: Vec<Attendee> =
        ledger.entries()?.into_iter().map(|entry| entry.attendee).collect();
    let invitations = invitations(&passes, &attendees)?;
    fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    draw_all(convention, &invitations, out, formats)?;
    test_passes::issue(&passes, &ledger.attendees()?, out, formats)?;
    if formats.contains(&Format::Csv) {
        publish(&out.join("send.csv"), &send_list(&invitations, formats)?)?;
    }
    eprintln!("{} invitations are in {}.", invitations.len(), out.display());
    Ok(())
}

fn invitations<'a>(
    passes: &Passes,
    attendees: &'a [Attendee],
) -> anyhow::Result<Vec<Invitation<'a>>> {
    let mut invitations = Vec::new();
    for attendee in attendees.iter().filter(|attendee| attendee.status == Status::Confirmed) {
        let Some(person) = &attendee.person else { continue };
        invitations.push(Invitation {
            number: &person.number,
            name: if person.name.is_empty() { &person.latin } else { &person.name },
            attendee,
            language: &person.language,
            token: passes.sign(attendee, PassKind::Invitation)?,
        });
    }
    Ok(invitations)
}

impl Invitation<'_> {
    /// Returns where a file of this invitation lies under the output folder.
    fn file(&self, ending: &str) -> String {
        format!("{}/{}.{ending}", self.attendee.delegation, self.number)
    }
}

fn draw_all(
    convention: &Convention,
    invitations: &[Invitation],
    out: &Path,
    formats: &[Format],
) -> anyhow::Result<()> {
    if formats == [Format::Csv] {
        return Ok(());
    }
    let total = invitations.len();
    let done = AtomicUsize::new(0);
    let answers = parallel::map(invitations, |invitation| {
        let drawn = draw(convention, invitation, out, formats)
            .with_context(|| format!("the invitation of {}", invitation.number));
        let done = done.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if done.is_multiple_of(TELL_EVERY) {
            eprintln!("{done} of {total} drawn");
        }
        drawn
    });
    answers.into_iter().collect()
}

fn draw(
    convention: &Convention,
    invitation: &Invitation,
    out: &Path,
    formats: &[Format],
) -> anyhow::Result<()> {
    let picture = picture(convention, invitation.attendee, invitation.token.clone())
        .context("a bare row has no invitation")?;
    let drawn = picture.draw()?;
    let path = |ending: &str| -> PathBuf { out.join(invitation.file(ending)) };
    if let Some(folder) = path("png").parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    if formats.contains(&Format::Png) {
        publish(&path("png"), &drawn.png(badge::pass_picture::WIDTH_PX)?)?;
    }
    if formats.contains(&Format::Pdf) {
        publish(&path("pdf"), &drawn.pdf()?)?;
    }
    Ok(())
}

/// Returns the picture of somebody's invitation; `None` for a bare row.
pub(crate) fn picture(
    convention: &Convention,
    attendee: &Attendee,
    token: String,
) -> Option<PassPicture> {
    let person = attendee.person.as_ref()?;
    let last = convention.first_day.plus(u32::from(convention.days).saturating_sub(1));
    Some(PassPicture {
        number: person.number.clone(),
        name: if person.name.is_empty() { &person.latin } else { &person.name }.clone(),
        convention: title(convention, &person.language).to_owned(),
        days: days::spoken(convention.first_day.date(), last.date(), &person.language),
        token,
        language: person.language.clone(),
    })
}

/// Every Chinese reader reads the Chinese title, in the own script where there is one.
fn title<'a>(convention: &'a Convention, language: &str) -> &'a str {
    let words = &convention.title;
    let chinese = language.starts_with("zh").then(|| words.0.get("zh-Hans")).flatten();
    match words.0.get(language).or(chinese) {
        Some(title) => title,
        None => words.in_language(language),
    }
}

fn send_list(invitations: &[Invitation], formats: &[Format]) -> anyhow::Result<Vec<u8>> {
    let ending = if formats.contains(&Format::Pdf) && !formats.contains(&Format::Png) {
        "pdf"
    } else {
        "png"
    };
    let row = |invitation: &Invitation| {
        [
            invitation.number.to_owned(),
            invitation.name.to_owned(),
            invitation.attendee.delegation.to_string(),
            invitation.language.to_owned(),
            invitation.token.clone(),
            invitation.file(ending),
        ]
    };
    sheet::write(&HEADER, &invitations.iter().map(row).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn issue(formats: &[Format]) -> (tempfile::TempDir, PathBuf) {
        let (dir, _folder) = testing::folder_with(testing::PEOPLE);
        let out = dir.path().join("out");
        run(&dir.path().join("data"), &out, formats).unwrap();
        (dir, out)
    }

    #[test]
    fn everybody_confirmed_gets_a_picture_and_a_line() {
        let (_dir, out) = issue(&[Format::Png, Format::Csv]);
        assert!(fs::read(out.join("north/100001.png")).unwrap().starts_with(b"\x89PNG"));
        assert!(out.join("south/100002.png").exists());
        assert!(!out.join("south/100003.png").exists(), "cancelled");
        let list = fs::read_to_string(out.join("send.csv")).unwrap();
        let lines: Vec<&str> = list.split("\r\n").collect();
        assert_eq!(lines[0], "\u{FEFF}number,name,delegation,language,token,file");
        assert!(lines[1].starts_with("100001,王伟,north,zh-Hans,YB1"));
        assert!(lines[1].ends_with(",north/100001.png"));
        assert_eq!(lines.len(), 4, "two people, the header and the end");
    }

    #[test]
    fn the_token_of_the_list_is_an_invitation_that_stations_believe() {
        let (dir, out) = issue(&[Format::Csv]);
        let list = fs::read_to_string(out.join("send.csv")).unwrap();
        let token = list.lines().nth(1).unwrap().split(',').nth(4).unwrap();
        let ledger = Folder::open(&dir.path().join("data")).unwrap().ledger().unwrap();
        let read = admission::pass::read(token, &ledger.issuing_keys().unwrap()).unwrap();
        assert_eq!(read.pass.kind(), PassKind::Invitation);
        let found = ledger.attendee_of(read.pass.serial()).unwrap().unwrap();
        assert_eq!(found.person.unwrap().number, "100001");
        assert!(!out.join("north").exists(), "only the list was asked for");
    }

    #[test]
    fn issued_again_every_byte_is_the_same() {
        let (dir, out) = issue(&[Format::Png, Format::Pdf, Format::Csv]);
        let files = ["send.csv", "north/100001.png", "north/100001.pdf", "south/100002.png"];
        let read = || files.map(|file| fs::read(out.join(file)).unwrap());
        let before = read();
        fs::write(out.join("north/100001.png"), "broken").unwrap();
        run(&dir.path().join("data"), &out, &[Format::Png, Format::Pdf, Format::Csv]).unwrap();
        assert!(read() == before);
    }
}
