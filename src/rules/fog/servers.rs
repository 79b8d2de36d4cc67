//! The checklist before databases of logical servers are put in a group, or a group is given more of them (facts: failover-groups
//! 9): what can be read, judged; what cannot, said.

use super::names::is_group_name;
use super::pairs::Paired;
use super::pairs::paired;
use super::pairs::plain;
use super::prerequisites::List;
use super::prerequisites::Row;
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
    let server_names = [&f.a.instance, &f.b.instance];
    let collides = server_names.iter().any(|n| n.eq_ignore_ascii_case(&f.name));
    list.add("sqldb.name", Ok((is_group_name(&f.name) && !collides, f.name.clone())));
    let regions = both(f).map(|(a, b)| (plain(&a.location), plain(&b.location)));
    list.add("sqldb.region", regions.clone().map(|(a, b)| (a != b, format!("{a} and {b}"))));
    let paired = regions.and_then(|(a, b)| match paired(&a, &b) {
        Paired::Unknown => Err(format!("{a} or {b} is in no list of this version")),
        Paired::OtherWay => Ok((false, format!("{b} is paired with {a}, but not the other way"))),
        p => Ok((p == Paired::Yes, format!("{a} and {b}"))),
    });
    list.add("sqldb.paired", paired);
    list.add("sqldb.maintenance", windows(f, pair));
    for (side, id) in [(Side::A, "sqldb.primary_ready"), (Side::B, "sqldb.secondary_ready")] {
        let member = f.member(side);
        let ready = got(&member.facts).and_then(|m| match &m.state {
            Some(state) => Ok((state.eq_ignore_ascii_case("Ready"), format!("{}: {state}", member.site))),
            None => Err(format!("Azure does not say whether {} is ready", member.site)),
        });
        list.add(id, ready);
    }
    if automatic {
        let rules = got(&pair.a.rules).and_then(|a| Ok((a, got(&pair.b.rules)?))).map(|(a, b)| {
            let all: Vec<String> = a.iter().chain(b).cloned().collect();
            verdict(&all, "none")
        });
        list.add("sqldb.network_rules", rules);
    }
    for (side, id) in [(Side::A, "sqldb.primary_permissions"), (Side::B, "sqldb.secondary_permissions")] {
        let allowed = got(&f.member(side).forbidden).map(|all| verdict(all, "allowed"));
        list.add(id, allowed);
    }
    let tls = both(f).and_then(|(a, b)| match (&a.minimal_tls, &b.minimal_tls) {
        (Some(x), Some(y)) => Ok((x == y, format!("{x} and {y}"))),
        _ => Err("Azure does not say it of both".to_owned()),
    });
    list.add("sqldb.tls", tls);
}

fn databases(f: &GroupFacts, pair: &ServerPair, list: &mut List) {
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
    list.add("sqldb.databases", there);
    let other: Answer = chosen(f, pair).map(|all| {
        let taken = |(name, d): &(String, Option<&ServerDatabase>)| {
            let group = d.as_ref()?.group.as_ref().filter(|g| !g.eq_ignore_ascii_case(&f.name))?;
            Some(format!("{name} is in {group}"))
        };
        verdict(&all.iter().filter_map(taken).collect::<Vec<_>>(), "in no other group")
    });
    list.add("sqldb.other_group", other);
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
    list.add("sqldb.same_name", same);
    let secondary: Answer = chosen(f, pair).map(|all| {
        let bad = |(name, d): &(String, Option<&ServerDatabase>)| {
            d.is_some_and(|d| d.is_secondary).then(|| format!("{name} is itself a geo-secondary"))
        };
        verdict(&all.iter().filter_map(bad).collect::<Vec<_>>(), "primaries")
    });
    list.add("sqldb.primaries", secondary);
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
    list.add("sqldb.service_level", level);
}

