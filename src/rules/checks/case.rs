//! What one check looks at, and what it may say.

use crate::model::database::DatabaseFacts;
use crate::model::fact::Fact;
use crate::model::fact::OrUnknown;
use crate::model::fact::Unknown;
use crate::model::ids::LinkName;
use crate::model::ids::SiteId;
use crate::model::instance::InstanceFacts;
use crate::model::proof::Proof;
use crate::model::survey::AzureLink;
use crate::model::survey::AzureSurvey;
use crate::model::survey::FileFacts;
use crate::model::survey::Inside;
use crate::model::survey::ManagedFacts;
use crate::model::survey::ServerSurvey;
use serde::Deserialize;
use serde::Serialize;
use std::time::Duration;
use time::OffsetDateTime;

/// What the answer is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    Create,
    Cutover,
    Failback,
    Forced,
    Operate,
    /// A failover group is made; not a question that is asked of a link.
    Group,
}

impl Purpose {
    /// What a link can be judged for.
    pub const ALL: [Purpose; 5] =
        [Purpose::Create, Purpose::Cutover, Purpose::Failback, Purpose::Forced, Purpose::Operate];

    /// As in `--for`, and in `ready for …`.
    pub fn word(self) -> &'static str {
        match self {
            Purpose::Create => "create",
            Purpose::Cutover => "cutover",
            Purpose::Failback => "failback",
            Purpose::Forced => "forced",
            Purpose::Operate => "operate",
            Purpose::Group => "group",
        }
    }
}

/// A link as the estate wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkWish {
    pub name: LinkName,
    pub database: String,
    pub source: SiteId,
    pub target: SiteId,
    /// AG on SQL Server.
    pub group: String,
    /// AG on the managed instance.
    pub instance_group: String,
    pub is_two_way: bool,
    /// Where the managed instance reaches the mirroring endpoint: address or name.
    pub mirroring_host: String,
    pub mirroring_port: u16,
}

/// Server objects that the estate requires on a target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Required {
    pub logins: Vec<String>,
    pub jobs: Vec<String>,
    pub linked_servers: Vec<String>,
    pub credentials: Vec<String>,
}

/// `[policy] drill_within`, and the drills that this journal knows.
#[derive(Debug, Clone, PartialEq)]
pub struct DrillWish {
    pub within: Duration,
    /// Failover groups of the estate with their members.
    pub groups: Vec<(String, [SiteId; 2])>,
    /// Newest first.
    pub drills: Fact<Vec<LastDrill>>,
}

/// A drill that went over and back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastDrill {
    pub run: String,
    pub group: String,
    pub ended_at: OffsetDateTime,
    /// Both ways; `None`: not measured.
    pub lost_writes: Option<u64>,
}

/// The estate's wishes.
#[derive(Debug, Clone, PartialEq)]
pub struct Wishes {
    pub required: Required,
    pub allow_logins: Vec<String>,
    pub lag_max_ms: u64,
    /// Every link of the estate, for what they share.
    pub links: Vec<LinkWish>,
    /// A cutover needs a recent drill; `None`: it does not.
    pub drill: Option<DrillWish>,
    /// Where milink runs; servers' own clocks are used where they are known.
    pub now: OffsetDateTime,
}

/// One link, everything that was read of it, and what it is judged for.
pub struct Case<'a> {
    pub purpose: Purpose,
    pub link: &'a LinkWish,
    pub source: &'a ServerSurvey,
    pub target: &'a ServerSurvey,
    pub azure: &'a AzureSurvey,
    pub wishes: &'a Wishes,
    /// The last try of the ports between the two servers.
    pub proof: Option<&'a Proof>,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Pass(String),
    Fail {
        found: String,
        /// Instead of the registry's remedy, where the finding knows better.
        remedy: Option<String>,
        /// Names that go one by one into the registry's statement, at `{each}`; empty: it is not to be run for this finding,
        /// unless it asks for no name.
        each: Vec<String>,
    },
    /// The rule says nothing about this link, and why.
    NotApplicable(String),
}

pub type Judged = Result<Answer, Unknown>;

