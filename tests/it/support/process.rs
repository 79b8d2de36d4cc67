//! A run of the binary, every wait bounded.

use std::fs::File;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

/// The binary under test.
pub const MILINK: &str = env!("CARGO_BIN_EXE_milink");
/// Longest wait for anything: far above what a busy machine needs, so that only a hang reaches it.
const WAIT_MAX: Duration = Duration::from_secs(180);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// Looks until there is an answer.
#[track_caller]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..WAIT_MAX.div_duration_f64(LOOK) as u64 {
        if let Some(answer) = look() {
            return answer;
        }
        std::thread::sleep(LOOK);
    }
    panic!("waited {WAIT_MAX:?} for {what}, in vain");
}

/// How a run ended.
#[derive(Debug)]
pub struct Done {
    /// `None`: by a signal.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Done {
    /// With that exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }
    /// Said so on stderr.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no `{text}` in\n{}", self.stderr);
        self
    }
    /// Stdout as exactly one JSON value.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e} in\n{}", self.stdout))
    }
}

/// A run under way; killed when dropped.
pub struct Running {
    child: Child,
    out: PathBuf,
    err: PathBuf,
}

impl Running {
    /// Starts it; its output goes to files in `dir`.
    pub fn start(command: &mut Command, dir: &Path) -> Self {
        let name = uuid::Uuid::new_v4().simple().to_string();
        let (out, err) = (dir.join(format!("{name}.out")), dir.join(format!("{name}.err")));
        let child = command
            .stdin(Stdio::null())
            .stdout(File::create(&out).unwrap())
            .stderr(File::create(&err).unwrap())
            .spawn()
            .unwrap();
        Self { child, out, err }
    }

    pub fn stdout(&self) -> String {
        std::fs::read_to_string(&self.out).unwrap()
    }

    pub fn stderr(&self) -> String {
        std::fs::read_to_string(&self.err).unwrap()
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Until stderr holds that text; a run that ends without it fails the test.
    #[track_caller]
    pub fn until_it_says(&mut self, text: &str) {
        until(text, || {
            let ended = self.has_ended();
            let said = self.stderr().contains(text);
            assert!(said || !ended, "ended without `{text}`\n{}", self.stderr());
            said.then_some(())
        });
    }

    /// As Ctrl-C does.
    #[cfg(unix)]
    pub fn interrupt(&self) {
        self.signal("INT");
    }

    /// By the signal's name: `STOP` suspends, `CONT` wakes.
    #[cfg(unix)]
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// SIGKILL: no destructor runs.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Until it ends by itself.
    #[track_caller]
    pub fn wait(mut self) -> Done {
        until("the end of a run", || self.has_ended().then_some(()));
        let code = self.child.wait().unwrap().code();
        Done { code, stdout: self.stdout(), stderr: self.stderr() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs milink to its end, without an estate.
#[track_caller]
pub fn milink(arguments: &[&str]) -> Done {
    let dir = tempfile::tempdir().unwrap();
    Running::start(Command::new(MILINK).env_clear().current_dir(dir.path()).args(arguments), dir.path()).wait()
}
