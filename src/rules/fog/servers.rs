//! The checklist before databases of logical servers are put in a group, or a group is given more of them (facts: failover-groups
//! 9): what can be read, judged; what cannot, said.

use super::names::is_group_name;
use super::pairs::Paired;
use super::pairs::paired;
use super::pairs::plain;
use super::prerequisites::List;
use super::prerequisites::Row;
use super::prerequisites::Severity;
use super::prerequisites::got;
use super::seeding;
use crate::model::geo::GroupFacts;
use crate::model::geo::MemberFacts;
use crate::model::geo::Side;
use crate::model::geo_server::ServerDatabase;
use crate::model::geo_server::ServerPair;

/// A pool of at most so much, with more databases than that, fails over slowly (facts: failover-groups 9.4): both bounds of the
/// pool inclusive, that of the databases strict.
const POOL_VCORES: i64 = 8;
const POOL_DTU: i64 = 800;
const POOL_DATABASES: usize = 250;
/// The number of databases drives how long a failover takes (facts: failover-groups 9.2): worth a warning.
const DATABASES_WARN: usize = 100;

/// Every row; `automatic`: the group is to have the automatic policy. `gb_per_hour`: the path's own rate, where known.
pub fn judge(f: &GroupFacts, pair: &ServerPair, automatic: bool, gb_per_hour: Option<f64>) -> Vec<Row> {
    let mut list = List(Vec::new());
    servers(f, pair, automatic, &mut list);
    databases(f, pair, &mut list);
    pools(f, pair, &mut list);
    advice(f, pair, &mut list);
    seeding_time(f, gb_per_hour, &mut list);
    list.0
}

type Answer = Result<(bool, String), String>;

/// The chosen databases, as the primary lists them.
fn chosen<'a>(f: &GroupFacts, pair: &'a ServerPair) -> Result<Vec<(String, Option<&'a ServerDatabase>)>, String> {
    let side = primary(f);
    let names = got(&pair.chosen)?;
    got(&pair.side(side).databases)?;
    Ok(names.iter().map(|n| (n.clone(), pair.database(side, n))).collect())
}

/// The side whose databases are meant.
fn primary(f: &GroupFacts) -> Side {
    let is_primary = |side| f.view(side).known().and_then(|v| v.as_ref()?.is_primary);
    if is_primary(Side::B) == Some(true) { Side::B } else { Side::A }
}

fn verdict(bad: &[String], good: impl Into<String>) -> (bool, String) {
    (bad.is_empty(), if bad.is_empty() { good.into() } else { bad.join("; ") })
}

fn both(f: &GroupFacts) -> Result<(&MemberFacts, &MemberFacts), String> {
    Ok((got(&f.a.facts)?, got(&f.b.facts)?))
}

