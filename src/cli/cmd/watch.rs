//! `milink watch`

use crate::app::build::App;
use crate::base::clock::pause;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::text;
use crate::cli::Exit;
use crate::cli::Printer;
use crate::cli::Settings;
use crate::cli::args::Format;
use crate::cli::args::WatchArgs;
use crate::config::duration;
use crate::journal::history::History;
use crate::monitor::aged::Freshness;
use crate::monitor::condition::Condition;
use crate::monitor::handle::MonitorHandle;
use crate::monitor::run::HistoryStore;
use crate::monitor::run::NoStore;
use crate::monitor::snapshot::CollectorKind;
use crate::monitor::snapshot::Snapshot;
use crate::report::watch;
use crate::report::watch::Until;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

pub(crate) async fn run(args: &WatchArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let interval = args.interval.as_deref().map(|t| span("--interval", t)).transpose()?;
    let until = args.until.as_deref().map(Condition::parse).transpose()?;
    let timeout = args.timeout.as_deref().map(|t| span("--timeout", t)).transpose()?;
    let app = super::app::open(settings, &args.links.links, printer).await?;
    if app.watch_plan(&args.links.links, None)?.links.is_empty() {
        return Err(Error::usage("the estate file has no [[link]]").hint("add one, or `milink init`"));
    }
    // One document is one look; a stream has a line for each.
    let once = args.once || (printer.format() == Format::Json && until.is_none());
    let store: Arc<dyn HistoryStore> = if once { Arc::new(NoStore) } else { store(settings, printer)? };
    let mut monitor = app.watch(&args.links.links, interval, store)?;
    let first = monitor.first_look().await.ok_or_else(ended)?;
    if once {
        printer.answer(&watch::report(&first, None), |width| watch::table(&first, &|l| monitor.history(l), width))?;
        return Ok(verdict(&first));
    }
    match until {
        None => live(&mut monitor, interval.unwrap_or(app.config.monitor.interval), printer).await,
        Some(condition) => wait(&app, &mut monitor, &condition, timeout, printer).await,
    }
}

pub(super) fn span(flag: &str, word: &str) -> Result<Duration> {
    let found = duration::parse(word).filter(|d| *d >= Duration::from_millis(100));
    found.ok_or_else(|| {
        Error::usage(format!("{flag}: expected a time such as `2s`, `90s` or `30m`, at least 100ms, found `{word}`"))
    })
}

fn ended() -> Error {
    Error::bug("the monitor ended by itself")
}

/// The past beside the journal; without it watching goes on.
pub(super) fn store(settings: &Settings, printer: &mut Printer) -> Result<Arc<dyn HistoryStore>> {
    match History::open(&settings.journal_path()?) {
        Ok(history) => Ok(Arc::new(history)),
        Err(e) => {
            printer.warning(&e.chain())?;
            Ok(Arc::new(NoStore))
        }
    }
}

/// Two writable copies are an exit code of their own; no instance answered: unreachable.
fn verdict(snapshot: &Snapshot) -> Exit {
    if split(snapshot).is_some() {
        return Exit::from(Kind::SplitBrain);
    }
    if blind(snapshot).is_some() { Exit::from(Kind::Unreachable) } else { Exit::OK }
}

fn split(snapshot: &Snapshot) -> Option<Error> {
    let link = snapshot.links.iter().find(|l| l.writable_copies.fresh().is_some_and(|n| *n > 1))?;
    Some(
        Error::new(Kind::SplitBrain, format!("two copies of {} are writable", link.name))
            .hint("docs/runbooks/who-can-still-write.md"),
    )
}

/// No instance can be read.
fn blind(snapshot: &Snapshot) -> Option<Error> {
    let mut instances = snapshot.collectors.iter().filter(|c| c.kind != CollectorKind::Azure).peekable();
    let first = instances.peek()?.error.clone();
    instances.all(|c| c.freshness == Freshness::Unknown).then(|| {
        let why = first.unwrap_or_else(|| "not read".to_owned());
        Error::new(Kind::Unreachable, format!("no instance can be read: {why}"))
            .hint("`milink link list` shows what each side says")
    })
}

