//! Writes of milink's own, before anybody is shut: how long a commit takes until it is redone on the target, measured, and also
//! where the application is idle and the servers have no times to tell (facts: peers, RPO). Opt-in: `[monitor] heartbeat`.

use crate::base::clock::pause;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::base::text;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::sql::query::marker;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;
use std::time::Duration;

/// Evidence name: milliseconds from each acknowledgement to the look that found it redone.
pub const REDONE_AFTER: &str = "redone_after_ms";
/// Beats, and the pause between two of them.
const BEATS: u64 = 5;
const PAUSE: Duration = Duration::from_millis(200);
/// A beat that is not redone by then says that nothing is: longer than a link may take to connect again (facts: sql-server-hadr (a),
/// a session times out after 20 s).
const REDONE_MAX: Duration = Duration::from_secs(30);

pub struct Heartbeat(pub LinkStep);

impl Heartbeat {
    fn value(cx: &Context, n: u64) -> String {
        format!("{}-beat-{n}", cx.effects.run())
    }

    async fn beat(&self, cx: &Context, n: u64) -> Result<u64> {
        let link = &self.0.link;
        let value = Self::value(cx, n);
        cx.effects.change(&self.0.id, &link.source, &marker::set(&link.database, &value)?).await?;
        let from = cx.clock.monotonic();
        let what = format!("a heartbeat on {}", link.target);
        let redone = cx.until(&what, REDONE_MAX, Backoff::urgent(), || async {
            let seen = cx.effects.read(&link.target, marker::read(&link.database)).await?;
            Ok((seen.as_deref() == Some(value.as_str())).then_some(()))
        });
        redone.await.map_err(|e| match e.kind() {
            Kind::TimedOut => Error::new(
                Kind::Refused,
                format!(
                    "a write on {} is not redone on {} after {}",
                    link.source,
                    link.target,
                    text::duration(REDONE_MAX)
                ),
            )
            .hint(format!("milink link show {}: the link does not keep up, and nobody has been shut out", link.name))
            .caused_by(e),
            _ => e,
        })?;
        Ok(cx.clock.monotonic().saturating_sub(from).as_millis() as u64)
    }
}

#[async_trait]
impl Step for Heartbeat {
    link_step!(source);

    fn summary(&self) -> String {
        format!(
            "measure how long a write to {} takes until it is redone on {}",
            self.0.link.database, self.0.link.target
        )
    }
    fn preview(&self) -> Vec<String> {
        let link = &self.0.link;
        marker::set(&link.database, "<run>-beat-1").map(|s| vec![s.rendered.shown.clone()]).unwrap_or_default()
    }
    fn undo_summary(&self) -> String {
        "remove what was written".to_owned()
    }
    async fn precheck(&self, _: &Context) -> Result<Precheck> {
        Ok(Precheck::Ready)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let mut took = Vec::new();
        for n in 1..=BEATS {
            if n > 1 {
                pause(PAUSE).await;
            }
            if cx.cancel.requested() {
                return Err(Error::new(Kind::Interrupted, "asked to stop while the heartbeat was measured"));
            }
            took.push(self.beat(cx, n).await?);
        }
        cx.prove(&self.0.id, REDONE_AFTER, &took)?;
        let (least, most) = (took.iter().min().copied().unwrap_or(0), took.iter().max().copied().unwrap_or(0));
        Ok(Done::note(format!("{BEATS} writes redone on {} after {least} to {most} ms", self.0.link.target)))
    }
    async fn undo(&self, cx: &Context) -> Result<String> {
        let link = &self.0.link;
        cx.effects.change(&self.0.id, &link.source, &marker::clear(&link.database)?).await?;
        Ok("removed".to_owned())
    }
}
