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
        Ok(match cx.effects.read(&link.target, backup::last_full(&link.database)).await? {
            Some(b) => Precheck::AlreadyDone(format!("finished {}", b.finished)),
            None => Precheck::Blocked {
                expected: format!("a full backup of {} on {} since the failover", link.database, link.target),
                found: "none in msdb.dbo.backupset (type D, not copy-only)".to_owned(),
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