fn pools(f: &GroupFacts, pair: &ServerPair, list: &mut List) {
    let here = primary(f);
    let partner = &f.member(here.other()).site;
    let pooled = chosen(f, pair).map(|all| {
        let mut pools: Vec<String> = all.iter().filter_map(|(_, d)| d.as_ref()?.pool.clone()).collect();
        pools.sort();
        pools.dedup();
        pools
    });
    let Ok(pools) = pooled else {
        list.add("sqldb.pool", pooled.map(|_| (true, String::new())));
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
    list.add("sqldb.pool", there);
    let room: Answer = both().and_then(|(mine, theirs)| {
        let mut bad = Vec::new();
        for name in &pools {
            let (Some(a), Some(b)) = (find(mine, name), find(theirs, name)) else { continue };
            match (a.max_bytes, b.max_bytes) {
                (Some(x), Some(y)) if y < x => {
                    bad.push(format!("{name}: {} GB here, {} GB there", x >> 30, y >> 30));
                }
                (Some(_), Some(most)) => {
                    let (wanted, taken) = room(f, pair, name)?;
                    if wanted + taken > most {
                        let gb = |bytes: u64| format!("{:.1} GB", bytes as f64 / (1_u64 << 30) as f64);
                        bad.push(format!("{name}: {} to come, {} of {} taken there", gb(wanted), gb(taken), gb(most)));
                    }
                }
                _ => return Err(format!("Azure does not say how large pool {name} is")),
            }
        }
        Ok(verdict(&bad, "room for every copy"))
    });
    list.add("sqldb.pool_room", room);
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
    list.add("sqldb.pool_power", power);
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
    list.add("sqldb.pool_dense", dense);
}

/// Bytes that are to be copied into a pool of the partner, and bytes that stand in it.
fn room(f: &GroupFacts, pair: &ServerPair, pool: &str) -> Result<(u64, u64), String> {
    let here = primary(f);
    let partner = &f.member(here.other()).instance;
    let within = |d: &ServerDatabase| d.pool.as_deref().is_some_and(|p| p.eq_ignore_ascii_case(pool));
    let size = |side: Side, name: &str| {
        let found = pair.sizes.get(&(side, name.to_lowercase())).copied();
        found.ok_or_else(|| format!("the size of {name} on {} was not read", f.member(side).site))
    };
    let (mut wanted, mut taken) = (0, 0);
    for (name, d) in chosen(f, pair)? {
        if d.is_some_and(within) && pair.replica_to(here, &name, partner).is_none() {
            wanted += size(here, &name)?;
        }
    }
    if wanted > 0 {
        for d in got(&pair.side(here.other()).databases)?.iter().filter(|d| within(d)) {
            taken += size(here.other(), &d.name)?;
        }
    }
    Ok((wanted, taken))
}

/// What becomes of each chosen database on the partner, in words: a group takes a copy that follows already, and makes others with
/// the primary's tier and size (facts: failover-groups 9.2).
pub fn copies(f: &GroupFacts, pair: &ServerPair) -> Vec<String> {
    let here = primary(f);
    let partner = &f.member(here.other());
    let word = |(name, d): (String, Option<&ServerDatabase>)| {
        let replicas = pair.side(here).replicas.known();
        let elsewhere = replicas
            .into_iter()
            .flatten()
            .find(|r| r.database.eq_ignore_ascii_case(&name) && !r.partner.eq_ignore_ascii_case(&partner.instance));
        let level = d.map_or("tier unknown".to_owned(), ServerDatabase::level);
        if pair.replica_to(here, &name, &partner.instance).is_some() {
            return format!("{name}: the copy on {} is taken as it is, nothing is copied", partner.site);
        }
        match elsewhere {
            Some(r) => {
                format!("{name}: one more copy is made on {}, {level}; the one on {} stays", partner.site, r.partner)
            }
            None => format!("{name}: a copy is made on {}, {level}", partner.site),
        }
    };
    chosen(f, pair).map(|all| all.into_iter().map(word).collect()).unwrap_or_default()
}

/// Maintenance windows of the chosen databases and of their copies, where the regions are no pair.
fn windows(f: &GroupFacts, pair: &ServerPair) -> Answer {
    let (a, b) = both(f)?;
    if paired(&plain(&a.location), &plain(&b.location)) == Paired::Yes {
        return Ok((true, "a pair of regions is updated one after the other".to_owned()));
    }
    let here = primary(f);
    let window = |side: Side, d: &ServerDatabase| {
        let pools = pair.side(side).pools.known();
        let of_pool = d.pool.as_ref().and_then(|name| pools?.iter().find(|p| p.name.eq_ignore_ascii_case(name)));
        let id = of_pool.map_or(d.maintenance.as_ref(), |p| p.maintenance.as_ref())?;
        Some(id.rsplit('/').next().unwrap_or(id).to_owned())
    };
    let mut bad = Vec::new();
    for (name, d) in chosen(f, pair)? {
        let Some(mine) = d.and_then(|d| window(here, d)) else {
            return Err(format!("Azure does not say when {name} is updated"));
        };
        // A copy that is still to be made begins with the default window.
        let theirs = match pair.database(here.other(), &name) {
            Some(copy) => window(here.other(), copy)
                .ok_or_else(|| format!("Azure does not say when the copy of {name} is updated"))?,
            None => "SQL_Default".to_owned(),
        };
        if mine.eq_ignore_ascii_case(&theirs) {
            bad.push(format!("{name}: {mine} on both"));
        }
    }
    Ok(verdict(&bad, "different"))
}

fn advice(f: &GroupFacts, pair: &ServerPair, list: &mut List) {
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
    list.add("sqldb.zones", zones);
    let after: Answer = chosen(f, pair).map(|all| {
        let bad: Vec<String> = all
            .iter()
            .filter(|(name, d)| fresh(name) && d.is_some_and(|d| d.zone_redundant == Some(true) && !d.inherits_zones()))
            .map(|(name, _)| format!("{name} is zone redundant, its copy will not be"))
            .collect();
        verdict(&bad, "nothing to switch on")
    });
    list.add("sqldb.zones_after", after);
    let many: Answer = got(&pair.chosen).map(|all| (all.len() <= DATABASES_WARN, format!("{} databases", all.len())));
    list.add("sqldb.many", many);
    // What milink cannot read is said, so that nobody takes silence for a yes.
    list.add(
        "sqldb.logins",
        Err("logins, firewall rules and backup retention of the two servers are not compared".to_owned()),
    );
}

fn seeding_time(f: &GroupFacts, gb_per_hour: Option<f64>, list: &mut List) {
    let hours = f.bytes.map(|b| seeding::server_hours(b, gb_per_hour)).ok_or_else(|| "sizes were not read".to_owned());
    let text = |(least, most): (f64, f64)| format!("{least:.1} to {most:.1} h, all side by side, load not counted");
    list.add("sqldb.seeding_time", hours.map(|h| (h.0 <= seeding::HOURS_WARN, text(h))));
}
