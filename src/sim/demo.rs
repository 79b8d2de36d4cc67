//! The whole job on the lab: up, link, seed, write, cut over, judge.

use crate::app::build::App;
use crate::app::build::Parts;
use crate::app::build::StandIns;
use crate::base::clock::SharedClock;
use crate::base::clock::TokioClock;
use crate::base::clock::pause;
use crate::base::clock::within;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::config;
use crate::config::load::Environment;
use crate::config::secret::NoPrompt;
use crate::effects::fault::Faults;
use crate::engine::cancel::Cancel;
use crate::engine::event::Event;
use crate::engine::event::SharedObserver;
use crate::engine::run::RunEnd;
use crate::inventory::link::LinkFacts;
use crate::journal::record::Record;
use crate::journal::record::Stored;
use crate::journal::sqlite::SqliteJournal;
use crate::lab::scenario;
use crate::lab::scenario::Options;
use crate::lab::up::record::ESTATE;
use crate::lab::up::record::LEDGER;
use crate::lab::up::start;
use crate::lab::up::start::Running;
use crate::lab::up::verdict;
use crate::lab::verdict::Report;
use crate::lab::workload::ledger::Ledger;
use crate::lab::workload::ledger::Outcome as Acknowledged;
use crate::report::dto::DatabaseReport;
use crate::report::dto::DemoReport;
use crate::report::dto::FloorTerm;
use crate::report::dto::Milestone;
use crate::report::dto::Outcome;
use crate::report::dto::SCHEMA_VERSION;
use crate::report::outage::StepTimes;
use crate::sql::TcpDialer;
use std::collections::BTreeMap;
use std::io::ErrorKind::AlreadyExists;
use std::io::ErrorKind::NotADirectory;
use std::io::ErrorKind::NotFound;
use std::io::ErrorKind::PermissionDenied;
use std::io::ErrorKind::ReadOnlyFilesystem;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What to play.
pub struct DemoOptions {
    pub scenario: String,
    pub databases: Option<u32>,
    pub writers: Option<u32>,
    /// MiB of every database, instead of the scenario's own.
    pub size_mib: Option<u32>,
    pub odd_name: bool,
    pub dir: PathBuf,
    pub milink: PathBuf,
    pub env: Environment,
    pub faults: Arc<dyn Faults>,
    pub sabotage: Vec<String>,
    /// Acknowledged commits to wait for before the cutover, and after it.
    pub commits_before: usize,
    pub commits_after: usize,
}

/// Longest wait for the writers to get so many commits acknowledged.
const COMMITS_MAX: Duration = Duration::from_secs(60);
/// Longest wait for the first full backup on the target, which ends milestone `unlinked`.
const BACKUP_MAX: Duration = Duration::from_secs(20);

/// A lab with an application that milink can be pointed at.
pub async fn lab_up(options: &DemoOptions, clock: &SharedClock) -> Result<Running> {
    let scenario = scenario::open(
        &options.scenario,
        &Options {
            databases: options.databases,
            odd_name: options.odd_name,
            writers: options.writers,
            size_mib: options.size_mib,
        },
    )
    .map_err(|e| {
        let why = std::error::Error::source(&e).map_or(String::new(), |cause| format!(": {cause}"));
        Error::usage(format!("{e}{why}")).hint("milink lab scenarios; lab scenarios --show NAME prints one as a file")
    })?;
    start::up(
        scenario,
        start::UpOptions {
            dir: options.dir.clone(),
            milink: options.milink.clone(),
            now: clock.now(),
            wire: start::Wire::Sockets,
        },
    )
    .await
    .map_err(|e| {
        let folder =
            matches!(e.kind(), NotFound | PermissionDenied | AlreadyExists | NotADirectory | ReadOnlyFilesystem);
        let error = if folder {
            Error::usage(format!("the lab cannot keep its files in {}", options.dir.display()))
                .hint("name another folder with `--dir DIR`")
        } else {
            Error::bug("the lab did not come up")
        };
        error.caused_by(e)
    })
}

/// The application over a lab's estate file.
pub async fn app(dir: &Path, options: &DemoOptions, clock: &SharedClock) -> Result<App> {
    let config = config::load(&dir.join(ESTATE), &options.env)?;
    let state_dir = dir.join("state");
    let journal = Arc::new(SqliteJournal::open(&state_dir.join(config::layout::JOURNAL_FILE), clock.clone())?);
    App::open(Parts {
        config,
        env: options.env.clone(),
        prompt: Arc::new(NoPrompt),
        clock: clock.clone(),
        journal,
        state_dir,
        dialer: Arc::new(TcpDialer),
        faults: options.faults.clone(),
        sabotage: options.sabotage.clone(),
        stand_ins: StandIns::default(),
    })
    .await
}

