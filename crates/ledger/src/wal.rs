//! The write-ahead log's file: bounded while it grows, and looked at before it is believed.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::time::Duration;

use crate::backup::with_ending;
use crate::error::LedgerError;
use crate::open::{Ledger, PATIENCE};

/// A write-ahead log above this many bytes is an alarm: something keeps it from being written back.
pub const ALARM: u64 = 64 << 20;
/// Below this many bytes it is not worth writing back before its time.
const WORTH: u64 = 4 << 20;
const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

impl Ledger {
    /// Writes the write-ahead log back into the file and empties it, if it has grown; for a moment in
    /// which nobody waits. Whatever reads now puts it off. PostgreSQL looks after its own.
    ///
    /// # Errors
    /// [`LedgerError`] if the disk fails; a reader in the way is none.
    pub fn tidy(&self) -> Result<(), LedgerError> {
        if self.db.is_shared() {
            return Ok(());
        }
        let db = self.db.file()?;
        let Some(file) = db.path().filter(|path| !path.is_empty()) else { return Ok(()) };
        if size(Path::new(file)) < WORTH {
            return Ok(());
        }
        db.busy_timeout(Duration::ZERO)?;
        let done = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        db.busy_timeout(PATIENCE)?;
        match done.map_err(LedgerError::from) {
            Err(LedgerError::Busy) => Ok(()),
            done => done,
        }
    }
}

/// Returns the size of the write-ahead log beside a ledger's file, in bytes.
pub fn size(file: &Path) -> u64 {
    std::fs::metadata(with_ending(file, "-wal")).map_or(0, |found| found.len())
}

/// Tells whether the write-ahead log beside a file has lost transactions that had been stored.
///
/// SQLite believes it up to the first frame that does not add up and forgets the rest without a
/// word, because a power cut leaves such frames: those of the one transaction that was never
/// confirmed. Where a second one was ended behind them, the first had been on the disk, so it was
/// damaged since.
///
/// # Errors
/// If it cannot be read.
pub fn is_cut_off(file: &Path) -> io::Result<bool> {
    // Who reads while somebody writes can see half a frame; damage stays.
    for _ in 0..3 {
        if !is_cut_off_now(file)? {
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(true)
}

fn is_cut_off_now(file: &Path) -> io::Result<bool> {
    let wal = match File::open(with_ending(file, "-wal")) {
        Ok(wal) => wal,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    scan(&mut BufReader::with_capacity(1 << 16, wal))
}

fn scan(wal: &mut impl Read) -> io::Result<bool> {
    let mut header = [0; HEADER];
    if !fill(wal, &mut header)? {
        return Ok(false);
    }
    let Some(start) = Start::read(&header) else {
        // It is synced before the first frame is written.
        let mut rest = Vec::new();
        wal.read_to_end(&mut rest)?;
        return Ok(rest.iter().any(|byte| *byte != 0));
    };
    let mut sum = start.sum;
    let (mut believed, mut ended) = (true, 0u32);
    let mut frame = vec![0; FRAME_HEADER.saturating_add(start.page)];
    while fill(wal, &mut frame)? {
        let (head, page) = frame.split_at(FRAME_HEADER);
        if words(head).skip(2).take(2).ne(start.salts) {
            // Of an earlier use of the file, or damaged itself: what follows tells.
            believed = false;
            continue;
        }
        let next = start.add(start.add(sum, head.get(..8).unwrap_or_default()), page);
        believed &= words(head).skip(4).eq([next.0, next.1]);
        sum = next;
        // Its second word is not zero where a transaction ends.
        if !believed && words(head).nth(1) != Some(0) {
            ended = ended.saturating_add(1);
        }
    }
    Ok(ended > 1)
}

/// What the header says.
struct Start {
    page: usize,
    salts: [u32; 2],
    sum: (u32, u32),
    big_endian: bool,
}

impl Start {
    fn read(header: &[u8; HEADER]) -> Option<Start> {
        let fields: Vec<u32> = words(header).collect();
        let &[magic, version, page, _, one, other, sum, sum2] = fields.as_slice() else {
            return None;
        };
        let known = magic & !1 == 0x377F_0682 && version == 3_007_000;
        let page = usize::try_from(page).ok().filter(|page| (512..=65_536).contains(page))?;
        let big_endian = magic & 1 == 1;
        let start = Start { page, salts: [one, other], sum: (sum, sum2), big_endian };
        let right = start.add((0, 0), header.get(..24)?) == (sum, sum2);
        (known && right).then_some(start)
    }

    /// Goes on with SQLite's checksum over pairs of words.
    fn add(&self, (mut one, mut other): (u32, u32), bytes: &[u8]) -> (u32, u32) {
        let word = |bytes: &[u8; 4]| match self.big_endian {
            true => u32::from_be_bytes(*bytes),
            false => u32::from_le_bytes(*bytes),
        };
        let (pairs, _) = bytes.as_chunks::<8>();
        for pair in pairs {
            let ([first, second], _) = pair.as_chunks::<4>() else { break };
            one = one.wrapping_add(word(first)).wrapping_add(other);
            other = other.wrapping_add(word(second)).wrapping_add(one);
        }
        (one, other)
    }
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.as_chunks::<4>().0.iter().map(|word| u32::from_be_bytes(*word))
}

/// Fills `bytes`; `false` where the file ends before.
fn fill(file: &mut impl Read, bytes: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(bytes) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_grown_log_is_written_back_and_a_reader_only_puts_it_off() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("l.db");
        let ledger = Ledger::open(&file, None).unwrap();
        let grow = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 6)
                    INSERT INTO setting (name, value) SELECT 'n' || n, zeroblob(1000000) FROM n";
        ledger.db.run(grow).unwrap();
        assert!(size(&file) > WORTH && !is_cut_off(&file).unwrap());
        let reader = Ledger::open_to_read(&file, None).unwrap();
        reader.hold_still().unwrap();
        reader.vector().unwrap();
        ledger.db.run("DELETE FROM setting WHERE name = 'n1'").unwrap();
        let begun = Instant::now();
        ledger.tidy().unwrap();
        assert!(begun.elapsed() < PATIENCE / 2, "nobody waits for a reader");
        assert!(size(&file) > WORTH);
        drop(reader);
        ledger.tidy().unwrap();
        assert_eq!(size(&file), 0);
    }
}
