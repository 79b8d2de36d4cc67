//! The whole job on the lab: up, link, seed, write, cut over, judge.

use super::demo_report;
use super::demo_report::Played;
use super::last_mile;
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
use crate::journal::sqlite::SqliteJournal;
use crate::lab::scenario;
use crate::lab::scenario::Options;
use crate::lab::up::record::ESTATE;
use crate::lab::up::start;
use crate::lab::up::start::Running;
use crate::lab::up::verdict;
use crate::lab::verdict::Report;
use crate::report::dto::DemoReport;
use crate::report::dto::Outcome;
use crate::sql::TcpDialer;
use std::io::ErrorKind::AlreadyExists;
use std::io::ErrorKind::NotADirectory;
use std::io::ErrorKind::NotFound;
use std::io::ErrorKind::PermissionDenied;
use std::io::ErrorKind::ReadOnlyFilesystem;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

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
const BACKUP_MAX: Duration = Duration::from_secs(60);

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
    let wall = TokioClock::system();
    let mut lab = lab_up(options, &wall).await?;
    // Everybody lives in the lab's time: its servers, the application, and milink.
    let clock: SharedClock = Arc::new(lab.time.clone());
    let (began, from) = (clock.now(), wall.monotonic());
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
    let linked = clock.now();
    commits(&lab, options.commits_before).await?;
    let rate = lab.ledger.acknowledged() as f64 / wall.monotonic().saturating_sub(from).as_secs_f64().max(0.001);
    let lag = app.look_at_links(&[]).await?.iter().filter_map(LinkFacts::lag_seconds).max();
    let lag = lag.map_or("unknown".to_owned(), |s| format!("{s} s"));
    say(format!(
        "{} commits acknowledged so far, {rate:.0} a second; lag {lag}; cutting over",
        lab.ledger.acknowledged()
    ));

    if let Some(said) = last_mile::before(&app).await? {
        say(said);
    }
    // An outage is measured second by second.
    let watched = lab.time.watched();
    let plan = app.plan_cutover(&[]).await?;
    let (cut, caught) = match app.start(&plan, observer.clone(), cancel.clone()).await {
        Err(refusal) if refusal.kind() == Kind::Refused => {
            let caught = last_mile::mend(&app, refusal, &observer, &cancel).await?;
            let plan = app.plan_cutover(&[]).await?;
            (app.start(&plan, observer.clone(), cancel.clone()).await?, Some(caught))
        }
        other => (other?, None),
    };
    let outcome = match &cut.end {
        RunEnd::Committed => Outcome::Committed,
        RunEnd::RolledBack(_) => Outcome::RolledBack,
    };
    let there = lab.ledger.acknowledged();
    commits(&lab, there + options.commits_after).await?;
    drop(watched);
    let facts = settled(&app, outcome).await?;
    let mile = match outcome {
        Outcome::Committed => last_mile::run(&app, &lab, options.commits_after, &observer, &cancel).await?,
        Outcome::RolledBack => None,
    };
    lab.stop_writers().await;

    let verdict = verdict::judge_dir(&dir, &lab.current())
        .await
        .map_err(|e| Error::bug("the oracle cannot judge").caused_by(e))?;
    let played = Played {
        verdict: &verdict,
        facts: &facts,
        created: &app.journal.records(&created.run)?,
        cut: &app.journal.records(&cut.run)?,
        outcome,
        run_id: cut.run.0.clone(),
        journal: app.state_dir.join(config::layout::JOURNAL_FILE),
        began,
        linked,
        ended: clock.now(),
        wall: wall.monotonic().saturating_sub(from),
        caught,
        mile,
    };
    let report = demo_report::report(&lab, played)?;
    Ok((report, verdict))
}

async fn commits(lab: &Running, wanted: usize) -> Result<()> {
    until_counted(wanted, "commits acknowledged", || lab.ledger.acknowledged()).await
}

/// The same of those that came through a listener.
pub(super) async fn commits_by_listener(lab: &Running, wanted: usize) -> Result<()> {
    until_counted(wanted, "commits acknowledged through the listener", || lab.ledger.by_listener()).await
}

async fn until_counted(wanted: usize, what: &str, count: impl Fn() -> usize) -> Result<()> {
    let enough = async {
        while count() < wanted {
            pause(Duration::from_millis(20)).await;
        }
    };
    within(COMMITS_MAX, enough)
        .await
        .ok_or_else(|| Error::new(Kind::TimedOut, format!("the writers got {} {what}, not {wanted}", count())))
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
    // A backup lasts as long as the database is large: the bound is of the time of whoever watches.
    match within(BACKUP_MAX, look).await {
        Some(facts) => facts,
        None => app.look_at_links(&[]).await,
    }
}
