//! The numbers of a link, as runs meet them: meaning and remedy with the estate's names (rows of kind `link` in `errors.toml`).

use super::errors;
use super::errors::Entry;
use super::errors::ErrorKind;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A number of the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkError {
    pub number: i32,
    pub meaning: String,
    /// `source`, `target`, `network`, `azure` or `client`.
    pub side: String,
    entry: &'static Entry,
}

static TABLE: LazyLock<BTreeMap<i32, LinkError>> = LazyLock::new(|| {
    let rows = errors::all().iter().filter(|e| e.kind == ErrorKind::Link);
    rows.flat_map(|entry| entry.id.iter().filter_map(move |id| Some((id.parse().ok()?, entry))))
        .map(|(number, entry)| {
            let (meaning, side) = (entry.meaning.clone(), entry.side.word().to_owned());
            (number, LinkError { number, meaning, side, entry })
        })
        .collect()
});

impl LinkError {
    /// Meaning and remedy in one sentence, with the estate's names.
    pub fn remedy(&self, fqdn: &str, source: &str) -> String {
        let remedy = self.entry.fix.replace("{fqdn}", fqdn).replace("{source}", source);
        format!("{} ({}, at fault: {}): {remedy}", self.number, self.meaning, self.side)
    }
}

pub fn lookup(number: i32) -> Option<&'static LinkError> {
    TABLE.get(&number)
}

/// The first number of a link in a text: Azure gives `41976` bare, or inside a message (facts: mi-link 7.4). Other numbers of SQL Server are not looked for: ports and addresses would be taken for them.
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
        assert_eq!(number_in("10.0.0.229 answered 1412"), Some(1412));
        let text = lookup(41974).expect("listed").remedy("mi.z.database.windows.net", "sql-a");
        assert!(text.contains("[mi.z.database.windows.net]") && text.contains("sql-a"), "{text}");
    }

    #[test]
    fn every_number_of_a_link_is_there() {
        for number in [1408, 1412, 41962, 41973, 41974, 41976, 41977, 41986, 41988, 41998, 47521, 47526] {
            assert_eq!(lookup(number).map(|e| e.number), Some(number), "{number}");
        }
    }
}