/// Plays it; the report says whether the oracle holds.
pub async fn run(options: &DemoOptions, observer: SharedObserver, cancel: Cancel) -> Result<(DemoReport, Report)> {
    run_watched(options, observer, cancel, |_| {}).await
}

/// The same; `opened` is given the application as soon as there is one, for whoever wants to watch its estate.
pub async fn run_watched(
    options: &DemoOptions,
    observer: SharedObserver,
    cancel: Cancel,
    opened: impl FnOnce(Arc<App>),
) -> Result<(DemoReport, Report)> {
    let say = |text: String| observer.on(&Event::Note { text });
    let clock = TokioClock::system();
    let mut lab = lab_up(options, &clock).await?;
    if lab.record.databases.iter().all(|d| d.link.is_empty()) {
        let name = &lab.record.scenario;
        return Err(Error::usage(format!("scenario `{name}` has nothing to migrate"))
            .hint(format!("milink lab up --scenario {name} --dir DIR --writers 4")));
    }
    let servers: Vec<_> = lab.record.servers.iter().map(|s| format!("{} ({})", s.id, s.server_name)).collect();
    say(format!("lab {} is up: {}; files in {}", lab.record.scenario, servers.join(", "), lab.dir().display()));
    let dir = lab.dir().to_owned();
    let app = Arc::new(app(&dir, options, &clock).await?);
    opened(app.clone());
    lab.start_writers().map_err(|e| Error::bug("the writers did not start").caused_by(e))?;
    say(format!("{} writers per database are at work on the source", lab.record.writers));

    let plan = app.plan_create(&[]).await?;
    let created = app.start(&plan, observer.clone(), cancel.clone()).await?;
    if let RunEnd::RolledBack(cause) = created.end {
        return Err(cause.during("creating the links"));
    }
    commits(&lab, options.commits_before).await?;
    let rate = lab.ledger.acknowledged() as f64 * 1e6 / lab.elapsed_us().max(1) as f64;
    let lag = app.look_at_links(&[]).await?.iter().filter_map(LinkFacts::lag_seconds).max();
    let lag = lag.map_or("unknown".to_owned(), |s| format!("{s} s"));
    say(format!(
        "{} commits acknowledged so far, {rate:.0} a second; lag {lag}; cutting over",
        lab.ledger.acknowledged()
    ));

    let plan = app.plan_cutover(&[]).await?;
    let cut = app.start(&plan, observer.clone(), cancel).await?;
    let outcome = match &cut.end {
        RunEnd::Committed => Outcome::Committed,
        RunEnd::RolledBack(_) => Outcome::RolledBack,
    };
    let there = lab.ledger.acknowledged();
    commits(&lab, there + options.commits_after).await?;
    let facts = settled(&app, outcome).await?;
    lab.stop_writers().await;

    let current: BTreeMap<_, _> = lab.alias.all().into_iter().map(|(d, a)| (d, a.server)).collect();
    let verdict =
        verdict::judge_dir(&dir, &current).await.map_err(|e| Error::bug("the oracle cannot judge").caused_by(e))?;
    let mut records = app.journal.records(&created.run)?;
    let created_records = std::mem::take(&mut records);
    let cut_records = app.journal.records(&cut.run)?;
    let journal = app.state_dir.join(config::layout::JOURNAL_FILE);
    let report = report(&lab, &verdict, &facts, &created_records, &cut_records, outcome, cut.run.0.clone(), &journal)?;
    Ok((report, verdict))
}

async fn commits(lab: &Running, wanted: usize) -> Result<()> {
    let enough = async {
        while lab.ledger.acknowledged() < wanted {
            pause(Duration::from_millis(20)).await;
        }
    };
    within(COMMITS_MAX, enough).await.ok_or_else(|| {
        Error::new(
            Kind::TimedOut,
            format!("the writers got {} commits acknowledged, not {wanted}", lab.ledger.acknowledged()),
        )
    })
}

