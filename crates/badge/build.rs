//! Finds the font files that are built into the program.
//!
//! They come from the npm packages of the window (`ui/package.json` pins them), because no crate ships whole Noto faces.
//! The library reads each path from an environment variable at compile time (`src/faces.rs`).

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Variable prefix, package, and the stem of its file names.
const FAMILIES: [(&str, &str, &str); 8] = [
    ("LATIN", "noto-sans", "NotoSans"),
    ("CHINESE", "noto-sans-sc", "NotoSansSC"),
    ("TRADITIONAL", "noto-sans-tc", "NotoSansTC"),
    ("KOREAN", "noto-sans-kr", "NotoSansKR"),
    ("JAPANESE", "noto-sans-jp", "NotoSansJP"),
    ("ARABIC", "noto-sans-arabic", "NotoSansArabic"),
    ("THAI", "noto-sans-thai", "NotoSansThai"),
    ("DEVANAGARI", "noto-sans-devanagari", "NotoSansDevanagari"),
];

/// Variable suffix and weight, as the packages name it.
const WEIGHTS: [(&str, &str); 2] = [("REGULAR", "400Regular"), ("BOLD", "700Bold")];

fn main() -> ExitCode {
    println!("cargo:rerun-if-changed=build.rs");
    let fonts = fonts_folder();
    for (family, package, stem) in FAMILIES {
        for (weight, name) in WEIGHTS {
            let file = fonts.join(package).join(name).join(format!("{stem}_{name}.ttf"));
            println!("cargo:rerun-if-changed={}", file.display());
            if !file.is_file() {
                eprintln!(
                    "the font {} is not there: run `npm ci` in ui/ first, or ./kiosk run does it",
                    file.display()
                );
                return ExitCode::FAILURE;
            }
            println!("cargo:rustc-env=BADGE_{family}_{weight}={}", file.display());
        }
    }
    ExitCode::SUCCESS
}

fn fonts_folder() -> PathBuf {
    let root = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    Path::new(&root).join("../../ui/node_modules/@expo-google-fonts")
}
