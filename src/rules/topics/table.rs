//! The loader of `topics.toml`.

use crate::base::nearest::distance;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    sources: BTreeMap<String, String>,
    topic: Vec<Topic>,
}

/// A page of plain words.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// `failover-policy`
    pub id: String,
    /// Other words for it.
    #[serde(default)]
    pub also: Vec<String>,
    pub title: String,
    pub text: String,
    /// Keys of the sources.
    source: Vec<String>,
    /// Ids of other topics.
    #[serde(default)]
    pub see: Vec<String>,
    pub section: Vec<Section>,
}

/// A part of a topic: at least one of its four kinds of content.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    pub title: String,
    pub text: Option<String>,
    #[serde(default)]
    pub points: Vec<String>,
    /// The first row is the head.
    #[serde(default)]
    pub table: Vec<Vec<String>>,
    /// To be copied.
    pub statement: Option<String>,
}

impl Section {
    /// Its sentences and cells, one by one.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let text = [Some(self.title.as_str()), self.text.as_deref(), self.statement.as_deref()];
        let cells = self.table.iter().flatten().map(String::as_str);
        text.into_iter().flatten().chain(self.points.iter().map(String::as_str)).chain(cells)
    }
}

impl Topic {
    /// Pages with their dates.
    pub fn sources(&self) -> Vec<&'static str> {
        self.source.iter().filter_map(|key| TABLE.sources.get(key)).map(String::as_str).collect()
    }

    #[cfg(test)]
    pub(super) fn source_keys(&self) -> &[String] {
        &self.source
    }

    /// Every sentence, name and cell.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let head = [self.title.as_str(), self.text.as_str(), self.id.as_str()];
        let also = self.also.iter().map(String::as_str);
        head.into_iter().chain(also).chain(self.section.iter().flat_map(Section::words))
    }
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("../topics.toml")).unwrap_or_else(|e| panic!("topics.toml is broken: {e}"))
});

/// Every topic, in the order of the file.
pub fn all() -> &'static [Topic] {
    &TABLE.topic
}

#[cfg(test)]
pub(super) fn source_table() -> &'static BTreeMap<String, String> {
    &TABLE.sources
}

/// `Grace period`, `grace_period` and `grace-period` are one name.
fn folded(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '_'], "-")
}

/// The topic of that name, or of another word for it.
pub fn find(name: &str) -> Option<&'static Topic> {
    let wanted = folded(name);
    all().iter().find(|t| folded(&t.id) == wanted).or_else(|| {
        let is = |t: &&Topic| t.also.iter().any(|a| folded(a) == wanted);
        all().iter().find(is)
    })
}

/// Longest name that is compared: beyond it nothing was a slip, and the distance would cost its square.
const NAME_MAX: usize = 64;
/// Most suggestions that are worth reading.
const SUGGESTIONS: usize = 3;

/// Topics that may have been meant, the likeliest first.
pub fn near(name: &str) -> Vec<&'static str> {
    let wanted = folded(name);
    let length = wanted.chars().count();
    if length == 0 || length > NAME_MAX {
        return Vec::new();
    }
    let limit = (length / 3).max(1);
    let mut found: Vec<(usize, &str)> = all()
        .iter()
        .filter_map(|t| {
            let names = std::iter::once(&t.id).chain(&t.also).map(|n| folded(n));
            // A part of a name is as good as a slip.
            let steps = |n: String| if length >= 4 && n.contains(&wanted) { 1 } else { distance(&wanted, &n) };
            let least = names.map(steps).min()?;
            (least <= limit).then_some((least, t.id.as_str()))
        })
        .collect();
    found.sort_unstable();
    found.into_iter().take(SUGGESTIONS).map(|(_, id)| id).collect()
}
