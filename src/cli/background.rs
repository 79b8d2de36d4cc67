//! `--no-wait`: the same command in a process of its own, which goes on when this one and its terminal are gone. It is steered and
//! taken up like any other run: by the state directory.

use super::exit::Exit;
use super::output::Printer;
use super::settings::Settings;
use crate::base::clock::pause;
use crate::base::clock::within;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::report::dto::SCHEMA_VERSION;
use serde::Serialize;
use serde_json::Value;
use std::ffi::OsString;
use std::fs::File;
use std::fs::OpenOptions;
use std::path::Path;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

const FLAG: &str = "--no-wait";
/// Below the state directory.
const FOLDER: &str = "background";
/// The checks come before the run: with many links they take a while.
const BEGIN_MAX: Duration = Duration::from_secs(300);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What was started.
#[derive(Debug, Serialize)]
struct Started<'a> {
    schema_version: u32,
    run: &'a str,
    process: u32,
    /// One JSON line an event, as with `--output jsonl`.
    events: &'a Path,
    /// What people read.
    messages: &'a Path,
}

/// The verb is not to be waited for. (Verbs without the flag refuse it before.)
pub(super) fn is_wanted(args: &[OsString]) -> bool {
    args.iter().skip(1).any(|a| a == FLAG)
}

/// Arguments of the other process: nobody is asked, and its events are told line by line.
fn arguments(args: &[OsString]) -> Vec<OsString> {
    let mut kept: Vec<OsString> = Vec::new();
    let mut rest = args.iter().skip(1);
    while let Some(arg) = rest.next() {
        let text = arg.to_string_lossy();
        if text == "--output" {
            rest.next();
        } else if text != FLAG && text != "--no-input" && !text.starts_with("--output=") {
            kept.push(arg.clone());
        }
    }
    kept.extend(["--no-input", "--output", "jsonl"].map(OsString::from));
    kept
}

/// A new pair of files that nobody else may read.
fn files(folder: &Path) -> Result<[(PathBuf, File); 2]> {
    let cannot = |e: std::io::Error, path: &Path| {
        Error::new(Kind::Usage, format!("cannot write {}", path.display())).caused_by(e).hint("check --state-dir")
    };
    std::fs::create_dir_all(folder).map_err(|e| cannot(e, folder))?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    for n in 1u32.. {
        let (events, messages) = (folder.join(format!("{n}.jsonl")), folder.join(format!("{n}.log")));
        match options.open(&events) {
            Ok(file) => {
                let second = options.open(&messages).map_err(|e| cannot(e, &messages))?;
                return Ok([(events, file), (messages, second)]);
            }
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(cannot(e, &events)),
        }
    }
    Err(Error::bug("no number is left for a background run"))
}

/// The run that the events tell of.
fn run_of(events: &str) -> Option<String> {
    let told = events.lines().filter_map(|l| serde_json::from_str::<Value>(l).ok());
    let mut runs = told.filter(|e| e["event"] == "run_started").filter_map(|e| Some(e["run"].as_str()?.to_owned()));
    runs.next()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// Starts it, and returns once its run is written down; if it ends before, with what it said.
pub(super) async fn start(args: &[OsString], settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let program = std::env::current_exe().map_err(|e| Error::bug("cannot find our own program").caused_by(e))?;
    let [(events, out), (messages, err)] = files(&settings.state_dir()?.join(FOLDER))?;
    let mut command = tokio::process::Command::new(program);
    command.args(arguments(args)).stdin(Stdio::null()).stdout(out).stderr(err);
    // Not of this terminal's group: Ctrl-C and a closed window are not for it.
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.spawn().map_err(|e| Error::bug("cannot start a process").caused_by(e))?;
    let process = child.id().unwrap_or_default();
    let begun = within(BEGIN_MAX, async {
        loop {
            if let Some(run) = run_of(&read(&events)) {
                return Ok(run);
            }
            if let Ok(Some(status)) = child.try_wait() {
                return run_of(&read(&events)).ok_or(status);
            }
            pause(LOOK_EVERY).await;
        }
    });
    match begun.await {
        Some(Ok(run)) => {
            let started =
                Started { schema_version: SCHEMA_VERSION, run: &run, process, events: &events, messages: &messages };
            printer.answer(&started, |_| {
                format!("run {run} is under way in process {process}\nevents: {}\n", events.display())
            })?;
            let verb = if run.starts_with("cutover") { "cutover status" } else { "runs show" };
            printer.next(&format!("milink {verb} {run}"))?;
            Ok(Exit::OK)
        }
        Some(Err(status)) => {
            printer.message(read(&messages).trim_end())?;
            if let Some(last) = read(&events).lines().rev().find_map(|l| serde_json::from_str::<Value>(l).ok()) {
                match (printer.is_json(), last["message"].as_str(), last["hint"].as_str()) {
                    (true, ..) => printer.json(&last)?,
                    (false, Some(why), hint) => {
                        printer.message(&format!("error: {why}"))?;
                        hint.map_or(Ok(()), |hint| printer.message(&format!("hint: {hint}")))?;
                    }
                    (false, None, _) => {}
                }
            }
            let code = status.code().and_then(|c| u8::try_from(c).ok());
            code.map(Exit).ok_or_else(|| Error::new(Kind::Stopped, "the process was killed before its run began"))
        }
        None => Err(Error::new(
            Kind::TimedOut,
            format!("process {process} has begun no run after {} s, and goes on", BEGIN_MAX.as_secs()),
        )
        .hint(format!("look at {}; then milink runs list", messages.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn the_other_process_gets_the_same_words_without_the_terminal_s() {
        for (given, wanted) in [
            ("milink cutover run --all --yes --no-wait", "cutover run --all --yes --no-input --output jsonl"),
            ("milink --output json --no-input link create a --no-wait", "link create a --no-input --output jsonl"),
            ("milink fog create --no-wait --output=table", "fog create --no-input --output jsonl"),
        ] {
            assert!(is_wanted(&words(given)));
            assert_eq!(arguments(&words(given)), words(wanted), "{given}");
        }
        assert!(!is_wanted(&words("milink cutover run")));
    }

    #[test]
    fn the_run_is_known_once_it_is_told() {
        assert_eq!(run_of(""), None);
        assert_eq!(run_of("{\"message\":\"no\"}\n{\"event\":\"run_st"), None);
        let told =
            "{\"event\":\"run_started\",\"run\":\"cutover-1\",\"kind\":\"cutover\",\"steps\":2,\"resumed\":false}\n";
        assert_eq!(run_of(told).as_deref(), Some("cutover-1"));
    }
}
