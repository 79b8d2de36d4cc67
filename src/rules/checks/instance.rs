//! The SQL Server instance.

use super::case::Case;
use super::case::Judged;
use super::case::Purpose;
use super::case::fail;
use super::case::fail_with;
use super::case::not_applicable;
use super::case::pass;
use super::case::same;
use super::case::unknown;
use super::case::when;
use crate::model::fact::OrUnknown;
use crate::rules::compat;
use crate::rules::direction;
use crate::rules::direction::Direction;
use crate::rules::direction::InitialPrimary;
use crate::rules::version::Build;

/// Build, policy and direction (facts: mi-link 1).
pub(super) fn build(c: &Case<'_>) -> Judged {
    let facts = c.instance()?;
    let policy = c.managed()?.policy.as_deref().or_unknown("Azure does not tell the update policy")?;
    let build = Build::parse(&facts.version).or_unknown(&format!("`{}` is no build number", facts.version))?;
    let verdict = direction::judge(build, policy, InitialPrimary::SqlServer);
    if !verdict.known {
        return unknown(format!("build {build} is newer than this table"));
    }
    let found = format!("SQL Server {build}, {policy}: {}", verdict.direction.word());
    match verdict.direction {
        Direction::None => fail(format!("SQL Server {build} cannot link to {policy}: {}", verdict.why)),
        Direction::OneWay if c.link.is_two_way => fail_with(
            format!("{found}, and the intent is two-way: {}", verdict.why),
            "say `intent = \"migrate\"`, or link to an instance of the same format",
        ),
        Direction::OneWay if c.purpose == Purpose::Failback => fail(format!("{found}: {}", verdict.why)),
        _ => pass(found),
    }
}

pub(super) fn edition(c: &Case<'_>) -> Judged {
    let name = &c.instance()?.edition;
    match compat::edition(name) {
        Ok(e) if e.single => pass(name.clone()),
        Ok(e) => fail(format!("{name}: {}", e.why)),
        Err(_) => unknown(format!("edition `{name}` is not in this table")),
    }
}

/// Where availability groups can be enabled at all (facts: mi-link 1.3).
pub(super) fn system(c: &Case<'_>) -> Judged {
    let i = c.instance()?;
    let name = i.system.as_deref().or_unknown("@@VERSION names no operating system")?;
    let build = Build::parse(&i.version).or_unknown(&format!("`{}` is no build number", i.version))?;
    let Some(os) = compat::Os::of(name) else { return unknown(format!("`{name}` is not in this table")) };
    let short = name.split(['<', '(']).next().unwrap_or(name).trim();
    match compat::os_refused(os, build) {
        None => pass(short),
        Some(why) => fail(format!("{short}: {why}")),
    }
}

/// The number alone does not tell that the pack is there (facts: mi-link 1.1).
pub(super) fn procedures(c: &Case<'_>) -> Judged {
    let i = c.instance()?;
    let missing: Vec<&str> = [
        (i.has_add_issuer, "sp_certificate_add_issuer"),
        (i.has_get_endpoint_certificate, "sp_get_endpoint_certificate"),
    ]
    .into_iter()
    .filter(|(there, _)| !there)
    .map(|(_, name)| name)
    .collect();
    if missing.is_empty() { pass("both are there") } else { fail(format!("missing: {}", missing.join(", "))) }
}

pub(super) fn hadr(c: &Case<'_>) -> Judged {
    let i = c.instance()?;
    match (i.is_hadr_enabled, i.hadr_manager_status) {
        (Some(true), Some(1) | None) => pass("enabled"),
        (Some(true), Some(status)) => fail_with(
            format!("enabled, and its manager is not started (HadrManagerStatus {status})"),
            "look into the error log of the instance, then restart it",
        ),
        (Some(false), _) => fail("not enabled"),
        (None, _) => unknown("IsHadrEnabled is NULL"),
    }
}

/// Recommended at start-up: 1800 for unequal sector sizes, 9567 to compress seeding.
pub(super) fn trace_flags(c: &Case<'_>) -> Judged {
    let on = c.source.trace_flags.get()?;
    let missing: Vec<String> = [1800, 9567]
        .into_iter()
        .filter(|f| !on.iter().any(|t| t.flag == *f && t.is_on && t.is_global))
        .map(|f| f.to_string())
        .collect();
    if missing.is_empty() { pass("1800 and 9567 are on") } else { fail(format!("off: {}", missing.join(", "))) }
}

/// AG replicas go by `@@SERVERNAME`.
pub(super) fn server_name(c: &Case<'_>) -> Judged {
    let i = c.instance()?;
    match (&i.server_name, &i.property_server_name) {
        (None, _) => fail("@@SERVERNAME is NULL"),
        (Some(a), Some(b)) if !same(a, b) => fail(format!("@@SERVERNAME is {a}, the machine says {b}")),
        (Some(a), _) => pass(a.clone()),
    }
}

pub(super) fn master_key(c: &Case<'_>) -> Judged {
    let i = c.instance()?;
    match (i.has_master_key, i.master_key_by_server) {
        (true, true) => pass("there, opened by the service master key"),
        (true, false) => fail("there, but the server cannot open it: not encrypted by the service master key"),
        (false, _) if !i.is_sysadmin && !i.view_any_definition => {
            unknown(format!("{} sees no key; needs VIEW ANY DEFINITION", i.login))
        }
        (false, _) if c.purpose == Purpose::Create => pass("none yet: `link create` makes it"),
        (false, _) => fail_with("none", "CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'…' in master"),
    }
}

pub(super) fn clustered(c: &Case<'_>) -> Judged {
    match c.instance()?.is_clustered {
        Some(true) => fail("a failover cluster instance"),
        Some(false) => pass("stand-alone"),
        None => unknown("IsClustered is NULL"),
    }
}

/// The server's local time, as GETDATE() gives it.
pub(super) fn time_zone(c: &Case<'_>) -> Judged {
    let own = c.instance()?.utc_offset_minutes;
    let theirs = c.target.instance.get()?.utc_offset_minutes;
    let zone = c.azure.instance.known().and_then(|m| m.time_zone.clone()).unwrap_or_else(|| "unknown zone".to_owned());
    when(own == theirs, format!("{} at UTC{own:+} min, {} at UTC{theirs:+} min ({zone})", c.source.site, c.target.site))
}

/// Object names and temporary tables take the instance's collation; a mismatch also breaks names of servers.
pub(super) fn collation(c: &Case<'_>) -> Judged {
    let own = c.instance()?.collation.as_deref().or_unknown("the source does not tell its collation")?;
    let theirs = match c.azure.instance.known().and_then(|m| m.collation.as_deref()) {
        Some(collation) => collation,
        None => c.target.instance.get()?.collation.as_deref().or_unknown("the target does not tell its collation")?,
    };
    if own == theirs { pass(own) } else { fail(format!("{own} on {}, {theirs} on {}", c.source.site, c.target.site)) }
}

/// A named instance shares its host: only the default instance should take 5022.
pub(super) fn named(c: &Case<'_>) -> Judged {
    let i = c.instance()?;
    let Some(name) = &i.instance_name else { return not_applicable("the default instance") };
    if c.link.mirroring_port == 5022 {
        fail(format!("instance {name} is to use port 5022"))
    } else {
        pass(format!("instance {name} uses port {}", c.link.mirroring_port))
    }
}
