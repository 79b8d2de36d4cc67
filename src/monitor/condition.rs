//! What `watch --until` waits for. What is stale or unknown never satisfies.

use super::aged::Aged;
use super::snapshot::LinkSnapshot;
use super::snapshot::Milestone;
use super::snapshot::SeedingPhase;
use super::snapshot::Verdict;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::base::nearest::nearest;
use crate::model::group::Connected;
use crate::model::group::SyncState;
use std::fmt;

/// A condition on every link that is watched.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    text: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Seeded,
    Synchronized,
    Connected,
    Healthy,
    /// At least this far, in order.
    Milestone(Milestone),
    Number(Number, Comparison, u64),
}

/// A number of a link, in its base unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Number {
    LagMs,
    RpoMs,
    DrainMs,
    SendQueueBytes,
    RedoQueueBytes,
    WritableCopies,
    SeedingPercent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Less,
    AtMost,
    Equal,
    AtLeast,
    More,
}

const WORDS: [&str; 4] = ["seeded", "synchronized", "connected", "healthy"];
const NUMBERS: [(&str, Number); 7] = [
    ("lag", Number::LagMs),
    ("rpo", Number::RpoMs),
    ("drain", Number::DrainMs),
    ("send-queue", Number::SendQueueBytes),
    ("redo-queue", Number::RedoQueueBytes),
    ("writable-copies", Number::WritableCopies),
    ("seeding", Number::SeedingPercent),
];
const OPERATORS: [(&str, Comparison); 5] = [
    ("<=", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("<", Comparison::Less),
    (">", Comparison::More),
    ("=", Comparison::Equal),
];
/// For hints.
const EXAMPLES: &str = "for example `seeded`, `synchronized`, `connected`, `healthy`, `lag<5s`, `rpo<=500ms`, \
                        `send-queue<1MiB`, `seeding>=50%`, `writable-copies=1`, `milestone=unlinked`";

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Condition {
    pub fn parse(text: &str) -> Result<Self> {
        let squeezed: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
        Ok(Self { test: test(&squeezed, text)?, text: squeezed })
    }

    /// True, false, or not to be told.
    pub fn holds(&self, link: &LinkSnapshot) -> Option<bool> {
        match &self.test {
            Test::Seeded => link.seeding.phase.fresh().map(|p| *p == SeedingPhase::Done),
            Test::Synchronized => link.sync_state.fresh().map(|s| *s == SyncState::Synchronized),
            Test::Connected => link.connected.fresh().map(|c| *c == Connected::Connected),
            Test::Healthy => {
                (link.health.verdict != Verdict::Unknown).then_some(link.health.verdict == Verdict::Healthy)
            }
            Test::Milestone(Milestone::None) => link.milestone.fresh().map(|m| *m == Milestone::None),
            Test::Milestone(wanted) => link.milestone.fresh().map(|m| m >= wanted),
            Test::Number(number, comparison, wanted) => number.of(link).map(|n| comparison.holds(n, *wanted as f64)),
        }
    }

    /// What a link shows in its place, for people who wait.
    pub fn shows(&self, link: &LinkSnapshot) -> String {
        fn said<T>(value: &Aged<T>, words: impl Fn(&T) -> String) -> String {
            match (value.known(), value.is_fresh()) {
                (Some(v), true) => words(v),
                (Some(v), false) => format!("{} (stale)", words(v)),
                (None, _) => "unknown".to_owned(),
            }
        }
        match &self.test {
            Test::Seeded => said(&link.seeding.phase, |p| p.as_str().replace('_', " ")),
            Test::Synchronized => said(&link.sync_state, ToString::to_string),
            Test::Connected => said(&link.connected, ToString::to_string),
            Test::Healthy => link.health.verdict.as_str().to_owned(),
            Test::Milestone(_) => said(&link.milestone, |m| m.as_str().to_owned()),
            Test::Number(number, ..) => number.of(link).map_or("unknown".to_owned(), |n| format!("{n}")),
        }
    }
}

impl Number {
    fn of(self, link: &LinkSnapshot) -> Option<f64> {
        let whole = |v: &Aged<u64>| v.fresh().map(|n| *n as f64);
        match self {
            Number::LagMs => whole(&link.flow.lag_ms),
            Number::RpoMs => whole(&link.flow.rpo_ms),
            Number::DrainMs => whole(&link.flow.drain_ms),
            Number::SendQueueBytes => whole(&link.flow.send_queue_bytes),
            Number::RedoQueueBytes => whole(&link.flow.redo_queue_bytes),
            Number::WritableCopies => link.writable_copies.fresh().map(|n| f64::from(*n)),
            Number::SeedingPercent => link.seeding.percent.fresh().copied(),
        }
    }

    /// The value behind the operator, in the base unit; none: not understood.
    fn read(self, text: &str) -> Option<u64> {
        match self {
            Number::LagMs | Number::RpoMs | Number::DrainMs => span_ms(text),
            Number::SendQueueBytes | Number::RedoQueueBytes if text == "0" => Some(0),
            Number::SendQueueBytes | Number::RedoQueueBytes => crate::base::units::size(text).ok(),
            Number::WritableCopies => text.parse().ok().filter(|n| *n <= 2),
            Number::SeedingPercent => text.trim_end_matches('%').parse().ok().filter(|n| *n <= 100),
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Number::LagMs | Number::RpoMs | Number::DrainMs => "a time such as `500ms`, `5s`, `2min` or `1h`",
            Number::SendQueueBytes | Number::RedoQueueBytes => "a size such as `512KiB` or `1MB`",
            Number::WritableCopies => "0, 1 or 2",
            Number::SeedingPercent => "0 to 100, such as `50%`",
        }
    }
}

fn span_ms(text: &str) -> Option<u64> {
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let factor = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return (text == "0").then_some(0),
    };
    Some(crate::base::units::thousandths(number)?.checked_mul(factor)? / 1000)
}

