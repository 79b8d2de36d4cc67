//! The list of checks: of links (`registry.toml`), each joined with the function that judges it, and of failover groups
//! (`groups.toml`), which are judged in `rules::fog`.

use super::case::Case;
use super::case::Judged;
use super::case::Purpose;
use super::judges;
use crate::base::nearest::nearest;
use serde::Deserialize;
use serde::Serialize;
use std::sync::LazyLock;

/// How bad a failed check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It would fail, or lose something.
    Block,
    /// It would work, and somebody would be sorry.
    Warn,
    /// Good to know.
    Info,
}

impl Severity {
    pub fn word(self) -> &'static str {
        match self {
            Severity::Block => "block",
            Severity::Warn => "warn",
            Severity::Info => "info",
        }
    }
}

/// End of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    #[default]
    Source,
    Target,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    check: Vec<Check>,
}

/// One row.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// `<category>.<what>`, stable for ever.
    pub id: String,
    /// Row of the facts, such as `P05`; of failover groups only.
    #[serde(default)]
    pub rule: Option<String>,
    pub title: String,
    pub purposes: Vec<Purpose>,
    pub severity: Severity,
    /// View, procedure or resource, and where.
    pub reads: String,
    pub expected: String,
    /// Statement, command or act; `{database}`, `{source}`, `{target}`, `{link}`, `{group}` are filled in.
    pub remedy: String,
    /// The remedy as T-SQL that can be run as it is, where there is one; names are filled in and quoted.
    #[serde(default)]
    pub statement: Option<String>,
    /// Where it is to be run.
    #[serde(default)]
    pub at: End,
    /// Section of our facts, and the vendor's page behind it.
    pub source: String,
}

impl Check {
    pub fn category(&self) -> &str {
        self.id.split('.').next().unwrap_or(&self.id)
    }
    /// Judges; `None` would be a row without a function, which a test forbids.
    pub fn judge(&self, case: &Case<'_>) -> Option<Judged> {
        judges::of(&self.id).map(|judge| judge(case))
    }
}

static CHECKS: LazyLock<Vec<Check>> = LazyLock::new(|| {
    let read = |text| {
        #[expect(clippy::expect_used, reason = "the files are embedded, and a test reads them")]
        toml::from_str::<Table>(text).expect("the registry is well-formed").check
    };
    let mut all = read(include_str!("registry.toml"));
    all.extend(read(include_str!("groups.toml")));
    all
});

/// Every check, in the order of the files: of links, then of failover groups.
pub fn all() -> &'static [Check] {
    &CHECKS
}

/// Those of links.
pub fn of_links() -> impl Iterator<Item = &'static Check> {
    all().iter().filter(|c| !c.purposes.contains(&Purpose::Group))
}

/// Those of failover groups.
pub fn of_groups() -> impl Iterator<Item = &'static Check> {
    all().iter().filter(|c| c.purposes.contains(&Purpose::Group))
}

/// By id; the nearest one there is, if there is none.
pub fn find(id: &str) -> Result<&'static Check, Option<&'static str>> {
    all().iter().find(|c| c.id == id).ok_or_else(|| nearest(id, all().iter().map(|c| c.id.as_str())))
}
