//! Running the project's programs: what they print, how they end, and that they end.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

/// Returns the path of a program of this project.
pub fn path(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap();
    let program = folder.join(name);
    assert!(program.exists(), "{name} is not built: run `cargo build --workspace` first");
    program
}

/// What a program that ended had to say.
#[derive(Debug)]
pub struct Outcome {
    /// Exit code; -1 if a signal ended it.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Outcome {
    /// Fails the story unless the program succeeded.
    pub fn ok(self) -> Outcome {
        assert_eq!(self.code, 0, "{}\n{}", self.out, self.err);
        self
    }

    /// Reads standard output as one JSON value.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Reads standard output as JSON lines.
    pub fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Runs a program to its end with `input` on standard input.
pub fn run<I: AsRef<OsStr>>(name: &str, arguments: &[I], input: &str) -> Outcome {
    run_to_end(Command::new(path(name)), arguments, input)
}

/// Runs any program to its end with `input` on standard input.
pub fn run_to_end<I: AsRef<OsStr>>(command: Command, arguments: &[I], input: &str) -> Outcome {
    let mut child = spawn(command, arguments);
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        // A program that does not read its input may be gone already.
        let _ = stdin.write_all(input.as_bytes());
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Outcome {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn spawn<I: AsRef<OsStr>>(mut command: Command, arguments: &[I]) -> Child {
    command
        .args(arguments)
        .env("YINGBIN_SET_CLOCK", "1")
        .env("RUST_LOG", "warn")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// A program that goes on running; it is killed when the story is over.
pub struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    errors: std::thread::JoinHandle<String>,
}

impl Running {
    /// Starts a program.
    pub fn start<I: AsRef<OsStr>>(name: &str, arguments: &[I]) -> Running {
        let mut child = spawn(Command::new(path(name)), arguments);
        let stdin = child.stdin.take();
        let out = child.stdout.take().unwrap();
        let (tell, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        let mut err = child.stderr.take().unwrap();
        let errors = std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = err.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        Running { child, stdin, lines, errors }
    }

    /// Writes one line to its standard input.
    pub fn say(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        writeln!(stdin, "{line}").and_then(|()| stdin.flush()).unwrap();
    }

    /// Writes bytes to its standard input, whatever they are.
    pub fn say_bytes(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(bytes).and_then(|()| stdin.flush()).unwrap();
    }

    /// Waits for its next line of standard output.
    pub fn hear(&mut self) -> String {
        match self.lines.recv_timeout(Duration::from_secs(30)) {
            Ok(line) => line,
            Err(_) => {
                let _ = self.child.kill();
                panic!("the program said nothing for 30 s");
            }
        }
    }

    /// Waits for its next line of standard output, as JSON.
    pub fn hear_json(&mut self) -> Value {
        let line = self.hear();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Ends it at once, as a power cut would; returns what it had said and nobody had heard yet.
    pub fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.lines.iter().collect()
    }

    /// Closes its standard input and waits for it to end.
    pub fn finish(mut self) -> Outcome {
        self.stdin = None;
        let status = self.child.wait().unwrap();
        let out = self.lines.iter().collect::<Vec<_>>().join("\n");
        let empty = std::thread::spawn(String::new);
        let err = std::mem::replace(&mut self.errors, empty).join().unwrap();
        Outcome { code: status.code().unwrap_or(-1), out, err }
    }

    /// Asks it to end as a service manager would, and waits.
    pub fn terminate(self) -> Outcome {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        self.finish()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program of the system and returns what it printed.
pub fn system(name: &str, arguments: &[&str]) -> String {
    let output = Command::new(name)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{name}: {error}; `./kiosk test` installs it"));
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
