//! What an error of a link means and how it is mended.

use serde::Deserialize;
use std::sync::LazyLock;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    error: Vec<LinkError>,
}

/// A row of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkError {
    pub number: i32,
    pub meaning: String,
    /// `source`, `target` or `network`.
    pub side: String,
    remedy: String,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("link_errors.toml")).unwrap_or_else(|e| panic!("link_errors.toml is broken: {e}"))
});

impl LinkError {
    /// Meaning and remedy in one sentence, with the estate's names.
    pub fn remedy(&self, fqdn: &str, source: &str) -> String {
        let remedy = self.remedy.replace("{fqdn}", fqdn).replace("{source}", source);
        format!("{} ({}, at fault: {}): {remedy}", self.number, self.meaning, self.side)
    }
}

pub fn lookup(number: i32) -> Option<&'static LinkError> {
    TABLE.error.iter().find(|e| e.number == number)
}

/// The first number of the catalogue in a text: Azure gives `41976` bare, or inside a message (facts: mi-link 7.4).
pub fn number_in(text: &str) -> Option<i32> {
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|t| t.parse().ok()).find(|n| lookup(*n).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_number_and_fills_in_the_names() {
        assert_eq!(number_in("41974"), Some(41974));
        assert_eq!(number_in("Msg 41986, after 5022"), Some(41986));
        assert_eq!(number_in("5022"), None);
        let text = lookup(41974).expect("listed").remedy("mi.z.database.windows.net", "sql-a");
        assert!(text.contains("[mi.z.database.windows.net]") && text.contains("sql-a"), "{text}");
    }

    #[test]
    fn numbers_are_unique() {
        let mut all: Vec<_> = TABLE.error.iter().map(|e| e.number).collect();
        all.dedup();
        assert_eq!(all.len(), TABLE.error.len());
    }
}