/// Looks at the links until nothing more is coming: one-way, the first full backup on the target.
async fn settled(app: &App, outcome: Outcome) -> Result<Vec<LinkFacts>> {
    let look = async {
        loop {
            let facts = app.look_at_links(&[]).await?;
            let waits = |f: &LinkFacts| f.milestone() == Some("cut_over") && matches!(f.azure.known(), Some(None));
            if outcome == Outcome::RolledBack || !facts.iter().any(waits) {
                return Ok(facts);
            }
            pause(Duration::from_millis(250)).await;
        }
    };
    match within(BACKUP_MAX, look).await {
        Some(facts) => facts,
        None => app.look_at_links(&[]).await,
    }
}

#[expect(clippy::too_many_arguments, reason = "a report is made of everything")]
fn report(
    lab: &Running,
    verdict: &Report,
    facts: &[LinkFacts],
    created: &[Stored],
    cut: &[Stored],
    outcome: Outcome,
    run_id: String,
    journal: &Path,
) -> Result<DemoReport> {
    let acknowledged =
        Ledger::read(&lab.dir().join(LEDGER)).map_err(|e| Error::bug("the writers' records").caused_by(e))?;
    let terms: Vec<FloorTerm> =
        lab.record.floor_terms.iter().map(|(name, ms)| FloorTerm { name: name.clone(), ms: *ms }).collect();
    let floor: u64 = terms.iter().map(|t| t.ms).sum();
    let mut databases = Vec::new();
    for d in &lab.record.databases {
        let judged = verdict.databases.iter().find(|v| v.database == d.name);
        let times = StepTimes::of(cut, &d.link)?;
        let seed = seeding(created, &d.link);
        let milestone = milestone(facts.iter().find(|f| f.name == d.link));
        let walls = acknowledged
            .iter()
            .filter(|r| r.database == d.name && r.outcome == Acknowledged::Acknowledged)
            .filter_map(|r| OffsetDateTime::parse(&r.wall, &Rfc3339).ok());
        let fence = times.get("cutover.fence").map(|t| t.0);
        let open = times.get("cutover.open").map(|t| t.1);
        let (mut before, mut during, mut after) = (0, 0, 0);
        for at in walls {
            match (fence, open) {
                (Some(f), _) if at < f => before += 1,
                (Some(_), Some(o)) if at >= o => after += 1,
                (None, _) => before += 1,
                _ => during += 1,
            }
        }
        databases.push(DatabaseReport {
            name: d.name.clone(),
            outcome,
            milestone,
            acknowledged_commits: judged.map_or(0, |j| j.acknowledged),
            lost_commits: judged.and_then(|j| j.lost).unwrap_or(0),
            ambiguous_commits: judged.map_or(0, |j| j.ambiguous),
            max_writable_copies: judged.map(|j| j.max_writable_copies),
            write_outage_ms: judged.and_then(|j| j.write_outage_ms).unwrap_or(0),
            outage_floor_ms: floor,
            outage_floor_terms: terms.clone(),
            size_bytes: seed.0,
            seeding_ms: seed.1,
            commits_before: before,
            commits_during: during,
            commits_after: after,
            outage: times.split(),
        });
    }
    Ok(DemoReport {
        schema_version: SCHEMA_VERSION,
        scenario: lab.record.scenario.clone(),
        outcome,
        milestone: databases.iter().map(|d| d.milestone).min().unwrap_or(Milestone::None),
        acknowledged_commits: databases.iter().map(|d| d.acknowledged_commits).sum(),
        lost_commits: databases.iter().map(|d| d.lost_commits).sum(),
        ambiguous_commits: verdict.ambiguous,
        max_writable_copies: Some(verdict.max_writable_copies),
        write_outage_ms: databases.iter().map(|d| d.write_outage_ms).max().unwrap_or(0),
        outage_floor_ms: floor,
        outage_floor_terms: terms,
        databases,
        run_id,
        journal: journal.display().to_string(),
    })
}

fn milestone(facts: Option<&LinkFacts>) -> Milestone {
    match facts.and_then(LinkFacts::milestone) {
        Some("linked") => Milestone::Linked,
        Some("cut_over") => Milestone::CutOver,
        Some("unlinked") => Milestone::Unlinked,
        _ => Milestone::None,
    }
}

/// Bytes and milliseconds of a link's seeding, as its step proved them.
fn seeding(records: &[Stored], link: &str) -> (u64, u64) {
    records
        .iter()
        .find_map(|r| match &r.record {
            Record::Evidence { step, name, value }
                if name == "seeding" && step.as_str() == format!("create.seed/{link}") =>
            {
                Some((value["bytes"].as_u64().unwrap_or(0), value["ms"].as_u64().unwrap_or(0)))
            }
            _ => None,
        })
        .unwrap_or((0, 0))
}
