//! The second instance is there, at rest and empty. Making one takes hours, so it is waited for; what is in it is not.

use crate::base::error::Error;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::geo::GroupFacts;
use crate::rules::fog::state::Standing;
use crate::rules::fog::state::standing;
use crate::workflow::fog::base::FogStep;
use crate::workflow::fog::base::fog_step;
use crate::workflow::fog::base::only_reads;
use async_trait::async_trait;
use std::time::Duration;

/// A new instance takes hours; the longest documented operations of one stay below this.
const READY_MAX: Duration = Duration::from_secs(6 * 3600);

pub struct Secondary(pub FogStep);

/// `Ok(None)`: it is ready. `Ok(Some(why))`: not yet. `Err`: it will not become so by itself.
fn judge(facts: &GroupFacts) -> std::result::Result<Option<String>, String> {
    if standing(facts) != Standing::None {
        return Ok(None);
    }
    let member = &facts.b;
    if let Ok(databases) = member.databases.get()
        && !databases.is_empty()
    {
        let names: Vec<_> = databases.iter().map(|(n, _)| n.as_str()).collect();
        return Err(format!("{} holds user databases: {}", member.site, names.join(", ")));
    }
    let (found, operations) = match (member.facts.get(), member.operations.get()) {
        (Ok(found), Ok(operations)) => (found, operations),
        (Err(why), _) | (_, Err(why)) => return Ok(Some(format!("{} cannot be read: {}", member.site, why.0))),
    };
    if member.databases.get().is_err() {
        return Ok(Some(format!("what {} holds is unknown", member.site)));
    }
    if let Some(operation) = operations.first() {
        return Ok(Some(format!("{} is busy: {operation}", member.site)));
    }
    match found.state.as_deref() {
        Some("Ready") => Ok(None),
        Some(other) => Ok(Some(format!("{} is {other}", member.site))),
        None => Ok(Some(format!("Azure does not say the state of {}", member.site))),
    }
}

#[async_trait]
impl Step for Secondary {
    fog_step!(secondary);
    only_reads!();

    fn summary(&self) -> String {
        format!("see {} ready, at rest and empty", self.0.plan.secondary.site)
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        Ok(match judge(&self.0.look(cx).await) {
            Ok(None) => Precheck::AlreadyDone(format!("{} is ready", self.0.plan.secondary.site)),
            Ok(Some(_)) => Precheck::Ready,
            Err(found) => Precheck::Blocked {
                expected: "an empty secondary".to_owned(),
                found,
                hint: "drop them there, or name another secondary in the estate file".to_owned(),
            },
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        cx.until("the secondary to be ready", READY_MAX, Backoff::relaxed(), || async {
            match judge(&self.0.look(cx).await) {
                Ok(None) => Ok(Some(())),
                Ok(Some(why)) => {
                    cx.progress(&self.0.id, format!("{why}; waiting"), None);
                    Ok(None)
                }
                Err(found) => Err(Error::refused(found).hint("drop them there, then the same command again")),
            }
        })
        .await?;
        Ok(Done::note(format!("{} is ready and empty", self.0.plan.secondary.site)))
    }
}
