//! A small fuzzing engine for stable Rust: mutates a corpus, watches for panics and silence.
//!
//! It is a file and not a crate of others because those that mutate a corpus need a nightly
//! compiler, and those that run on stable only draw random bytes. Included by `crates/*/tests/fuzz.rs`.
//!
//! A target is called with bytes and says in a few words what became of them. What was said for the
//! first time goes into the pool and is mutated further, so the pool grows towards the depths of a
//! reader without any instrumentation.
//!
//! `YINGBIN_FUZZ_SECONDS` sets the time of each target, two seconds without it. The seed is printed;
//! `YINGBIN_FUZZ_SEED` sets it. An input that fails is kept beside the corpus as `found-…`, and
//! every run tries the whole corpus first.

use std::any::Any;
use std::collections::BTreeSet;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// Longest input, in bytes: beyond it, readers refuse by their bounds, and other tests try those.
const LONGEST: usize = 64 << 10;
/// A reader that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(1);
/// Inputs that are mutated further.
const POOL: usize = 2000;
/// Numbers that readers count wrongly with.
const INTERESTING: [u8; 12] = [0, 1, 22, 23, 24, 27, 31, 32, 0x7F, 0x80, 0xF6, 0xFF];

/// Fuzzes `target` with the corpus in a folder; panics with the place of the input that failed.
pub fn fuzz(corpus: &str, target: impl Fn(&[u8]) -> String) {
    let folder = PathBuf::from(corpus);
    let mut pool = read(&folder);
    assert!(!pool.is_empty(), "there is no corpus in {corpus}");
    let mut said: BTreeSet<String> = BTreeSet::new();
    for input in &pool {
        said.insert(run(&folder, input, &target));
    }
    let seconds = number("YINGBIN_FUZZ_SECONDS").unwrap_or(2);
    let seed = number("YINGBIN_FUZZ_SEED").unwrap_or_else(moment);
    let mut chance = Chance(seed | 1);
    let (began, mut tried) = (Instant::now(), 0u64);
    while began.elapsed() < Duration::from_secs(seconds) {
        let input = mutated(&pool, &mut chance);
        if said.insert(run(&folder, &input, &target)) && pool.len() < POOL {
            pool.push(input);
        }
        tried += 1;
    }
    // Straight to standard error, so that it is there even if a stack overflow ends everything.
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let line = format!("fuzz {name}: seed {seed}, {tried} inputs, {} outcomes\n", said.len());
    let _ = std::io::stderr().write_all(line.as_bytes());
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn moment() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos() % u128::from(u64::MAX)).unwrap_or(1)
}

fn read(folder: &Path) -> Vec<Vec<u8>> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = files.map(|entry| entry.path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// Calls the target once; three times if it was slow, because a busy machine is no fault of its.
fn run(folder: &Path, input: &[u8], target: &impl Fn(&[u8]) -> String) -> String {
    for attempt in 1.. {
        let began = Instant::now();
        match catch_unwind(AssertUnwindSafe(|| target(input))) {
            Err(panic) => fail(folder, input, &words(&*panic)),
            Ok(said) if began.elapsed() < PATIENCE => return said,
            Ok(_) if attempt == 3 => fail(folder, input, "it took more than a second"),
            Ok(_) => {}
        }
    }
    String::new()
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

fn fail(folder: &Path, input: &[u8], why: &str) -> ! {
    // FNV-1a: the same input gets the same name.
    let hash = input.iter().fold(0xCBF2_9CE4_8422_2325u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
    });
    let file = folder.join(format!("found-{hash:016x}"));
    std::fs::write(&file, input).unwrap();
    panic!("{why}; the input is in {}", file.display());
}

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Returns a number below `end`; 0 if there is none.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap_or(1)).unwrap_or(0)
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Changes an input of the pool in one to six places.
fn mutated(pool: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut input = chance.of(pool).clone();
    for _ in 0..=chance.below(6) {
        mutate(&mut input, pool, chance);
    }
    input.truncate(LONGEST);
    input
}

fn mutate(input: &mut Vec<u8>, pool: &[Vec<u8>], chance: &mut Chance) {
    let at = chance.below(input.len());
    // Short pieces are likelier than long ones.
    let length = 1 << chance.below(9);
    let end = (at + chance.below(length) + 1).min(input.len());
    match chance.below(9) {
        0 if !input.is_empty() => input[at] ^= 1 << chance.below(8),
        1 if !input.is_empty() => input[at] = *chance.of(&INTERESTING),
        2 if !input.is_empty() => {
            input[at] = input[at].wrapping_add(1).max(chance.next() as u8 & 1)
        }
        3 => input.insert(at, *chance.of(&INTERESTING)),
        4 if at < end => drop(input.drain(at..end)),
        5 if at < end => {
            let piece = input[at..end].to_vec();
            let to = chance.below(input.len());
            let times = 1 << chance.below(6);
            input.splice(to..to, piece.repeat(times).into_iter().take(LONGEST));
        }
        6 => {
            let other = chance.of(pool);
            let from = chance.below(other.len());
            let to = (from + length).min(other.len());
            input.splice(at..at, other[from..to].iter().copied());
        }
        7 => {
            let other = chance.of(pool);
            input.truncate(at);
            input.extend_from_slice(&other[chance.below(other.len())..]);
        }
        _ if !input.is_empty() => {
            let other = chance.below(input.len());
            input.swap(at, other);
        }
        _ => input.push(chance.next() as u8),
    }
}
