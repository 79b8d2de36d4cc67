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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum InitialPrimary {
    SqlServer,
    ManagedInstance,
}

/// One-way: to Azure only, the switch drops the link. Two-way: roles can be switched back and forth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    OneWay,
    TwoWay,
    None,
}

/// The answer for one combination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub direction: Direction,
    pub operations: Vec<Operation>,
    /// Why not more.
    pub why: String,
    /// True where the number alone proves nothing and the server's procedures decide (facts: mi-link 1.1).
    pub needs_probe: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    band: Vec<Band>,
    row: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Band {
    id: String,
    min: String,
    below: String,
    note: String,
    #[serde(default)]
    probe: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    bands: Vec<String>,
    initial_primary: InitialPrimary,
    policies: Vec<String>,
    operations: Vec<Operation>,
    why: String,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("directions.toml")).unwrap_or_else(|e| panic!("directions.toml is broken: {e}"))
});

/// Judges a build against an update policy (`databaseFormat`, any letter case). An unknown policy or build allows nothing and says so.
pub fn judge(build: Build, policy: &str, primary: InitialPrimary) -> Verdict {
    let refuse = |why: String| Verdict { direction: Direction::None, operations: Vec::new(), why, needs_probe: false };
    let bound = |t: &str| Build::parse(t).unwrap_or(Build([u32::MAX; 4]));
    let Some(band) = TABLE.band.iter().find(|b| build >= bound(&b.min) && build < bound(&b.below)) else {
        let nearest = TABLE.band.iter().find(|b| bound(&b.min).major() == build.major());
        return refuse(nearest.map_or_else(
            || format!("SQL Server {build} is not supported by the link"),
            |b| format!("build {build} is below the minimum {} ({})", b.min, b.note),
        ));
    };
    let row = TABLE.row.iter().find(|r| {
        r.initial_primary == primary
            && r.bands.contains(&band.id)
            && r.policies.iter().any(|p| p.eq_ignore_ascii_case(policy))
    });
    let Some(row) = row else { return refuse(format!("update policy `{policy}` is not known")) };
    let has = |o| row.operations.contains(&o);
    let direction = match (has(Operation::Create), has(Operation::Failback)) {
        (false, _) => Direction::None,
        (true, true) => Direction::TwoWay,
        (true, false) => Direction::OneWay,
    };
    Verdict { direction, operations: row.operations.clone(), why: row.why.clone(), needs_probe: band.probe }
}

#[cfg(test)]
mod tests;
