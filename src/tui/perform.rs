//! Does what the screen asks for, through the application layer, and reports back by events.

use super::action::Action;
use super::event::Ending;
use super::event::Event;
use crate::app::build::App;
use crate::app::fog::FogOp;
use crate::app::fog::NoPlan;
use crate::app::run::Ended;
use crate::base::clock::within;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::control::desk::Order;
use crate::engine;
use crate::engine::cancel::Cancel;
use crate::engine::event::Observer;
use crate::engine::event::SharedObserver;
use crate::engine::run::RunEnd;
use crate::engine::steering::Steering;
use crate::journal::record::RunResult;
use crate::model::ids::RunId;
use crate::monitor::handle::MonitorHandle;
use crate::plan::types::PlanKind;
use crate::report;
use crate::report::check::LinkCheck;
use crate::report::check::Subject;
use crate::report::drill::DrillLine;
use crate::report::groups::DRILL_DUE;
use crate::report::groups::GroupLine;
use crate::report::groups::drills_of;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

/// Performs actions. Whatever takes time runs in a task of its own.
pub struct Performer {
    app: Arc<App>,
    to: UnboundedSender<Event>,
    focus: watch::Sender<String>,
    /// Of the run that is driven from here.
    cancel: Option<Cancel>,
}

/// Longest wait for the last events of a run that is over.
const TOLD_MAX: Duration = Duration::from_secs(2);
/// Points sent for a sparkline.
const POINTS_MAX: usize = 200;

impl Performer {
    pub fn new(app: Arc<App>, to: UnboundedSender<Event>, monitor: Option<MonitorHandle>) -> Self {
        let (focus, focused) = watch::channel(String::new());
        if let Some(monitor) = monitor {
            tokio::spawn(feed(monitor, focused, to.clone()));
        }
        Self { app, to, focus, cancel: None }
    }

    /// Begins it; what comes of it arrives as events. Leaving is the loop's own business.
    pub fn perform(&mut self, action: Action) {
        match action {
            Action::Plan { links } => {
                let (app, to) = (self.app.clone(), self.to.clone());
                tokio::spawn(async move {
                    let plan = app.plan_cutover(&links).await.map(Arc::new).map_err(|e| words(&e));
                    let _ = to.send(Event::Planned { links, plan });
                });
            }
            Action::Start { plan, .. } => {
                self.drive(
                    move |app, feed, cancel| async move { app.start(&plan, feed, Steering::open(cancel)).await },
                );
            }
            Action::Resume { run, .. } => {
                self.drive(
                    move |app, feed, cancel| async move { app.resume(&run, feed, Steering::open(cancel)).await },
                );
            }
            Action::Abort { run, .. } => {
                self.drive(move |app, feed, _| async move { app.abort(&run, feed, Steering::default()).await });
            }
            Action::Stop { .. } => {
                if let Some(cancel) = &self.cancel {
                    cancel.request();
                }
            }
            Action::Hold { run } => {
                let _ = self.to.send(Event::Ordered(hold(&self.app, &run).map_err(|e| words(&e))));
            }
            Action::Check { link } => {
                let (app, to) = (self.app.clone(), self.to.clone());
                tokio::spawn(async move {
                    let verdict = judge(&app, &link).await.map_err(|e| words(&e));
                    let _ = to.send(Event::Checked { link, verdict });
                });
            }
            Action::Compare { link } => {
                let (app, to) = (self.app.clone(), self.to.clone());
                tokio::spawn(async move {
                    let found = app.compare_objects(std::slice::from_ref(&link), false).await;
                    let objects = found.map(|d| report::objects::report(&d)).map_err(|e| words(&e));
                    let _ = to.send(Event::Compared { link, objects });
                });
            }
            Action::Sync { link, .. } => {
                self.drive(move |app, feed, cancel| async move { bring_over(&app, link, feed, cancel).await });
            }
            Action::Drill { group, .. } => {
                self.drive(
                    move |app, feed, cancel| async move { of_group(&app, &group, FogOp::Drill, feed, cancel).await },
                );
            }
            Action::FailOver { group, .. } => {
                self.drive(move |app, feed, cancel| async move {
                    of_group(&app, &group, FogOp::Failover, feed, cancel).await
                });
            }
            Action::LoadGroups => {
                let (app, to) = (self.app.clone(), self.to.clone());
                tokio::spawn(async move {
                    let _ = to.send(Event::Groups(groups(&app).await.map_err(|e| words(&e))));
                });
            }
            Action::LoadRuns => {
                let (app, to) = (self.app.clone(), self.to.clone());
                tokio::task::spawn_blocking(move || {
                    let _ = to.send(Event::Runs(summaries(&app).map_err(|e| words(&e))));
                });
            }
            Action::LoadRun { run } => {
                let (app, to) = (self.app.clone(), self.to.clone());
                tokio::task::spawn_blocking(move || {
                    let _ = to.send(records(&app, run));
                });
            }
            Action::Focus { link } => {
                self.focus.send_replace(link);
            }
            Action::Quit | Action::Leave => {}
        }
    }

