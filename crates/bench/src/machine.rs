//! What a figure was measured on, out of `/proc`.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Serialize;

/// The machine and the build.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// Model of the processor.
    pub processor: String,
    /// How many of its cores this process may use.
    pub cores: usize,
    /// Memory in GiB.
    pub memory_gib: f64,
    /// Kernel.
    pub system: String,
    /// Device and file system under the databases.
    pub disk: String,
    /// How busy the machine was before: the load of the last minute.
    pub load: f64,
    /// `release` or `debug`.
    pub build: &'static str,
}

impl Machine {
    /// Looks at this machine; `place` is where the databases will lie.
    pub fn look(place: &Path) -> Machine {
        let first = |file: &str, key: &str| {
            let text = fs::read_to_string(file).unwrap_or_default();
            let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default();
            line.split_once(':').map_or(line, |(_, value)| value).trim().to_owned()
        };
        let kib = first("/proc/meminfo", "MemTotal");
        let kib: f64 = kib.split(' ').next().and_then(|kib| kib.parse().ok()).unwrap_or(0.0);
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Machine {
            processor: first("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gib: (kib / 1024.0 / 1024.0 * 10.0).round() / 10.0,
            system: first("/proc/sys/kernel/osrelease", ""),
            disk: disk(place),
            load: load.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(0.0),
            build: if cfg!(debug_assertions) { "debug" } else { "release" },
        }
    }
}

/// Finds the file system on which a folder lies: the longest mount point above it.
fn disk(place: &Path) -> String {
    let place = place.canonicalize().unwrap_or_else(|_| place.to_owned());
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let fields = |line: &str| line.split(' ').take(3).map(str::to_owned).collect::<Vec<_>>();
    let above = mounts.lines().map(fields).filter(|at| at.len() == 3 && place.starts_with(&at[1]));
    // Of two at one point the later lies on top.
    let top = above.enumerate().max_by_key(|(n, at)| (at[1].len(), *n));
    top.map_or_else(String::new, |(_, at)| format!("{} {}", at[2], at[0]))
}

/// Returns the commit that is checked out, with `+` after it if files differ from it.
pub fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stderr(std::process::Stdio::null())
            .output()
            .ok()
            .filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else {
        return "unknown".to_owned();
    };
    let changed = git(&["status", "--porcelain"]).is_some_and(|files| !files.is_empty());
    if changed { commit + "+" } else { commit }
}
