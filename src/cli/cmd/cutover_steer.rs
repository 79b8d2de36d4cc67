//! `milink cutover hold|release|status`: a run that another process drives, steered from here.

use crate::app::find::find_run;
use crate::base::clock::TokioClock;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::cli::args::OptionalRunArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Printer;
use crate::cli::settings::Settings;
use crate::control::desk::Desk;
use crate::control::desk::Driver;
use crate::control::desk::Order;
use crate::journal::Journal;
use crate::journal::fold::RunState;
use crate::journal::fold::StepStatus;
use crate::journal::fold::fold;
use crate::model::ids::RunId;
use crate::report;
use crate::report::dto::RunStatus;
use crate::report::dto::RunSummary;
use serde::Serialize;
use std::time::Duration;

/// How long `hold` and `release` wait to see their effect. A run at rest answers within a fifth of a second; one in the midst
/// of a stage ends that first, and is not waited for.
const SEEN_MAX: Duration = Duration::from_secs(3);

/// What an order came to.
#[derive(Debug, Serialize)]
struct Ordered<'a> {
    schema_version: u32,
    run_id: &'a str,
    order: &'static str,
    /// Who drives the run; null: nobody.
    driver: Option<&'a str>,
    /// Before which step it waits now; null: it does not.
    held_before: Option<&'a str>,
}

/// A run's summary, and who drives it.
#[derive(Debug, Serialize)]
struct Status<'a> {
    #[serde(flatten)]
    summary: &'a RunSummary,
    /// `driven`, `alone` or `unknown`.
    driver: &'static str,
    /// Who; null: nobody that is known.
    driver_name: Option<String>,
}

struct Meant {
    run: RunId,
    desk: Desk,
    journal: Box<dyn Journal>,
}

impl Meant {
    fn find(args: &OptionalRunArgs, settings: &Settings) -> Result<Self> {
        let journal = super::runs::existing(settings)?
            .ok_or_else(|| Error::new(Kind::NotFound, "there are no runs").hint("milink cutover plan"))?;
        let run = find_run(&journal, args.run.as_deref(), "cutover")?;
        let desk = Desk::of(&settings.state_dir()?, run.as_str());
        Ok(Self { run, desk, journal: Box::new(journal) })
    }

    fn state(&self) -> Result<RunState> {
        fold(&self.journal.records(&self.run)?)
    }

    /// Of a run that has not ended.
    fn open_state(&self) -> Result<RunState> {
        let state = self.state()?;
        match &state.finished {
            None => Ok(state),
            Some((outcome, _)) => Err(Error::refused(format!("run {} has ended: it was {}", self.run, outcome.word()))
                .hint(format!("milink runs show {}", self.run))),
        }
    }

    /// Looks until the run is held or not, or has ended, or the time is over.
    async fn until_held(&self, wanted: bool) -> Result<RunState> {
        let clock = TokioClock::system();
        let end = clock.monotonic() + SEEN_MAX;
        let mut backoff = Backoff::urgent();
        loop {
            let state = self.state()?;
            if state.held.is_some() == wanted || state.finished.is_some() || clock.monotonic() >= end {
                return Ok(state);
            }
            backoff.wait().await;
        }
    }

    fn tell(&self, order: &'static str, driver: &Driver, state: &RunState, printer: &mut Printer) -> Result<()> {
        if !printer.is_json() {
            return Ok(());
        }
        printer.json(&Ordered {
            schema_version: report::dto::SCHEMA_VERSION,
            run_id: self.run.as_str(),
            order,
            driver: match driver {
                Driver::Alive(who) => Some(who),
                Driver::Nobody | Driver::Unknown => None,
            },
            held_before: state.held.as_ref().map(|(before, _)| before.as_str()),
        })
    }
}

/// Steps under way, for people.
fn under_way(state: &RunState) -> String {
    let busy = |s: &StepStatus| matches!(s, StepStatus::Started { .. } | StepStatus::UndoStarted);
    let names: Vec<_> = state.steps.iter().filter(|(_, s)| busy(&s.status)).map(|(id, _)| id.as_str()).collect();
    match names.as_slice() {
        [] => "between two steps".to_owned(),
        [one] => format!("in {one}"),
        [one, ..] => format!("in {one} and {} more", names.len() - 1),
    }
}

