//! Which operations a link allows (facts: mi-link 1.5), looked up in `directions.toml`.

use super::version::Build;
use serde::Deserialize;
use std::sync::LazyLock;

/// What may be done with a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    Create,
    Read,
    Planned,
    Keep,
    Failback,
    Forced,
    Offline,
}

impl Operation {
    /// Every operation, in the order in which the tables print them.
    pub const ALL: [Operation; 7] = [
        Operation::Create,
        Operation::Read,
        Operation::Planned,
        Operation::Keep,
        Operation::Failback,
        Operation::Forced,
        Operation::Offline,
    ];

    /// As in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Operation::Create => "create",
            Operation::Read => "read",
            Operation::Planned => "planned",
            Operation::Keep => "keep",
            Operation::Failback => "failback",
            Operation::Forced => "forced",
            Operation::Offline => "offline",
        }
    }

    /// As in the matrix.
    pub fn letter(self) -> char {
        match self {
            Operation::Create => 'C',
            Operation::Read => 'R',
            Operation::Planned => 'P',
            Operation::Keep => 'K',
            Operation::Failback => 'B',
            Operation::Forced => 'F',
            Operation::Offline => 'O',
        }
    }

    /// In a few words.
    pub fn meaning(self) -> &'static str {
        match self {
            Operation::Create => "create the link",
            Operation::Read => "read from the secondary",
            Operation::Planned => "planned failover to the other side",
            Operation::Keep => "keep the link after the failover to Azure",
            Operation::Failback => "fail back to SQL Server online",
            Operation::Forced => "forced failover, with loss",
            Operation::Offline => "return by a backup restored on SQL Server",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum InitialPrimary {
    SqlServer,
    ManagedInstance,
}

impl InitialPrimary {
    pub const ALL: [InitialPrimary; 2] = [InitialPrimary::SqlServer, InitialPrimary::ManagedInstance];

    /// As in JSON and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            InitialPrimary::SqlServer => "sql-server",
            InitialPrimary::ManagedInstance => "managed-instance",
        }
    }
}

/// One-way: to Azure only, the switch drops the link. Two-way: roles can be switched back and forth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    OneWay,
    TwoWay,
    None,
}

impl Direction {
    /// As in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Direction::OneWay => "one-way",
            Direction::TwoWay => "two-way",
            Direction::None => "none",
        }
    }
}

/// The answer for one combination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub direction: Direction,
    pub operations: Vec<Operation>,
    /// What only the wizard of SSMS can do.
    pub by_wizard: Vec<Operation>,
    /// Why not more.
    pub why: String,
    /// Page and date that `why` rests on.
    pub source: String,
    /// True where the number alone proves nothing and the server's procedures decide (facts: mi-link 1.1).
    pub needs_probe: bool,
    /// False: newer than the table, so that the answer is not known.
    pub known: bool,
    /// Band of builds; `None` for a build that no link takes.
    pub band: Option<&'static str>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    source: String,
    band: Vec<Band>,
    refused: Vec<Refused>,
    row: Vec<Row>,
}

/// Builds that behave alike.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    pub id: String,
    /// For people.
    pub label: String,
    /// First build in it.
    pub min: Build,
    /// First build beyond it.
    pub below: Build,
    pub note: String,
    source: Option<String>,
    #[serde(default)]
    pub probe: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    /// Names the row in failing tests.
    #[cfg_attr(not(test), expect(dead_code, reason = "only tests name rows"))]
    id: String,
    min: Build,
    below: Build,
    note: String,
    source: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    bands: Vec<String>,
    initial_primary: InitialPrimary,
    policies: Vec<String>,
    operations: Vec<Operation>,
    #[serde(default)]
    by_wizard: Vec<Operation>,
    why: String,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("directions.toml")).unwrap_or_else(|e| panic!("directions.toml is broken: {e}"))
});

/// Update policies as Azure spells them (`properties.databaseFormat`).
pub const POLICIES: [&str; 3] = ["SQLServer2022", "SQLServer2025", "AlwaysUpToDate"];

/// Bands of builds, oldest first.
pub fn bands() -> &'static [Band] {
    &TABLE.band
}

/// A note of a band beyond what its rows say, with its source: why a probe is needed.
pub fn probe_note(band: &str) -> Option<(&'static str, &'static str)> {
    let band = TABLE.band.iter().find(|b| b.id == band && b.probe)?;
    Some((&band.note, band.source.as_deref().unwrap_or(&TABLE.source)))
}

/// Judges a build against an update policy (`databaseFormat`, any letter case). An unknown policy or build allows nothing and says so.
pub fn judge(build: Build, policy: &str, primary: InitialPrimary) -> Verdict {
    let refuse = |why: String, source: Option<&str>, known: bool| Verdict {
        direction: Direction::None,
        operations: Vec::new(),
        by_wizard: Vec::new(),
        why,
        source: source.unwrap_or(&TABLE.source).to_owned(),
        needs_probe: false,
        known,
        band: None,
    };
    let Some(band) = TABLE.band.iter().find(|b| build >= b.min && build < b.below) else {
        return match TABLE.refused.iter().find(|r| build >= r.min && build < r.below) {
            Some(r) => refuse(format!("build {build}: {}", r.note), r.source.as_deref(), true),
            None => refuse(format!("build {build} is newer than the versions this table knows"), None, false),
        };
    };
    let row = TABLE.row.iter().find(|r| {
        r.initial_primary == primary
            && r.bands.contains(&band.id)
            && r.policies.iter().any(|p| p.eq_ignore_ascii_case(policy))
    });
    let Some(row) = row else { return refuse(format!("update policy `{policy}` is not known"), None, false) };
    let has = |o| row.operations.contains(&o);
    let direction = match (has(Operation::Create), has(Operation::Failback)) {
        (false, _) => Direction::None,
        (true, true) => Direction::TwoWay,
        (true, false) => Direction::OneWay,
    };
    Verdict {
        direction,
        operations: row.operations.clone(),
        by_wizard: row.by_wizard.clone(),
        why: row.why.clone(),
        source: TABLE.source.clone(),
        needs_probe: band.probe,
        known: true,
        band: Some(&band.id),
    }
}

#[cfg(test)]
mod tests;
