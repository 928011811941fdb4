//! The project's programs as processes: started, heard, killed.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::Value;

/// Returns the path of a program that was built with this one.
pub fn path(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let program = own.with_file_name(name);
    ensure!(program.exists(), "{} is not built; ./kiosk bench builds it", program.display());
    Ok(program)
}

/// A running program; it is killed with this value.
pub struct Running {
    child: Child,
    input: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
}

impl Running {
    /// Starts a program of the project.
    pub fn start<I: AsRef<OsStr>>(name: &str, arguments: &[I]) -> anyhow::Result<Running> {
        let mut command = Command::new(path(name)?);
        command
            .args(arguments)
            .env("YINGBIN_SET_CLOCK", "1")
            .env("RUST_LOG", "error")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        let (input, output) = (child.stdin.take(), child.stdout.take().map(BufReader::new));
        Ok(Running { child, input, output })
    }

    /// Returns the way into the program and the way out of it, for threads of their own.
    pub fn take_ends(&mut self) -> anyhow::Result<(ChildStdin, BufReader<ChildStdout>)> {
        self.input.take().zip(self.output.take()).context("the ends were taken before")
    }

    /// Writes a line to the program.
    pub fn say(&mut self, line: &str) -> anyhow::Result<()> {
        let input = self.input.as_mut().context("the program's input was taken")?;
        writeln!(input, "{line}")?;
        Ok(input.flush()?)
    }

    /// Waits for a line of the program, as JSON.
    pub fn hear(&mut self) -> anyhow::Result<Value> {
        let mut line = String::new();
        self.output.as_mut().context("the program's output was taken")?.read_line(&mut line)?;
        serde_json::from_str(&line).with_context(|| format!("the program said {line:?}"))
    }

    /// Ends the program at once, as a power cut would.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Closes its input and waits until it ends by itself.
    pub fn finish(mut self) -> anyhow::Result<()> {
        self.input = None;
        let status = self.child.wait()?;
        ensure!(status.success(), "the program ended with {status}");
        Ok(())
    }

    /// Asks it to end as a service manager would, and waits.
    pub fn terminate(mut self) -> anyhow::Result<()> {
        terminate(self.child.id())?;
        let status = self.child.wait()?;
        ensure!(status.success(), "the program ended with {status}");
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends SIGTERM to one process.
pub fn terminate(process: u32) -> anyhow::Result<()> {
    let status = Command::new("kill").args(["-TERM", &process.to_string()]).status()?;
    ensure!(status.success(), "process {process} cannot be asked to end");
    Ok(())
}

/// Asks until the answer is something, or time is up.
pub fn await_some<T>(
    patience: Duration,
    what: &str,
    mut ask: impl FnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let began = std::time::Instant::now();
    loop {
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        ensure!(began.elapsed() < patience, "waited {patience:?} in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
