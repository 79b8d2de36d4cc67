//! From answers to one verdict. An unknown is never a pass; a waiver is by id, with a reason, and is shown.

use super::case::Answer;
use super::case::Case;
use super::case::Purpose;
use super::registry;
use super::registry::Check;
use super::registry::End;
use super::registry::Severity;
use crate::model::fact::Unknown;
use crate::model::group::SyncHealth;
use crate::model::ids::SiteId;
use serde::Serialize;

/// How one check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Fail,
    Unknown,
    Waived,
    Pass,
    NotApplicable,
}

/// One check's evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub check: &'static Check,
    pub status: Status,
    pub found: String,
    pub remedy: String,
    /// Site and T-SQL that mends it as it stands.
    pub statement: Option<(SiteId, String)>,
    /// Why it was waived.
    pub waiver: Option<String>,
}

/// A check that somebody answers for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    pub check: String,
    pub reason: String,
    /// Links it holds for; empty: all.
    pub links: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Readiness {
    Ready,
    NotReady,
    Unknown,
}

/// What a forced failover would do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forced {
    /// Milliseconds of commits that would be lost; `None`: not known.
    Possible(Option<u64>),
    Impossible(String),
    Unknown(String),
}

/// All of one link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub purpose: Purpose,
    pub readiness: Readiness,
    /// Worst first.
    pub findings: Vec<Finding>,
    pub forced: Forced,
}

impl Verdict {
    pub fn count(&self, status: Status, severity: Severity) -> usize {
        self.findings.iter().filter(|f| f.status == status && f.check.severity == severity).count()
    }
    pub fn blocking(&self) -> usize {
        self.count(Status::Fail, Severity::Block)
    }
    /// Unknowns that stand in the way: those of checks that would block.
    pub fn unknown(&self) -> usize {
        self.count(Status::Unknown, Severity::Block)
    }
    pub fn warnings(&self) -> usize {
        self.count(Status::Fail, Severity::Warn) + self.count(Status::Unknown, Severity::Warn)
    }
    pub fn waived(&self) -> usize {
        self.findings.iter().filter(|f| f.status == Status::Waived).count()
    }
}

/// Judges every check of the purpose.
pub fn judge(case: &Case<'_>, waivers: &[Waiver]) -> Verdict {
    let mut findings: Vec<Finding> = registry::all()
        .iter()
        .filter(|c| c.purposes.contains(&case.purpose))
        .map(|c| finding(c, case, waivers))
        .collect();
    // Worst first; within that, in the order of the registry.
    findings.sort_by_key(|f| (rank(f.status), f.check.severity));
    let mut verdict = Verdict { purpose: case.purpose, readiness: Readiness::Ready, findings, forced: forced(case) };
    verdict.readiness = match (verdict.blocking(), verdict.unknown()) {
        (0, 0) => Readiness::Ready,
        (0, _) => Readiness::Unknown,
        _ => Readiness::NotReady,
    };
    verdict
}

fn rank(status: Status) -> u8 {
    status as u8
}

fn finding(check: &'static Check, case: &Case<'_>, waivers: &[Waiver]) -> Finding {
    let judged = check.judge(case).unwrap_or_else(|| Err(Unknown("nothing judges this check".to_owned())));
    let (status, found, remedy, each) = match judged {
        Ok(Answer::Pass(found)) => (Status::Pass, found, None, Vec::new()),
        Ok(Answer::NotApplicable(why)) => (Status::NotApplicable, why, None, Vec::new()),
        Ok(Answer::Fail { found, remedy, each }) => (Status::Fail, found, remedy, each),
        Err(Unknown(why)) => (Status::Unknown, why, None, Vec::new()),
    };
    let statement = match (status, &remedy, check.statement.as_deref()) {
        (Status::Fail, None, Some(template)) => for_each(template, &each).map(|s| {
            let end = if check.at == End::Source { case.source } else { case.target };
            (end.site.clone(), fill(&s, case))
        }),
        _ => None,
    };
    let link = case.link.name.as_str();
    let waiver = waivers
        .iter()
        .filter(|_| matches!(status, Status::Fail | Status::Unknown))
        .find(|w| w.check == check.id && (w.links.is_empty() || w.links.iter().any(|l| l == link)))
        .map(|w| w.reason.clone());
    Finding {
        check,
        status: if waiver.is_some() { Status::Waived } else { status },
        found,
        remedy: fill(remedy.as_deref().unwrap_or(&check.remedy), case),
        statement,
        waiver,
    }
}

/// The statement for every name; `None` if it wants names and there are none.
fn for_each(template: &str, names: &[String]) -> Option<String> {
    if !template.contains("{each}") {
        return Some(template.to_owned());
    }
    let one = |name: &String| {
        template
            .replace("[{each}]", &format!("[{}]", name.replace(']', "]]")))
            .replace("N'{each}'", &format!("N'{}'", name.replace('\'', "''")))
            .replace("{each}", name)
    };
    if names.is_empty() { None } else { Some(names.iter().map(one).collect::<Vec<_>>().join("; ")) }
}

/// Names that go into a statement are quoted as the server quotes them.
fn fill(template: &str, case: &Case<'_>) -> String {
    template
        .replace("[{database}]", &format!("[{}]", case.link.database.replace(']', "]]")))
        .replace("N'{database}", &format!("N'{}", case.link.database.replace('\'', "''")))
        .replace("{database}", &case.link.database)
        .replace("{source}", case.source.site.as_str())
        .replace("{target}", case.target.site.as_str())
        .replace("{link}", case.link.name.as_str())
        .replace("{group}", &case.link.group)
}

/// From the commit times that the primary knows of both sides (a lag in seconds is no recovery point).
fn forced(case: &Case<'_>) -> Forced {
    let there = match case.azure_link() {
        Ok(there) => there,
        Err(Unknown(why)) => return Forced::Unknown(why),
    };
    if there.is_none() {
        return Forced::Impossible("no link".to_owned());
    }
    match case.database_at_target() {
        Err(Unknown(why)) => return Forced::Unknown(why),
        Ok(Some(d)) if d.state == crate::model::database::DatabaseState::Online => {}
        Ok(found) => {
            let state = found.map_or("not there".to_owned(), |d| d.state.to_string());
            return Forced::Impossible(format!("the copy is {state}"));
        }
    }
    let Some(groups) = case.source.groups.known() else { return Forced::Possible(None) };
    let rows =
        || groups.databases.iter().filter(|r| r.is_distributed && super::case::same(&r.group, case.link.name.as_str()));
    let own = rows().find(|r| r.is_local).and_then(|r| r.last_commit_at);
    let other = rows().find(|r| !r.is_local);
    if other.is_some_and(|r| r.health == Some(SyncHealth::NotHealthy)) {
        return Forced::Possible(None);
    }
    let loss = own.zip(other.and_then(|r| r.last_commit_at)).map(|(a, b)| (a - b).whole_milliseconds().max(0));
    Forced::Possible(loss.and_then(|ms| u64::try_from(ms).ok()))
}
