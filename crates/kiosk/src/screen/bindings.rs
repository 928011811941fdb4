//! The TypeScript of the screens lies with the window, generated and committed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ts_rs::{Config, TS};

use super::*;

const CURE: &str = "run: YINGBIN_BINDINGS=write cargo test -p kiosk bindings";

fn files(dir: &Path) -> BTreeMap<PathBuf, String> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &PathBuf| PathBuf::from(path.file_name().unwrap());
    entries.map(|path| (name(&path), fs::read_to_string(&path).unwrap())).collect()
}

#[test]
fn the_windows_types_are_the_desks_types() {
    let bindings = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/bindings");
    let fresh = tempfile::tempdir().unwrap();
    let config = Config::new().with_out_dir(fresh.path());
    View::export_all(&config).unwrap();
    Touch::export_all(&config).unwrap();
    Scanners::export_all(&config).unwrap();
    if std::env::var_os("YINGBIN_BINDINGS").is_some_and(|wish| wish == "write") {
        for (name, text) in files(fresh.path()) {
            fs::write(bindings.join(name), text).unwrap();
        }
    }
    assert_eq!(files(&bindings), files(fresh.path()), "{CURE}");
}