fn servers(f: &GroupFacts, pair: &ServerPair, automatic: bool, list: &mut List) {
    use Severity::Block;
    use Severity::Warn;
    let server_names = [&f.a.instance, &f.b.instance];
    let collides = server_names.iter().any(|n| n.eq_ignore_ascii_case(&f.name));
    list.add(
        ("sqldb.name", "P20", Block),
        Ok((is_group_name(&f.name) && !collides, f.name.clone())),
        "1 to 63 lower-case letters, digits and inner hyphens, and no server's own name: they share one DNS domain",
    );
    let regions = both(f).map(|(a, b)| (plain(&a.location), plain(&b.location)));
    list.add(
        ("sqldb.region", "P09", Block),
        regions.clone().map(|(a, b)| (a != b, format!("{a} and {b}"))),
        "a group needs two regions",
    );
    let paired = regions.and_then(|(a, b)| match paired(&a, &b) {
        Paired::Unknown => Err(format!("{a} or {b} is in no list of this version")),
        Paired::OtherWay => Ok((false, format!("{b} is paired with {a}, but not the other way"))),
        p => Ok((p == Paired::Yes, format!("{a} and {b}"))),
    });
    list.add(
        ("sqldb.paired", "P10", Warn),
        paired,
        "unpaired regions are slower: give the two different maintenance windows",
    );
    for (side, id) in [(Side::A, "sqldb.primary_ready"), (Side::B, "sqldb.secondary_ready")] {
        let member = f.member(side);
        let ready = got(&member.facts).and_then(|m| match &m.state {
            Some(state) => Ok((state.eq_ignore_ascii_case("Ready"), format!("{}: {state}", member.site))),
            None => Err(format!("Azure does not say whether {} is ready", member.site)),
        });
        list.add((id, "P17", Block), ready, "wait until the server is ready");
    }
    if automatic {
        let rules = got(&pair.a.rules).and_then(|a| Ok((a, got(&pair.b.rules)?))).map(|(a, b)| {
            let all: Vec<String> = a.iter().chain(b).cloned().collect();
            verdict(&all, "none")
        });
        list.add(
            ("sqldb.network_rules", "9.2", Block),
            rules,
            "the automatic policy is refused for servers with virtual network rules: use the manual policy",
        );
    }
    for (side, id) in [(Side::A, "sqldb.primary_permissions"), (Side::B, "sqldb.secondary_permissions")] {
        let allowed = got(&f.member(side).forbidden).map(|all| verdict(all, "allowed"));
        list.add((id, "8", Block), allowed, "needs SQL Server Contributor on both servers");
    }
    let tls = both(f).and_then(|(a, b)| match (&a.minimal_tls, &b.minimal_tls) {
        (Some(x), Some(y)) => Ok((x == y, format!("{x} and {y}"))),
        _ => Err("Azure does not say it of both".to_owned()),
    });
    list.add(("sqldb.tls", "P26", Warn), tls, "settings of a server are not carried over: make them equal");
}

fn databases(f: &GroupFacts, pair: &ServerPair, list: &mut List) {
    use Severity::Block;
    use Severity::Warn;
    let here = primary(f);
    let partner = &f.member(here.other()).instance;
    let there: Answer = chosen(f, pair).map(|all| {
        let bad: Vec<String> = all
            .iter()
            .filter_map(|(name, d)| match d {
                None => Some(format!("{name} is not there")),
                Some(d) => match d.status.as_deref() {
                    Some(s) if s.eq_ignore_ascii_case("Online") => None,
                    other => Some(format!("{name} is {}", other.unwrap_or("of unknown status"))),
                },
            })
            .collect();
        match all.len() {
            0 => (false, "no database is chosen".to_owned()),
            n => verdict(&bad, format!("{n} online")),
        }
    });
    list.add(("sqldb.databases", "P18", Block), there, "name databases that are on the primary server and online");
    let other: Answer = chosen(f, pair).map(|all| {
        let taken = |(name, d): &(String, Option<&ServerDatabase>)| {
            let group = d.as_ref()?.group.as_ref().filter(|g| !g.eq_ignore_ascii_case(&f.name))?;
            Some(format!("{name} is in {group}"))
        };
        verdict(&all.iter().filter_map(taken).collect::<Vec<_>>(), "in no other group")
    });
    list.add(("sqldb.other_group", "9.2", Block), other, "a database is in one failover group at most");
    let same: Answer = chosen(f, pair).and_then(|all| {
        let (mine, theirs) = (got(&pair.side(here).replicas)?, got(&pair.side(here.other()).databases)?);
        let bad: Vec<String> = all
            .iter()
            .filter(|(name, _)| {
                let copy = mine.iter().any(|r| {
                    r.database.eq_ignore_ascii_case(name)
                        && r.partner.eq_ignore_ascii_case(partner)
                        && r.is_primary == Some(true)
                });
                !copy && theirs.iter().any(|d| d.name.eq_ignore_ascii_case(name))
            })
            .map(|(name, _)| format!("{name} is on {partner} and is no copy"))
            .collect();
        Ok(verdict(&bad, "none in the way"))
    });
    list.add(
        ("sqldb.same_name", "9.2", Block),
        same,
        "drop or rename the database of the same name on the partner server",
    );
    let secondary: Answer = chosen(f, pair).map(|all| {
        let bad = |(name, d): &(String, Option<&ServerDatabase>)| {
            d.is_some_and(|d| d.is_secondary).then(|| format!("{name} is itself a geo-secondary"))
        };
        verdict(&all.iter().filter_map(bad).collect::<Vec<_>>(), "primaries")
    });
    list.add(("sqldb.primaries", "9.2", Block), secondary, "start from the server on which the databases take writes");
    let level: Answer = chosen(f, pair).map(|all| {
        let bad = |(name, d): &(String, Option<&ServerDatabase>)| {
            let copy = pair.database(here.other(), name)?;
            let d = d.as_ref()?;
            pair.replica_to(here, name, partner)?;
            (d.tier != copy.tier || d.capacity != copy.capacity)
                .then(|| format!("{name}: {} and {}", d.level(), copy.level()))
        };
        verdict(&all.iter().filter_map(bad).collect::<Vec<_>>(), "equal, or made equal")
    });
    list.add(
        ("sqldb.service_level", "9.4", Warn),
        level,
        "give an existing copy the primary's tier and size: a smaller one falls behind",
    );
}