async fn live(monitor: &mut MonitorHandle, interval: Duration, printer: &mut Printer) -> Result<Exit> {
    if printer.format() == Format::Table {
        printer.clear()?;
    }
    loop {
        let snapshot = monitor.latest();
        match printer.format() {
            Format::Table => {
                let text = watch::table(&snapshot, &|l| monitor.history(l), printer.width());
                printer.refresh(&text)?;
            }
            _ => printer.json(&watch::report(&snapshot, None))?,
        }
        if printer.is_closed() {
            return Ok(Exit::OK);
        }
        // A terminal shows ages grow; a file gets a block for each interval.
        let wait = if printer.refreshes() { Duration::from_secs(1).min(interval) } else { interval };
        pause(wait).await;
        if monitor.has_ended() {
            return Err(ended());
        }
    }
}

async fn wait(
    app: &App,
    monitor: &mut MonitorHandle,
    condition: &Condition,
    timeout: Option<Duration>,
    printer: &mut Printer,
) -> Result<Exit> {
    let began = app.clock.monotonic();
    let mut told = String::new();
    // Without a limit nobody would ever say that nothing can be read.
    if let Some(e) = blind(&monitor.latest()).filter(|_| timeout.is_none()) {
        return Err(e);
    }
    loop {
        let snapshot = monitor.latest();
        let until = judge(condition, &snapshot);
        if let Some(e) = split(&snapshot) {
            return Err(e);
        }
        if until.reached {
            let report = watch::report(&snapshot, Some(until));
            printer.answer(&report, |_| {
                format!("reached: {condition} on {}\n", text::count(snapshot.links.len(), "link"))
            })?;
            return Ok(Exit::OK);
        }
        let waiting = waiting(condition, &snapshot);
        if printer.format() == Format::Jsonl {
            printer.json(&watch::report(&snapshot, Some(until)))?;
        } else if waiting != told {
            printer.message(&waiting)?;
            told = waiting;
        }
        let left = timeout.map(|t| t.saturating_sub(app.clock.monotonic().saturating_sub(began)));
        if left == Some(Duration::ZERO) {
            return Err(blind(&snapshot).unwrap_or_else(|| {
                Error::new(
                    Kind::TimedOut,
                    format!(
                        "`{condition}` did not come within {}: {told}",
                        text::duration(timeout.unwrap_or_default())
                    ),
                )
                .hint("milink watch")
            }));
        }
        tokio::select! {
            biased;
            next = monitor.next() => { next.ok_or_else(ended)?; }
            () = async { match left { Some(left) => pause(left).await, None => pending().await } } => {}
        }
    }
}

fn judge(condition: &Condition, snapshot: &Snapshot) -> Until {
    let answers: Vec<_> = snapshot.links.iter().map(|l| (l.name.clone(), condition.holds(l))).collect();
    Until {
        condition: condition.to_string(),
        reached: answers.iter().all(|(_, holds)| *holds == Some(true)),
        unknown: answers.into_iter().filter(|(_, holds)| holds.is_none()).map(|(name, _)| name).collect(),
    }
}

/// Who is waited for, and what they show.
fn waiting(condition: &Condition, snapshot: &Snapshot) -> String {
    const NAMED: usize = 3;
    let open: Vec<_> = snapshot.links.iter().filter(|l| condition.holds(l) != Some(true)).collect();
    let named: Vec<String> = open.iter().take(NAMED).map(|l| format!("{} {}", l.name, condition.shows(l))).collect();
    let more = if open.len() > NAMED { format!(" and {} more", open.len() - NAMED) } else { String::new() };
    format!("waiting for {condition}: {}{more}", named.join(", "))
}