    /// Watches runs that somebody else in this process drives; `cancel` is theirs.
    pub fn attach(&mut self, heard: mpsc::UnboundedReceiver<engine::event::Event>, cancel: Cancel) {
        self.cancel = Some(cancel);
        tokio::spawn(tell(self.app.clone(), heard, self.to.clone()));
    }

    fn drive<F, Fut>(&mut self, work: F)
    where
        F: FnOnce(Arc<App>, SharedObserver, Cancel) -> Fut,
        Fut: Future<Output = Result<Ended>> + Send + 'static,
    {
        let cancel = Cancel::new();
        self.cancel = Some(cancel.clone());
        let (events, heard) = mpsc::unbounded_channel();
        let work = work(self.app.clone(), Arc::new(Feed { to: events }), cancel);
        let told = tokio::spawn(tell(self.app.clone(), heard, self.to.clone()));
        let to = self.to.clone();
        tokio::spawn(async move {
            // In a task of its own, so that even a panic ends as an error that is told.
            let result = match tokio::spawn(work).await {
                Ok(result) => result,
                Err(e) => Err(Error::bug("the run was cut off by a panic").caused_by(e).hint("milink runs list")),
            };
            // The observer goes with the run: its events are told before the end is.
            let run = within(TOLD_MAX, told).await.and_then(|told| told.ok().flatten());
            let (run, ending) = match result {
                Ok(Ended { run, end: RunEnd::Committed }) => (Some(run), Ending::Ended(RunResult::Committed)),
                Ok(Ended { run, end: RunEnd::RolledBack(cause) }) => {
                    let _ = to.send(Event::Run(engine::event::Event::Note { text: cause.chain() }));
                    (Some(run), Ending::Ended(RunResult::RolledBack))
                }
                Err(e) => {
                    (run, Ending::Failed { text: e.chain(), hint: e.get_hint().map(ToOwned::to_owned), kind: e.kind() })
                }
            };
            let _ = to.send(Event::RunOver { run, ending });
        });
    }
}

/// Planned anew: what was seen on the screen may have been mended meanwhile.
async fn bring_over(app: &App, link: String, feed: SharedObserver, cancel: Cancel) -> Result<Ended> {
    let plan = app.plan_objects(&[link], false).await?;
    if plan.is_empty() {
        return Err(
            Error::refused("nothing is missing any more that could be brought over").hint("milink objects diff")
        );
    }
    app.start(&plan, feed, Steering::open(cancel)).await
}

/// Looked at and planned anew, then run: what was seen on the screen may be old.
async fn of_group(app: &App, name: &str, op: FogOp, feed: SharedObserver, cancel: Cancel) -> Result<Ended> {
    let kind = if op == FogOp::Drill { PlanKind::Drill } else { PlanKind::Fog };
    if let Some((run, _)) = app.open_fog_run(kind, name)? {
        return Err(Error::refused(format!("run {run} on this group has not ended"))
            .hint(format!("milink {} resume {run}", kind.as_str())));
    }
    let look = app.look_at_group(Some(name)).await?;
    let plan = app.plan_fog(&look, op, None).map_err(|e| match e {
        NoPlan::Already(refusal) => Error::refused(refusal.why).hint(refusal.hint),
        NoPlan::Error(e) => e,
    })?;
    app.start(&plan, feed, Steering::open(cancel)).await
}

/// Every group of the estate with its protection and its drills. A group that cannot be read is unknown, and in the list.
async fn groups(app: &App) -> Result<Vec<GroupLine>> {
    let drills = drills(app)?;
    let mut lines = Vec::new();
    for wanted in app.config.failover_groups.clone() {
        let look = app.look_at_group(Some(&wanted.name)).await?;
        let (holds, why, window) = match app.protection_of(&look).await {
            Ok(p) => (p.holds, p.why, p.window),
            Err(e) => (None, Some(words(&e)), None),
        };
        let fit = app.settings_fit(&look);
        let mut group = report::fog::group(&look.facts, &look.standing, look.listeners.as_ref(), fit, Vec::new());
        group.drift = look.drift();
        group.notes = app.group_notes(&look);
        let (drill, open_drill) = drills_of(&drills, &wanted.name);
        let due = app.config.policy.drill_within.unwrap_or(DRILL_DUE);
        lines.push(GroupLine { group, holds, why, window, drill, open_drill, drill_due_s: due.as_secs() });
    }
    Ok(lines)
}

