//! What an error means, whose fault it is, how to confirm it and how to mend it (`errors.toml`).

use crate::base::nearest::distance;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::LazyLock;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    sources: BTreeMap<String, String>,
    error: Vec<Entry>,
}

/// What kind of name the row has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ErrorKind {
    /// A number of the link itself.
    Link,
    /// Any other number of SQL Server.
    Sql,
    /// A code of Azure.
    Arm,
    /// A state of a link.
    State,
}

impl ErrorKind {
    pub fn word(self) -> &'static str {
        match self {
            ErrorKind::Link => "link",
            ErrorKind::Sql => "sql",
            ErrorKind::Arm => "arm",
            ErrorKind::State => "state",
        }
    }
}

/// Side at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    Source,
    Target,
    Network,
    Azure,
    Client,
}

impl Side {
    pub fn word(self) -> &'static str {
        match self {
            Side::Source => "source",
            Side::Target => "target",
            Side::Network => "network",
            Side::Azure => "azure",
            Side::Client => "client",
        }
    }
}

/// A row of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Numbers, codes or states that mean the same; the first names the row.
    pub id: Vec<String>,
    pub kind: ErrorKind,
    pub meaning: String,
    pub side: Side,
    /// Statement, command or place that confirms it.
    pub probe: String,
    /// May hold `{fqdn}` and `{source}`.
    pub fix: String,
    /// Key of the sources.
    source: String,
}

impl Entry {
    /// Page and date.
    pub fn source(&self) -> &'static str {
        TABLE.sources.get(&self.source).map_or("", String::as_str)
    }

    /// Probe and fix where the estate is not known.
    pub fn general(&self) -> (String, String) {
        let fill = |t: &str| t.replace("{fqdn}", "FQDN of the instance").replace("{source}", "SQL Server");
        (fill(&self.probe), fill(&self.fix))
    }
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("errors.toml")).unwrap_or_else(|e| panic!("errors.toml is broken: {e}"))
});

static INDEX: LazyLock<HashMap<String, (&'static Entry, &'static str)>> = LazyLock::new(|| {
    let ids = TABLE.error.iter().flat_map(|e| e.id.iter().map(move |id| (folded(id), (e, id.as_str()))));
    ids.collect()
});

/// Every row, in the order of the file.
pub fn all() -> &'static [Entry] {
    &TABLE.error
}

/// Letter case out, `invalid` to the front: Azure has been seen to swap it within a code (facts: mi-link 8.3). Leading zeros are not part of a number.
fn folded(id: &str) -> String {
    let lower = id.to_lowercase();
    if lower.bytes().all(|b| b.is_ascii_digit()) {
        return lower.trim_start_matches('0').to_owned();
    }
    if lower.contains("invalid") { format!("invalid{}", lower.replacen("invalid", "", 1)) } else { lower }
}

/// The row of an id in any letter case, or of the first known id in a message (`Msg 41974, Level 16, State 1`), with the id as the catalogue spells it.
pub fn find(text: &str) -> Option<(&'static Entry, &'static str)> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').filter(|w| !w.is_empty());
    std::iter::once(text.trim()).chain(words).find_map(|word| INDEX.get(&folded(word)).copied())
}

/// Most suggestions that are worth reading.
const SUGGESTIONS: usize = 3;

/// Ids that may have been meant, the likeliest first.
pub fn near(text: &str) -> Vec<&'static str> {
    let word = text.split_whitespace().max_by_key(|w| w.chars().count()).unwrap_or_default();
    // Longer than any id: not a slip, and the distance would cost its square.
    if word.chars().count() > 128 {
        return Vec::new();
    }
    let wanted = folded(word.trim_matches(|c: char| !c.is_alphanumeric()));
    let limit = (wanted.chars().count() / 3).max(1);
    let number: Option<i64> = wanted.parse().ok();
    let mut found: Vec<(usize, u64, &str)> = TABLE
        .error
        .iter()
        .flat_map(|e| &e.id)
        .filter_map(|id| {
            let key = folded(id);
            let other: Option<i64> = key.parse().ok();
            if number.is_some() != other.is_some() {
                return None;
            }
            let apart = number.zip(other).map_or(0, |(a, b)| a.abs_diff(b));
            // A part of a code is as good as a slip.
            let part = number.is_none() && wanted.len() >= 6 && key.contains(&wanted);
            let steps = if part { 1 } else { distance(&wanted, &key) };
            (steps <= limit).then_some((steps, apart, id.as_str()))
        })
        .collect();
    found.sort_unstable();
    found.into_iter().take(SUGGESTIONS).map(|(_, _, id)| id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_found_in_any_spelling() {
        let cases = [
            ("41974", "41974"),
            ("Msg 41974", "41974"),
            ("msg 041974", "41974"),
            ("Msg 41974, Level 16, State 1, Server SQL-A", "41974"),
            ("Error: 28048, Severity: 16", "28048"),
            ("linkiniterror", "LinkInitError"),
            ("LinkInitError (41976)", "LinkInitError"),
            (
                "invaliddistributedavailabilitygroupfailoverinstancerole",
                "InvalidDistributedAvailabilityGroupFailoverInstanceRole",
            ),
            (
                "DistributedAvailabilityGroupFailoverInvalidInstanceRole",
                "InvalidDistributedAvailabilityGroupFailoverInstanceRole",
            ),
            (r#"{"error":{"code":"AuthorizationFailed"}}"#, "AuthorizationFailed"),
            ("split-brain", "split-brain"),
        ];
        for (text, id) in cases {
            assert_eq!(find(text).map(|(_, id)| id), Some(id), "{text}");
        }
        for text in ["", "  ", "0", "41975", "Msg", "LinkInit", "🚀", "99999999999999999999999"] {
            assert_eq!(find(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_unknown_has_neighbours() {
        assert_eq!(near("41975"), ["41974", "41976", "41973"]);
        assert_eq!(near("Msg 41975")[0], "41974");
        assert_eq!(near("LinkInitErorr")[0], "LinkInitError");
        assert_eq!(near("FailoverInstanceRole")[0], "InvalidDistributedAvailabilityGroupFailoverInstanceRole");
        assert_eq!(near("something else entirely"), Vec::<&str>::new());
        assert_eq!(near(""), Vec::<&str>::new());
        assert_eq!(near(&"x".repeat(100_000)), Vec::<&str>::new());
    }

    #[test]
    fn every_row_is_whole_and_reachable() {
        let mut seen = BTreeSet::new();
        let mut used = BTreeSet::new();
        for e in all() {
            assert!(TABLE.sources.contains_key(&e.source), "{:?}: no source `{}`", e.id, e.source);
            used.insert(&e.source);
            assert!(!e.id.is_empty());
            for id in &e.id {
                assert!(seen.insert(folded(id)), "{id} twice");
                let (found, spelt) = find(id).expect("its own id");
                assert!(std::ptr::eq(found, e) && spelt == id, "{id}");
                let number = id.parse::<i32>().is_ok();
                match e.kind {
                    ErrorKind::Sql | ErrorKind::Link => {}
                    ErrorKind::Arm | ErrorKind::State => assert!(!number, "{id}"),
                }
            }
            assert!(e.kind != ErrorKind::Link || e.id[0].parse::<i32>().is_ok(), "{:?}", e.id);
            let (probe, fix) = e.general();
            for text in [&e.meaning, &probe, &fix] {
                assert!(!text.is_empty() && !text.contains("{fqdn}") && !text.contains("{source}"), "{:?}", e.id);
            }
        }
        assert_eq!(used.len(), TABLE.sources.len());
    }
}
