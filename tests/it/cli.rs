use milink::base::clock::Clock;
use milink::journal::Journal;
use milink::journal::SqliteJournal;
use milink::journal::record::Record;
use milink::journal::record::RunResult;
use milink::journal::record::StepResult;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// Screens show times: they must not depend on how fast the disk is.
struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> time::OffsetDateTime {
        time::macros::datetime!(2026-11-21 10:15 UTC)
    }
    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

/// A folder to work in, and the binary in it with an empty environment.
struct Desk {
    dir: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }
    fn path(&self) -> &Path {
        self.dir.path()
    }
    fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_milink"));
        command.env_clear().env("MILINK_STATE_DIR", "state").current_dir(self.path()).args(args.split_whitespace());
        command
    }
    /// Exit code, stdout and stderr in one text; the folder's name is blanked.
    fn run(&self, args: &str) -> String {
        self.shown(&mut self.command(args))
    }
    fn shown(&self, command: &mut Command) -> String {
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&*self.path().to_string_lossy(), "[DIR]");
        format!(
            "exit {}\n--- stdout\n{}--- stderr\n{}",
            output.status.code().unwrap(),
            text(&output.stdout),
            text(&output.stderr)
        )
    }
    /// Two runs: one that stopped half way, one that ended.
    fn with_runs(self) -> Self {
        let journal = SqliteJournal::open(&self.path().join("state/journal.db"), Arc::new(StoppedClock)).unwrap();
        let begin = |kind: &str| Record::RunStarted {
            kind: kind.into(),
            plan: serde_json::json!({}),
            host: "ops1".into(),
            user: "dba".into(),
            version: "0.1.0".into(),
        };
        let started = |step: &str| Record::StepStarted { step: step.into(), attempt: 1 };
        let done = |step: &str| Record::StepFinished {
            step: step.into(),
            outcome: StepResult::Done,
            note: String::new(),
            duration_ms: 12,
        };
        let committed = Record::RunFinished { outcome: RunResult::Committed, summary: serde_json::json!(null) };
        for record in [begin("link"), started("link.create"), done("link.create"), committed] {
            journal.append(&"link-20261120T090000Z-0001".into(), &record).unwrap();
        }
        for record in [begin("cutover"), started("cutover.fence"), done("cutover.fence"), started("cutover.drain")] {
            journal.append(&"cutover-20261121T101500Z-0002".into(), &record).unwrap();
        }
        self
    }
}

