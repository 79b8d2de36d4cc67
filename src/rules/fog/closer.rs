//! Rows of the checklist that need a closer look than the one that is taken again and again while a group is worked on: keys, the
//! name, and what is inside the databases (facts: failover-groups P19, P20, P22, P23).

use super::prerequisites::List;
use super::prerequisites::Row;
use super::prerequisites::Severity;
use crate::model::fact::Fact;
use crate::model::geo::GroupFacts;

/// What a user database holds that a group does not carry over well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inside {
    pub name: String,
    /// A filegroup for memory-optimised data; `None`: the server does not say.
    pub in_memory: Option<bool>,
    /// Publishes, or distributes, by transactional or merge replication.
    pub publishes: bool,
}

/// What the closer look found.
#[derive(Debug, Clone, PartialEq)]
pub struct Closer {
    /// Whose key protects the primary and the secondary: `ServiceManaged` or `AzureKeyVault`.
    pub keys: [Fact<String>; 2],
    /// User databases of the primary.
    pub inside: Fact<Vec<Inside>>,
    /// The read-write listener's name leads somewhere before the group is made.
    pub resolves: Fact<bool>,
}

type Answer = Result<(bool, String), String>;

fn keys(found: &Closer) -> Answer {
    let [primary, secondary] = &found.keys;
    let own = |kind: &str| kind.eq_ignore_ascii_case("ServiceManaged");
    match (primary.get(), secondary.get()) {
        (Err(why), _) => Err(why.0.clone()),
        (Ok(p), _) if own(p) => Ok((true, "the service's own keys".to_owned())),
        (Ok(p), Ok(s)) => Err(format!("{p} and {s}: whether both know the same key is not compared")),
        (Ok(p), Err(why)) => Err(format!("{p}; of the secondary: {}", why.0)),
    }
}

fn resolves(found: &Closer) -> Answer {
    match found.resolves.get() {
        Ok(true) => Ok((false, "the listener's name leads somewhere already".to_owned())),
        Ok(false) => Ok((true, "the listener's name is free, as far as this name server knows".to_owned())),
        Err(why) => Err(why.0.clone()),
    }
}

fn named(found: &Closer, is: impl Fn(&Inside) -> bool, none: &str) -> Answer {
    let all = found.inside.get().map_err(|why| why.0.clone())?;
    let names: Vec<&str> = all.iter().filter(|d| is(d)).map(|d| d.name.as_str()).collect();
    Ok(if names.is_empty() { (true, none.to_owned()) } else { (false, names.join(", ")) })
}

fn in_memory(found: &Closer, facts: &GroupFacts) -> Answer {
    let all = found.inside.get().map_err(|why| why.0.clone())?;
    let unread: Vec<&str> = all.iter().filter(|d| d.in_memory.is_none()).map(|d| d.name.as_str()).collect();
    let (holds, names) = named(found, |d| d.in_memory == Some(true), "no memory-optimised data")?;
    let cores = [&facts.a, &facts.b].map(|m| m.facts.known().and_then(|f| f.v_cores));
    match (holds, cores) {
        (true, _) if !unread.is_empty() => Err(format!("not known of {}", unread.join(", "))),
        (true, _) => Ok((true, names)),
        (false, [Some(p), Some(s)]) => Ok((s >= p, format!("{names}; {p} and {s} vCores"))),
        (false, _) => Err(format!("{names}; the sizes were not read")),
    }
}

/// The rows, in the order of the facts.
pub fn judge(found: &Closer, facts: &GroupFacts) -> Vec<Row> {
    let mut list = List(Vec::new());
    list.add(
        ("fog.encryption_key", "P19", Severity::Block),
        keys(found),
        "with a customer-managed key: register the same key (with rotation, the same key URI) on the secondary first, then waive this",
    );
    list.add(
        ("fog.name_free", "P20", Severity::Warn),
        resolves(found),
        "a name that is taken is refused: choose another",
    );
    list.add(
        ("fog.in_memory", "P22", Severity::Warn),
        in_memory(found, facts),
        "a smaller secondary may not hold the data, and failovers fail: make it as large first",
    );
    list.add(
        ("fog.publishers", "P23", Severity::Warn),
        named(found, |d| d.publishes, "nothing is published"),
        "replication pauses while the group is made, and has to be rebuilt after a failover",
    );
    list.0
}

#[cfg(test)]
mod tests {
    use super::super::prerequisites::Status;
    use super::*;
    use crate::rules::fog::tests::fresh;

    fn known<T>(value: T) -> Fact<T> {
        Fact::Known { value }
    }

    fn plain() -> Closer {
        let ledger = Inside { name: "ledger".to_owned(), in_memory: Some(false), publishes: false };
        Closer {
            keys: [known("ServiceManaged".to_owned()), known("ServiceManaged".to_owned())],
            inside: known(vec![ledger]),
            resolves: known(false),
        }
    }

    fn status(found: &Closer, facts: &GroupFacts, id: &str) -> Status {
        judge(found, facts).into_iter().find(|r| r.id == id).unwrap().status
    }

    #[test]
    fn each_row_passes_fails_and_is_unknown() {
        let facts = fresh();
        for row in judge(&plain(), &facts) {
            assert_eq!(row.status, Status::Pass, "{}", row.id);
        }
        let with = |change: fn(&mut Closer)| {
            let mut found = plain();
            change(&mut found);
            found
        };
        let vault = with(|f| f.keys[0] = known("AzureKeyVault".to_owned()));
        assert_eq!(status(&vault, &facts, "fog.encryption_key"), Status::Unknown, "nobody compared the keys");
        assert!(judge(&vault, &facts).iter().any(Row::blocks));
        let taken = with(|f| f.resolves = known(true));
        assert_eq!(status(&taken, &facts, "fog.name_free"), Status::Fail);
        let busy = with(|f| {
            if let Fact::Known { value } = &mut f.inside {
                value[0] = Inside { name: "ledger".to_owned(), in_memory: Some(true), publishes: true };
            }
        });
        assert_eq!(status(&busy, &facts, "fog.publishers"), Status::Fail);
        assert_eq!(status(&busy, &facts, "fog.in_memory"), Status::Pass, "as large");
        let mut small = fresh();
        if let Fact::Known { value } = &mut small.b.facts {
            value.v_cores = Some(4);
        }
        assert_eq!(status(&busy, &small, "fog.in_memory"), Status::Fail);
        let dark = with(|f| {
            f.inside = Fact::unknown("dark");
            f.resolves = Fact::unknown("dark");
            f.keys[0] = Fact::unknown("dark");
        });
        assert!(judge(&dark, &facts).iter().all(|r| r.status == Status::Unknown));
    }
}
