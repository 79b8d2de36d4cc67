//! What two sides make of their roles when they meet.

use super::dial::Plan;
use crate::lab::mirror::roles;
use crate::lab::world::hadr::Role;
use crate::lab::world::instance::InstanceConfig;
use crate::lab::world::instance::InstanceState;
use time::OffsetDateTime;

/// What this connection is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meeting {
    /// Primary meets secondary: ship.
    Ship,
    /// Two primaries after a forced failover: stay connected, replicate nothing.
    SplitBrain,
    /// The other side has taken over; this side follows now.
    Follow,
}

/// Decides, and ends a switch whose outcome was unknown while the connection was down.
pub(super) fn settle(
    state: &mut InstanceState,
    config: &InstanceConfig,
    plan: &Plan,
    remote: Role,
    now: OffsetDateTime,
) -> Meeting {
    let group = &plan.ends.group;
    let Some(g) = state.hadr.group(group) else { return Meeting::Follow };
    match (g.role, remote) {
        (Role::Primary, Role::Primary) => Meeting::SplitBrain,
        (Role::Resolving, Role::Primary) => {
            roles::become_secondary(state, config, group, now);
            Meeting::Follow
        }
        (Role::Resolving, _) => {
            // the order to take over was never carried out, and its connection is gone
            roles::become_primary(state, config, group, false, now);
            Meeting::Ship
        }
        _ => Meeting::Ship,
    }
}
