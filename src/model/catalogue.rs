//! A picture of what a fence may change on a server, and how two of them differ.

use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeMap;

/// One line: `login`, `app`, `state`, `ENABLED`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fact {
    pub kind: String,
    pub name: String,
    pub facet: String,
    pub value: String,
}

/// One line that is not as it was; `None`: there was, or is, no such line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    pub kind: String,
    pub name: String,
    pub facet: String,
    pub before: Option<String>,
    pub now: Option<String>,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = |v: &Option<String>| v.clone().unwrap_or_else(|| "nothing".to_owned());
        let (before, now) = (shown(&self.before), shown(&self.now));
        write!(f, "{} `{}`: {} is {now}, was {before}", self.kind, self.name, self.facet)
    }
}

/// What differs, in a fixed order.
pub fn differences(before: &[Fact], now: &[Fact]) -> Vec<Difference> {
    type Lines<'a> = BTreeMap<(&'a str, &'a str, &'a str), Vec<&'a str>>;
    let lines = |facts: &'_ [Fact]| -> BTreeMap<(String, String, String), String> {
        let mut found: Lines<'_> = BTreeMap::new();
        for f in facts {
            // Several grantors give several rows of one permission.
            found.entry((&f.kind, &f.name, &f.facet)).or_default().push(&f.value);
        }
        let own = |s: &str| s.to_owned();
        found
            .into_iter()
            .map(|((kind, name, facet), mut values)| {
                values.sort_unstable();
                ((own(kind), own(name), own(facet)), values.join(" and "))
            })
            .collect()
    };
    let (before, now) = (lines(before), lines(now));
    let keys: std::collections::BTreeSet<_> = before.keys().chain(now.keys()).collect();
    keys.into_iter()
        .filter(|key| before.get(*key) != now.get(*key))
        .map(|key| Difference {
            kind: key.0.clone(),
            name: key.1.clone(),
            facet: key.2.clone(),
            before: before.get(key).cloned(),
            now: now.get(key).cloned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(name: &str, facet: &str, value: &str) -> Fact {
        let own = str::to_owned;
        Fact { kind: own("login"), name: own(name), facet: own(facet), value: own(value) }
    }

    #[test]
    fn what_came_went_or_changed_is_told() {
        let before = [fact("a", "state", "ENABLED"), fact("b", "CONNECT SQL", "GRANT"), fact("c", "state", "ENABLED")];
        let now = [fact("c", "state", "ENABLED"), fact("a", "state", "DISABLED"), fact("d", "state", "ENABLED")];
        let told: Vec<_> = differences(&before, &now).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "login `a`: state is DISABLED, was ENABLED",
                "login `b`: CONNECT SQL is nothing, was GRANT",
                "login `d`: state is ENABLED, was nothing",
            ]
        );
        assert!(differences(&before, &before).is_empty());
    }

    #[test]
    fn the_order_of_two_grantors_is_no_difference() {
        let (g, d) = (fact("a", "CONNECT", "GRANT"), fact("a", "CONNECT", "DENY"));
        assert!(differences(&[g.clone(), d.clone()], &[d, g]).is_empty());
    }
}
