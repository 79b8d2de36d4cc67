//! May a link be created, as far as it can be told without asking a server? (facts: mi-link 1)

use super::builds;
use super::builds::Named;
use super::builds::Standing;
use super::direction;
use super::direction::Direction;
use super::direction::InitialPrimary;
use super::direction::Operation;
use super::version::Build;
use crate::base::nearest::nearest;
use serde::Deserialize;
use std::sync::LazyLock;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    edition: Vec<Edition>,
    os: Vec<OsRow>,
    multi: Vec<Multi>,
}

/// An edition of SQL Server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edition {
    pub id: String,
    words: Vec<String>,
    /// First major version that has it.
    since: Option<u32>,
    pub single: bool,
    pub multi: bool,
    #[serde(default)]
    pub why: String,
    source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OsRow {
    id: Os,
    since: Option<u32>,
    why: String,
    source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Multi {
    major: u32,
    name: String,
    min: Build,
    source: String,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("compat.toml")).unwrap_or_else(|e| panic!("compat.toml is broken: {e}"))
});

/// Operating system under SQL Server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Os {
    WindowsServer,
    WindowsClient,
    Linux,
}

impl Os {
    pub const ALL: [Os; 3] = [Os::WindowsServer, Os::WindowsClient, Os::Linux];

    /// From what follows ` on ` in `@@VERSION`.
    pub fn of(version_text: &str) -> Option<Os> {
        let words = ["Windows Server", "Windows NT", "Windows", "Linux"];
        let found = words.iter().find(|w| version_text.trim_start().starts_with(**w))?;
        Some(match *found {
            "Windows Server" => Os::WindowsServer,
            "Linux" => Os::Linux,
            "Windows" => Os::WindowsClient,
            // An old form without the product's name: it may be either.
            _ => return None,
        })
    }

    /// As in JSON and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Os::WindowsServer => "windows-server",
            Os::WindowsClient => "windows-client",
            Os::Linux => "linux",
        }
    }
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    pub build: Build,
    /// One of `direction::POLICIES`.
    pub policy: &'static str,
    pub edition: &'static Edition,
    pub primary: InitialPrimary,
    /// `None`: not said, not judged.
    pub os: Option<Os>,
    pub multi_database: bool,
}

/// What a reason does to the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// No link.
    Refuses,
    /// Cannot be told offline.
    Unknown,
    /// A link, but not every operation.
    Limits,
    Note,
}

/// A rule that had something to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// `build`, `direction`, `edition`, `os`, `multi-database`.
    pub rule: &'static str,
    pub effect: Effect,
    pub text: String,
    /// Page and date.
    pub source: String,
}

/// `Unknown` is never a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    Ready,
    NotReady,
    Unknown,
}

/// What a link of this kind can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abilities {
    pub direction: Direction,
    pub operations: Vec<Operation>,
    pub by_wizard: Vec<Operation>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub readiness: Readiness,
    pub build: Named,
    /// Of the verdict: nothing unless ready.
    pub abilities: Abilities,
    /// What it would be if the open question were answered with yes; only with `Unknown`.
    pub if_confirmed: Option<Abilities>,
    pub reasons: Vec<Reason>,
}

/// The policy with this ARM name, in any letter case; the error names the nearest.
pub fn policy(text: &str) -> Result<&'static str, Option<&'static str>> {
    let found = direction::POLICIES.iter().find(|p| p.eq_ignore_ascii_case(text.trim()));
    found.copied().ok_or_else(|| nearest(text, direction::POLICIES))
}

/// Every edition that is known, in the order of the documentation.
pub fn editions() -> &'static [Edition] {
    &TABLE.edition
}

/// The edition named by a word or by the whole text of `SERVERPROPERTY('Edition')`, in any letter case.
pub fn edition(text: &str) -> Result<&'static Edition, Option<&'static str>> {
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let begins = |word: &str| {
        let rest = folded.strip_prefix(&word.to_lowercase());
        rest.is_some_and(|r| r.is_empty() || r.starts_with([' ', ':', '(']))
    };
    let words = || TABLE.edition.iter().flat_map(|e| e.words.iter().map(move |w| (w, e)));
    let found = words().filter(|(w, _)| begins(w)).max_by_key(|(w, _)| w.len());
    found.map(|(_, e)| e).ok_or_else(|| nearest(text, words().map(|(w, _)| w.as_str())))
}

