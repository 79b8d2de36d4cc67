//! A failover is proved by roles read back and by a primary that takes writes, not by an answer of the service.

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
use crate::plan::fog::FogMember;
use crate::plan::fog::FogOp;
use crate::sql::query::geo;
use async_trait::async_trait;
use std::time::Duration;

/// Until both sides say their new roles: twice the five minutes that a switch may take (facts: failover-groups 3.4).
const CONFIRM_MAX: Duration = Duration::from_secs(600);
/// Some databases of a new primary may be read-only for up to five minutes (facts: failover-groups 3.4); half as long again.
const WRITABLE_MAX: Duration = Duration::from_secs(450);
/// Evidence: roles read back, and every database writable; Unix time, milliseconds.
pub const ROLE: &str = "role_ms";
pub const WRITABLE: &str = "writable_ms";

pub struct Confirm(pub FogStep);

/// Waits until `new` is primary and takes writes in every database, and `old` says it is secondary.
pub(super) async fn roles(
    step: &FogStep,
    cx: &Context,
    new: &FogMember,
    old: &FogMember,
    old_must_answer: bool,
) -> Result<()> {
    cx.effects.forget_sessions(&new.site);
    cx.effects.forget_sessions(&old.site);
    let (at_new, at_old) = (step.at(new), step.at(old));
    cx.until("both sides to say their new roles", CONFIRM_MAX, Backoff::relaxed(), || async {
        let group = step.group(cx, &at_new).await?.ok_or_else(|| step.gone())?;
        let mut fits = group.is_primary() == Some(true);
        if old_must_answer {
            let other = step.group(cx, &at_old).await?.ok_or_else(|| step.gone())?;
            fits = fits && other.is_primary() == Some(false);
        }
        Ok(fits.then_some(()))
    })
    .await
    .map_err(|e| not_switched(e, &step.plan.group))?;
    cx.prove(&step.id, ROLE, &unix_ms(cx))?;
    cx.until("every database to take writes on the new primary", WRITABLE_MAX, Backoff::relaxed(), || async {
        for database in &step.plan.databases {
            let (_, word) = cx.effects.read(&step.door(&new.site, database), geo::landed(database)).await?;
            if word.as_deref() != Some("READ_WRITE") {
                return Ok(None);
            }
        }
        Ok(Some(()))
    })
    .await?;
    cx.prove(&step.id, WRITABLE, &unix_ms(cx))
}

/// Nothing goes on before the roles have switched, and the path between the members is the likeliest cause (facts: failover-groups
/// 3.3).
fn not_switched(e: Error, group: &str) -> Error {
    if e.kind() != Kind::TimedOut {
        return e;
    }
    Error::new(
        Kind::TimedOut,
        "the roles did not switch on both sides; check what is between them: connectivity, security groups, firewalls",
    )
    .caused_by(e)
    .hint(format!("milink fog network plan {group}; milink fog show {group}; then milink fog resume"))
}

#[async_trait]
impl Step for Confirm {
    fog_step!(secondary);
    only_reads!(ready);

    fn summary(&self) -> String {
        format!("read the roles back, and see {} take writes", self.0.plan.secondary.site)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let plan = &self.0.plan;
        let must = !matches!(plan.op, FogOp::ForcedFailover | FogOp::PlannedFirst);
        roles(&self.0, cx, &plan.secondary, &plan.primary, must).await?;
        Ok(Done::note(format!(
            "{} is primary and takes writes in every database: {}",
            plan.secondary.site,
            plan.databases.join(", ")
        )))
    }
}
