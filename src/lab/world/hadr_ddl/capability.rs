//! What a build can do with links (facts: sql-server-hadr d, "Summary of minimums").

use crate::lab::world::instance::InstanceConfig;

/// First link-capable build of each major version.
const LINK: [(u32, u32, u32, u32); 5] =
    [(13, 0, 7000, 253), (14, 0, 3490, 10), (15, 0, 4312, 2), (16, 0, 1000, 6), (17, 0, 1000, 7)];

/// Understands `;Server=[..]`, has `sp_certificate_add_issuer`.
pub fn link_capable(config: &InstanceConfig) -> bool {
    config.is_managed() || LINK.iter().any(|b| b.0 == config.major() && config.at_least(*b))
}

/// A link may begin at the managed instance (2022 CU10).
pub(super) fn managed_primary(config: &InstanceConfig) -> bool {
    config.is_managed() || (config.major() >= 16 && config.at_least((16, 0, 4095, 4)))
}

/// `FAILOVER` on a DAG (2022 CU13).
pub(super) fn planned_failover(config: &InstanceConfig) -> bool {
    config.is_managed() || (config.major() >= 16 && config.at_least((16, 0, 4125, 3)))
}
