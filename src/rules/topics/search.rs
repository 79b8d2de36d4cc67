//! Topics, errors and checks that hold a word.

use super::table;
use crate::rules::checks::registry;
use crate::rules::errors;

/// Something that holds the word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// `topic`, `check`, or the kind of an error.
    pub kind: &'static str,
    pub id: &'static str,
    /// The sentence that holds it.
    pub line: String,
}

/// Holds each of the words, in any letter case.
fn holds(text: &str, words: &[String]) -> bool {
    let text = text.to_lowercase();
    words.iter().all(|w| text.contains(w.as_str()))
}

/// The first sentence that holds all of the words; else the first, where they stand apart in the whole.
fn sentence<'a>(all: &[&'a str], words: &[String]) -> Option<&'a str> {
    if let Some(found) = all.iter().find(|line| holds(line, words)) {
        return Some(found);
    }
    let whole = all.join(" ");
    all.first().copied().filter(|_| holds(&whole, words))
}

/// Everything that holds all words of the query; topics first.
pub fn search(query: &str) -> Vec<Hit> {
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let topics = table::all().iter().filter_map(|t| {
        let all: Vec<&str> = t.words().collect();
        sentence(&all, &words).map(|line| Hit { kind: "topic", id: &t.id, line: line.to_owned() })
    });
    let rows = errors::all().iter().filter_map(|e| {
        let id = e.id.first()?;
        let mut all = vec![e.meaning.as_str(), &e.probe, &e.fix];
        all.extend(e.id.iter().map(String::as_str));
        sentence(&all, &words).map(|line| Hit { kind: e.kind.word(), id, line: line.to_owned() })
    });
    let checks = registry::all().iter().filter_map(|c| {
        let all = [c.title.as_str(), &c.id, &c.reads, &c.expected, &c.remedy];
        sentence(&all, &words).map(|line| Hit { kind: "check", id: &c.id, line: line.to_owned() })
    });
    topics.chain(checks).chain(rows).collect()
}
