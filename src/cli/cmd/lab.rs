//! `milink lab up|verdict|fault|scenarios|repoint`.

use crate::base::clock::TokioClock;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::cli::args_lab::LabDirArgs;
use crate::cli::args_lab::LabFaultArgs;
use crate::cli::args_lab::LabRepointArgs;
use crate::cli::args_lab::LabScenariosArgs;
use crate::cli::args_lab::LabUpArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Printer;
use crate::cli::settings::Settings;
use crate::cli::signal;
use crate::effects::fault::NoFaults;
use crate::lab::scenario;
use crate::lab::scenario::Options;
use crate::lab::up::control::Answer;
use crate::lab::up::control::Ask;
use crate::lab::up::record::LabRecord;
use crate::lab::up::verdict as oracle;
use crate::report::table::Table;
use crate::sim::demo;
use crate::sim::demo::DemoOptions;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The estate's hook calls this very executable.
pub(super) fn own_path() -> Result<PathBuf> {
    std::env::current_exe().map_err(|e| Error::bug("the path of this executable is unknown").caused_by(e))
}

pub async fn up(args: &LabUpArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let options = DemoOptions {
        scenario: args.scenario.clone(),
        databases: args.databases.map(u32::from),
        writers: args.writers.map(u32::from),
        size_mib: args.size_mib.map(u32::from),
        odd_name: args.odd_name,
        dir: args.dir.clone(),
        milink: own_path()?,
        env: settings.env.clone(),
        faults: Arc::new(NoFaults),
        sabotage: Vec::new(),
        commits_before: 0,
        commits_after: 0,
    };
    let stop = signal::safe_stop("stopping the lab; its state is gone with it", "milink lab up", Box::new(|| {}))?;
    let mut lab = demo::lab_up(&options, &TokioClock::system()).await?;
    if args.writers.is_some_and(|n| n > 0) {
        lab.start_writers().map_err(|e| Error::bug("the writers did not start").caused_by(e))?;
    }
    // Scripts wait for exactly this line.
    printer.line("lab ready")?;
    let first = if lab.record.databases.iter().all(|d| d.link.is_empty()) { "fog plan" } else { "check" };
    // A journal of an earlier lab does not fit this one.
    let dir = lab.dir().display();
    printer.next(&format!("milink --estate {dir}/milink.toml --state-dir {dir}/state {first}"))?;
    stop.cancelled().await;
    lab.stop_writers().await;
    Ok(Exit::OK)
}

#[derive(Serialize)]
struct ScenarioLine {
    name: String,
    summary: String,
    databases: usize,
}

pub fn scenarios(args: &LabScenariosArgs, printer: &mut Printer) -> Result<Exit> {
    if let Some(name) = &args.show {
        let text = scenario::text(name).map_err(|e| Error::usage(e.to_string()).hint("milink lab scenarios"))?;
        printer.data(&text)?;
        return Ok(Exit::OK);
    }
    let mut lines = Vec::new();
    for name in scenario::NAMES {
        let s = scenario::load(name, &Options::default())
            .map_err(|e| Error::bug(format!("scenario {name}")).caused_by(e))?;
        lines.push(ScenarioLine { name: s.name, summary: s.summary, databases: s.databases.len() });
    }
    printer.answers(&lines, |width| {
        let mut table = Table::new(&["scenario", "databases", "summary"]);
        for l in &lines {
            table.row([l.name.clone(), l.databases.to_string(), l.summary.clone()]);
        }
        table.render(width)
    })?;
    Ok(Exit::OK)
}

fn record(dir: &Path) -> Result<LabRecord> {
    LabRecord::read(dir).map_err(|e| {
        Error::usage(format!("{} holds no lab", dir.display()))
            .caused_by(e)
            .hint("milink lab up --scenario NAME --dir DIR")
    })
}

/// Asks the running lab.
async fn ask(dir: &Path, ask: &Ask) -> Result<String> {
    let record = record(dir)?;
    let unreachable = |e: reqwest::Error| {
        Error::new(Kind::Unreachable, "the lab does not answer").caused_by(e).hint("is `milink lab up` still running?")
    };
    let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().map_err(unreachable)?;
    let answer: Answer = client
        .post(&record.control.endpoint)
        .bearer_auth(&record.control.token)
        .json(ask)
        .send()
        .await
        .map_err(unreachable)?
        .json()
        .await
        .map_err(unreachable)?;
    if answer.ok { Ok(answer.said) } else { Err(Error::usage(format!("the lab refuses: {}", answer.said))) }
}

