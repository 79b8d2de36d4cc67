//! A last write, the marker, must come out of redo on the target; both logs must stand equal and still. Then the token is issued.

use super::attribution;
use super::position;
use super::token::FenceToken;
use super::token::LsnColumn;
use crate::base::clock::pause;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::lsn::Lsn;
use crate::plan::types::Path;
use crate::sql::query::database;
use crate::sql::query::instance;
use crate::sql::query::log;
use crate::sql::query::marker;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;
use std::time::Duration;

/// Evidence name of the token.
pub const TOKEN: &str = "token";
/// Evidence name: where the log of the source ended then, in its own notation.
pub const LOG_END: &str = "log_end";

pub struct Drain(pub LinkStep);

/// What must not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Still {
    column: LsnColumn,
    lsn: Lsn,
    /// Write transactions that the source has counted.
    commits: i64,
}

impl Drain {
    fn marker_value(cx: &Context) -> String {
        cx.effects.run().0.clone()
    }

    async fn log_end(&self, cx: &Context) -> Result<Option<String>> {
        cx.effects.read(&self.0.link.source, database::log_end(&self.0.link.database)).await
    }

    /// Equal on both sides in the same column, with no commit counted in between, `samples` times over `window`; any movement starts
    /// the count again.
    async fn stable(&self, cx: &Context, end: Duration) -> Result<(LsnColumn, Lsn)> {
        if self.0.tools.sabotage.iter().any(|s| s == "cutover.drain.stable") {
            let position = position::read(cx, &self.0.link).await?;
            if let Some((column, source, _)) = position.comparable() {
                return Ok((column, source));
            }
        }
        let samples = self.0.policy.stability_samples.max(2);
        let spacing = Duration::from_millis(self.0.policy.stability_window_ms) / (samples - 1);
        let mut seen: Option<(Still, u32)> = None;
        // The first look of those that agree had ended.
        let mut since = cx.clock.monotonic();
        let mut backoff = Backoff::urgent();
        let from = self.log_end(cx).await?;
        loop {
            let (position, commits) = tokio::join!(
                position::read(cx, &self.0.link),
                cx.effects.read(&self.0.link.source, log::written(&self.0.link.database)),
            );
            let (position, commits) = (position?, commits?);
            if position.source.is_none() {
                return Err(position::missing(&self.0.link, &self.0.link.source));
            }
            let equal = position.comparable().filter(|(_, s, t)| s == t);
            let still = equal.zip(commits).map(|((column, lsn, _), commits)| Still { column, lsn, commits });
            seen = match (still, seen) {
                (Some(now), Some((then, n))) if now == then => Some((now, n + 1)),
                (Some(now), _) => {
                    since = cx.clock.monotonic();
                    Some((now, 1))
                }
                (None, _) => None,
            };
            if let Some((still, n)) = seen
                && n >= samples
            {
                return Ok((still.column, still.lsn));
            }
            if cx.clock.monotonic() > end {
                let found = position.comparable().map_or("no LSN that both sides know".to_owned(), |(c, s, t)| {
                    format!("{c:?}: {} has {s}, {} has {t}", self.0.link.source, self.0.link.target)
                });
                let counted = if commits.is_none() { "; its commits are not counted" } else { "" };
                let who = match from {
                    Some(from) => attribution::since(cx, &self.0.link, &from).await?.to_string(),
                    None => "nobody can say who wrote".to_owned(),
                };
                return Err(Error::new(
                    Kind::TimedOut,
                    format!("the logs of {} never stood equal and still: {found}{counted}", self.0.link.database),
                )
                .hint(format!("in the log since: {who}")));
            }
            if cx.cancel.requested() {
                return Err(Error::new(Kind::Interrupted, "asked to stop while draining"));
            }
            match seen {
                // Counted from the first of them, so that a slow read does not make the window longer.
                Some((.., n)) => pause((since + spacing * n).saturating_sub(cx.clock.monotonic())).await,
                None => backoff.wait().await,
            }
        }
    }
}

#[async_trait]
impl Step for Drain {
    link_step!(source);

    fn summary(&self) -> String {
        format!("drain {}: marker redone on {}, logs equal and still", self.0.link.database, self.0.link.target)
    }
    fn preview(&self) -> Vec<String> {
        marker::set(&self.0.link.database, "<run>").map(|s| vec![s.rendered.shown.clone()]).unwrap_or_default()
    }
    fn undo_summary(&self) -> String {
        "the marker stays; it is an extended property and harms nobody".to_owned()
    }
    fn volatile(&self) -> bool {
        true
    }
    async fn precheck(&self, _: &Context) -> Result<Precheck> {
        if self.0.tools.sabotaged(&self.0.id) {
            return Ok(Precheck::Skip("left out on purpose by a test".to_owned()));
        }
        Ok(Precheck::Ready)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let link = &self.0.link;
        let from = cx.clock.monotonic();
        // The gate looked at the lag; a longer wait means that it grew since.
        let limit = Duration::from_millis(self.0.policy.drain_timeout_ms);
        let end = from + limit;
        let value = Self::marker_value(cx);
        cx.effects.change(&self.0.id, &link.source, &marker::set(&link.database, &value)?).await?;
        let what = format!("the marker on {}", link.target);
        let redone = cx.until(&what, limit, Backoff::urgent(), || async {
            let seen = cx.effects.read(&link.target, marker::read(&link.database)).await?;
            Ok((seen.as_deref() == Some(value.as_str())).then_some(()))
        });
        // The window may begin while the marker is being redone: its log counts as any other.
        let (redone, stable, facts) =
            tokio::join!(redone, self.stable(cx, end), cx.effects.read(&link.source, instance::facts()));
        redone?;
        let ((column, lsn), facts) = (stable?, facts?);
        let token = FenceToken {
            link: link.name.clone(),
            database: link.database.clone(),
            source: link.source.clone(),
            source_server: facts.server_name.unwrap_or_default(),
            column,
            lsn,
            issued: cx.clock.now().format(&time::format_description::well_known::Rfc3339).unwrap_or_default(),
        };
        // A write between the last look and this one moves the log past the token, and the switch looks at that again.
        if let Some(end) = self.log_end(cx).await? {
            cx.prove(&self.0.id, LOG_END, &end)?;
        }
        cx.prove(&self.0.id, TOKEN, &token)?;
        let took = crate::base::text::duration(cx.clock.monotonic().saturating_sub(from));
        let kind = match link.path {
            Path::OneWay => "synchronous",
            Path::TwoWay => "asynchronous",
        };
        Ok(Done::note(format!("marker redone, both at {lsn} ({kind}), {took}")))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("the marker stays".to_owned())
    }
}
