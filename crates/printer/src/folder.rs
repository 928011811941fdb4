//! The folder printer: each badge becomes a PDF file that another program, or a person, prints.
//!
//! A badge is written under a temporary name, synced and renamed: a file with a badge's name is
//! always whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use badge::Badge;

use crate::{Condition, Printed, Printer, State};

/// Temporary files end so; the station's own part of the name keeps printers of one folder apart.
const TEMPORARY: &str = ".part";

/// A folder that badges are written to.
#[derive(Debug)]
pub struct Folder {
    dir: PathBuf,
    station: String,
    /// Whether it was there once: then it is not made again, or badges would go where a stick was.
    made: bool,
}

impl Folder {
    /// Makes the folder if there is none, and removes what an interrupted station left there.
    ///
    /// It is made only inside one that is there, or a stick that is not plugged in would seem to take badges. One that
    /// cannot be made is in trouble until it can.
    pub fn open(dir: &Path, station: &str) -> Folder {
        // The organiser's name for a station becomes part of file names.
        let station = station.chars().filter(|c| c.is_alphanumeric()).collect();
        let mut folder = Folder { dir: dir.to_owned(), station, made: false };
        if let Err(error) = folder.make().and_then(|()| folder.sweep()) {
            tracing::warn!("{}", folder.complaint(&error));
        }
        folder
    }

    fn make(&mut self) -> io::Result<()> {
        if self.made {
            return Ok(());
        }
        match fs::create_dir(&self.dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        self.made = true;
        Ok(())
    }

    fn sweep(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(&self.prefix()) && name.ends_with(TEMPORARY) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Finds out before a guest comes whether anything can be written.
    fn probe(&self) -> io::Result<()> {
        let path = self.temporary("probe");
        File::create(&path)?;
        fs::remove_file(&path)
    }

    fn prefix(&self) -> String {
        format!(".{}-", self.station)
    }

    fn temporary(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{}{name}{TEMPORARY}", self.prefix()))
    }

    /// Returns a path that no badge has: another station's badge is never overwritten.
    fn free(&self, name: &str) -> PathBuf {
        let stem = name.strip_suffix(".pdf").unwrap_or(name);
        let first = self.dir.join(name);
        let more = (2u32..).map(|n| self.dir.join(format!("{stem}-{n}.pdf")));
        std::iter::once(first.clone()).chain(more).find(|path| !path.exists()).unwrap_or(first)
    }

    fn complaint(&self, error: &io::Error) -> String {
        let dir = self.dir.display();
        match error.kind() {
            io::ErrorKind::NotFound => format!(
                "the folder {dir} is not there; plug in what it lies on, make it, or choose another"
            ),
            _ => format!(
                "cannot write into the folder {dir} ({error}); make room there or allow it, or choose another"
            ),
        }
    }

    fn write(&self, temporary: &Path, pdf: &[u8]) -> io::Result<()> {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).open(temporary)?;
        file.write_all(pdf)?;
        file.sync_all()
    }
}

impl Printer for Folder {
    fn print(&mut self, name: &str, badge: &Badge) -> Printed {
        let pdf = match badge.pdf() {
            Ok(pdf) => pdf,
            Err(error) => return Printed::NotPrinted(error.to_string()),
        };
        let temporary = self.temporary(name);
        let made = self.make().and_then(|()| self.write(&temporary, &pdf));
        let moved = made.and_then(|()| fs::rename(&temporary, self.free(name)));
        if let Err(error) = moved {
            // Without its name it is no badge; what is left of it goes, if it can.
            let _ = fs::remove_file(&temporary);
            return Printed::NotPrinted(self.complaint(&error));
        }
        match File::open(&self.dir).and_then(|dir| dir.sync_all()) {
            Ok(()) => Printed::Confirmed,
            Err(error) => Printed::Unknown(self.complaint(&error)),
        }
    }

    fn state(&mut self) -> State {
        match self.make().and_then(|()| self.probe()) {
            Ok(()) => State::of([]),
            Err(error) => State::of([Condition::Fault]).saying(self.complaint(&error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{badge, badge_of, names};

    #[test]
    fn a_badge_is_a_whole_file_under_its_name_and_nothing_else_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let mut folder = Folder::open(&dir.path().join("a"), "K1");
        assert_eq!(folder.print("badge-000001-7.pdf", &badge()), Printed::Confirmed);
        assert!(folder.state().ready);
        assert_eq!(names(&dir.path().join("a")), ["badge-000001-7.pdf"]);
    }

    #[test]
    fn a_folder_on_a_stick_that_is_not_plugged_in_is_in_trouble_until_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let mut folder = Folder::open(&dir.path().join("stick/badges"), "K1");
        let printed = folder.print("badge-000001-1.pdf", &badge());
        assert!(matches!(&printed, Printed::NotPrinted(why) if why.contains("is not there; plug")));
        assert_eq!(folder.state().stopped_by(), Some(Condition::Fault));
        assert!(names(dir.path()).is_empty(), "nothing is made up");
        fs::create_dir(dir.path().join("stick")).unwrap();
        assert_eq!(folder.print("badge-000001-1.pdf", &badge()), Printed::Confirmed);
        assert!(folder.state().ready);
        // Pulled out again, what it was plugged into takes no badges.
        fs::remove_dir_all(dir.path().join("stick/badges")).unwrap();
        assert!(!folder.state().ready);
        let printed = folder.print("badge-000002-2.pdf", &badge());
        assert!(matches!(printed, Printed::NotPrinted(_)));
        assert!(names(&dir.path().join("stick")).is_empty());
    }

    #[test]
    fn a_badge_of_another_station_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        Folder::open(dir.path(), "K1").print("badge-000001-1.pdf", &badge());
        let first = fs::read(dir.path().join("badge-000001-1.pdf")).unwrap();
        assert_eq!(first, badge().pdf().unwrap());
        Folder::open(dir.path(), "K2").print("badge-000001-1.pdf", &badge_of(62, 100));
        assert_eq!(names(dir.path()), ["badge-000001-1-2.pdf", "badge-000001-1.pdf"]);
        assert_eq!(fs::read(dir.path().join("badge-000001-1.pdf")).unwrap(), first);
    }

    #[test]
    fn what_a_killed_station_left_half_written_is_removed_at_its_start_and_only_its_own() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(".K1-badge-000003-9.pdf.part"), b"%P").unwrap();
        fs::write(dir.path().join(".K2-badge-000001-1.pdf.part"), b"%P").unwrap();
        Folder::open(dir.path(), "K1");
        assert_eq!(names(dir.path()), [".K2-badge-000001-1.pdf.part"]);
    }

    #[test]
    fn a_folder_that_is_gone_surely_printed_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut folder = Folder::open(&dir.path().join("out"), "K1");
        fs::remove_dir(dir.path().join("out")).unwrap();
        let printed = folder.print("badge-000001-1.pdf", &badge());
        assert!(matches!(&printed, Printed::NotPrinted(why) if why.contains("choose another")));
        let state = folder.state();
        assert_eq!((state.ready, state.stopped_by()), (false, Some(Condition::Fault)));
    }
}
