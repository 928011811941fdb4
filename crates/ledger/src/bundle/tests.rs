//! The file by itself: cut off, damaged, hostile; what is in it is told in `crate::tests::bundles`.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test that goes wrong is to stop where it went wrong"
)]

use std::io::Read;

use admission::exchange::Left;
use admission::id::{ConventionId, FactId, LogId, Seq, StationId};
use ed25519_dalek::SigningKey;
use tempfile::TempDir;

use super::container::{BundleError, Frame, Reader, Writer};
use super::file::{self, FileError};
use super::read::Received;
use super::seal;

const CONVENTION: ConventionId = ConventionId([7; 16]);
const SENDER: StationId = StationId([9; 16]);

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn message(text: &str) -> Frame {
    Frame::Message(text.as_bytes().to_vec())
}

/// Two parts: one frame for reader 1, two for readers 1 and 2; the second of them packs well.
fn bundle() -> Vec<u8> {
    let mut writer = Writer::begin(Vec::new(), (CONVENTION, SENDER), 2).unwrap();
    writer.part(&[key(1).verifying_key()]).unwrap();
    writer.frame(&message("for one")).unwrap();
    writer.part(&[key(1).verifying_key(), key(2).verifying_key()]).unwrap();
    writer.frame(&message("for both")).unwrap();
    writer.frame(&message(&"again ".repeat(100))).unwrap();
    let (bytes, written) = writer.end().unwrap();
    assert_eq!(written, bytes.len() as u64);
    bytes
}

fn frames() -> Vec<Frame> {
    vec![message("for one"), message("for both"), message(&"again ".repeat(100))]
}

/// Reads as far as it goes.
fn read(bytes: &[u8], reader: &SigningKey) -> (Vec<Frame>, Option<BundleError>) {
    let mut frames = Vec::new();
    let mut reader = match Reader::begin(bytes, reader) {
        Ok(reader) => reader,
        Err(error) => return (frames, Some(error)),
    };
    loop {
        match reader.next_frame() {
            Ok(Some(frame)) => frames.push(frame),
            Ok(None) => return (frames, None),
            Err(error) => return (frames, Some(error)),
        }
    }
}

#[test]
fn every_reader_finds_what_is_for_it_and_nobody_else_anything() {
    let bytes = bundle();
    assert!(matches!(read(&bytes, &key(1)), (found, None) if found == frames()));
    assert!(matches!(read(&bytes, &key(2)), (found, None) if found == frames()[1..]));
    let (found, error) = read(&bytes, &key(3));
    assert!(found.is_empty() && matches!(error, Some(BundleError::NotForUs)));
    let holds = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    assert!(!holds(b"for one") && !holds(b"for both"), "nothing of it is in clear");
}

#[test]
fn what_is_like_itself_is_packed() {
    let mut writer = Writer::begin(Vec::new(), (CONVENTION, SENDER), 1).unwrap();
    writer.part(&[key(1).verifying_key()]).unwrap();
    writer.frame(&Frame::Message(vec![7; 1 << 20])).unwrap();
    let (bytes, _) = writer.end().unwrap();
    assert!(bytes.len() < 1 << 14, "{}", bytes.len());
    assert!(
        matches!(read(&bytes, &key(1)), (found, None) if found == [Frame::Message(vec![7; 1 << 20])])
    );
}

#[test]
fn case_54_truncated_at_each_byte() {
    let bytes = bundle();
    let mut most = 0;
    for length in 0..bytes.len() {
        let (found, error) = read(&bytes[..length], &key(1));
        let error = error.unwrap();
        assert!(matches!(error, BundleError::Truncated), "{length}: {error:?}");
        assert_eq!(found, frames()[..found.len()], "what came before is as it was written");
        assert!(found.len() >= most, "a longer file brings no less");
        most = found.len();
    }
    assert_eq!(most, 3, "all of it is there before the last byte");
}

#[test]
fn case_54_each_byte_flipped_is_damage_and_what_came_before_is_taken() {
    let bytes = bundle();
    for place in 0..bytes.len() {
        for bit in [1, 0x80] {
            let mut bytes = bytes.clone();
            bytes[place] ^= bit;
            let (found, error) = read(&bytes, &key(1));
            let error = error.unwrap();
            assert!(!matches!(error, BundleError::Io(_)), "{place}: {error:?}");
            assert!(place < 4 || matches!(error, BundleError::Damaged), "{place}: {error:?}");
            assert_eq!(found, frames()[..found.len()], "at {place}");
        }
    }
}

