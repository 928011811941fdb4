//! The peer of the row `badge`: ReportLab, in a Python of the bench's own.
//!
//! `peer/badges.py` says what it draws. It gets the texts and the font files that our own badges
//! are made of, all of them TrueType, so it can take them as they are.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use badge::Texts;
use serde::Deserialize;
use serde_json::{Value, json};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peer/badges.py");
const FONTS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/node_modules/@expo-google-fonts");
/// Package and stem of its file names, in the order in which a character looks for its face.
const FAMILIES: [(&str, &str); 5] = [
    ("noto-sans", "NotoSans"),
    ("noto-sans-sc", "NotoSansSC"),
    ("noto-sans-kr", "NotoSansKR"),
    ("noto-sans-jp", "NotoSansJP"),
    ("noto-sans-arabic", "NotoSansArabic"),
];

/// What it took, in milliseconds.
#[derive(Debug, Deserialize)]
pub struct Times {
    /// A badge in a document of all of them, in each round.
    pub bulk: Vec<f64>,
    /// Each badge as a document of its own.
    pub alone: Vec<f64>,
}

/// Lets ReportLab draw these badges: as one document `rounds` times, and one by one.
///
/// # Errors
/// Why there is no such peer here.
pub fn draw(python: &Path, texts: &[Texts], rounds: u32) -> anyhow::Result<Times> {
    let badges: Vec<Value> = texts.iter().map(content).collect();
    let asked = json!({ "faces": faces(), "badges": badges, "rounds": rounds });
    let mut child = Command::new(python)
        .args(["-I", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", python.display()))?;
    // A script that ended early says on its own why; the broken pipe does not.
    let written = child.stdin.take().map(|mut input| input.write_all(asked.to_string().as_bytes()));
    let output = child.wait_with_output()?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!("{}", complaint.lines().last().unwrap_or("its script failed"));
    }
    written.transpose()?;
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn faces() -> Vec<(&'static str, [PathBuf; 2])> {
    let file = |package: &str, stem: &str, weight: &str| {
        Path::new(FONTS).join(package).join(weight).join(format!("{stem}_{weight}.ttf"))
    };
    let both = |(package, stem)| {
        let files = ["400Regular", "700Bold"].map(|weight| file(package, stem, weight));
        (stem, files)
    };
    FAMILIES.map(both).into()
}

/// What the template prints of the texts.
fn content(texts: &Texts) -> Value {
    let category = format!("{} {}", texts.category, texts.second_category);
    json!({
        "convention": texts.convention,
        "second_convention": texts.second_convention,
        "name": texts.name,
        "second_name": texts.second_name,
        "post": texts.post,
        "enterprise": texts.enterprise,
        "second_enterprise": texts.second_enterprise,
        "place": texts.place,
        "category": category.trim(),
        "band": texts.band,
        "pass": texts.pass,
    })
}
