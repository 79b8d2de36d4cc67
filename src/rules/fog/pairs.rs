//! Which regions are a pair.

use serde::Deserialize;
use std::sync::OnceLock;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[expect(dead_code, reason = "says where the rows come from")]
    source: String,
    #[expect(dead_code, reason = "says of when the rows are")]
    date: String,
    pairs: Vec<(String, String)>,
    one_way: Vec<(String, String)>,
    unpaired: Vec<String>,
}

fn table() -> Option<&'static Table> {
    static TABLE: OnceLock<Option<Table>> = OnceLock::new();
    // Part of the build; a test reads it.
    TABLE.get_or_init(|| toml::from_str(include_str!("pairs.toml")).ok()).as_ref()
}

/// Lower case, no blanks: `West Europe` is `westeurope`.
pub fn plain(location: &str) -> String {
    location.replace(' ', "").to_lowercase()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paired {
    Yes,
    No,
    /// A pair only in the other direction.
    OtherWay,
    /// One of the names is in no list.
    Unknown,
}

pub fn paired(from: &str, to: &str) -> Paired {
    let (from, to) = (plain(from), plain(to));
    let Some(table) = table() else { return Paired::Unknown };
    let is = |(a, b): &(String, String), x: &str, y: &str| a == x && b == y;
    if table.pairs.iter().any(|p| is(p, &from, &to) || is(p, &to, &from))
        || table.one_way.iter().any(|p| is(p, &from, &to))
    {
        return Paired::Yes;
    }
    if table.one_way.iter().any(|p| is(p, &to, &from)) {
        return Paired::OtherWay;
    }
    let listed = |region: &str| {
        table.pairs.iter().chain(&table.one_way).any(|(a, b)| a == region || b == region)
            || table.unpaired.iter().any(|u| u == region)
    };
    if listed(&from) && listed(&to) { Paired::No } else { Paired::Unknown }
}
