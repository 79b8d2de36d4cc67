//! What happens around a database: old transactions, other servers, groups of other kinds, the rate of its log.

use super::case::Case;
use super::case::Judged;
use super::case::Purpose;
use super::case::fail;
use super::case::none_of;
use super::case::not_applicable;
use super::case::pass;
use super::case::same;
use super::case::unknown;
use super::case::when;
use crate::base::text;
use crate::model::around::LogBackups;
use crate::model::fact::OrUnknown;
use crate::model::fact::Unknown;
use crate::rules::limits;
use std::time::Duration;

/// How full a log may be, percent: ours; at 100 replication stands still (facts: mi-link 7.3).
const LOG_FULL: i64 = 80;
/// Between two log backups at most (facts: mi-link 11.1).
const LOG_BACKUP_AGE_MAX: Duration = Duration::from_secs(24 * 3600);

/// A write transaction that is open for so long: ours. After a restart of a replica it keeps readers of the copy out (4221).
const OLD: Duration = Duration::from_secs(600);

/// Readers of the copy wait for the row versions of what is open (facts: mi-link 9 L40).
pub(super) fn long_transactions(c: &Case<'_>) -> Judged {
    let around = c.source.around.get()?;
    let Some(oldest) = around.writers.iter().find(|w| same(&w.database, &c.link.database)) else {
        return pass("no write transaction is open");
    };
    let age = Duration::from_secs(u64::try_from(oldest.seconds).unwrap_or(0));
    when(age <= OLD, format!("the oldest write transaction is open for {}", text::duration(age)))
}

/// Servers that come in through a linked server of theirs keep the old name when the database has moved.
pub(super) fn callers(c: &Case<'_>) -> Judged {
    let all = &c.source.around.get()?.callers;
    let found: Vec<String> = all
        .iter()
        .map(|s| {
            format!(
                "{} as {} ({})",
                s.host.as_deref().unwrap_or("an unnamed host"),
                s.login,
                text::count(usize::try_from(s.sessions).unwrap_or(0), "session")
            )
        })
        .collect();
    none_of(&found, "no other server is connected now")
}

/// Names of other databases in the code of this one: they stay behind, or must move together (facts: mi-link 15).
pub(super) fn other_databases(c: &Case<'_>) -> Judged {
    let inside = c.inside()?;
    let moves = |name: &str| {
        let together = c.wishes.links.iter().find(|l| same(&l.database, name) && l.source == c.link.source);
        together.is_some_and(|l| l.target == c.link.target)
    };
    let strays: Vec<String> = inside.refers_to.iter().filter(|r| r.contains('.') || !moves(r)).cloned().collect();
    match (strays.is_empty(), inside.refers_to.is_empty()) {
        (true, true) => pass("no code names another database"),
        (true, false) => pass(format!("{} move to the same target", inside.refers_to.join(", "))),
        _ => fail(strays.join(", ")),
    }
}

/// The group that the database is in now, by its own name.
fn own_group<'a>(c: &Case<'a>) -> Result<Option<&'a str>, Unknown> {
    let groups = c.source.groups.get()?;
    let row = groups
        .databases
        .iter()
        .find(|g| !g.is_distributed && g.database.as_deref().is_some_and(|d| same(d, &c.link.database)));
    Ok(row.map(|r| r.group.as_str()))
}

/// A contained group does not link (facts: mi-link 9 L17).
pub(super) fn contained(c: &Case<'_>) -> Judged {
    let Some(all) = c.source.contained.get()? else { return not_applicable("not before SQL Server 2022") };
    let Some(own) = own_group(c)? else { return pass("the database is in no group yet") };
    when(
        !all.iter().any(|g| same(g, own)),
        format!("group {own}{}", if all.iter().any(|g| same(g, own)) { " is contained" } else { "" }),
    )
}

/// The partner of a link is the listener where a group has several replicas (facts: mi-link 5.1, 9 L18).
pub(super) fn listener(c: &Case<'_>) -> Judged {
    let Some(own) = own_group(c)? else { return pass("the database is in no group yet") };
    let replicas = c.source.groups.get()?.replicas.iter().filter(|r| !r.is_distributed && same(&r.group, own)).count();
    if replicas < 2 {
        return pass(format!("group {own} has one replica"));
    }
    let has = c.source.around.get()?.listeners.iter().any(|g| same(g, own));
    let replicas = text::count(replicas, "replica");
    if has {
        pass(format!("group {own}: {replicas}, with a listener"))
    } else {
        fail(format!("group {own}: {replicas}, and no listener"))
    }
}

