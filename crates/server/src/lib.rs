//! What the centre does: sets a convention up, brings its roster in, issues passes, adds stations,
//! serves them, and gives everything back as tables.
//!
//! [`cli`] says which commands there are; each has a file of its own. They all work on one data
//! [`folder`], beside a running `serve`. [`convention_file`] and [`import`] judge what an organiser
//! brings, and name file, line, column and cure of every complaint.
//! Rules live in `admission`, storage and exchange in `ledger`, drawing in `badge`.

pub mod api;
pub mod backup;
pub mod badges;
mod beside;
pub mod bundle;
pub mod check;
pub mod cli;
pub mod complaint;
pub mod convention_file;
pub mod database;
pub mod edge;
pub mod export;
pub mod folder;
mod fonts;
pub mod import;
pub mod incoming;
pub mod init;
pub mod issue;
pub mod keys;
pub mod listen;
pub mod live;
pub mod membership;
pub mod passes;
pub mod proposals;
pub mod reissue;
pub mod review;
pub mod root;
pub mod serve;
pub mod sheet;
pub mod stations;
pub mod test_passes;
pub mod tls;
pub mod upkeep;
pub mod watch;

mod alone;
mod days;
mod parallel;
mod progress;
mod regular;
mod template_file;

#[cfg(test)]
mod testing;

use std::io::Write;

use anyhow::Context;

/// Writes a command's answer to standard output.
///
/// # Errors
/// If standard output cannot be written to; a reader that has gone away is no error.
pub(crate) fn answer(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to standard output"),
    }
}

/// Returns random bytes of the system.
///
/// # Errors
/// If the system has none to give.
pub(crate) fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).context("the system gives no random numbers")?;
    Ok(bytes)
}
