//! A value with its age. What is no longer known is never shown as if it were.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use time::Duration;
use time::OffsetDateTime;

/// A time, in JSON as RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct When(
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String")]
    pub OffsetDateTime,
);

/// How far a value may be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Freshness {
    /// From the last cycle, which went well.
    Fresh,
    /// The last cycle failed or is late: it was so, and may be so no more.
    Stale,
    /// Too old, never read, or not to be told from what was read. There is no value.
    Unknown,
}

impl Freshness {
    pub fn as_str(self) -> &'static str {
        match self {
            Freshness::Fresh => "fresh",
            Freshness::Stale => "stale",
            Freshness::Unknown => "unknown",
        }
    }
}

/// A value, when it was read, and how far it may be trusted. `Unknown` goes with no value, always.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Aged<T> {
    pub value: Option<T>,
    /// Of the snapshot's time; none: never read.
    pub age_ms: Option<u64>,
    pub freshness: Freshness,
    /// Why it is stale or unknown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub why: Option<String>,
}

/// When a collector read, as seen from the snapshot's time: what its values inherit.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    pub age_ms: Option<u64>,
    pub freshness: Freshness,
    pub why: Option<String>,
}

impl Reading {
    /// Nothing was read yet.
    pub fn never(why: impl Into<String>) -> Self {
        Self { age_ms: None, freshness: Freshness::Unknown, why: Some(why.into()) }
    }

    /// A value that this reading holds; `None`: the server did not say.
    pub fn of<T>(&self, value: Option<T>) -> Aged<T> {
        self.or_why(value, "the server does not say")
    }

    /// The same, with the reason that applies when there is none.
    pub fn or_why<T>(&self, value: Option<T>, why: &str) -> Aged<T> {
        match (self.freshness, value) {
            (Freshness::Unknown, _) => {
                Aged { value: None, age_ms: self.age_ms, freshness: Freshness::Unknown, why: self.why.clone() }
            }
            (_, None) => Aged {
                value: None,
                age_ms: self.age_ms,
                freshness: Freshness::Unknown,
                why: Some(self.why.clone().unwrap_or_else(|| why.to_owned())),
            },
            (freshness, Some(value)) => {
                Aged { value: Some(value), age_ms: self.age_ms, freshness, why: self.why.clone() }
            }
        }
    }

    /// For a value that needs both: no better than the worse, no younger than the older.
    #[must_use]
    pub fn and(&self, other: &Reading) -> Reading {
        let (worse, better) = if other.freshness > self.freshness { (other, self) } else { (self, other) };
        Reading {
            age_ms: match (self.age_ms, other.age_ms) {
                (Some(a), Some(b)) => Some(a.max(b)),
                _ => None,
            },
            freshness: worse.freshness,
            why: worse.why.clone().or_else(|| better.why.clone()),
        }
    }
}

impl<T> Aged<T> {
    pub fn unknown(why: impl Into<String>) -> Self {
        Reading::never(why).of(None)
    }
    /// The value as long as nothing casts doubt on it: what conditions and alarms go by.
    pub fn fresh(&self) -> Option<&T> {
        self.value.as_ref().filter(|_| self.freshness == Freshness::Fresh)
    }
    /// The value, stale or not: what may be shown with its age.
    pub fn known(&self) -> Option<&T> {
        self.value.as_ref()
    }
    pub fn is_fresh(&self) -> bool {
        self.freshness == Freshness::Fresh
    }
    pub fn reading(&self) -> Reading {
        Reading { age_ms: self.age_ms, freshness: self.freshness, why: self.why.clone() }
    }
    pub fn map<U>(&self, f: impl FnOnce(&T) -> U) -> Aged<U> {
        self.reading().of(self.value.as_ref().map(f))
    }
}

/// Milliseconds from `then` to `now`; a clock that went back counts 0.
pub fn age_ms(then: OffsetDateTime, now: OffsetDateTime) -> u64 {
    u64::try_from((now - then).max(Duration::ZERO).whole_milliseconds()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(age_ms: u64, freshness: Freshness) -> Reading {
        Reading { age_ms: Some(age_ms), freshness, why: (freshness != Freshness::Fresh).then(|| "cut".to_owned()) }
    }

    #[test]
    fn a_joined_value_is_as_bad_as_its_worse_half() {
        let fresh = reading(100, Freshness::Fresh);
        let stale = reading(9_000, Freshness::Stale);
        let joined = fresh.and(&stale);
        assert_eq!((joined.age_ms, joined.freshness), (Some(9_000), Freshness::Stale));
        assert_eq!(joined, stale.and(&fresh));
        assert_eq!(joined.of(Some(1)).fresh(), None, "stale satisfies no condition");
        assert_eq!(joined.of(Some(1)).known(), Some(&1));
    }

    #[test]
    fn unknown_has_no_value() {
        let unknown = reading(99_000, Freshness::Unknown).of(Some(1));
        assert_eq!((unknown.value, unknown.freshness), (None, Freshness::Unknown));
        let silent = reading(10, Freshness::Fresh).of(None::<i64>);
        assert_eq!(silent.freshness, Freshness::Unknown);
        assert_eq!(Aged::<u8>::unknown("x").age_ms, None);
    }
}