/// Every drill of the journal; one that is damaged is left out, `milink runs verify` tells of it.
fn drills(app: &App) -> Result<Vec<DrillLine>> {
    let now = app.clock.now();
    let runs = app.journal.runs()?;
    let own = runs.iter().filter(|r| r.as_str().starts_with("drill-"));
    let line = |run: &RunId| report::drill::line(run.as_str(), &app.journal.records(run)?, now);
    Ok(own.filter_map(|run| line(run).ok()).collect())
}

/// The same order again takes it back.
fn hold(app: &App, run: &RunId) -> Result<String> {
    let desk = app.desk(run);
    if desk.release()? {
        return Ok(format!("{run} goes on"));
    }
    desk.order(Order::Hold, &app.who())?;
    Ok(format!("{run} waits as soon as the stage it is in has ended; `H` once more lets it go on"))
}

/// The error and what to do next, on one line.
fn words(e: &Error) -> String {
    match e.get_hint() {
        Some(hint) => format!("{} (next: {hint})", e.chain()),
        None => e.chain(),
    }
}

/// Passes a run's events on; never blocks.
pub struct Feed {
    pub to: UnboundedSender<engine::event::Event>,
}

impl Observer for Feed {
    fn on(&self, event: &engine::event::Event) {
        // Nobody listens any more: the run goes on all the same.
        let _ = self.to.send(event.clone());
    }
}

/// Passes a run's events on, and after each burst of them what the journal now holds. Gives back the run's name.
async fn tell(
    app: Arc<App>,
    mut heard: mpsc::UnboundedReceiver<engine::event::Event>,
    to: UnboundedSender<Event>,
) -> Option<RunId> {
    let mut run = None;
    while let Some(first) = heard.recv().await {
        let mut durable = false;
        let mut next = Some(first);
        while let Some(event) = next {
            if let engine::event::Event::RunStarted { run: name, .. } = &event {
                run = Some(name.clone());
            }
            durable |= !matches!(event, engine::event::Event::Progress { .. });
            let _ = to.send(Event::Run(event));
            next = heard.try_recv().ok();
        }
        if let Some(run) = run.clone().filter(|_| durable) {
            let app = app.clone();
            if let Ok(event) = tokio::task::spawn_blocking(move || records(&app, run)).await {
                let _ = to.send(event);
            }
        }
    }
    run
}

fn records(app: &App, run: RunId) -> Event {
    let records = app.journal.records(&run).map(Arc::new).map_err(|e| words(&e));
    Event::Records { run, records }
}

/// The verdict on one link, for whatever comes next for it.
async fn judge(app: &App, link: &str) -> Result<Box<LinkCheck>> {
    let checked = app.check(&[link.to_owned()], None, Vec::new()).await?;
    let budget_ms = u64::try_from(app.config.policy.budget.as_millis()).unwrap_or(u64::MAX);
    let rows = checked.iter().map(|c| {
        let subject = Subject {
            link: c.link.0.clone(),
            database: c.database.clone(),
            source: c.source.0.clone(),
            target: c.target.0.clone(),
            outage: c.outage.map(|m| (m.mean_ms, m.spread_ms, m.samples)),
            budget_ms,
        };
        (subject, &c.verdict)
    });
    let mut report = report::check::report(rows.collect());
    report.links.pop().map(Box::new).ok_or_else(|| Error::bug("a link was judged and is not there"))
}

/// Newest first; a damaged run is left out of the list, `milink runs verify` tells of it.
fn summaries(app: &App) -> Result<Vec<report::dto::RunSummary>> {
    let mut list = Vec::new();
    for run in app.journal.runs()? {
        if let Ok(summary) = app.journal.records(&run).and_then(|r| report::run::summary(&r)) {
            list.push(summary);
        }
    }
    Ok(list)
}

/// Snapshots with the recent past of the link that is looked at.
async fn feed(mut monitor: MonitorHandle, mut focus: watch::Receiver<String>, to: UnboundedSender<Event>) {
    loop {
        let snapshot = tokio::select! {
            biased;
            snapshot = monitor.next() => {
                if snapshot.is_none() {
                    let _ = to.send(Event::WatchEnded("it gives no more snapshots".to_owned()));
                    return;
                }
                snapshot
            }
            changed = focus.changed() => {
                if changed.is_err() {
                    return;
                }
                None
            }
        };
        let link = focus.borrow_and_update().clone();
        if !link.is_empty() {
            let points = monitor.history(&link).thinned(POINTS_MAX);
            let _ = to.send(Event::History { link, points });
        }
        if let Some(snapshot) = snapshot
            && to.send(Event::Snapshot(snapshot)).is_err()
        {
            return;
        }
    }
}
