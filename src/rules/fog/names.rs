//! Names of groups and of their listeners (facts: failover-groups 4.1, P20).

use crate::rules::connection::make::Driver;
use crate::rules::connection::make::string;

/// 1 to 63 lower-case letters, digits and inner hyphens.
pub fn is_group_name(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// Read-write and read-only listener; zone and suffix are cut from an instance's full name, so national clouds work.
pub fn listeners(group: &str, instance_fqdn: &str) -> Option<(String, String)> {
    let (_, zone) = instance_fqdn.split_once('.')?;
    Some((format!("{group}.{zone}"), format!("{group}.secondary.{zone}")))
}

/// Connection strings by driver: name, read-write, read-only (facts: failover-groups 4.4).
pub fn connection_strings(rw: &str, ro: &str, database: &str) -> Vec<(&'static str, String, String)> {
    let of = |d: Driver| (d.name(), string(d, rw, database, false), string(d, ro, database, true));
    Driver::ALL.into_iter().map(of).collect()
}
