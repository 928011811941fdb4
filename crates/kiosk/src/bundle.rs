//! A station's side of bundles: it writes one, takes one, and joins by them where no network reaches.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use admission::exchange::Nonce;
use ledger::Ledger;
use ledger::bundle::BundleError;
use ledger::bundle::file::{self, FileError};
use ledger::bundle::offline::{Applied, BadInvitation, Invitation, JoinOffline, write_application};
use ledger::bundle::read::{ReadError, Received};
use ledger::bundle::write::{Sent, To, WriteError};
use ledger::clock::Clock;
use ledger::enrol::Code;

use crate::enrol::{Joining, open, random};
use crate::station::{Folder, Station, StationError, cannot_use, require_open, write_private};
use crate::wipe;

/// What a folder keeps while it waits for the server's welcome.
pub(crate) const APPLIED: &str = "applied.cbor";

/// Why a bundle is not written or not taken.
#[derive(Debug, thiserror::Error)]
pub enum CarryError {
    /// The folder.
    #[error(transparent)]
    Station(#[from] StationError),
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The bundle that was to be written.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// What goes into it.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// What was in it.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The invitation.
    #[error(transparent)]
    Invitation(#[from] BadInvitation),
    /// The welcome.
    #[error(transparent)]
    Join(#[from] JoinOffline),
    /// Nobody would answer.
    #[error(
        "{0} is not enrolled yet and has not applied either; run: yingbin-desk --data DIR enrol \
         --offline INVITATION CODE --out FILE"
    )]
    NotApplied(PathBuf),
}

impl From<ledger::LedgerError> for CarryError {
    fn from(error: ledger::LedgerError) -> CarryError {
        CarryError::Station(error.into())
    }
}

/// What was written.
pub struct Written {
    /// What the bundle has.
    pub sent: Sent,
    /// Own records that cannot go into a bundle before the server's answer to this one was read,
    /// because another copy of this folder has worked.
    pub held_back: u64,
}

/// Writes a bundle beside a running desk.
///
/// # Errors
/// [`CarryError`]; then there is no file, or the one that was there before.
pub fn write(dir: &Path, path: &Path, whom: (To, bool)) -> Result<Written, CarryError> {
    let reader = Station::read(dir)?;
    let key = reader.own_key(dir)?;
    reader.ledger.hold_still()?;
    let now = Clock::Machine.now();
    let sent: Result<Sent, WriteError> =
        file::write(path, |to| reader.ledger.write_bundle(to, whom, (&key, now)));
    let held_back = if reader.ledger.is_forked()? { reader.ledger.waiting()? } else { 0 };
    Ok(Written { sent: sent?, held_back })
}

/// What taking a bundle came to.
pub struct Taken {
    /// The station; it has just joined if `joined`.
    pub station: Station,
    /// Whether the bundle was the welcome for which the folder waited.
    pub joined: bool,
    /// What it brought.
    pub received: Received,
}

/// Takes a bundle; the folder may be one that waits for its welcome.
///
/// A station that the server ordered to shut down, and that has brought everything home, is destroyed.
///
/// # Errors
/// [`CarryError`]; what was taken before stays. [`StationError::ShutDown`] with what is left.
pub fn read(dir: &Path, path: &Path) -> Result<Taken, CarryError> {
    let (mut station, joined) = match Station::open(dir) {
        Err(StationError::NotEnrolled(_) | StationError::Applied(_)) => (join(dir, path)?, true),
        opened => (opened?, false),
    };
    let now = Clock::Machine.now();
    let received = station.ledger.read_bundle(file::open(path)?, (&station.key, now))?;
    if let (Some(state), true) = (received.order, received.has_arrived) {
        return Err(StationError::ShutDown(dir.to_owned(), wipe::shut_down(dir, state)).into());
    }
    if let Some(policy) = station.ledger.policy()? {
        station.policy = policy;
    }
    Ok(Taken { station, joined, received })
}

/// Makes keys and an application that goes to the server on a stick.
///
/// Again with the same code it makes the same application, because a stick may be lost.
///
/// # Errors
/// [`CarryError`]; then it can be tried again.
pub fn apply(dir: &Path, invitation: &Path, code: &str, out: &Path) -> Result<(), CarryError> {
    let code = Code::read(code).map_err(StationError::from)?;
    require_open(dir)?;
    let bytes = Invitation::read(file::open(invitation)?);
    let bytes = bytes.map_err(|reason| cannot_use(invitation, reason))?;
    let Invitation { server } = Invitation::open(&bytes, &code)?;
    let folder = Folder::lock(dir)?;
    if folder.ledger_file().exists() {
        return Err(StationError::AlreadyEnrolled(dir.to_owned()).into());
    }
    let key = folder.station_key()?;
    let before = applied(&folder)?.filter(|applied| applied.code == code.text());
    let nonce = before.map_or_else(|| random().map(Nonce), |applied| Ok(applied.nonce))?;
    let applied = Applied { server, code: code.text(), nonce };
    let state = folder.dir().join(APPLIED);
    write_private(&state, &minicbor::to_vec(&applied).unwrap_or_default())
        .map_err(|reason| cannot_use(&state, reason))?;
    file::write(out, |to: &mut dyn Write| -> Result<(), CarryError> {
        Ok(write_application(to, &applied, (&code, &key))?)
    })
}

fn applied(folder: &Folder) -> Result<Option<Applied>, CarryError> {
    let path = folder.dir().join(APPLIED);
    match fs::read(&path) {
        Ok(bytes) => Ok(minicbor::decode(&bytes).ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(reason) => Err(cannot_use(&path, reason).into()),
    }
}

/// Takes the welcome: as at an enrolment over the network, the ledger has its name only when it is
/// whole.
fn join(dir: &Path, path: &Path) -> Result<Station, CarryError> {
    let nobody = || CarryError::NotApplied(dir.to_owned());
    if File::open(dir.join(APPLIED)).is_err() {
        return Err(nobody());
    }
    let folder = Folder::lock(dir)?;
    let applied = applied(&folder)?.ok_or_else(nobody)?;
    let code = Code::read(&applied.code).map_err(StationError::from)?;
    let (key, disk) = (folder.station_key()?, folder.ledger_key()?);
    let joining = Joining::begin(&folder)?;
    let mut ledger = Ledger::open(&joining.file, Some(&disk)).map_err(StationError::from)?;
    let now = Clock::Machine.now();
    let bundle = file::open(path)?;
    ledger.join_offline(bundle, (&applied, &code), random()?, (&key, now))?;
    // Closing brings everything from the write-ahead log into the file.
    drop(ledger);
    joining.finish(&folder)?;
    Ok(open(folder, key, &disk)?)
}

impl Station {
    /// Returns how many own records the server has not confirmed yet.
    ///
    /// # Errors
    /// [`StationError`] if they cannot be counted.
    pub fn waiting(&self) -> Result<u64, StationError> {
        Ok(self.ledger.waiting()?)
    }
}

#[cfg(test)]
mod tests {
    use admission::exchange::Profile;
    use admission::roster::Attendee;

    use super::*;
    use crate::station::mend::tests::{admit, copy};
    use crate::testing::{
        ANNA_SCHMIDT, AU_YEUNG, TEMPLATE, Venue, WANG_XIAOMING, convention, kiosk_profile, slug,
    };

    #[test]
    fn a_copy_is_told_that_its_records_follow_when_the_answer_was_read() {
        let venue = Venue::open();
        let dir = tempfile::tempdir().unwrap();
        let [one, other, file] = ["one", "other", "file"].map(|name| dir.path().join(name));
        let station = venue.enrol(&one, "K2", &["registration"]);
        let id = station.ledger.own_log().unwrap().station();
        drop(station);
        copy(&one, &other);
        for (folder, who) in [(&one, AU_YEUNG), (&other, ANNA_SCHMIDT)] {
            admit(&mut Station::open(folder).unwrap(), who);
        }
        let swap = |folder: &Path| {
            let written = write(folder, &file, (To::Server, false)).unwrap();
            let answer = venue.answers(fs::read(&file).unwrap(), id);
            fs::write(&file, answer).unwrap();
            read(folder, &file).unwrap();
            (written.sent.facts, written.held_back)
        };
        assert_eq!(swap(&one), (1, 0));
        assert_eq!([swap(&other), swap(&other)], [(1, 0), (0, 1)]);
        assert_eq!(swap(&other).1, 0);
        assert_eq!(Station::open(&other).unwrap().waiting().unwrap(), 0);
        assert_eq!(venue.arrivals(false), 2);
    }

    #[test]
    fn a_photo_reaches_the_badges_of_its_sites_by_network_and_by_stick_and_no_other_site() {
        let (venue, dir) = (Venue::open(), tempfile::tempdir().unwrap());
        let [hall, later, dalian] = ["hall", "later", "dalian"].map(|name| dir.path().join(name));
        let template = badge::Template::parse(TEMPLATE).unwrap();
        let face = template.fill(&texts(&WANG_XIAOMING.attendee())).unwrap().png(400).unwrap();
        let photo = badge::picture::photo(&face).unwrap();
        let mut wang = WANG_XIAOMING.attendee();
        wang.person.as_mut().unwrap().photo = Some(photo.clone());

        let station = venue.enrol(&hall, "K2", &["registration"]);
        let id = station.ledger.own_log().unwrap().station();
        drop(station);
        venue.register(wang.clone());
        let file = dir.path().join("file");
        write(&hall, &file, (To::Server, false)).unwrap();
        fs::write(&file, venue.answers(fs::read(&file).unwrap(), id)).unwrap();
        read(&hall, &file).unwrap();
        venue.enrol(&later, "K3", &["registration"]);
        for folder in [&hall, &later] {
            let station = Station::open(folder).unwrap();
            let found = station.ledger.attendee(WANG_XIAOMING.id()).unwrap().unwrap();
            assert_eq!(found, wang);
            let place = r#"<rect id="photo" width="90" height="120"/></svg>"#;
            let template = TEMPLATE.replace("</svg>", place);
            let badge = badge::Template::parse(&template).unwrap().fill(&texts(&found)).unwrap();
            assert!(holds(&badge.pdf().unwrap(), photo.bytes()));
        }

        let elsewhere = Profile { site: slug("dalian"), ..kiosk_profile("K4", &["visit-dalian"]) };
        drop(venue.enrol_as(&dalian, elsewhere));
        let station = Station::open(&dalian).unwrap();
        let found = station.ledger.attendee(WANG_XIAOMING.id()).unwrap().unwrap();
        assert_eq!(found, wang.bare());
    }

    fn texts(attendee: &Attendee) -> badge::Texts {
        badge::Texts::of(attendee, &convention()).unwrap()
    }

    fn holds(file: &[u8], part: &[u8]) -> bool {
        file.windows(part.len()).any(|window| window == part)
    }
}
