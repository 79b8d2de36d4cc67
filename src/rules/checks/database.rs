//! The database on the source, and its name on the target.

use super::case::Case;
use super::case::Judged;
use super::case::Purpose;
use super::case::fail;
use super::case::fail_each;
use super::case::fail_with;
use super::case::none_of;
use super::case::not_applicable;
use super::case::pass;
use super::case::same;
use super::case::unknown;
use super::case::when;
use super::managed;
use crate::model::database::DatabaseState;
use crate::model::database::RecoveryModel;
use crate::model::database::Role;
use crate::model::database::Updateability;
use crate::model::database::UserAccess;
use crate::model::fact::OrUnknown;

/// 2008: the oldest level that a managed instance takes (facts: cutover-night 5).
const LEVEL_MIN: i32 = 100;
/// State of `sys.dm_database_encryption_keys` without encryption.
const NOT_ENCRYPTED: i32 = 1;

pub(super) fn exists(c: &Case<'_>) -> Judged {
    match c.database_at_source()? {
        None => fail("not there, or hidden from this login"),
        Some(d) if d.state == DatabaseState::Online => pass("ONLINE"),
        Some(d) => fail(d.state.to_string()),
    }
}

pub(super) fn is_user(c: &Case<'_>) -> Judged {
    let d = c.database()?;
    when(!d.is_system(), if d.is_system() { "a system or distribution database" } else { "a user database" })
}

pub(super) fn recovery_model(c: &Case<'_>) -> Judged {
    let d = c.database()?;
    when(d.recovery_model == RecoveryModel::Full, d.recovery_model.to_string())
}

/// A chain of log backups needs its full backup; the newest may be older than a change of the recovery model.
pub(super) fn full_backup(c: &Case<'_>) -> Judged {
    let d = c.database()?;
    match (d.last_full_backup, d.last_log_backup_lsn) {
        (None, _) => fail("no full backup of this very database that is not copy-only"),
        (Some(_), None) => fail("a full backup, and no log chain since (last_log_backup_lsn is NULL)"),
        (Some(at), Some(_)) => pass(format!("{} UTC", stamp(at))),
    }
}

fn stamp(at: time::OffsetDateTime) -> String {
    format!("{} {:02}:{:02}", at.date(), at.hour(), at.minute())
}

pub(super) fn log_files(c: &Case<'_>) -> Judged {
    let names: Vec<String> = c.files()?.iter().filter(|f| f.kind == 1).map(|f| f.name.clone()).collect();
    match names.len() {
        1 => pass("1"),
        0 => fail("0"),
        // The first one is the database's own, and stays.
        n => fail_each(format!("{n}: {}", names.join(", ")), names[1..].to_vec()),
    }
}

pub(super) fn filestream(c: &Case<'_>) -> Judged {
    let i = c.inside()?;
    let mut found = Vec::new();
    if i.stream_filegroups > 0 {
        found.push(format!("{} FILESTREAM filegroup(s)", i.stream_filegroups));
    }
    if i.file_tables > 0 {
        found.push(format!("{} FileTable(s)", i.file_tables));
    }
    none_of(&found, "none")
}

pub(super) fn memory_optimized(c: &Case<'_>) -> Judged {
    let i = c.inside()?;
    if i.memory_filegroups == 0 && i.memory_tables == 0 {
        return pass("none");
    }
    let containers = c.files()?.iter().filter(|f| f.kind == 2).count();
    if !managed::has_memory_tables(c)? {
        let found =
            format!("{} filegroup(s), {} table(s); the target's tier has none", i.memory_filegroups, i.memory_tables);
        return fail(found);
    }
    when(containers <= 1, format!("{containers} container(s), at most one"))
}

pub(super) fn defunct(c: &Case<'_>) -> Judged {
    let files = c.files()?;
    let found: Vec<String> = files
        .iter()
        .filter(|f| f.state.as_deref().is_some_and(|s| same(s, "DEFUNCT")))
        .map(|f| f.name.clone())
        .collect();
    none_of(&found, "none")
}

/// Reserved by the service for In-Memory containers.
pub(super) fn reserved_names(c: &Case<'_>) -> Judged {
    let files = c.files()?;
    let found: Vec<String> = files.iter().filter(|f| same(&f.name, "XTP")).map(|f| f.name.clone()).collect();
    if found.is_empty() { pass("none") } else { fail_each(found.join(", "), found) }
}

/// What is off at the source can never be turned on later.
pub(super) fn accelerated(c: &Case<'_>) -> Judged {
    let Some(all) = c.source.accelerated.get()? else { return not_applicable("not before SQL Server 2019") };
    let row = all.iter().find(|a| same(&a.database, &c.link.database)).or_unknown("no row for the database")?;
    when(row.is_on, if row.is_on { "on" } else { "off" })
}

pub(super) fn version_store(c: &Case<'_>) -> Judged {
    let Some(all) = c.source.accelerated.get()? else { return not_applicable("not before SQL Server 2019") };
    let row = all.iter().find(|a| same(&a.database, &c.link.database)).or_unknown("no row for the database")?;
    match (row.is_on, row.filegroup_id) {
        (false, _) => not_applicable("accelerated database recovery is off"),
        (true, Some(1)) => pass("PRIMARY"),
        (true, Some(n)) => fail(format!("filegroup {n}")),
        (true, None) => unknown("sys.dm_tran_persistent_version_store_stats has no row for it"),
    }
}

pub(super) fn broker(c: &Case<'_>) -> Judged {
    let on = c.database()?.is_broker_enabled;
    when(on, if on { "on" } else { "off" })
}

