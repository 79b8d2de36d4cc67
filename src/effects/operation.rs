//! Changes through ARM: long-running, their poll handle journaled, so that nothing is ever sent twice.

use super::perform::Effects;
use crate::arm::ArmChange;
use crate::arm::Begun;
use crate::arm::Continuation;
use crate::arm::Polled;
use crate::base::clock::SharedClock;
use crate::base::clock::pause;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::text;
use crate::journal::record::Record;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use std::time::Duration;

/// Pace where the service names none; Microsoft.Sql sends 15 s (facts: arm-api 1.2).
const POLL_DEFAULT: Duration = Duration::from_secs(15);
/// Evidence: the poll handle of an operation of that step that was heard to have ended. A run that is taken up again does not ask
/// for it any more: what failed may be sent again.
pub const ENDED: &str = "operation_ended";

impl Effects {
    /// Sends a change. An operation that goes on is kept as pending of its step.
    pub async fn arm_change(&self, step: &StepId, site: &SiteId, change: &ArmChange) -> Result<()> {
        let shown = change.preview(self.arm()?.config())?.to_string();
        let act = async |number| {
            let asked = self.asked(step, site, vec![shown.clone()]);
            if let Some(done) = self.hand.ask(self, asked, change.id()).await {
                return done;
            }
            if let Begun::Pending(continuation) = self.arm()?.begin(change).await? {
                // Before the outcome: once the change counts as made, its handle must be there.
                let value = serde_json::to_value(&continuation)
                    .map_err(|e| Error::bug("a poll handle cannot be written").caused_by(e))?;
                self.record(&Record::Pending { change: number, step: step.clone(), continuation: value })?;
                self.handles().insert(step.clone(), continuation);
            }
            Ok(())
        };
        self.through_the_door(step, site, change.id(), &shown, act).await
    }

    /// The operation of that step which was last seen under way.
    pub fn pending(&self, step: &StepId) -> Option<Continuation> {
        self.handles().get(step).cloned()
    }

    /// No longer waits for the operation of that step: what is sent next ends it.
    pub fn forget_pending(&self, step: &StepId) {
        self.handles().remove(step);
    }

    /// Waits until the pending operation of a step has ended well.
    pub async fn arm_wait(&self, clock: &SharedClock, step: &StepId, limit: Duration) -> Result<()> {
        let Some(continuation) = self.pending(step) else { return Ok(()) };
        let end = clock.monotonic() + limit;
        loop {
            match self.arm()?.poll(&continuation).await {
                Ok(Polled::Succeeded) => return self.ended(step),
                Ok(Polled::Failed { code, message }) => {
                    self.ended(step)?;
                    return Err(failed(&code, &message));
                }
                Ok(Polled::Running { retry_after, .. }) => pause(retry_after.unwrap_or(POLL_DEFAULT)).await,
                Err(e) if matches!(e.kind(), Kind::Unreachable | Kind::TimedOut) && clock.monotonic() < end => {
                    pause(Duration::from_secs(1)).await;
                }
                Err(e) => return Err(e),
            }
            if clock.monotonic() > end {
                return Err(Error::new(
                    Kind::TimedOut,
                    format!("the operation of {step} took longer than {}", text::duration(limit)),
                ));
            }
        }
    }

    /// One poll: the error of an operation that failed; `None` while it runs, has ended well, or there is none.
    pub async fn arm_failed(&self, step: &StepId) -> Result<Option<Error>> {
        let Some(continuation) = self.pending(step) else { return Ok(None) };
        Ok(match self.arm()?.poll(&continuation).await? {
            Polled::Failed { code, message } => {
                self.ended(step)?;
                Some(failed(&code, &message))
            }
            _ => None,
        })
    }

    /// Sends a change and waits for its end.
    pub async fn arm_change_and_wait(
        &self,
        clock: &SharedClock,
        step: &StepId,
        site: &SiteId,
        change: &ArmChange,
        limit: Duration,
    ) -> Result<()> {
        if self.pending(step).is_none() {
            self.arm_change(step, site, change).await?;
        }
        self.arm_wait(clock, step, limit).await
    }

    /// The operation of that step is over, and its end was heard.
    fn ended(&self, step: &StepId) -> Result<()> {
        let Some(handle) = self.handles().remove(step) else { return Ok(()) };
        let value =
            serde_json::to_value(&handle).map_err(|e| Error::bug("a poll handle cannot be written").caused_by(e))?;
        self.record(&Record::Evidence { step: step.clone(), name: ENDED.to_owned(), value })
    }

    fn handles(&self) -> std::sync::MutexGuard<'_, std::collections::BTreeMap<StepId, Continuation>> {
        self.pending.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn failed(code: &str, message: &str) -> Error {
    let e = Error::new(Kind::Server, format!("Azure refused: {code}: {message}")).code(code);
    match crate::rules::link_error::number_in(message).and_then(crate::rules::link_error::lookup) {
        Some(known) => e.number(known.number),
        None => e,
    }
}
