//! An organiser's own fonts, for names with characters that no built-in face has.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use badge::FontPack;

use crate::folder::Folder;
use crate::regular;

/// The folder inside the server's.
const FOLDER: &str = "fonts";
/// The largest font, in bytes: those with all of Unicode's Han have half of it.
const LARGEST: u64 = 128 << 20;

/// Reads the fonts that lie in the server's folder, in the order of their names; nothing where there are
/// none.
///
/// # Errors
/// A sentence about a file that is no font.
pub(crate) fn pack(folder: &Folder) -> anyhow::Result<Option<FontPack>> {
    let dir = folder.path().join(FOLDER);
    if !dir.is_dir() {
        return Ok(None);
    }
    let mut files = listed(&dir).with_context(|| format!("cannot read {}", dir.display()))?;
    files.sort();
    files.retain(|file| {
        let is_file = file.is_file();
        if !is_file {
            eprintln!("note: {} is no file, and is left out of the fonts", file.display());
        }
        is_file
    });
    if files.is_empty() {
        return Ok(None);
    }
    let bytes = files.iter().map(|file| read(file)).collect::<anyhow::Result<Vec<_>>>()?;
    match FontPack::read(bytes) {
        Ok(pack) => Ok(Some(pack)),
        Err(place) => {
            let file = files.get(place).map(|file| file.display().to_string()).unwrap_or_default();
            bail!("{file} is no font that can be read; take it out of the folder, or copy it anew")
        }
    }
}

fn listed(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let is_font = |path: &PathBuf| {
        let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
        ["ttf", "otf", "ttc", "otc"].contains(&end.to_ascii_lowercase().as_str())
    };
    let paths = fs::read_dir(dir)?.map(|entry| entry.map(|entry| entry.path()));
    Ok(paths.collect::<Result<Vec<_>, _>>()?.into_iter().filter(is_font).collect())
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes =
        regular::read(file, LARGEST).with_context(|| format!("cannot read {}", file.display()))?;
    let is_small = u64::try_from(bytes.len()).is_ok_and(|length| length <= LARGEST);
    anyhow::ensure!(is_small, "{} has more than 128 MiB; that is no font", file.display());
    Ok(bytes)
}