/// Judges everything that numbers and names can tell.
pub fn judge(q: &Question) -> Answer {
    let build = builds::name(q.build);
    let verdict = direction::judge(q.build, q.policy, q.primary);
    let mut reasons = Vec::new();
    let mut say = |rule, effect, text: String, source: &str| {
        reasons.push(Reason { rule, effect, text, source: source.to_owned() });
    };

    match (verdict.band, verdict.known) {
        (None, false) => say("build", Effect::Unknown, verdict.why.clone(), &verdict.source),
        (None, true) => say("build", Effect::Refuses, verdict.why.clone(), &verdict.source),
        (Some(_), _) if verdict.direction == Direction::None => {
            say("direction", Effect::Refuses, verdict.why.clone(), &verdict.source);
        }
        (Some(_), _) => {
            let all = Operation::ALL.iter().all(|o| verdict.operations.contains(o));
            let effect = if all { Effect::Note } else { Effect::Limits };
            say("direction", effect, verdict.why.clone(), &verdict.source);
        }
    }
    if let Some((note, source)) = verdict.band.and_then(direction::probe_note) {
        say("build", Effect::Unknown, note.to_owned(), source);
    }
    match build.standing {
        Standing::Withdrawn => {
            say("build", Effect::Note, format!("{} is {}", q.build, build.name), build.source);
        }
        Standing::Unlisted if verdict.band.is_some() => say(
            "build",
            Effect::Note,
            format!("{} is in no list of builds ({}); judged by its number", q.build, build.name),
            build.source,
        ),
        _ => {}
    }
    edition_rule(q, &mut say);
    os_rule(q, &mut say);
    if q.multi_database {
        multi_rule(q, &mut say);
    }

    let any = |effect| reasons.iter().any(|r| r.effect == effect);
    let readiness = match (any(Effect::Refuses), any(Effect::Unknown)) {
        (true, _) => Readiness::NotReady,
        (false, true) => Readiness::Unknown,
        (false, false) => Readiness::Ready,
    };
    let can = Abilities { direction: verdict.direction, operations: verdict.operations, by_wizard: verdict.by_wizard };
    let none = Abilities { direction: Direction::None, operations: Vec::new(), by_wizard: Vec::new() };
    let (abilities, if_confirmed) = match readiness {
        Readiness::Ready => (can, None),
        Readiness::Unknown => (none, Some(can).filter(|c| c.direction != Direction::None)),
        Readiness::NotReady => (none, None),
    };
    // What decides stands first.
    reasons.sort_by_key(|r| match r.effect {
        Effect::Refuses => 0,
        Effect::Unknown => 1,
        Effect::Limits => 2,
        Effect::Note => 3,
    });
    Answer { readiness, build, abilities, if_confirmed, reasons }
}

fn edition_rule(q: &Question, say: &mut impl FnMut(&'static str, Effect, String, &str)) {
    let e = q.edition;
    if !e.single {
        say("edition", Effect::Refuses, format!("{} edition cannot hold a link: {}", e.id, e.why), &e.source);
    }
    if e.since.is_some_and(|since| q.build.major() < since) {
        let text = format!("{} edition exists from SQL Server 2025 on, not in {}", e.id, q.build);
        say("edition", Effect::Refuses, text, &e.source);
    }
}

/// Why this version cannot hold a link on this system.
pub fn os_refused(os: Os, build: Build) -> Option<&'static str> {
    let row = TABLE.os.iter().find(|r| r.id == os && r.since.is_none_or(|since| build.major() < since))?;
    Some(&row.why)
}

fn os_rule(q: &Question, say: &mut impl FnMut(&'static str, Effect, String, &str)) {
    let Some(os) = q.os else {
        let text = "the operating system was not given (`--os`) and is not judged";
        return say("os", Effect::Note, text.to_owned(), "no input");
    };
    for row in TABLE.os.iter().filter(|r| r.id == os && r.since.is_none_or(|since| q.build.major() < since)) {
        say("os", Effect::Refuses, row.why.clone(), &row.source);
    }
}

fn multi_rule(q: &Question, say: &mut impl FnMut(&'static str, Effect, String, &str)) {
    const RULE: &str = "multi-database";
    if q.edition.single && !q.edition.multi {
        let text = format!("{} edition cannot hold a multi-database link: {}", q.edition.id, q.edition.why);
        say(RULE, Effect::Refuses, text, &q.edition.source);
    }
    let thresholds = || TABLE.multi.iter().map(|m| format!("{} ({})", m.name, m.min)).collect::<Vec<_>>().join(" or ");
    match TABLE.multi.iter().find(|m| m.major == q.build.major()) {
        Some(m) if q.build < m.min => {
            let text = format!("a multi-database link needs {} ({}), found {}", m.name, m.min, q.build);
            say(RULE, Effect::Refuses, text, &m.source);
        }
        Some(m) => {
            let text = format!(
                "{} ({}) or later; every replica needs it, and `sys.sp_multidb_milink` switched on",
                m.name, m.min
            );
            say(RULE, Effect::Note, text, &m.source);
        }
        // A version newer than the tables is unknown, not refused.
        None if TABLE.multi.iter().all(|m| m.major < q.build.major()) => {}
        None => {
            let source = TABLE.multi.first().map_or("", |m| m.source.as_str());
            say(RULE, Effect::Refuses, format!("a multi-database link needs {}", thresholds()), source);
        }
    }
}

#[cfg(test)]
mod tests;