pub async fn hold(args: &OptionalRunArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let meant = Meant::find(args, settings)?;
    meant.open_state()?;
    let by = format!("{}@{}, process {}", settings.env.user, settings.env.host, std::process::id());
    meant.desk.order(Order::Hold, &by)?;
    let driver = meant.desk.driver();
    let run = &meant.run;
    let state = match driver {
        Driver::Nobody => meant.state()?,
        Driver::Alive(_) | Driver::Unknown => meant.until_held(true).await?,
    };
    match (&state.held, &driver) {
        _ if state.finished.is_some() => printer.message(&format!("run {run} has just ended"))?,
        (_, Driver::Nobody) => {
            printer
                .message(&format!("nobody drives run {run}: it will wait at its first barrier when it is resumed"))?;
        }
        (Some((before, _)), _) => printer.message(&format!("run {run} is held before `{before}`"))?,
        (None, _) => {
            let at = under_way(&state);
            printer.message(&format!("run {run} is {at}: it waits as soon as that stage has ended"))?;
        }
    }
    meant.tell("hold", &driver, &state, printer)?;
    printer.next(&format!("milink cutover release {run}"))?;
    Ok(Exit::OK)
}

pub async fn release(args: &OptionalRunArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let meant = Meant::find(args, settings)?;
    meant.open_state()?;
    let run = &meant.run;
    let was = meant.desk.release()?;
    let driver = meant.desk.driver();
    let state = match driver {
        Driver::Nobody => meant.state()?,
        Driver::Alive(_) | Driver::Unknown => meant.until_held(false).await?,
    };
    match (was, &state.held, &driver) {
        (_, _, Driver::Nobody) => printer.message(&format!("nobody drives run {run}; nothing holds it any more"))?,
        (false, ..) => printer.message(&format!("run {run} was not held"))?,
        (true, None, _) => printer.message(&format!("run {run} goes on"))?,
        (true, Some(_), _) => {
            printer.message(&format!("run {run} has not gone on yet: milink cutover status {run}"))?;
        }
    }
    meant.tell("release", &driver, &state, printer)?;
    let next = if driver == Driver::Nobody { "resume" } else { "status" };
    printer.next(&format!("milink cutover {next} {run}"))?;
    Ok(Exit::OK)
}

/// How far a run is, from its journal, and whether a process of this machine drives it.
pub fn status(args: &OptionalRunArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let meant = Meant::find(args, settings)?;
    let run = &meant.run;
    let summary = report::run::summary(&meant.journal.records(run)?)?;
    let open = summary.status == RunStatus::Open;
    let driver = if open { meant.desk.driver() } else { Driver::Nobody };
    let (word, name) = match &driver {
        Driver::Alive(who) => ("driven", Some(who.clone())),
        Driver::Nobody => ("alone", None),
        Driver::Unknown => ("unknown", None),
    };
    let status = Status { summary: &summary, driver: word, driver_name: name };
    printer.answer(&status, |width| report::text::run(&summary, width))?;
    if !open {
        return Ok(Exit::OK);
    }
    match &driver {
        Driver::Alive(who) => {
            let held = match &summary.held {
                Some(held) => format!("held before `{}` by {}", held.before, held.by),
                None => under_way(&meant.state()?),
            };
            printer.message(&format!("driven by {who}; {held}"))?;
            let verb = if summary.held.is_some() { "release" } else { "hold" };
            printer.next(&format!("milink cutover {verb} {run}"))?;
            return Ok(Exit::OK);
        }
        Driver::Nobody => printer.message("open, and no process of this machine drives it: it stopped half way")?,
        Driver::Unknown => printer.message("open: another process drives it, or it stopped half way")?,
    }
    printer.next(&format!("milink cutover resume {run}"))?;
    Ok(Exit::from(Kind::Stopped))
}
