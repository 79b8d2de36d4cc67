//! Rows of the checklist that need a closer look than the one that is taken again and again while a group is worked on: keys, the
//! name, what is inside the databases, backups and the path between the subnets (facts: failover-groups P19, P20, P22, P23, P25,
//! P26, N01 to N20).

use super::network;
use super::network::Between;
use super::prerequisites::List;
use super::prerequisites::Row;
use super::prerequisites::Status;
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

/// The key over the keys of a member's encrypted databases, and the keys that it knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// `ServiceManaged` or `AzureKeyVault`.
    pub kind: String,
    pub uri: Option<String>,
    pub rotates: bool,
    /// URIs of the customer's keys that are registered; `None`: they could not be listed.
    pub registered: Option<Vec<String>>,
}

/// How long the backups of one database are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub database: String,
    /// For a restore to any moment.
    pub days: Option<u32>,
    /// Weekly, monthly and yearly, as Azure writes them; empty: none.
    pub long_term: String,
}

/// What the closer look found; where there are two, of the primary and of the secondary.
#[derive(Debug, Clone)]
pub struct Closer {
    pub keys: [Fact<Keys>; 2],
    /// User databases of the primary.
    pub inside: Fact<Vec<Inside>>,
    /// The read-write listener's name leads somewhere before the group is made.
    pub resolves: Fact<bool>,
    pub between: Between,
    /// The copies of the secondary appear once the group stands.
    pub kept: [Fact<Vec<Kept>>; 2],
    /// Name and object id of the Entra administrator; `None` inside: there is none.
    pub administrators: [Fact<Option<String>>; 2],
}

type Answer = Result<(bool, String), String>;

/// Days for which a new database's backups are kept (facts: failover-groups 3.5).
const DAYS_NEW: u32 = 7;

/// `https://vault/keys/name/version` without the version: what rotates.
fn key_of(uri: &str) -> (&str, &str) {
    match uri.rsplit_once("/keys/").map(|(vault, rest)| (vault, rest.split('/').next().unwrap_or(rest))) {
        Some((vault, name)) => (vault, name),
        None => (uri, ""),
    }
}

fn keys(found: &Closer) -> Answer {
    let [primary, secondary] = &found.keys;
    let p = primary.get().map_err(|why| why.0)?;
    if p.kind.eq_ignore_ascii_case("ServiceManaged") {
        return Ok((true, "the service's own key".to_owned()));
    }
    let s = secondary.get().map_err(|why| format!("{}; of the secondary: {}", p.kind, why.0))?;
    let uri = p.uri.as_ref().ok_or_else(|| format!("{}: Azure shows no URI of the key", p.kind))?;
    let registered = s.registered.as_ref().ok_or("the keys of the secondary could not be listed")?;
    if registered.iter().any(|k| k.eq_ignore_ascii_case(uri)) {
        return Ok((true, format!("{uri}, registered on both")));
    }
    if p.rotates {
        return Ok((false, format!("{uri} rotates by itself, and the secondary does not know that URI")));
    }
    // A managed HSM and a vault of another region may hold the same material under another address: only the name can be seen.
    let (_, name) = key_of(uri);
    let alike = registered.iter().any(|k| key_of(k).1.eq_ignore_ascii_case(name) && !name.is_empty());
    match (registered.is_empty(), alike) {
        (true, _) => Ok((false, format!("{uri}; the secondary knows no key of yours"))),
        (_, true) => Err(format!(
            "{uri}; the secondary knows {}: whether it is the same key is not to be read",
            registered.join(", ")
        )),
        (_, false) => Ok((false, format!("{uri}; the secondary knows {}", registered.join(", ")))),
    }
}

impl Kept {
    fn words(&self) -> String {
        let days = self.days.map_or("?".to_owned(), |d| d.to_string());
        let long = if self.long_term.is_empty() { String::new() } else { format!(", {}", self.long_term) };
        format!("{days} days{long}")
    }
}

/// Databases whose backups are not kept alike; before there are copies, those that differ from a new database's.
fn retention(kept: &[Fact<Vec<Kept>>; 2]) -> Answer {
    let [here, there] = kept;
    let here = here.get().map_err(|why| why.0)?;
    let there = there.get().map_err(|why| format!("of the secondary: {}", why.0))?;
    let mut bad = Vec::new();
    for d in here {
        match there.iter().find(|c| c.database.eq_ignore_ascii_case(&d.database)) {
            Some(copy) if copy.days == d.days && copy.long_term == d.long_term => {}
            Some(copy) => bad.push(format!("{}: {} and {}", d.database, d.words(), copy.words())),
            None if d.days == Some(DAYS_NEW) && d.long_term.is_empty() => {}
            None => bad.push(format!("{}: {}, the copy begins with {DAYS_NEW} days", d.database, d.words())),
        }
    }
    let good = if here.is_empty() { "no database yet".to_owned() } else { "equal".to_owned() };
    Ok(if bad.is_empty() { (true, good) } else { (false, bad.join("; ")) })
}

