//! Settling a step whose fate is unknown: by reading the world, never by assuming.

use super::context::Context;
use super::step::Precheck;
use super::step::Step;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use std::time::Duration;

/// How long the world may take to be readable again after an answer was lost. A session time-out of a link is 20 s
/// (facts: sql-server-hadr (a)); two of them, and a reconnect, fit.
pub const SETTLE_MAX: Duration = Duration::from_secs(60);

/// Reads the world until it says whether the step is done, ready or blocked.
pub async fn settle(step: &dyn Step, cx: &Context) -> Result<Precheck> {
    let end = cx.clock.monotonic() + SETTLE_MAX;
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(3), 1.6);
    loop {
        match step.precheck(cx).await {
            Ok(answer) => return Ok(answer),
            Err(e) if cx.clock.monotonic() < end && transient(&e) => backoff.wait().await,
            Err(e) => return Err(e.during(format!("finding out what became of {}", step.id()))),
        }
    }
}

/// Worth another look.
pub fn transient(e: &Error) -> bool {
    matches!(e.kind(), Kind::Unreachable | Kind::TimedOut | Kind::AnswerLost)
}
