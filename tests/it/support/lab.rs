//! `lab up` in a process of its own.

use super::process::Done;
use super::process::MILINK;
use super::process::Running;
use super::process::until;
use serde_json::Value;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

/// Size of a test's databases, MiB: nearly all of it is the empty database, so that seeding is quick.
const SIZE_MIB: &str = "9";

/// A running lab; ends, and is gone from the disk, when dropped.
pub struct Lab {
    process: Option<Running>,
    dir: TempDir,
}

impl Drop for Lab {
    fn drop(&mut self) {
        // Before its folder goes.
        self.process.take();
    }
}

impl Lab {
    /// `arguments` as on the command line of `lab up`.
    #[track_caller]
    pub fn up(scenario: &str, arguments: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new(MILINK);
        command
            .env_clear()
            .args(["lab", "up", "--scenario", scenario, "--size-mib", SIZE_MIB, "--dir"])
            .arg(dir.path())
            .args(arguments.split_whitespace());
        let mut process = Running::start(&mut command, dir.path());
        until("the lab", || {
            assert!(!process.has_ended(), "the lab ended: {}", process.stderr());
            process.stdout().lines().any(|l| l == "lab ready").then_some(())
        });
        Self { process: Some(process), dir }
    }

    /// A scenario with each `from` replaced by its `to`.
    #[track_caller]
    pub fn changed(scenario: &str, changes: &[(&str, &str)], arguments: &str) -> Self {
        let mut text = super::process::milink(&["lab", "scenarios", "--show", scenario]).exits(0).stdout;
        for (from, to) in changes {
            assert!(text.contains(from), "no `{from}` in the scenario\n{text}");
            text = text.replacen(from, to, 1);
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("changed.toml");
        std::fs::write(&path, text).unwrap();
        Self::up(path.to_str().unwrap(), arguments)
    }

    /// With its links created.
    #[track_caller]
    pub fn linked(scenario: &str, arguments: &str) -> Self {
        let lab = Self::up(scenario, arguments);
        lab.milink("link create").exits(0);
        lab
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// `lab.json`
    pub fn record(&self) -> Value {
        serde_json::from_str(&std::fs::read_to_string(self.path("lab.json")).unwrap()).unwrap()
    }

    /// milink on the lab's estate; no words of the line may hold a blank.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(MILINK);
        command
            .env_clear()
            .env("MILINK_ESTATE", self.path("milink.toml"))
            .env("MILINK_STATE_DIR", self.path("state"))
            .current_dir(self.dir.path())
            .args(line.split_whitespace());
        command
    }

    pub fn start(&self, command: &mut Command) -> Running {
        Running::start(command, self.dir.path())
    }

    #[track_caller]
    pub fn milink(&self, line: &str) -> Done {
        self.start(&mut self.command(line)).wait()
    }

    /// Another estate file beside the lab's own, each `from` replaced by its `to`.
    #[track_caller]
    pub fn estate_with(&self, name: &str, changes: &[(&str, &str)]) -> PathBuf {
        let mut text = std::fs::read_to_string(self.path("milink.toml")).unwrap();
        for (from, to) in changes {
            assert!(text.contains(from), "no `{from}` in the estate file\n{text}");
            text = text.replace(from, to);
        }
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Breaks something, or mends it.
    #[track_caller]
    pub fn fault(&self, words: &str) {
        let dir = self.dir.path().to_owned();
        self.start(self.command("lab fault --dir").arg(dir).args(words.split_whitespace())).wait().exits(0);
    }

    fn lab_verdict(&self) -> Done {
        self.start(self.command("lab verdict --output json --dir").arg(self.dir.path())).wait()
    }

    /// The oracle holds: nothing lost, never two writable copies.
    #[track_caller]
    pub fn verdict_holds(&self) {
        let verdict = self.lab_verdict().exits(0).json();
        assert_eq!(verdict["ok"], true, "{verdict:#}");
        assert_eq!(verdict["lost"], 0, "{verdict:#}");
        assert_eq!(verdict["max_writable_copies"], 1, "{verdict:#}");
    }

    /// Commits that the application was told were done.
    pub fn acknowledged(&self) -> usize {
        acknowledged(self.dir.path())
    }

    /// The application goes on: `n` more commits are acknowledged.
    #[track_caller]
    pub fn until_written(&self, n: usize) {
        let wanted = self.acknowledged() + n;
        until("the writers to go on", || (self.acknowledged() >= wanted).then_some(()));
    }

    /// The newest run, as `runs show` has it.
    #[track_caller]
    pub fn last_run(&self) -> Value {
        self.milink("runs show last --output json").exits(0).json()
    }
}

fn acknowledged(dir: &Path) -> usize {
    let text = std::fs::read_to_string(dir.join("acknowledged.jsonl")).unwrap_or_default();
    text.lines().filter(|l| l.contains(r#""outcome":"acknowledged""#)).count()
}

/// Ids of the steps of a plan printed as JSON, in order.
pub fn planned(plan: &Value) -> Vec<String> {
    let stages = plan["stages"].as_array().unwrap();
    let steps = stages.iter().flat_map(|s| s["steps"].as_array().unwrap());
    steps.map(|s| s["id"].as_str().unwrap().to_owned()).collect()
}

/// Ids of the steps of a run as `runs show` has them, in order.
pub fn ran(run: &Value) -> Vec<String> {
    run["steps"].as_array().unwrap().iter().map(|s| s["step"].as_str().unwrap().to_owned()).collect()
}