pub(super) fn replication(c: &Case<'_>) -> Judged {
    let d = c.database()?;
    let kinds =
        [(d.is_published, "published"), (d.is_merge_published, "merge-published"), (d.is_subscribed, "subscribed")];
    let found: Vec<String> = kinds.into_iter().filter(|(is, _)| *is).map(|(_, word)| word.to_owned()).collect();
    none_of(&found, "none")
}

pub(super) fn cdc(c: &Case<'_>) -> Judged {
    let on = c.database()?.is_cdc_enabled;
    when(!on, if on { "on: its jobs are not replicated" } else { "off" })
}

/// A managed instance needs the protector before the first page arrives.
pub(super) fn encryption(c: &Case<'_>) -> Judged {
    let all = c.source.protection.get()?;
    let Some(own) = all.iter().find(|p| same(&p.database, &c.link.database) && p.state > NOT_ENCRYPTED) else {
        return pass("not encrypted");
    };
    let name = own.certificate.as_deref().unwrap_or("of unknown name");
    let thumbprint = own.thumbprint.as_deref().or_unknown("the encryptor's thumbprint is not shown")?;
    let there = c.target.door.get()?.certificates.iter().any(|t| t.thumbprint.as_deref() == Some(thumbprint));
    if there {
        return pass(format!("encrypted by {name}, which {} holds", c.target.site));
    }
    // An uploaded TDE certificate need not show in the catalogue: not seen is not proven absent.
    unknown(format!("encrypted by certificate {name} ({thumbprint}); {} does not show that it holds it", c.target.site))
}

/// Who owns it must be somebody there too.
pub(super) fn owner(c: &Case<'_>) -> Judged {
    let sid = c.database()?.owner_sid.as_deref().or_unknown("the owner is not shown")?;
    let sid = if sid.starts_with("0x") { sid.to_owned() } else { format!("0x{sid}") };
    let name = |all: &[crate::model::object::ServerLogin]| {
        all.iter().find(|l| l.sid.eq_ignore_ascii_case(&sid)).map(|l| l.name.clone())
    };
    if sid == "0x01" {
        return pass("sa");
    }
    let own = name(c.source.logins.get()?).unwrap_or_else(|| sid.clone());
    when(name(c.target.logins.get()?).is_some(), own)
}

/// These go with the server, not with the database.
pub(super) fn trusted(c: &Case<'_>) -> Judged {
    let d = c.database()?;
    let kinds = [(d.is_trustworthy, "TRUSTWORTHY"), (d.is_db_chaining, "DB_CHAINING")];
    let found: Vec<String> = kinds.into_iter().filter(|(is, _)| *is).map(|(_, word)| word.to_owned()).collect();
    if found.is_empty() { pass("both off") } else { fail_each(format!("on: {}", found.join(", ")), found) }
}

pub(super) fn compatibility(c: &Case<'_>) -> Judged {
    let level = c.database()?.compatibility_level;
    when(level >= LEVEL_MIN, level.to_string())
}

pub(super) fn auto_close(c: &Case<'_>) -> Judged {
    let on = c.database()?.is_auto_close;
    when(!on, if on { "on" } else { "off" })
}

pub(super) fn writable(c: &Case<'_>) -> Judged {
    let d = c.database()?;
    let access = match (&d.user_access, &d.updateability) {
        (UserAccess::Multi, Some(Updateability::ReadWrite)) => return pass("READ_WRITE, MULTI_USER"),
        (access, updateability) => {
            format!("{}, {access}", updateability.as_ref().map_or("not open", Updateability::as_str))
        }
    };
    fail(access)
}

/// The key of a database master key is its own server's: it must be opened by its password on the other side.
pub(super) fn own_master_key(c: &Case<'_>) -> Judged {
    let has = c.inside()?.has_master_key;
    when(!has, if has { "it has a master key of its own" } else { "none" })
}

/// The copy: not there before, a readable secondary after.
pub(super) fn name_free(c: &Case<'_>) -> Judged {
    let Some(d) = c.database_at_target()? else { return pass("free") };
    if c.azure_link()?.is_some_and(|l| l.databases.iter().any(|n| same(n, &c.link.database))) {
        return pass("it is this link's copy");
    }
    fail(format!("there is a database {} ({})", d.name, d.state))
}

pub(super) fn readable(c: &Case<'_>) -> Judged {
    let Some(d) = c.database_at_target()? else { return fail_with("no such database", "milink link create {link}") };
    let writes = d.updateability == Some(Updateability::ReadWrite);
    let found = format!("{}, {}", d.state, d.updateability.as_ref().map_or("not open", Updateability::as_str));
    // After the switch it is the primary.
    let wanted = matches!(c.purpose, Purpose::Failback);
    when(d.state == DatabaseState::Online && writes == wanted, found)
}

/// Which side writes now.
pub(super) fn direction(c: &Case<'_>) -> Judged {
    let groups = c.source.groups.get()?;
    let rows = || groups.databases.iter().filter(|r| r.is_distributed && same(&r.group, c.link.name.as_str()));
    let replica = groups
        .replicas
        .iter()
        .find(|r| r.is_distributed && same(&r.group, c.link.name.as_str()) && r.is_local == Some(true));
    if rows().next().is_none() && replica.is_none() {
        return fail_with("no distributed group of this name", "milink link create {link}");
    }
    let role = replica.and_then(|r| r.role.as_ref()).or_unknown("the source does not tell its role")?;
    let wanted = if c.purpose == Purpose::Failback { Role::Secondary } else { Role::Primary };
    when(*role == wanted, format!("{} is {role}", c.source.site))
}