/// The log that the source has made at its peak, against what the target takes.
pub(super) fn log_rate(c: &Case<'_>) -> Judged {
    let m = c.managed()?;
    let tier = m.tier.as_deref().or_unknown("Azure does not tell the tier")?;
    let name = if m.is_next_gen { "NextGenGeneralPurpose" } else { tier };
    let cores = m.v_cores.and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
    let cores = cores.or_unknown("Azure does not tell the vCores")?;
    let cap = limits::tier(name).and_then(|t| t.log_bytes_per_second(cores, m.family.as_deref()));
    let Some(cap) = cap else { return not_applicable(format!("no figure for {name} in this table")) };
    let cap = i64::try_from(cap).unwrap_or(i64::MAX);
    let row = c.source.around.get()?.log_backups.iter().find(|b| same(&b.database, &c.link.database));
    let Some(peak) = row.and_then(LogBackups::peak) else {
        return not_applicable("fewer than two log backups in two weeks: its rate is not known");
    };
    let size = |n: i64| format!("{}/s", text::bytes(u64::try_from(n).unwrap_or(0)));
    let found =
        format!("at most {} by its log backups, the instance takes {} with {cores} vCores", size(peak), size(cap));
    when(peak <= cap, found)
}

/// Log that cannot be used again fills its file, and then nothing moves any more.
pub(super) fn log_space(c: &Case<'_>) -> Judged {
    let all = &c.source.around.get()?.log_space;
    let row = all.iter().find(|l| same(&l.database, &c.link.database)).or_unknown("no counter for its log")?;
    let waits = row.waits_for.as_deref().filter(|w| !same(w, "NOTHING"));
    let waits = waits.map_or(String::new(), |w| format!(", waits for {w}"));
    let size = |kb: i64| text::bytes(u64::try_from(kb).unwrap_or(0).saturating_mul(1024));
    let Some(limit) = row.limit_kb else {
        return pass(format!("{} used, no limit but the disk{waits}", size(row.used_kb)));
    };
    if limit <= 0 {
        return unknown("the log has no size");
    }
    let percent = row.used_kb.saturating_mul(100) / limit;
    when(percent <= LOG_FULL, format!("{percent} % of {} used{waits}", size(limit)))
}

/// Only a log backup lets the log of the primary be used again.
pub(super) fn log_backup(c: &Case<'_>) -> Judged {
    let row = c.source.around.get()?.log_backups.iter().find(|b| same(&b.database, &c.link.database));
    let Some(row) = row else { return fail("none in two weeks") };
    let age = Duration::from_secs(u64::try_from(row.age_s).unwrap_or(0));
    when(age <= LOG_BACKUP_AGE_MAX, format!("{} ago", text::duration(age)))
}

/// A target that is smaller than the source falls behind in redo (facts: mi-link 2.2).
pub(super) fn capacity(c: &Case<'_>) -> Judged {
    let own = c.source.around.get()?.processors.or_unknown("the source does not tell its processors")?;
    let theirs = c.managed()?.v_cores.or_unknown("Azure does not tell the vCores")?;
    when(theirs >= own, format!("{own} processors on {}, {theirs} vCores on {}", c.source.site, c.target.site))
}

/// Its jobs are not replicated, and its secondaries do not follow a database that has moved.
pub(super) fn log_shipping(c: &Case<'_>) -> Judged {
    let ships = c.source.around.get()?.log_shipping.iter().any(|d| same(d, &c.link.database));
    if ships { fail("it is the primary of a log shipping") } else { pass("none") }
}

/// A database on the instance that the service's own key encrypts cannot go to SQL Server (facts: mi-link 9 L12).
pub(super) fn protector(c: &Case<'_>) -> Judged {
    let goes_back = c.link.is_two_way || c.purpose == Purpose::Failback;
    if !goes_back {
        return not_applicable("a link that goes to Azure only");
    }
    let kind = c.azure.protector.get()?;
    if !same(kind, "ServiceManaged") {
        return pass(format!("{kind}: the customer's own key"));
    }
    let encrypted = match c.database_at_target()? {
        Some(copy) => copy.is_encrypted,
        None => c.database()?.is_encrypted,
    };
    if encrypted {
        fail("the database is encrypted, and the instance's protector is the service's own key")
    } else {
        pass("the service's own key, and the database is not encrypted")
    }
}