fn pools(f: &GroupFacts, pair: &ServerPair, list: &mut List) {
    use Severity::Block;
    use Severity::Warn;
    let here = primary(f);
    let partner = &f.member(here.other()).site;
    let pooled = chosen(f, pair).map(|all| {
        let mut pools: Vec<String> = all.iter().filter_map(|(_, d)| d.as_ref()?.pool.clone()).collect();
        pools.sort();
        pools.dedup();
        pools
    });
    let Ok(pools) = pooled else {
        list.add(("sqldb.pool", "9.2", Block), pooled.map(|_| (true, String::new())), "pools could not be compared");
        return;
    };
    if pools.is_empty() {
        return;
    }
    let both = || Ok::<_, String>((got(&pair.side(here).pools)?, got(&pair.side(here.other()).pools)?));
    let find = |all: &[crate::model::geo_server::Pool], name: &str| {
        all.iter().find(|p| p.name.eq_ignore_ascii_case(name)).cloned()
    };
    let there: Answer = both().map(|(_, theirs)| {
        let bad: Vec<String> =
            pools.iter().filter(|p| find(theirs, p).is_none()).map(|p| format!("{partner} has no pool {p}")).collect();
        verdict(&bad, pools.join(", "))
    });
    list.add(("sqldb.pool", "9.2", Block), there, "make an elastic pool of the same name on the partner server");
    let room: Answer = both().and_then(|(mine, theirs)| {
        let mut bad = Vec::new();
        for name in &pools {
            let (Some(a), Some(b)) = (find(mine, name), find(theirs, name)) else { continue };
            match (a.max_bytes, b.max_bytes) {
                (Some(x), Some(y)) if y < x => {
                    bad.push(format!("{name}: {} GB here, {} GB there", x >> 30, y >> 30));
                }
                (Some(_), Some(_)) => {}
                _ => return Err(format!("Azure does not say how large pool {name} is")),
            }
        }
        Ok(verdict(&bad, "as large there as here"))
    });
    list.add(
        ("sqldb.pool_room", "9.2", Block),
        room,
        "the pool on the partner server needs room for every copy: enlarge it",
    );
    let power: Answer = both().map(|(mine, theirs)| {
        let smaller = |name: &String| {
            let (a, b) = (find(mine, name)?, find(theirs, name)?);
            (b.capacity < a.capacity || a.tier != b.tier).then(|| {
                let n = |c: Option<i64>| c.map_or("?".to_owned(), |c| c.to_string());
                format!(
                    "{name}: {} {} here, {} {} there",
                    a.tier.clone().unwrap_or_default(),
                    n(a.capacity),
                    b.tier.clone().unwrap_or_default(),
                    n(b.capacity)
                )
            })
        };
        verdict(&pools.iter().filter_map(smaller).collect::<Vec<_>>(), "as strong there as here")
    });
    list.add(("sqldb.pool_power", "9.4", Warn), power, "a weaker pool falls behind: give both the same tier and size");
    let dense: Answer = both().and_then(|(mine, _)| {
        let listed = got(&pair.side(here).databases)?;
        let mut bad = Vec::new();
        for pool in mine.iter().filter(|p| pools.iter().any(|n| n.eq_ignore_ascii_case(&p.name))) {
            let tier = pool.tier.as_deref().unwrap_or_default();
            let most = if ["Basic", "Standard", "Premium"].contains(&tier) { POOL_DTU } else { POOL_VCORES };
            let n = listed.iter().filter(|d| d.pool.as_deref().is_some_and(|p| p.eq_ignore_ascii_case(&pool.name)));
            let n = n.count();
            if n > POOL_DATABASES && pool.capacity.is_some_and(|c| c <= most) {
                bad.push(format!("{}: {n} databases on {}", pool.name, pool.capacity.unwrap_or_default()));
            }
        }
        Ok(verdict(&bad, "no more than it bears"))
    });
    list.add(
        ("sqldb.pool_dense", "9.4", Warn),
        dense,
        "longer planned failovers and a growing lag: scale the pool up, or put fewer databases in it",
    );
}

