//! Ending a run that was cut short.

use super::build::App;
use super::run::Ended;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::engine::event::SharedObserver;
use crate::engine::steering::Steering;
use crate::journal::fold::RunState;
use crate::journal::fold::fold;
use crate::journal::record::Line;
use crate::model::ids::RunId;

impl App {
    /// Undoes a run that stopped before L1, or asks the process that drives it to. Beyond L1 the way back is another migration,
    /// and this says so.
    pub async fn abort(&self, run: &RunId, observer: SharedObserver, steering: Steering) -> Result<Ended> {
        let state = fold(&self.journal.records(run)?)?;
        if let Some((outcome, _)) = &state.finished {
            return Err(Error::refused(format!("run {run} has ended: it was {}", outcome.word()))
                .hint(format!("milink runs show {run}")));
        }
        refuse_beyond(run, &state)?;
        if let Some(ended) = self.ask_driver_to_abort(run, &observer).await? {
            return Ok(ended);
        }
        steering.cancel.request();
        self.resume(run, observer, Steering { listens: false, ..steering }).await
    }
}

/// Why there is no way back any more.
pub(super) fn refuse_beyond(run: &RunId, state: &RunState) -> Result<()> {
    let why = if state.crossed(Line::L2) {
        "beyond line L2: the target is open and may hold new data; only forward is left"
    } else if state.crossed(Line::L1) {
        "beyond line L1: the switch was sent. Going back loses no data but costs a reseed (one-way) or a second failover (two-way)"
    } else {
        return Ok(());
    };
    Err(Error::refused(why).hint(format!("milink cutover resume {run}, if it stands still")))
}
