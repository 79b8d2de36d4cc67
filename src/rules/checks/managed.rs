//! The managed instance: state, limits, room.

use super::case::Case;
use super::case::Judged;
use super::case::fail;
use super::case::not_applicable;
use super::case::pass;
use super::case::same;
use super::case::when;
use crate::base::text;
use crate::model::fact::OrUnknown;
use crate::model::fact::Unknown;
use crate::model::survey::FileFacts;

const GIB: i64 = 1 << 30;
const TIB: i64 = 1 << 40;
/// Files of one General Purpose instance (facts: mi-link 6.5).
const GP_FILES_MAX: usize = 280;
/// Largest data file of General Purpose, largest log file everywhere (facts: mi-link 6.5).
const GP_FILE_MAX: i64 = 8 * TIB;
const LOG_MAX: i64 = 2 * TIB;
/// All disks of a General Purpose instance together (facts: mi-link 9 L39).
const GP_DISKS_MAX: i64 = 35 * TIB;
/// Sizes of a disk under a General Purpose file (facts: mi-link 9 L39).
const GP_DISKS: [i64; 6] = [128 * GIB, 256 * GIB, 512 * GIB, TIB, 4 * TIB, 8 * TIB];

fn size(bytes: i64) -> String {
    text::bytes(u64::try_from(bytes).unwrap_or(0))
}

/// `GeneralPurpose` of the old kind: one disk a file.
fn is_plain_gp(c: &Case<'_>) -> Result<bool, Unknown> {
    let m = c.managed()?;
    let tier = m.tier.as_deref().or_unknown("Azure does not tell the tier")?;
    Ok(tier.eq_ignore_ascii_case("GeneralPurpose") && !m.is_next_gen)
}

/// Business Critical alone has In-Memory OLTP.
pub(super) fn has_memory_tables(c: &Case<'_>) -> Result<bool, Unknown> {
    let tier = c.managed()?.tier.as_deref().or_unknown("Azure does not tell the tier")?;
    Ok(tier.eq_ignore_ascii_case("BusinessCritical"))
}

pub(super) fn state(c: &Case<'_>) -> Judged {
    let m = c.managed()?;
    let state = m.state.as_deref().or_unknown("Azure does not tell the state")?;
    let provisioning = m.provisioning_state.as_deref().unwrap_or("not told");
    let good = same(state, "Ready") && !same(provisioning, "Failed");
    when(good, format!("{state}, provisioning {provisioning}"))
}

pub(super) fn failover_group(c: &Case<'_>) -> Judged {
    match c.azure.failover_group.get()? {
        None => pass("in none"),
        Some(name) => fail(format!("in failover group {name}: a link and a group exclude each other")),
    }
}

/// Links count as databases, and so do those that are planned.
pub(super) fn database_limit(c: &Case<'_>) -> Judged {
    let there = c.azure.databases.get()?;
    let planned = c.planned()?;
    let new = planned.iter().filter(|p| !there.iter().any(|d| same(d, &p.database))).count();
    let limit = if c.managed()?.is_next_gen { 500 } else { 100 };
    let sum = there.len() + new;
    when(sum <= limit, format!("{} there, {new} planned, at most {limit}", there.len()))
}

/// Files that come to the target with the links of the estate that are not there yet. Files of other sources are not seen
/// from this one: they are counted when they are judged.
fn coming<'a>(c: &Case<'a>) -> Result<Vec<&'a FileFacts>, Unknown> {
    let planned = c.planned()?;
    let files = c.source.files.get()?;
    Ok(files
        .iter()
        .filter(|f| planned.iter().any(|p| p.source == c.link.source && same(&p.database, &f.database)))
        .collect())
}

pub(super) fn storage(c: &Case<'_>) -> Judged {
    let total = c.managed()?.storage_gb.or_unknown("Azure does not tell the storage size")? * GIB;
    let used: i64 = c.target.files.get()?.iter().map(|f| f.bytes).sum();
    let coming: i64 = coming(c)?.iter().map(|f| f.bytes).sum();
    when(used + coming <= total, format!("{} used, {} to come, {} in all", size(used), size(coming), size(total)))
}

pub(super) fn file_count(c: &Case<'_>) -> Judged {
    if !is_plain_gp(c)? {
        return not_applicable("only General Purpose counts the files of an instance");
    }
    let sum = c.target.files.get()?.len() + coming(c)?.len();
    when(sum <= GP_FILES_MAX, format!("{} with those to come, at most {GP_FILES_MAX}", text::count(sum, "file")))
}

pub(super) fn file_size(c: &Case<'_>) -> Judged {
    let data_max = if is_plain_gp(c)? { GP_FILE_MAX } else { i64::MAX };
    let files = c.files()?;
    let large: Vec<String> = files
        .iter()
        .filter(|f| f.bytes > if f.kind == 1 { LOG_MAX } else { data_max })
        .map(|f| format!("{} ({})", f.name, size(f.bytes)))
        .collect();
    let most = files.iter().map(|f| f.bytes).max().unwrap_or(0);
    if large.is_empty() { pass(format!("largest file {}", size(most))) } else { fail(large.join(", ")) }
}

/// Many small files can use up the disks long before the instance is full.
pub(super) fn disks(c: &Case<'_>) -> Judged {
    if !is_plain_gp(c)? {
        return not_applicable("only General Purpose puts every file on a disk of its own");
    }
    let disk = |f: &FileFacts| GP_DISKS.iter().copied().find(|d| f.bytes <= *d).unwrap_or(f.bytes);
    let sum: i64 =
        c.target.files.get()?.iter().map(disk).sum::<i64>() + coming(c)?.iter().map(|f| disk(f)).sum::<i64>();
    when(sum <= GP_DISKS_MAX, format!("{} of disks with those to come, at most {}", size(sum), size(GP_DISKS_MAX)))
}

/// Size and speed of the two sides are not compared here: no statement tells them both.
pub(super) fn reachable(c: &Case<'_>) -> Judged {
    let facts = c.target.instance.get()?;
    if facts.is_managed() {
        pass("a managed instance")
    } else {
        fail(format!("EngineEdition {}: no managed instance", facts.engine_edition))
    }
}