#[test]
fn stations_that_are_not_known_here_are_named_once_each() {
    let fact = |station: u8, seq: u64| FactId {
        log: LogId::new(StationId([station; 16]), [1; 8]),
        seq: Seq(seq),
    };
    let left = vec![
        Left::Stranger(fact(9, 1)),
        Left::Gap(fact(7, 4)),
        Left::Stranger(fact(9, 2)),
        Left::Stranger(fact(8, 1)),
    ];
    let (eight, nine) = ("08".repeat(16), "09".repeat(16));
    assert_eq!(
        Received { left, ..Received::default() }.strangers().unwrap(),
        format!("3 records are of stations that are not known here ({eight}, {nine})")
    );
    let left = vec![Left::Gap(fact(7, 4)), Left::Fork(fact(7, 5))];
    assert_eq!(Received { left, ..Received::default() }.strangers(), None);
}

#[test]
fn two_bundles_in_one_file_are_damage_and_not_one_bundle() {
    let (found, error) = read(&[bundle(), bundle()].concat(), &key(1));
    assert!(found.len() == 3 && matches!(error, Some(BundleError::Damaged)));
}

#[test]
fn other_files_and_later_bundles_are_named() {
    for other in [&b"PK\x03\x04rest"[..], b"YB1ABC", b"\x7fELF", &[0; 100]] {
        assert!(matches!(read(other, &key(1)).1, Some(BundleError::NotABundle)), "{other:?}");
    }
    assert!(matches!(read(b"YBB2....", &key(1)).1, Some(BundleError::Newer)));
}

/// Makes a record as a stranger would who knows the format and nobody's keys.
fn record(tag: u8, bytes: &[u8]) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    let head = [&[tag][..], &u32::try_from(bytes.len()).unwrap().to_be_bytes()].concat();
    let sums = (Sha256::digest(&head), Sha256::digest(bytes));
    [&head[..], &sums.0[..4], bytes, &sums.1[..8]].concat()
}

#[test]
fn hostile_lengths_and_parts_take_no_memory_and_no_time() {
    let large = |tag: u8| {
        let head = [&[tag][..], &[0xFF; 4]].concat();
        use sha2::{Digest, Sha256};
        let sum = Sha256::digest(&head);
        [b"YBB1", &head[..], &sum[..4]].concat()
    };
    assert!(matches!(read(&large(b'P'), &key(1)).1, Some(BundleError::TooLarge)));
    // A megabyte is said to follow, and nothing does.
    let mut short = record(b'P', &vec![0; 1 << 20]);
    short.truncate(9);
    let short = [&b"YBB1"[..], &short].concat();
    assert!(matches!(read(&short, &key(1)).1, Some(BundleError::Truncated)));
    for nonsense in [&b""[..], b"nonsense", &[0x9F; 100], &[0xBB, 0xFF, 0xFF, 0xFF, 0xFF]] {
        for tag in *b"PFEZ" {
            let bytes = [&b"YBB1"[..], &record(tag, nonsense)].concat();
            assert!(matches!(read(&bytes, &key(1)).1, Some(BundleError::Damaged)));
        }
    }
}

#[test]
fn a_bomb_is_not_unpacked_beyond_the_largest_frame() {
    // 300 MB of zeros, packed twice over: what is inside is small, and says nothing of its size.
    let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; 300 << 20], 1);
    let key_of_part = [5; 32];
    let outline = super::Outline { convention: CONVENTION, from: SENDER, part: 1, parts: 1 };
    let wrapped = seal::wrap(&key_of_part, &outline, &key(1).verifying_key()).unwrap();
    let mut head = vec![0xA5, 0x00, 0x50];
    head.extend([7; 16]);
    head.extend([0x01, 0x50]);
    head.extend([9; 16]);
    head.extend([0x02, 0x01, 0x03, 0x01, 0x04, 0x81]);
    head.extend(minicbor::to_vec(&wrapped).unwrap());
    let mut content = vec![0x83, 0x00, 0xF5, 0x5A];
    content.extend(u32::try_from(bomb.len()).unwrap().to_be_bytes());
    content.extend(bomb);
    let mut frames = seal::Frames::new(&key_of_part);
    let frame = frames.seal(&content, false).unwrap();
    let end = frames.seal(&[], true).unwrap();
    let bytes = [&b"YBB1"[..], &record(b'P', &head), &record(b'F', &frame), &record(b'E', &end)];
    let (found, error) = read(&bytes.concat(), &key(1));
    assert!(found.is_empty() && matches!(error, Some(BundleError::Damaged)), "{error:?}");
}