fn advice(f: &GroupFacts, pair: &ServerPair, list: &mut List) {
    use Severity::Warn;
    let here = primary(f);
    let partner = &f.member(here.other()).instance;
    let fresh = |name: &str| pair.replica_to(here, name, partner).is_none();
    let zones: Answer = chosen(f, pair).map(|all| {
        let bad: Vec<String> = all
            .iter()
            .filter(|(name, d)| fresh(name) && d.is_some_and(ServerDatabase::inherits_zones))
            .map(|(name, _)| format!("{name} is Hyperscale and zone redundant"))
            .collect();
        verdict(&bad, "none inherits it")
    });
    list.add(
        ("sqldb.zones", "9.3", Warn),
        zones,
        "its copy inherits zone redundancy: in a region without zones the service leaves it out of the group (45122), and the same verb again makes the copy without",
    );
    let after: Answer = chosen(f, pair).map(|all| {
        let bad: Vec<String> = all
            .iter()
            .filter(|(name, d)| fresh(name) && d.is_some_and(|d| d.zone_redundant == Some(true) && !d.inherits_zones()))
            .map(|(name, _)| format!("{name} is zone redundant, its copy will not be"))
            .collect();
        verdict(&bad, "nothing to switch on")
    });
    list.add(("sqldb.zones_after", "9.3", Warn), after, "switch zone redundancy on for the copy once the group stands");
    let many: Answer = got(&pair.chosen).map(|all| (all.len() <= DATABASES_WARN, format!("{} databases", all.len())));
    list.add(
        ("sqldb.many", "9.2", Warn),
        many,
        "databases are prepared in batches: smaller groups fail over in a more even time",
    );
    // What milink cannot read is said, so that nobody takes silence for a yes.
    list.add(
        ("sqldb.logins", "7.2", Warn),
        Err("logins, firewall rules and backup retention of the two servers are not compared".to_owned()),
        "none is carried over: make logins with the same SID, let the application's network in, set retention on both",
    );
}

fn seeding_time(f: &GroupFacts, gb_per_hour: Option<f64>, list: &mut List) {
    let hours = f.bytes.map(|b| seeding::server_hours(b, gb_per_hour)).ok_or_else(|| "sizes were not read".to_owned());
    let text = |(least, most): (f64, f64)| format!("{least:.1} to {most:.1} h, all side by side, load not counted");
    list.add(
        ("sqldb.seeding_time", "5", Severity::Warn),
        hours.map(|h| (h.0 <= seeding::HOURS_WARN, text(h))),
        "nothing is protected until the first copy has caught up: a faster path, or fewer data at a time",
    );
}
