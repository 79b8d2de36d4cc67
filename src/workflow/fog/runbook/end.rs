//! What came of it: whole again, how long nothing but backups protected it, and what is left for people to do.

use crate::base::error::Error;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::base::text;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Step;
use crate::model::ids::StepId;
use crate::plan::fog::FogOp;
use crate::plan::fog_runbook::Runbook;
use crate::workflow::fog::base::FogStep;
use crate::workflow::fog::base::only_reads;
use crate::workflow::fog::delete::DELETED;
use crate::workflow::fog::listeners;
use crate::workflow::fog::seed::is_whole;
use async_trait::async_trait;
use serde::Deserialize;
use serde::Serialize;
use std::time::Duration;

/// Names and roles have settled before; this is for one bad moment.
const SETTLE_MAX: Duration = Duration::from_secs(600);
/// Evidence: how long nothing but backups protected what is in the group.
pub const EXPOSED: &str = "exposed";

/// Unix times in milliseconds; null: not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exposed {
    pub from_ms: Option<i64>,
    pub until_ms: Option<i64>,
}

impl Exposed {
    pub fn lasted(&self) -> Option<Duration> {
        u64::try_from(self.until_ms? - self.from_ms?).ok().map(Duration::from_millis)
    }
}

/// `plan` of this step is the last act; the whole is told by the ids of the acts.
pub struct End {
    pub step: FogStep,
    pub kind: Runbook,
    /// Operations of the acts, in order.
    pub ops: Vec<FogOp>,
    /// What a person has to do now.
    pub left_to_do: Vec<String>,
}

impl End {
    /// A step of the first act of that kind.
    fn step_of(&self, kind: &str, op: FogOp) -> Option<StepId> {
        let act = self.ops.iter().position(|o| *o == op)? + 1;
        let group = self.step.id.as_str().split_once('/')?.1.split('#').next()?;
        Some(StepId::new(format!("{kind}/{group}#{act}")))
    }
    fn exposed(&self, cx: &Context) -> Result<Option<Exposed>> {
        let (Some(delete), Some(listen)) =
            (self.step_of("fog.delete", FogOp::Delete), self.step_of("fog.listeners", FogOp::Create))
        else {
            return Ok(None);
        };
        Ok(Some(Exposed { from_ms: cx.proven(&delete, DELETED)?, until_ms: cx.proven(&listen, listeners::RESOLVED)? }))
    }
}

#[async_trait]
impl Step for End {
    fn id(&self) -> &StepId {
        &self.step.id
    }
    fn site(&self) -> &crate::model::ids::SiteId {
        &self.step.plan.primary.site
    }
    fn link(&self) -> Option<&crate::model::ids::LinkName> {
        None
    }
    only_reads!(ready);

    fn summary(&self) -> String {
        format!("see {} whole, and say what is left to do", self.step.plan.group)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        cx.until("both sides to have caught up", SETTLE_MAX, Backoff::relaxed(), || async {
            Ok(is_whole(&self.step.look(cx).await).then_some(()))
        })
        .await
        .map_err(|e: Error| e.hint("milink fog resume"))?;
        let mut said = vec![format!("{} is done: {} CATCH_UP on both sides", self.kind.word(), self.step.plan.group)];
        if let Some(exposed) = self.exposed(cx)? {
            cx.prove(&self.step.id, EXPOSED, &exposed)?;
            said.push(match exposed.lasted() {
                Some(lasted) => format!("nothing but backups protected it for {}", text::duration(lasted)),
                None => "how long nothing but backups protected it is not known".to_owned(),
            });
        }
        said.extend(self.left_to_do.iter().cloned());
        Ok(Done::note(said.join("; ")))
    }
}

/// What milink does not do by itself, in the words of the estate.
pub fn left_to_do(fog: &crate::plan::fog::FogPlan) -> Vec<String> {
    let Some(book) = &fog.runbook else { return Vec::new() };
    let Some(last) = book.acts.iter().rev().find(|a| a.op == FogOp::Create) else { return Vec::new() };
    // The old pair's member that is not in the new one.
    let old = [&fog.primary, &fog.secondary]
        .into_iter()
        .find(|m| m.site != last.primary.site && m.site != last.secondary.site);
    let mut todo = Vec::new();
    match book.kind {
        Runbook::ChangeSecondary => {
            todo.push(format!("write secondary = \"{}\" in the estate file", last.secondary.site));
        }
        Runbook::ChangePrimary => {
            let (p, s) = (&last.secondary.site, &last.primary.site);
            todo.push(format!("write primary = \"{p}\" and secondary = \"{s}\" in the estate file"));
        }
        Runbook::Rename => {
            todo.push(format!("write name = \"{}\" in the estate file", last.group));
            todo.push(format!("the application's address is now {}", last.read_write_listener));
        }
        Runbook::Resize => {}
    }
    if let Some(old) = old {
        todo.push(format!("{} is shut and keeps old copies: delete it in Azure when nobody needs them", old.site));
    }
    todo
}
