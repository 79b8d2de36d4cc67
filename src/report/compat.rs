//! `milink compat`: the decision table, and the verdict on one combination.

use super::dto::SCHEMA_VERSION;
use super::table::Table;
use super::table::wrap;
use crate::rules::builds::Standing;
use crate::rules::compat;
use crate::rules::compat::Answer;
use crate::rules::compat::Effect;
use crate::rules::compat::Question;
use crate::rules::compat::Readiness;
use crate::rules::direction;
use crate::rules::direction::Direction;
use crate::rules::direction::InitialPrimary;
use crate::rules::direction::Operation;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use std::fmt::Write;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CompatVerdict {
    Ready,
    NotReady,
    Unknown,
}

/// What was asked, as it was understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CompatInput {
    pub sql_version: String,
    pub policy: String,
    pub edition: String,
    pub initial_primary: String,
    /// Null: not given, not judged.
    pub os: Option<String>,
    pub multi_database: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CompatBuild {
    /// `2019 CU20`
    pub name: String,
    /// Stands in a list of builds.
    pub known: bool,
    /// `base`, `cu`, `gdr` or `azure-connect`; null if not known.
    pub branch: Option<String>,
    /// `2023-04-13`; null if not known.
    pub released: Option<String>,
    pub source: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CompatReason {
    /// `build`, `direction`, `edition`, `os` or `multi-database`.
    pub rule: String,
    /// `refuses`, `unknown`, `limits` or `note`.
    pub effect: String,
    pub text: String,
    /// Page and date.
    pub source: String,
}

/// What would hold if the open question were answered with yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CompatConfirmed {
    pub direction: String,
    pub operations: Vec<String>,
}

/// The verdict on one combination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CompatReport {
    pub schema_version: u32,
    pub verdict: CompatVerdict,
    /// `one-way`, `two-way` or `none`.
    pub direction: String,
    pub operations: Vec<String>,
    /// What only the wizard of SSMS can do.
    pub by_wizard: Vec<String>,
    pub if_confirmed: Option<CompatConfirmed>,
    pub reasons: Vec<CompatReason>,
    pub input: CompatInput,
    pub build: CompatBuild,
}

/// One cell of the decision table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CompatCell {
    pub sql_server: String,
    /// First build of the row.
    pub min_build: String,
    /// First build beyond it.
    pub below_build: String,
    /// The number alone does not decide: the server must be asked.
    pub needs_probe: bool,
    pub policy: String,
    pub initial_primary: String,
    pub direction: String,
    pub operations: Vec<String>,
    pub by_wizard: Vec<String>,
    pub why: String,
    pub source: String,
}

/// The whole decision table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CompatMatrix {
    pub schema_version: u32,
    pub cells: Vec<CompatCell>,
}

fn operations(list: &[Operation]) -> Vec<String> {
    list.iter().map(|o| o.word().to_owned()).collect()
}

/// The verdict as it is published.
pub fn report(q: &Question, answer: &Answer) -> CompatReport {
    let branch = match answer.build.standing {
        Standing::Released(branch) => Some(branch.word().to_owned()),
        _ => None,
    };
    CompatReport {
        schema_version: SCHEMA_VERSION,
        verdict: match answer.readiness {
            Readiness::Ready => CompatVerdict::Ready,
            Readiness::NotReady => CompatVerdict::NotReady,
            Readiness::Unknown => CompatVerdict::Unknown,
        },
        direction: answer.abilities.direction.word().to_owned(),
        operations: operations(&answer.abilities.operations),
        by_wizard: operations(&answer.abilities.by_wizard),
        if_confirmed: answer.if_confirmed.as_ref().map(|a| CompatConfirmed {
            direction: a.direction.word().to_owned(),
            operations: operations(&a.operations),
        }),
        reasons: answer
            .reasons
            .iter()
            .map(|r| CompatReason {
                rule: r.rule.to_owned(),
                effect: effect(r.effect).to_owned(),
                text: r.text.clone(),
                source: r.source.clone(),
            })
            .collect(),
        input: CompatInput {
            sql_version: q.build.to_string(),
            policy: q.policy.to_owned(),
            edition: q.edition.id.clone(),
            initial_primary: q.primary.word().to_owned(),
            os: q.os.map(|os| os.word().to_owned()),
            multi_database: q.multi_database,
        },
        build: CompatBuild {
            name: answer.build.name.clone(),
            known: answer.build.standing != Standing::Unlisted,
            branch,
            released: answer.build.released.map(str::to_owned),
            source: answer.build.source.to_owned(),
        },
    }
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Refuses => "refuses",
        Effect::Unknown => "unknown",
        Effect::Limits => "limits",
        Effect::Note => "note",
    }
}