#[test]
fn usage_errors() {
    let desk = Desk::new();
    insta::assert_snapshot!(desk.run("runs lst"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: unrecognized subcommand 'lst'

      tip: a similar subcommand exists: 'list'

    Usage: milink runs [OPTIONS] <COMMAND>

    For more information, try '--help'.
    "#);
    insta::assert_snapshot!(desk.run("--output json runs lst"), @r#"
    exit 2
    --- stdout
    {
      "schema_version": 1,
      "kind": "usage",
      "message": "unrecognized subcommand 'lst'",
      "hint": "see `milink --help`",
      "exit_code": 2
    }
    --- stderr
    "#);
    insta::assert_snapshot!(desk.run("--output jsonl runs"), @r#"
    exit 2
    --- stdout
    {"schema_version":1,"kind":"usage","message":"expected a command, found none","hint":"see `milink --help`","exit_code":2}
    --- stderr
    "#);
    insta::assert_snapshot!(desk.run("cutover run"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: the following required arguments were not provided:
      <LINK>...

    Usage: milink cutover run <LINK>...

    For more information, try '--help'.
    "#);
    insta::assert_snapshot!(desk.shown(desk.command("runs list").env("MILINK_OUTPUT", "xml")), @r#"
    exit 2
    --- stdout
    --- stderr
    error: expected `table`, `json` or `jsonl` in MILINK_OUTPUT, found `xml`
    "#);
    insta::assert_snapshot!(desk.shown(desk.command("runs list").env_remove("MILINK_STATE_DIR")), @r#"
    exit 2
    --- stdout
    --- stderr
    error: there is no folder to keep the journal in: neither HOME nor XDG_STATE_HOME is set
    hint: pass `--state-dir DIR`, or set MILINK_STATE_DIR
    "#);
}

#[test]
fn answers_about_itself() {
    let desk = Desk::new();
    assert_eq!(
        desk.run("--version"),
        concat!("exit 0\n--- stdout\nmilink ", env!("CARGO_PKG_VERSION"), "\n--- stderr\n")
    );
    insta::assert_snapshot!(desk.run("runs list --help"), @r#"
    exit 0
    --- stdout
    One line for each run, newest first

    Usage: milink runs list [OPTIONS]

    Options:
      -h, --help  Print help

    Global options:
          --estate <FILE>    Estate file [env: MILINK_ESTATE] [default: milink.toml]
          --state-dir <DIR>  Folder of the journal [env: MILINK_STATE_DIR] [default: the user's state
                             folder]
          --output <FORMAT>  Text, one JSON document, or one JSON object a line, on stdout [env:
                             MILINK_OUTPUT] [default: table] [possible values: table, json, jsonl]
          --no-input         Never ask; fail where an answer would be needed
          --yes              Approve the plan without being asked
    --- stderr
    "#);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(desk.run(&format!("completions {shell}")).contains("cutover"), "{shell}");
    }
    assert!(desk.run("man").starts_with("exit 0\n--- stdout\n.ie"));
    insta::assert_snapshot!(desk.run("man --dir pages"), @r#"
    exit 0
    --- stdout
    --- stderr
    manual pages written to pages
    next: man -l pages/milink.1
    "#);
    assert!(desk.path().join("pages/milink-cutover-run.1").exists());
}

#[test]
fn every_schema_is_json() {
    for name in ["estate", "demo", "run", "compat", "matrix", "explain", "estimate"] {
        let output = Desk::new().command(&format!("schema {name}")).output().unwrap();
        let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(schema["type"], "object", "{name}");
    }
}

#[test]
fn init_writes_once() {
    let desk = Desk::new();
    insta::assert_snapshot!(desk.run("init"), @r#"
    exit 0
    --- stdout
    --- stderr
    estate file written to milink.toml
    next: edit it, then `milink link plan`
    "#);
    insta::assert_snapshot!(desk.run("init"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: `milink.toml` is there already
    hint: name another with `--estate FILE`, or move it away
    "#);
    insta::assert_snapshot!(desk.run("--estate no/such/folder.toml init"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: `no/such/folder.toml` cannot be written: No such file or directory (os error 2)
    "#);
}

#[test]
fn init_takes_over_the_estate_of_a_lab() {
    let desk = Desk::new();
    let lab = desk.path().join("lab");
    std::fs::create_dir(&lab).unwrap();
    let good = std::fs::read_to_string("tests/fixtures/config/good.toml").unwrap();
    std::fs::write(lab.join("milink.toml"), good + "\n[trust]\nroots = [\"ca.pem\"]\n").unwrap();
    insta::assert_snapshot!(desk.run("init --from-lab lab"), @r#"
    exit 0
    --- stdout
    --- stderr
    estate file written to milink.toml
    next: edit it, then `milink link plan`
    "#);
    let path = desk.path().join("milink.toml");
    let config = milink::config::load(&path, &milink::config::load::Environment::default()).unwrap();
    assert_eq!(config.trust.roots, [lab.join("ca.pem")]);
    insta::assert_snapshot!(desk.run("init --from-lab nothing --estate other.toml"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: there is no estate file in `nothing`: No such file or directory (os error 2)
    hint: start a lab there with `milink lab up --scenario NAME --dir DIR`
    "#);
}

#[test]
fn no_runs() {
    let desk = Desk::new();
    insta::assert_snapshot!(desk.run("runs list"), @r#"
    exit 0
    --- stdout
    --- stderr
    no runs in `state/journal.db`
    "#);
    insta::assert_snapshot!(desk.run("runs list --output json"), @r#"
    exit 0
    --- stdout
    []
    --- stderr
    "#);
    insta::assert_snapshot!(desk.run("runs show last"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: no run `last` in `state/journal.db`
    hint: list them with `milink runs list`
    "#);
    insta::assert_snapshot!(desk.run("runs verify"), @r#"
    exit 0
    --- stdout
    journal whole: 0 runs, 0 records
    --- stderr
    "#);
    assert!(!desk.path().join("state").exists(), "looking made files");
}

#[test]
fn runs_are_listed_shown_and_exported() {
    let desk = Desk::new().with_runs();
    insta::assert_snapshot!(desk.run("runs list"), @r#"
    exit 0
    --- stdout
    run                            status     steps  lines  by
    -----------------------------  ---------  -----  -----  --------
    link-20261120T090000Z-0001     committed      1         dba@ops1
    cutover-20261121T101500Z-0002  open           2         dba@ops1
    --- stderr
    "#);
    assert_eq!(desk.run("runs list --output jsonl").matches("\"schema_version\":1").count(), 2);
    insta::assert_snapshot!(desk.run("runs show cutover"), @r#"
    exit 0
    --- stdout
    cutover-20261121T101500Z-0002: open, no line crossed
    started 2026-11-21 10:15:00 UTC by dba@ops1 with milink 0.1.0; 4 records, last
    2026-11-21 10:15:00 UTC

    step           status   tries   took  note
    -------------  -------  -----  -----  ----
    cutover.fence  done         1  12 ms
    cutover.drain  started      1
    --- stderr
    next: milink cutover resume cutover-20261121T101500Z-0002
    "#);
    insta::assert_snapshot!(desk.run("runs show nobody"), @r#"
    exit 2
    --- stdout
    --- stderr
    error: no run `nobody` in `state/journal.db`
    hint: list them with `milink runs list`
    "#);
    let exported = desk.command("runs export link").output().unwrap();
    let records = milink::journal::export::import(&String::from_utf8(exported.stdout).unwrap()).unwrap();
    assert_eq!(records.len(), 4);
    assert!(milink::journal::verify::verify(&records).is_whole());
}

#[test]
fn verify_says_which_record_is_broken() {
    let desk = Desk::new().with_runs();
    insta::assert_snapshot!(desk.run("runs verify"), @r#"
    exit 0
    --- stdout
    journal whole: 2 runs, 8 records
    --- stderr
    "#);
    let path = desk.path().join("state/journal.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let place = bytes.windows(13).position(|w| w == b"cutover.drain").unwrap();
    bytes[place] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    insta::assert_snapshot!(desk.run("runs verify"), @r#"
    exit 3
    --- stdout
    journal BROKEN: 2 runs, 8 records
    run cutover-20261121T101500Z-0002, record 4: its contents do not match its hash
    --- stderr
    "#);
    insta::assert_snapshot!(desk.run("runs verify --output json"), @r#"
    exit 3
    --- stdout
    {
      "schema_version": 1,
      "verdict": "broken",
      "runs": 2,
      "rows": 8,
      "broken": [
        {
          "run": "cutover-20261121T101500Z-0002",
          "seq": 4,
          "why": "its contents do not match its hash"
        }
      ]
    }
    --- stderr
    "#);
}

/// `milink … | head` is not an error: the reader has seen enough.
#[test]
fn a_closed_pipe_is_success() {
    let desk = Desk::new();
    let mut child = desk.command("completions bash").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()), (Some(0), String::new()));
}
