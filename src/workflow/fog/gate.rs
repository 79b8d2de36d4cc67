//! The last look before a group is touched: what the service would refuse is refused here.

use super::base::FogStep;
use super::base::fog_step;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::geo::GroupFacts;
use crate::model::geo::Side;
use crate::plan::fog::FogOp;
use crate::rules::fog::prerequisites;
use crate::rules::fog::state::Asked;
use crate::rules::fog::state::Standing;
use crate::rules::fog::state::may;
use crate::rules::fog::state::standing;
use async_trait::async_trait;

pub struct Gate(pub FogStep);

/// What an operation asks, seen from the sides of its plan (`A` is the primary before the run).
pub fn asked(op: FogOp) -> Asked {
    match op {
        FogOp::Create => Asked::Create,
        FogOp::Protect => Asked::Protect,
        FogOp::Update => Asked::Update,
        FogOp::Delete => Asked::Delete,
        FogOp::Failover | FogOp::Drill => Asked::Planned(Side::B),
        FogOp::ForcedFailover => Asked::Forced(Side::B),
    }
}

/// Why it may not go on; rows that somebody answers for do not count.
pub fn refused(op: FogOp, facts: &GroupFacts, waived: &[String]) -> Option<Error> {
    let stands = standing(facts);
    if let Err(refusal) = may(asked(op), &stands, facts) {
        return Some(Error::refused(refusal.why).hint(refusal.hint));
    }
    // What is registered already was judged before it was asked for.
    if !matches!(op, FogOp::Create | FogOp::Protect) || stands != Standing::None {
        return None;
    }
    let rows = prerequisites::judge(facts, None);
    let blocking: Vec<String> = rows
        .iter()
        .filter(|r| r.blocks() && !waived.iter().any(|w| w == r.id))
        .map(|r| format!("{} ({}): {}", r.id, r.rule, r.found))
        .collect();
    (!blocking.is_empty()).then(|| {
        Error::refused(format!("the instances are not ready for a failover group: {}", blocking.join("; ")))
            .hint(format!("milink fog plan {}", facts.name))
    })
}

#[async_trait]
impl Step for Gate {
    fog_step!(secondary);

    fn summary(&self) -> String {
        format!("check that failover group {} may be touched now", self.0.plan.group)
    }
    fn preview(&self) -> Vec<String> {
        Vec::new()
    }
    fn undo_summary(&self) -> String {
        "nothing: it only reads".to_owned()
    }
    async fn precheck(&self, _: &Context) -> Result<Precheck> {
        Ok(Precheck::Ready)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let facts = self.0.look(cx).await;
        if let Some(e) = refused(self.0.plan.op, &facts, &self.0.plan.waived) {
            return Err(e);
        }
        let lag = facts.lag_s();
        cx.prove(&self.0.id, "lag_s", &lag)?;
        let said = standing(&facts).sentence();
        Ok(Done::note(match (self.0.plan.op, lag) {
            (FogOp::Create | FogOp::Protect, _) if standing(&facts) == Standing::None => {
                "the instances fit together".to_owned()
            }
            (_, Some(lag)) => format!("{said}, lag at most {lag} s"),
            (_, None) => format!("{said}, lag unknown"),
        }))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("nothing to undo".to_owned())
    }
}
