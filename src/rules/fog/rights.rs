//! What the caller must be allowed to do, for each operation and on each side (facts: failover-groups 8). The classical failure
//! in an outage: a right on the primary's resource group alone, while the call goes to the secondary's.

use super::state::Asked;
use crate::model::fact::Fact;
use crate::model::geo::GroupFacts;
use crate::model::geo::Side;

/// Ends of the actions that an operation needs: of instances and of logical servers alike.
fn needed(asked: Asked) -> &'static [&'static str] {
    match asked {
        Asked::Create | Asked::Protect => &["failovergroups/write", "managedinstances/write"],
        Asked::Update => &["failovergroups/write"],
        Asked::Delete => &["failovergroups/delete"],
        Asked::Planned(_) => &["failovergroups/failover/action"],
        Asked::Forced(_) => &["failovergroups/forcefailoverallowdataloss/action"],
    }
}

/// Where they must be held: a forced failover asks nothing of a side that may be lost.
fn sides(asked: Asked) -> Vec<Side> {
    match asked {
        Asked::Forced(to) => vec![to],
        _ => vec![Side::A, Side::B],
    }
}

/// Missing rights, each with its action and its scope. What could not be read is in the other list: it is unknown, and no reason
/// to leave an application down.
pub fn missing(asked: Asked, facts: &GroupFacts) -> (Vec<String>, Vec<String>) {
    let (mut lacks, mut unknown) = (Vec::new(), Vec::new());
    for side in sides(asked) {
        let member = facts.member(side);
        match &member.forbidden {
            Fact::Unknown { why } => unknown.push(format!("rights on {} are unknown: {why}", member.site)),
            Fact::Known { value } => {
                let wanted = |action: &&String| {
                    let action = action.to_lowercase();
                    needed(asked).iter().any(|n| action.ends_with(n))
                };
                let scope = format!("on resource group {} of {}", member.resource_group, member.site);
                lacks.extend(value.iter().filter(wanted).map(|action| format!("{action} {scope}")));
            }
        }
    }
    (lacks, unknown)
}
