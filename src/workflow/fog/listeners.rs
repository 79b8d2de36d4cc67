//! Both listeners resolve, and the right instance answers behind each.

use super::base::FogStep;
use super::base::fog_step;
use super::base::only_reads;
use super::failover::unix_ms;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Step;
use crate::inventory::listener;
use crate::inventory::listener::Landed;
use crate::inventory::listener::Landing;
use crate::inventory::listener::Wanted;
use crate::plan::fog::FogMember;
use crate::plan::fog::FogOp;
use async_trait::async_trait;
use std::time::Duration;

/// Names change at once, caches of name servers and the role switch take a while.
const LAND_MAX: Duration = Duration::from_secs(600);
/// Evidence: the read-write listener leads to the new primary; Unix time, milliseconds.
pub const RESOLVED: &str = "resolved_ms";

pub struct Listeners(pub FogStep);

/// Looks at both listeners once; the read-only one is not asked for where nobody may read.
pub async fn land(step: &FogStep, cx: &Context, primary: &FogMember, secondary: &FogMember) -> Vec<Landed> {
    let plan = &step.plan;
    let databases = step.taken(cx).unwrap_or_else(|_| plan.databases.clone());
    let mut found = Vec::new();
    let rows =
        [(&plan.read_write_listener, primary, secondary, true), (&plan.read_only_listener, secondary, primary, false)];
    for (name, should, other, is_read_write) in rows {
        let forced = matches!(plan.op, FogOp::ForcedFailover | FogOp::PlannedFirst);
        if !is_read_write && (forced || plan.settings.standby) {
            continue;
        }
        let wanted = Wanted {
            name,
            fqdn: &should.fqdn,
            site: &should.site,
            other: (&other.fqdn, &other.site),
            is_read_write,
            databases: &databases,
            per_database: step.is_of_servers(),
        };
        found.push(listener::check(&cx.effects, step.tools.names.as_ref(), &wanted).await);
    }
    found
}

#[async_trait]
impl Step for Listeners {
    fog_step!(secondary);
    only_reads!(ready);

    fn summary(&self) -> String {
        let closed = if self.0.is_act() && self.0.plan.op == FogOp::Create {
            " [protected again, listeners are back]"
        } else {
            ""
        };
        format!("log in through {} and see the right instance answer{closed}", self.0.plan.read_write_listener)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let plan = &self.0.plan;
        let (primary, secondary) =
            if plan.op.promotes() { (&plan.secondary, &plan.primary) } else { (&plan.primary, &plan.secondary) };
        let last = std::sync::Mutex::new(Vec::<Landed>::new());
        let waited = cx
            .until("the listeners to lead to the right instances", LAND_MAX, Backoff::relaxed(), || async {
                let found = land(&self.0, cx, primary, secondary).await;
                let right = found.iter().all(|l| l.landing == Landing::Right);
                *last.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = found;
                Ok(right.then_some(()))
            })
            .await;
        let last = last.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        cx.prove(&self.0.id, "landed", &last)?;
        if let Err(e) = waited {
            if e.kind() == Kind::Interrupted {
                return Err(e);
            }
            let wrong = last.iter().filter(|l| l.landing != Landing::Right);
            let said: Vec<String> = wrong
                .map(|l| format!("{}: {:?} {}", l.listener, l.landing, l.why.clone().unwrap_or_default()))
                .collect();
            return Err(Error::new(Kind::TimedOut, said.join("; ")).hint("milink listener check").caused_by(e));
        }
        cx.prove(&self.0.id, RESOLVED, &unix_ms(cx))?;
        let names: Vec<_> = last.iter().map(|l| l.listener.as_str()).collect();
        Ok(Done::note(format!("{} answered by the right instance", names.join(" and "))))
    }
}