impl Comparison {
    fn holds(self, found: f64, wanted: f64) -> bool {
        match self {
            Comparison::Less => found < wanted,
            Comparison::AtMost => found <= wanted,
            Comparison::Equal => (found - wanted).abs() < 0.5,
            Comparison::AtLeast => found >= wanted,
            Comparison::More => found > wanted,
        }
    }
}

fn test(squeezed: &str, text: &str) -> Result<Test> {
    match squeezed {
        "seeded" => return Ok(Test::Seeded),
        "synchronized" => return Ok(Test::Synchronized),
        "connected" => return Ok(Test::Connected),
        "healthy" => return Ok(Test::Healthy),
        _ => {}
    }
    let bad = |what: String| Error::usage(format!("`{}` is no condition: {what}", text.trim()));
    let Some((name, symbol, comparison, value)) = split(squeezed) else {
        let words = WORDS.iter().copied().chain(NUMBERS.iter().map(|(w, _)| *w)).chain(["milestone"]);
        return Err(match nearest(squeezed, words) {
            Some(near) if WORDS.contains(&near) => {
                bad("nothing is called so".to_owned()).hint(format!("did you mean `{near}`?"))
            }
            Some(near) => bad(format!("`{near}` needs a value")).hint(EXAMPLES),
            None => bad("nothing is called so".to_owned()).hint(EXAMPLES),
        });
    };
    if name == "milestone" {
        let words = Milestone::ALL.map(Milestone::as_str);
        let asked = value.replace('-', "_");
        return match (comparison, Milestone::parse(&asked)) {
            (Comparison::Equal | Comparison::AtLeast, Some(m)) => Ok(Test::Milestone(m)),
            (_, None) => {
                Err(bad(format!("there is no milestone `{value}`")).hint(format!("one of {}", words.join(", "))))
            }
            _ => {
                Err(bad(format!("a milestone is reached, not compared by `{symbol}`")).hint("write `milestone=linked`"))
            }
        };
    }
    let Some((_, number)) = NUMBERS.iter().find(|(word, _)| *word == name.replace('_', "-")) else {
        let error = bad(format!("a link has no `{name}`"));
        return Err(match nearest(name, NUMBERS.iter().map(|(w, _)| *w).chain(["milestone"])) {
            Some(near) => error.hint(format!("did you mean `{near}{symbol}{value}`?")),
            None => error.hint(EXAMPLES),
        });
    };
    let value = number
        .read(value)
        .ok_or_else(|| bad(format!("expected {} after `{symbol}`, found `{value}`", number.unit())).hint(EXAMPLES))?;
    Ok(Test::Number(*number, comparison, value))
}

fn split(text: &str) -> Option<(&str, &'static str, Comparison, &str)> {
    let at = text.find(['<', '>', '='])?;
    let (symbol, comparison) = *OPERATORS.iter().find(|(s, _)| text[at..].starts_with(s))?;
    Some((&text[..at], symbol, comparison, &text[at + symbol.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_asked() {
        let number = |n, c, v| Test::Number(n, c, v);
        for (text, expected) in [
            ("seeded", Test::Seeded),
            (" Synchronized ", Test::Synchronized),
            ("lag<5s", number(Number::LagMs, Comparison::Less, 5000)),
            ("lag <= 1.5 s", number(Number::LagMs, Comparison::AtMost, 1500)),
            ("rpo=0", number(Number::RpoMs, Comparison::Equal, 0)),
            ("send-queue<1MiB", number(Number::SendQueueBytes, Comparison::Less, 1 << 20)),
            ("seeding>=50%", number(Number::SeedingPercent, Comparison::AtLeast, 50)),
            ("writable_copies=1", number(Number::WritableCopies, Comparison::Equal, 1)),
            ("milestone=cut-over", Test::Milestone(Milestone::CutOver)),
        ] {
            assert_eq!(Condition::parse(text).map(|c| c.test).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_is_told_with_a_way_on() {
        for (text, message, hint) in [
            ("seded", "nothing is called so", "did you mean `seeded`?"),
            ("", "nothing is called so", "for example"),
            ("lag", "`lag` needs a value", "lag<5s"),
            ("lag<5", "a time such as", "lag<5s"),
            ("lga<5s", "a link has no `lga`", "did you mean `lag<5s`?"),
            ("milestone=done", "there is no milestone `done`", "unlinked"),
            ("milestone<linked", "reached, not compared", "milestone=linked"),
            ("send-queue<5", "a size such as", "send-queue<1MiB"),
            ("writable-copies=7", "0, 1 or 2", "writable-copies=1"),
        ] {
            let e = Condition::parse(text).expect_err(text);
            assert!(e.to_string().contains(message), "{text}: {e}");
            assert!(e.get_hint().is_some_and(|h| h.contains(hint)), "{text}: {:?}", e.get_hint());
        }
    }
}
