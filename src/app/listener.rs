//! Connection strings of a group, the estate's own names in Azure, and files that hold them.

use super::fog::FogLook;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::config::Config;
use crate::model::geo::Side;
use crate::model::ids::SiteId;
use crate::rules::connection::make::Driver;
use crate::rules::connection::make::Purpose;
use crate::rules::connection::make::has_read_replica;
use crate::rules::connection::make::purposes;
use crate::rules::connection::make::string;
use crate::rules::connection::names::Covering;
use crate::rules::connection::names::Regional;
use crate::rules::connection::scan;
use crate::rules::connection::scan::Hit;
use std::path::Path;
use std::path::PathBuf;

/// Larger files are no configuration.
const FILE_MAX: u64 = 16 << 20;
/// More files than a project has.
const FILES_MAX: usize = 200_000;
/// Folders of tools: what is in them nobody wrote.
const PASSED_OVER: [&str; 3] = [".git", "node_modules", ".terraform"];

/// One string.
#[derive(Debug, Clone)]
pub struct Made {
    pub database: String,
    pub driver: Driver,
    pub purpose: Purpose,
    pub string: String,
}

/// Every string of a group, and what must be said beside them.
#[derive(Debug, Clone, Default)]
pub struct Strings {
    pub made: Vec<Made>,
    pub notes: Vec<String>,
}

/// The same whichever side is primary: names, settings and databases in their order by name decide, no role does.
pub fn strings(look: &FogLook, database: Option<&str>, drivers: &[Driver]) -> Result<Strings> {
    let (rw, ro) = look.listeners.as_ref().ok_or_else(|| {
        Error::new(Kind::Unreachable, "Azure names no address of either side, so the listeners have no name")
            .hint(format!("milink fog show {}", look.facts.name))
    })?;
    let mut found = Strings::default();
    let mut databases: Vec<String> = match database {
        Some(name) => vec![name.to_owned()],
        None => look.facts.databases.iter().map(|d| d.name.clone()).collect(),
    };
    databases.sort_by_key(|d| d.to_lowercase());
    if databases.is_empty() {
        found.notes.push("no database of the group is known: DATABASE stands in its place".to_owned());
        databases.push("DATABASE".to_owned());
    }
    if look.standing == super::fog::Standing::None {
        found.notes.push("the group is not made yet: until then these names do not resolve".to_owned());
    }
    for database in databases {
        let replica = tier(look, &database).map(|t| has_read_replica(&t, look.wanted.between_servers));
        if replica.is_none() {
            found
                .notes
                .push(format!("{database}: the tier is not known, so no read replica beside the primary is offered"));
        }
        for purpose in purposes(replica.unwrap_or(false), look.wanted.standby) {
            for driver in drivers {
                let host = if purpose.to_secondary { ro } else { rw };
                found.made.push(Made {
                    string: string(*driver, host, &database, purpose.read_only),
                    database: database.clone(),
                    driver: *driver,
                    purpose: purpose.clone(),
                });
            }
        }
    }
    Ok(found)
}

/// The tier that both sides have, as far as they are known; `None`: not known, or not the same.
fn tier(look: &FogLook, database: &str) -> Option<String> {
    let of = |side: Side| match &look.facts.servers {
        Some(pair) => pair.database(side, database)?.tier.clone(),
        None => look.facts.member(side).facts.known()?.tier.clone(),
    };
    match (of(Side::A), of(Side::B)) {
        (Some(a), Some(b)) if !a.eq_ignore_ascii_case(&b) => None,
        (a, b) => a.or(b),
    }
}

/// Instances and logical servers of the estate with the groups that cover them.
pub fn regionals(config: &Config) -> Vec<Regional> {
    let groups = |site: &SiteId| {
        let covers = config.failover_groups.iter().filter(|g| g.primary == *site || g.secondary == *site);
        let covering = |g: &crate::config::failover_group::FailoverGroup| Covering {
            group: g.name.clone(),
            databases: g.databases.clone(),
            standby: g.standby,
        };
        covers.map(covering).collect()
    };
    let one = |site: &SiteId, label: &str, is_server| Regional {
        site: site.0.clone(),
        label: label.to_owned(),
        is_server,
        groups: groups(site),
    };
    let instances = config.targets.iter().map(|t| one(&t.name, &t.managed_instance, false));
    instances.chain(config.servers.iter().map(|s| one(&s.name, &s.server, true))).collect()
}

/// What was found below some paths.
#[derive(Debug, Clone, Default)]
pub struct Scanned {
    pub files: usize,
    /// No text, or a folder of a tool.
    pub passed_over: usize,
    pub hits: Vec<(PathBuf, Hit)>,
    /// What could not be looked at, and why: unknown.
    pub unread: Vec<(PathBuf, String)>,
}

/// Reads every text file below the paths. Links are not followed, so that it ends.
pub fn scan_paths(paths: &[PathBuf], estate: &[Regional]) -> Scanned {
    let mut found = Scanned::default();
    let mut open: Vec<PathBuf> = paths.iter().rev().cloned().collect();
    let mut seen = 0_usize;
    while let Some(path) = open.pop() {
        seen += 1;
        if seen > FILES_MAX {
            found.unread.push((path, format!("more than {FILES_MAX} files: name smaller parts")));
            break;
        }
        if let Err(why) = scan_path(&path, paths, estate, &mut found, &mut open) {
            found.unread.push((path, why));
        }
    }
    found
}

fn scan_path(
    path: &Path,
    given: &[PathBuf],
    estate: &[Regional],
    found: &mut Scanned,
    open: &mut Vec<PathBuf>,
) -> std::result::Result<(), String> {
    let is_given = given.iter().any(|g| g == path);
    let about = if is_given { std::fs::metadata(path) } else { std::fs::symlink_metadata(path) };
    let about = about.map_err(|e| e.to_string())?;
    if about.is_dir() {
        let is_tool = path.file_name().is_some_and(|n| PASSED_OVER.iter().any(|p| n == *p));
        if is_tool && !is_given {
            found.passed_over += 1;
            return Ok(());
        }
        let mut inside = Vec::new();
        for entry in std::fs::read_dir(path).map_err(|e| e.to_string())? {
            inside.push(entry.map_err(|e| e.to_string())?.path());
        }
        inside.sort();
        open.extend(inside.into_iter().rev());
        return Ok(());
    }
    if !about.is_file() {
        found.passed_over += 1;
        return Ok(());
    }
    if about.len() > FILE_MAX {
        return Err(format!("larger than {} MiB", FILE_MAX >> 20));
    }
    let bytes = std::fs::read(path).map_err(|e| e.to_string())?;
    match scan::text(&bytes) {
        None => found.passed_over += 1,
        Some(text) => {
            found.files += 1;
            found.hits.extend(scan::scan(&text, estate).into_iter().map(|h| (path.to_owned(), h)));
        }
    }
    Ok(())
}
