//! A kept link must not go before the managed instance has taken its first full backup since the failover: without it the
//! database can be lost to a restart of the instance (facts: mi-link 8.6).

use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::sql::query::backup;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;
use time::OffsetDateTime;

pub struct FirstBackup(pub LinkStep);

#[async_trait]
impl Step for FirstBackup {
    link_step!(target);

    fn summary(&self) -> String {
        format!("see that {} has its first full backup on {}", self.0.link.database, self.0.link.target)
    }
    fn preview(&self) -> Vec<String> {
        Vec::new()
    }
    fn undo_summary(&self) -> String {
        "nothing to undo".to_owned()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let link = &self.0.link;
        let switched = link.switched_at_ms.and_then(|ms| OffsetDateTime::from_unix_timestamp(ms / 1000).ok());
        let found = cx.effects.read(&link.target, backup::last_full(&link.database)).await?;
        // The instance backs the copy up while it is a secondary, too: such a backup is worth nothing here.
        Ok(match (found, switched) {
            (Some(b), Some(switched)) if b.started >= switched => {
                Precheck::AlreadyDone(format!("began {}, finished {}", b.started, b.finished))
            }
            (found, switched) => Precheck::Blocked {
                expected: format!("a full backup of {} on {} since the failover", link.database, link.target),
                found: match (found, switched) {
                    (None, _) => "none in msdb.dbo.backupset (type D, not copy-only)".to_owned(),
                    (Some(b), Some(s)) => format!("the newest began {}, the failover was at {s}", b.started),
                    (Some(b), None) => format!("the newest began {}, the time of the failover is unknown", b.started),
                },
                hint: "the instance takes it by itself, usually within hours: wait for it, then the same command again"
                    .to_owned(),
            },
        })
    }
    async fn run(&self, _: &Context) -> Result<Done> {
        Ok(Done::note("seen"))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("nothing to undo".to_owned())
    }
}