/// The head, the wrapped key and a frame under it, as `docs/bundle.md` has them.
#[test]
fn golden_bundle() {
    let text = include_str!("golden.hex").replace('\n', "");
    let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
    assert!(matches!(read(&bytes, &key(1)), (found, None) if found == [message("hello")]));
}

#[test]
fn case_53_only_files_are_read() {
    let dir = TempDir::new().unwrap();
    let path = |name: &str| dir.path().join(name);
    std::fs::write(path("file"), bundle()).unwrap();
    let status = std::process::Command::new("mkfifo").arg(path("pipe")).status().unwrap();
    assert!(status.success());
    std::os::unix::fs::symlink("/dev/zero", path("device")).unwrap();
    std::os::unix::fs::symlink(path("pipe"), path("to-pipe")).unwrap();
    std::os::unix::fs::symlink(path("loop"), path("loop")).unwrap();
    std::os::unix::fs::symlink("file", path("to-file")).unwrap();
    let refused = |name: &str| file::open(&path(name)).map(|_| ()).unwrap_err().to_string();
    assert!(refused(".").contains("is no file but a folder"), "{}", refused("."));
    for special in ["pipe", "device", "to-pipe"] {
        assert!(refused(special).contains("is no file but a pipe or a device"), "{special}");
    }
    for missing in ["none", "loop", "file/../../../etc/shadow-of-nothing"] {
        assert!(refused(missing).starts_with("cannot use"), "{}", refused(missing));
    }
    let large = std::fs::File::create(path("large")).unwrap();
    large.set_len(super::container::LARGEST + 1).unwrap();
    assert!(refused("large").contains("larger than any bundle (2048 MB)"));
    let mut read = Vec::new();
    file::open(&path("to-file")).unwrap().read_to_end(&mut read).unwrap();
    assert_eq!(read, std::fs::read(path("file")).unwrap(), "a link to a file is a file");
}

#[test]
fn case_53_nothing_but_a_bundle_is_written_over() {
    let dir = TempDir::new().unwrap();
    let path = |name: &str| dir.path().join(name);
    let write = |name: &str, bytes: Vec<u8>| {
        file::write(&path(name), move |to| {
            to.write_all(&bytes)
                .map_err(|reason| FileError::Cannot { path: "stick".into(), reason })
        })
    };
    write("out.ybb", bundle()).unwrap();
    write("out.ybb", [bundle(), bundle()].concat()).unwrap();
    assert_eq!(std::fs::read(path("out.ybb")).unwrap().len(), 2 * bundle().len());
    std::fs::write(path("server.key"), [1; 32]).unwrap();
    std::fs::create_dir(path("folder")).unwrap();
    std::os::unix::fs::symlink(path("server.key"), path("link")).unwrap();
    std::os::unix::fs::symlink("out.ybb", path("link-to-bundle")).unwrap();
    for taken in ["server.key", "folder", "link", "link-to-bundle"] {
        let refused = write(taken, bundle()).unwrap_err().to_string();
        assert!(refused.contains("is there already and is no bundle"), "{refused}");
    }
    assert_eq!(std::fs::read(path("server.key")).unwrap(), [1; 32]);
    assert!(write("no/such/folder", bundle()).is_err());
}

#[test]
fn a_stick_that_is_full_has_the_old_file_and_no_half_of_the_new() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("out.ybb");
    file::write(&path, |to| to.write_all(b"YBB1 old").map_err(|_| FileError::Full(path.clone())))
        .unwrap();
    let failed = file::write(&path, |to| {
        to.write_all(&[0; 100_000]).unwrap();
        Err::<(), _>(FileError::Full(path.clone()))
    });
    assert!(failed.unwrap_err().to_string().contains("the disk is full"));
    assert_eq!(std::fs::read(&path).unwrap(), b"YBB1 old");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}