fn administrators(found: &Closer) -> Answer {
    let [a, b] = &found.administrators;
    let (a, b) = (a.get().map_err(|why| why.0)?, b.get().map_err(|why| why.0)?);
    let word = |x: &Option<String>| x.clone().unwrap_or_else(|| "none".to_owned());
    Ok((a == b, if a == b { word(a) } else { format!("{} and {}", word(a), word(b)) }))
}

/// Settings of a standing group that a closer look finds different, or could not compare.
pub fn drift(kept: &[Fact<Vec<Kept>>; 2]) -> Vec<Row> {
    let mut list = List(Vec::new());
    list.add("fog.retention", retention(kept));
    list.0.retain(|r| r.status != Status::Pass);
    list.0
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
    list.add("fog.encryption_key", keys(found));
    list.add("fog.name_free", resolves(found));
    list.add("fog.in_memory", in_memory(found, facts));
    list.add("fog.publishers", named(found, |d| d.publishes, "nothing is published"));
    list.add("fog.retention", retention(&found.kept));
    list.add("fog.administrators", administrators(found));
    list.0.extend(network::judge(&found.between));
    list.0
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::rules::fog::network_tests::between;
    use crate::rules::fog::network_tests::pair;
    use crate::rules::fog::tests::fresh;

    fn known<T>(value: T) -> Fact<T> {
        Fact::Known { value }
    }

    fn own() -> Keys {
        Keys { kind: "ServiceManaged".to_owned(), uri: None, rotates: false, registered: Some(Vec::new()) }
    }

    fn vault(uri: &str, rotates: bool, registered: &[&str]) -> Keys {
        Keys {
            kind: "AzureKeyVault".to_owned(),
            uri: Some(uri.to_owned()),
            rotates,
            registered: Some(registered.iter().map(|k| (*k).to_owned()).collect()),
        }
    }

    fn kept(database: &str, days: u32, long_term: &str) -> Kept {
        Kept { database: database.to_owned(), days: Some(days), long_term: long_term.to_owned() }
    }

    pub(in crate::rules::fog) fn plain() -> Closer {
        let ledger = Inside { name: "ledger".to_owned(), in_memory: Some(false), publishes: false };
        Closer {
            keys: [known(own()), known(own())],
            inside: known(vec![ledger]),
            resolves: known(false),
            between: between(pair()),
            kept: [known(vec![kept("ledger", 7, "")]), known(Vec::new())],
            administrators: [known(None), known(None)],
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
            f.kept[0] = Fact::unknown("dark");
            f.administrators[1] = Fact::unknown("dark");
            f.between.networks = Fact::unknown("dark");
        });
        assert!(judge(&dark, &facts).iter().all(|r| r.status == Status::Unknown));
    }

    /// `true`: passes; `None`: unknown.
    fn key(primary: Keys, secondary: Keys) -> Option<bool> {
        let found = Closer { keys: [known(primary), known(secondary)], ..plain() };
        match status(&found, &fresh(), "fog.encryption_key") {
            Status::Pass => Some(true),
            Status::Fail => Some(false),
            _ => None,
        }
    }

    #[test]
    fn the_key_of_the_primary_must_be_known_to_the_secondary() {
        let uri = "https://v1.vault.azure.net/keys/tde/1";
        let there = "https://v2.vault.azure.net/keys/tde/1";
        assert_eq!(key(own(), vault(uri, false, &[])), Some(true), "the service's own");
        assert_eq!(key(vault(uri, false, &[]), vault(uri, false, &[uri])), Some(true));
        assert_eq!(key(vault(uri, true, &[]), own()), Some(false), "none is registered");
        assert_eq!(key(vault(uri, false, &[]), vault(there, false, &[there])), None, "the material is not to be seen");
        assert_eq!(key(vault(uri, true, &[]), vault(there, false, &[there])), Some(false), "rotation asks for one URI");
        let other = "https://v2.vault.azure.net/keys/other/1";
        assert_eq!(key(vault(uri, false, &[]), vault(other, false, &[other])), Some(false));
        assert_eq!(key(vault(uri, false, &[]), Keys { registered: None, ..own() }), None);
    }

    #[test]
    fn backups_must_be_kept_alike() {
        let rows = |here: Kept, there: Vec<Kept>| drift(&[known(vec![here]), known(there)]);
        assert!(rows(kept("a", 7, ""), Vec::new()).is_empty(), "as a new copy begins");
        assert_eq!(rows(kept("a", 14, ""), Vec::new())[0].status, Status::Fail);
        assert_eq!(rows(kept("a", 7, "weekly P4W"), Vec::new())[0].status, Status::Fail);
        assert!(rows(kept("a", 14, "weekly P4W"), vec![kept("A", 14, "weekly P4W")]).is_empty());
        let found = &rows(kept("a", 14, ""), vec![kept("a", 7, "")])[0];
        assert_eq!(found.found, "a: 14 days and 7 days");
        assert_eq!(drift(&[known(Vec::new()), Fact::unknown("dark")])[0].status, Status::Unknown);
    }

    #[test]
    fn two_administrators_are_told() {
        let found = Closer { administrators: [known(Some("dba (1)".to_owned())), known(None)], ..plain() };
        assert_eq!(status(&found, &fresh(), "fog.administrators"), Status::Fail);
    }
}