/// Good, with what was seen.
pub fn pass(found: impl Into<String>) -> Judged {
    Ok(Answer::Pass(found.into()))
}
pub fn fail(found: impl Into<String>) -> Judged {
    Ok(Answer::Fail { found: found.into(), remedy: None, each: Vec::new() })
}
/// With the names for which the registry's statement is to be run.
pub fn fail_each(found: impl Into<String>, each: Vec<String>) -> Judged {
    Ok(Answer::Fail { found: found.into(), remedy: None, each })
}
pub fn fail_with(found: impl Into<String>, remedy: impl Into<String>) -> Judged {
    Ok(Answer::Fail { found: found.into(), remedy: Some(remedy.into()), each: Vec::new() })
}
pub fn not_applicable(why: impl Into<String>) -> Judged {
    Ok(Answer::NotApplicable(why.into()))
}
pub fn unknown<T>(why: impl Into<String>) -> Result<T, Unknown> {
    Err(Unknown(why.into()))
}
/// Pass or fail with the same words.
pub fn when(good: bool, found: impl Into<String>) -> Judged {
    if good { pass(found) } else { fail(found) }
}
/// Passes if nothing is on the list.
pub fn none_of(list: &[String], good: &str) -> Judged {
    if list.is_empty() { pass(good) } else { fail(list.join(", ")) }
}

/// Names of databases, logins and servers compare without case, as far as a client can know.
pub fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || a.to_lowercase() == b.to_lowercase()
}

impl<'a> Case<'a> {
    pub fn instance(&self) -> Result<&'a InstanceFacts, Unknown> {
        self.source.instance.get()
    }
    pub fn managed(&self) -> Result<&'a ManagedFacts, Unknown> {
        self.azure.instance.get()
    }
    fn find(server: &'a ServerSurvey, name: &str) -> Result<Option<&'a DatabaseFacts>, Unknown> {
        Ok(server.databases.get()?.iter().find(|d| same(&d.name, name)))
    }
    /// The database on the source; unknown if it is not there, which a check of its own says.
    pub fn database(&self) -> Result<&'a DatabaseFacts, Unknown> {
        let found = Self::find(self.source, &self.link.database)?;
        found.or_unknown(&format!("no database {} is to be seen on {}", self.link.database, self.source.site))
    }
    pub fn database_at_source(&self) -> Result<Option<&'a DatabaseFacts>, Unknown> {
        Self::find(self.source, &self.link.database)
    }
    pub fn database_at_target(&self) -> Result<Option<&'a DatabaseFacts>, Unknown> {
        Self::find(self.target, &self.link.database)
    }
    /// Files of the database on the source.
    pub fn files(&self) -> Result<Vec<&'a FileFacts>, Unknown> {
        let files: Vec<_> =
            self.source.files.get()?.iter().filter(|f| same(&f.database, &self.link.database)).collect();
        if files.is_empty() { unknown(format!("no file of {} is to be seen", self.link.database)) } else { Ok(files) }
    }
    /// What was seen inside the database on the source.
    pub fn inside(&self) -> Result<&'a Inside, Unknown> {
        let all = self.source.inside.get()?;
        all.iter().find(|i| same(&i.database, &self.link.database)).or_unknown(&format!(
            "{} could not be looked into on {}: it is not open to this login",
            self.link.database, self.source.site
        ))
    }
    /// The link in Azure, if it is there.
    pub fn azure_link(&self) -> Result<Option<&'a AzureLink>, Unknown> {
        Ok(self.azure.links.get()?.iter().find(|l| same(&l.name, self.link.name.as_str())))
    }
    /// The source's own time.
    pub fn now(&self) -> OffsetDateTime {
        self.source.instance.known().map_or(self.wishes.now, |i| i.now)
    }
    /// Links of the estate to the same target that Azure does not have yet, this one included.
    pub fn planned(&self) -> Result<Vec<&'a LinkWish>, Unknown> {
        let there = self.azure.links.get()?;
        let new = self.wishes.links.iter().filter(|l| l.target == self.link.target);
        Ok(new.filter(|l| !there.iter().any(|t| same(&t.name, l.name.as_str()))).collect())
    }
}