/// The verdict first, then why.
pub fn text(r: &CompatReport, width: usize) -> String {
    let mut out = String::new();
    let word = match r.verdict {
        CompatVerdict::Ready => format!("YES, {}", r.direction),
        CompatVerdict::NotReady => "NO".to_owned(),
        CompatVerdict::Unknown => "UNKNOWN".to_owned(),
    };
    let head = format!(
        "{} ({}) {}, policy {}, initial primary {}{}{}: link possible: {word}",
        r.input.sql_version,
        r.build.name,
        r.input.edition,
        r.input.policy,
        r.input.initial_primary,
        r.input.os.as_ref().map_or(String::new(), |os| format!(", {os}")),
        if r.input.multi_database { ", multi-database" } else { "" },
    );
    paragraph(&mut out, "", &head, width);
    let lists = [("operations", &r.operations), ("only by SSMS", &r.by_wizard)];
    for (name, list) in lists.iter().filter(|(_, list)| !list.is_empty()) {
        paragraph(&mut out, "", &format!("{name}: {}", list.join(", ")), width);
    }
    if let Some(c) = &r.if_confirmed {
        let line = format!("if confirmed: {}, {}", c.direction, c.operations.join(", "));
        paragraph(&mut out, "", &line, width);
    }
    out.push('\n');
    for reason in &r.reasons {
        paragraph(&mut out, "  ", &format!("{} {}: {}", reason.rule, reason.effect, reason.text), width);
        paragraph(&mut out, "    ", &format!("source: {}", reason.source), width);
    }
    out
}

/// Wrapped, every line behind the same blanks.
pub(super) fn paragraph(out: &mut String, indent: &str, text: &str, width: usize) {
    for line in wrap(text, width.saturating_sub(indent.len())) {
        let _ = writeln!(out, "{indent}{line}");
    }
}

/// The whole table as data.
pub fn matrix() -> CompatMatrix {
    let mut cells = Vec::new();
    for primary in InitialPrimary::ALL {
        for band in direction::bands() {
            for policy in direction::POLICIES {
                let v = direction::judge(band.min, policy, primary);
                cells.push(CompatCell {
                    sql_server: band.label.clone(),
                    min_build: band.min.to_string(),
                    below_build: band.below.to_string(),
                    needs_probe: v.needs_probe,
                    policy: policy.to_owned(),
                    initial_primary: primary.word().to_owned(),
                    direction: v.direction.word().to_owned(),
                    operations: operations(&v.operations),
                    by_wizard: operations(&v.by_wizard),
                    why: v.why,
                    source: v.source,
                });
            }
        }
    }
    CompatMatrix { schema_version: SCHEMA_VERSION, cells }
}

/// The whole table as text: a letter for each operation, in lower case where only the wizard of SSMS can do it.
pub fn matrix_text(width: usize) -> String {
    let mut out = String::new();
    for primary in InitialPrimary::ALL {
        let _ = writeln!(out, "initial primary: {}; columns: update policy of the instance\n", primary.word());
        let mut table = Table::new(&["SQL Server", "from", "2022", "2025", "always up to date"]);
        for band in direction::bands() {
            let cells =
                direction::POLICIES.map(|policy| cell(&direction::judge(band.min, policy, primary), band.probe));
            table.row([band.label.clone(), band.min.to_string()].into_iter().chain(cells));
        }
        out.push_str(&table.render(width));
        out.push('\n');
    }
    for o in Operation::ALL {
        let _ = writeln!(out, "{}  {} ({})", o.letter(), o.meaning(), o.word());
    }
    out.push_str("small letter: only by the wizard of SSMS; ?: the server's procedures decide\n\n");
    let mut table = Table::new(&["edition", "one database", "several in a link"]);
    let yes = |can: bool| if can { "yes" } else { "no" };
    for e in compat::editions() {
        table.row([e.id.as_str(), yes(e.single), yes(e.multi)]);
    }
    out.push_str(&table.render(width));
    out
}

fn cell(v: &direction::Verdict, probe: bool) -> String {
    if v.direction == Direction::None {
        return "refused".to_owned();
    }
    let letter = |o: &Operation| {
        if v.operations.contains(o) {
            Some(o.letter())
        } else {
            v.by_wizard.contains(o).then(|| o.letter().to_ascii_lowercase())
        }
    };
    let letters: String = Operation::ALL.iter().filter_map(letter).collect();
    format!("{letters}{}", if probe { " ?" } else { "" })
}
