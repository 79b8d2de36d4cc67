//! Orders to a run that may be driven by another process.

use super::build::App;
use super::cutover::refuse_beyond;
use super::run::Ended;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::control::desk::Desk;
use crate::control::desk::Driver;
use crate::control::desk::Order;
use crate::control::listen::hear;
use crate::control::listen::listen;
use crate::engine::event::Event;
use crate::engine::event::SharedObserver;
use crate::engine::run::RunEnd;
use crate::engine::run::Runner;
use crate::engine::steering::Steering;
use crate::journal::fold::fold;
use crate::journal::record::RunResult;
use crate::model::ids::RunId;
use std::time::Duration;

/// How long a driver may take to go back: two minutes for an undo whose server is away, and the step that is under way before.
const GO_BACK_MAX: Duration = Duration::from_secs(15 * 60);

impl App {
    pub fn desk(&self, run: &RunId) -> Desk {
        Desk::of(&self.state_dir, run.as_str())
    }

    /// Who gives an order, or drives: for people.
    pub fn who(&self) -> String {
        format!("{}@{}, process {}", self.env.user, self.env.host, std::process::id())
    }

    /// Runs it with an ear for other terminals.
    pub(super) async fn listening(&self, run: &RunId, runner: Runner<'_>, steering: &Steering) -> Result<RunEnd> {
        let desk = self.desk(run);
        let _seat = desk.sit(&self.who())?;
        hear(&desk, steering);
        let end = tokio::select! {
            biased;
            end = runner.run() => end?,
            never = listen(&desk, steering) => match never {},
        };
        desk.clear();
        Ok(end)
    }

    /// Has the process that drives the run take it back; `None`: nobody drives it.
    pub(super) async fn ask_driver_to_abort(&self, run: &RunId, observer: &SharedObserver) -> Result<Option<Ended>> {
        let desk = self.desk(run);
        let Driver::Alive(who) = desk.driver() else { return Ok(None) };
        desk.order(Order::Abort, &self.who())?;
        observer.on(&Event::Note { text: format!("asked {who} to take run {run} back") });
        let end = self.clock.monotonic() + GO_BACK_MAX;
        let mut backoff = Backoff::urgent();
        loop {
            let state = fold(&self.journal.records(run)?)?;
            match &state.finished {
                Some((RunResult::RolledBack, _)) => {
                    let end = RunEnd::RolledBack(Error::new(Kind::Interrupted, "asked to stop from another terminal"));
                    return Ok(Some(Ended { run: run.clone(), end }));
                }
                // The order came when the switch was on its way.
                _ => refuse_beyond(run, &state)?,
            }
            if !matches!(desk.driver(), Driver::Alive(_)) {
                return Ok(None);
            }
            if self.clock.monotonic() >= end {
                return Err(Error::new(Kind::TimedOut, format!("{who} did not take run {run} back in time"))
                    .hint("the order stands; milink cutover status"));
            }
            backoff.wait().await;
        }
    }
}