pub async fn fault(args: &LabFaultArgs, printer: &mut Printer) -> Result<Exit> {
    let words: Vec<&str> = args.fault.iter().map(String::as_str).collect();
    let number = |text: &str| {
        text.parse::<f64>()
            .map_err(|_| Error::usage(format!("`{text}` is not a number")).hint("slow A B LATENCY_MS MIB_PER_S"))
    };
    let question = match words.as_slice() {
        ["cut", a, b] => Ask::Cut { a: (*a).to_owned(), b: (*b).to_owned() },
        ["restore", a, b] => Ask::Restore { a: (*a).to_owned(), b: (*b).to_owned() },
        ["slow", a, b, ms, rate] => {
            Ask::Slow { a: (*a).to_owned(), b: (*b).to_owned(), latency_ms: number(ms)?, mib_per_s: number(rate)? }
        }
        ["arm", rule] => Ask::Arm {
            rule: serde_json::from_str(rule).map_err(|e| {
                Error::usage(format!("that is no rule: {e}"))
                    .hint(r#"for example {"method":"DELETE","skip":0,"times":1,"action":{"kind":"drop_after"}}"#)
            })?,
        },
        ["arm-clear"] => Ask::ArmClear,
        ["set", server, key, value, rest @ ..] if rest.len() <= 1 => Ask::Set {
            server: (*server).to_owned(),
            key: (*key).to_owned(),
            value: (*value).to_owned(),
            database: rest.first().map(|d| (*d).to_owned()),
        },
        ["stop", server] => Ask::Stop { server: (*server).to_owned() },
        ["start", server] => Ask::Start { server: (*server).to_owned() },
        ["force-failover", server, database] => {
            Ask::ForceFailover { server: (*server).to_owned(), database: (*database).to_owned() }
        }
        ["status"] => Ask::Status,
        other => {
            return Err(Error::usage(format!("no fault is called `{}`", other.join(" ")))
                .hint("cut A B, restore A B, slow A B LATENCY_MS MIB_PER_S, arm JSON-RULE, arm-clear, set SERVER KEY VALUE [DATABASE], stop SERVER, start SERVER, force-failover SERVER DATABASE, status"));
        }
    };
    let said = ask(&args.lab.dir, &question).await?;
    printer.line(&said)?;
    Ok(Exit::OK)
}

pub async fn repoint(args: &LabRepointArgs, settings: &Settings) -> Result<Exit> {
    let missing = |flag: &str| {
        Error::usage(format!("`{flag}` is missing"))
            .hint("milink lab repoint --dir DIR --database DB --to SITE; as a hook it is told by MILINK_DATABASE and MILINK_TARGET")
    };
    let database =
        args.database.clone().or_else(|| settings.env.hook_database.clone()).ok_or_else(|| missing("--database"))?;
    // Told of a listener, the application uses it.
    let told = settings.env.hook_listener.clone().or_else(|| settings.env.hook_target.clone());
    let to = args.to.clone().or(told).ok_or_else(|| missing("--to"))?;
    ask(&args.lab.dir, &Ask::Repoint { database, to }).await?;
    Ok(Exit::OK)
}

pub async fn verdict(args: &LabDirArgs, printer: &mut Printer) -> Result<Exit> {
    let said = ask(&args.dir, &Ask::Status).await?;
    let current: BTreeMap<String, String> =
        said.lines().filter_map(|l| l.rsplit_once(" -> ")).map(|(d, s)| (d.to_owned(), s.to_owned())).collect();
    let report =
        oracle::judge_dir(&args.dir, &current).await.map_err(|e| Error::bug("the oracle cannot judge").caused_by(e))?;
    printer.answer(&report, |width| {
        let mut table = Table::new(&["database", "on", ">acknowledged", ">lost", ">ambig.", ">copies", ">outage ms"]);
        for d in &report.databases {
            table.row([
                d.database.clone(),
                d.current.clone(),
                d.acknowledged.to_string(),
                d.lost.map_or("unknown".to_owned(), |n| n.to_string()),
                d.ambiguous.to_string(),
                d.max_writable_copies.to_string(),
                d.write_outage_ms.map_or("-".to_owned(), |n| n.to_string()),
            ]);
        }
        let verdict = if report.ok {
            "verdict: holds".to_owned()
        } else {
            format!("verdict: FAILS: {}", report.reasons.join("; "))
        };
        format!("{verdict}\n{}", table.render(width))
    })?;
    Ok(match (report.ok, report.max_writable_copies) {
        (true, _) => Exit::OK,
        (false, 2..) => Exit::from(Kind::SplitBrain),
        (false, _) => Exit::from(Kind::Bug),
    })
}
