//! The last look before a group is touched: what the service would refuse is refused here.

use super::base::FogStep;
use super::base::fog_step;
use super::base::only_reads;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Step;
use crate::model::geo::GroupFacts;
use crate::model::geo::Side;
use crate::plan::fog::FogOp;
use crate::rules::fog::in_memory;
use crate::rules::fog::logins;
use crate::rules::fog::prerequisites;
use crate::rules::fog::rights;
use crate::rules::fog::servers;
use crate::rules::fog::state::Asked;
use crate::rules::fog::state::Standing;
use crate::rules::fog::state::may;
use crate::rules::fog::state::standing;
use crate::sql::query::login;
use async_trait::async_trait;

pub struct Gate(pub FogStep);

/// What an operation asks, seen from the sides of its plan (`A` is the primary before the run).
pub fn asked(op: FogOp) -> Asked {
    match op {
        FogOp::Create => Asked::Create,
        FogOp::Protect => Asked::Protect,
        FogOp::Update | FogOp::Runbook | FogOp::Network | FogOp::Secondary => Asked::Update,
        FogOp::Delete => Asked::Delete,
        // Nothing may be lost, so everything must have caught up.
        FogOp::Failover | FogOp::Drill | FogOp::ForcedDrill => Asked::Planned(Side::B),
        FogOp::ForcedFailover | FogOp::PlannedFirst => Asked::Forced(Side::B),
    }
}

/// Why it may not go on; rows that somebody answers for do not count.
pub fn refused(op: FogOp, facts: &GroupFacts, waived: &[String], automatic: bool) -> Option<Error> {
    let stands = standing(facts);
    if let Err(refusal) = may(asked(op), &stands, facts) {
        return Some(Error::refused(refusal.why).hint(refusal.hint));
    }
    let rows = match (&facts.servers, op) {
        // Databases that are put into a group that stands must fit as those of a new one.
        (Some(pair), FogOp::Create | FogOp::Update) => servers::judge(facts, pair, automatic, None),
        // What is registered already was judged before it was asked for.
        (None, FogOp::Create | FogOp::Protect) if stands == Standing::None => prerequisites::judge(facts, None),
        _ => return None,
    };
    let blocking: Vec<String> = rows
        .iter()
        .filter(|r| r.blocks() && !waived.iter().any(|w| w == r.id))
        .map(|r| format!("{} ({}): {}", r.id, r.rule, r.found))
        .collect();
    (!blocking.is_empty()).then(|| {
        let what = if facts.servers.is_some() { "servers" } else { "instances" };
        Error::refused(format!("the {what} are not ready for a failover group: {}", blocking.join("; ")))
            .hint(format!("milink fog plan {}", facts.name))
    })
}

/// Somebody answers for logins that are not as they must be on the other side.
const LOGINS: &str = "fog.logins";

impl Gate {
    /// Before the application is moved: whoever reaches the databases here must reach them there. Missing logins are the most
    /// common reason why a failover ends in an outage.
    async fn logins(&self, cx: &Context) -> Result<()> {
        let plan = &self.0.plan;
        let moves = matches!(plan.op, FogOp::Failover | FogOp::Drill | FogOp::ForcedDrill);
        if !moves || self.0.is_of_servers() || plan.waived.iter().any(|w| w == LOGINS) {
            return Ok(());
        }
        let there = cx.effects.read(&plan.secondary.site, login::list()).await?;
        let mut missing = Vec::new();
        for database in &plan.databases {
            let here = cx.effects.read(&plan.primary.site, login::for_database(database)).await?;
            missing.extend(logins::missing(&here.logins, &there));
        }
        missing.sort();
        missing.dedup();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Error::refused(format!("on {}: {}", plan.secondary.site, missing.join("; ")))
            .hint(format!("milink objects sync --group {0}, or [[waiver]] check = \"{LOGINS}\"", plan.group)))
    }
}

#[async_trait]
impl Step for Gate {
    fog_step!(secondary);
    only_reads!(ready);

    fn summary(&self) -> String {
        format!("check that failover group {} may be touched now", self.0.plan.group)
    }
    /// What an earlier process saw says nothing of now. An act beyond the line is not judged twice: by then it may be half done.
    fn volatile(&self) -> bool {
        !self.0.later
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        if self.0.forgets() {
            return Ok(Done::note("left out"));
        }
        let facts = self.0.look(cx).await;
        let plan = &self.0.plan;
        let automatic = plan.settings.automatic_after_minutes.is_some();
        if let Some(e) = refused(plan.op, &facts, &plan.waived, automatic) {
            return Err(e);
        }
        let planned = matches!(plan.op, FogOp::Failover | FogOp::Drill | FogOp::ForcedDrill);
        if planned
            && !plan.waived.iter().any(|w| w == in_memory::WAIVER)
            && let Some((why, hint)) = in_memory::planned_refused(&facts, Side::A)
        {
            return Err(Error::refused(why).hint(hint));
        }
        self.logins(cx).await?;
        let lag = facts.lag_s();
        cx.prove(&self.0.id, "lag_s", &lag)?;
        let (_, unread) = rights::missing(asked(plan.op), &facts);
        let said = [vec![standing(&facts).sentence()], unread].concat().join("; ");
        Ok(Done::note(match (self.0.plan.op, lag) {
            (FogOp::Create, _) if self.0.is_of_servers() => "the servers fit together".to_owned(),
            (FogOp::Create | FogOp::Protect, _) if standing(&facts) == Standing::None => {
                "the instances fit together".to_owned()
            }
            (_, Some(lag)) => format!("{said}, lag at most {lag} s"),
            (_, None) => format!("{said}, lag unknown"),
        }))
    }
}
