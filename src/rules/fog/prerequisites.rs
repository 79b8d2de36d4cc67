//! The checklist before a group is made (facts: failover-groups 1.1): what can be read, judged; what cannot, said.

use super::names::is_group_name;
use super::pairs::Paired;
use super::pairs::paired;
use super::pairs::plain;
use super::seeding;
use crate::model::fact::Fact;
use crate::model::geo::GroupFacts;
use crate::model::geo::MemberFacts;
use crate::model::geo::Side;
use crate::rules::checks::registry;
use serde::Serialize;

pub use crate::rules::checks::registry::Severity;
pub use crate::rules::checks::verdict::Status;

/// One row of the checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// `fog.dns_zone`
    pub id: &'static str,
    /// Row of the facts, such as `P05`.
    pub rule: &'static str,
    pub severity: Severity,
    pub status: Status,
    /// The value on each side.
    pub found: String,
    pub remedy: &'static str,
}

impl Row {
    /// One row by itself, with what the registry says of it.
    pub fn of(id: &'static str, answer: Result<(bool, String), String>) -> Self {
        let (status, found) = match answer {
            Ok((true, found)) => (Status::Pass, found),
            Ok((false, found)) => (Status::Fail, found),
            Err(why) => (Status::Unknown, why),
        };
        // One that nobody registered stands in the way; a test forbids it.
        let check = registry::find(id).ok();
        Self {
            id,
            rule: check.and_then(|c| c.rule.as_deref()).unwrap_or_default(),
            severity: check.map_or(Severity::Block, |c| c.severity),
            status,
            found,
            remedy: check.map(|c| c.remedy.as_str()).unwrap_or_default(),
        }
    }

    /// Stands in the way of a creation: unknown is never a pass.
    pub fn blocks(&self) -> bool {
        self.severity == Severity::Block && matches!(self.status, Status::Fail | Status::Unknown)
    }
}

pub(super) struct List(pub(super) Vec<Row>);

impl List {
    /// Severity, rule and remedy stand in the registry.
    pub(super) fn add(&mut self, id: &'static str, answer: Result<(bool, String), String>) {
        self.0.push(Row::of(id, answer));
    }
}

pub(super) fn got<T>(fact: &Fact<T>) -> Result<&T, String> {
    fact.get().map_err(|u| u.0)
}

/// Every row, in the order of the facts. `gb_per_hour`: the path's own rate, where known.
pub fn judge(f: &GroupFacts, gb_per_hour: Option<f64>) -> Vec<Row> {
    if let Some(pair) = &f.servers {
        return super::servers::judge(f, pair, false, gb_per_hour);
    }
    let mut list = List(Vec::new());
    instances(f, &mut list);
    contents(f, &mut list);
    names(f, &mut list);
    seeding_time(f, gb_per_hour, &mut list);
    list.0
}

/// Rows about settings that must stay equal by hand once the group stands (facts: failover-groups 7.7).
const KEPT_EQUAL: [&str; 9] = [
    "fog.tier",
    "fog.storage",
    "fog.compute",
    "fog.policy",
    "fog.next_gen",
    "fog.backup_redundancy",
    "fog.tls",
    "fog.connection",
    "fog.maintenance",
];

/// Those of them in which the members of a standing group differ, or are not known to be equal.
pub fn drift(f: &GroupFacts) -> Vec<Row> {
    if f.servers.is_some() {
        return Vec::new();
    }
    let mut list = List(Vec::new());
    instances(f, &mut list);
    list.0.retain(|r| KEPT_EQUAL.contains(&r.id) && r.status != Status::Pass);
    list.0
}

fn instances(f: &GroupFacts, list: &mut List) {
    let both = || Ok::<_, String>((got(&f.a.facts)?, got(&f.b.facts)?));
    let equal = |what: fn(&MemberFacts) -> Option<String>| {
        let (a, b) = both()?;
        let (a, b) = (what(a), what(b));
        match (&a, &b) {
            (Some(x), Some(y)) => Ok((x.eq_ignore_ascii_case(y), format!("{x} and {y}"))),
            _ => Err("Azure does not say it of both".to_owned()),
        }
    };
    list.add("fog.tier", equal(|m| m.tier.clone()));
    list.add("fog.storage", equal(|m| m.storage_gb.map(|n| format!("{n} GB"))));
    list.add("fog.compute", equal(|m| m.v_cores.map(|n| format!("{n} vCores"))));
    list.add("fog.dns_zone", equal(|m| m.dns_zone.clone()));
    list.add("fog.collation", equal(|m| m.collation.clone()));
    list.add("fog.time_zone", equal(|m| m.time_zone.clone()));
    list.add("fog.policy", equal(|m| m.policy.clone()));
    let regions = both().map(|(a, b)| (plain(&a.location), plain(&b.location)));
    list.add("fog.region", regions.clone().map(|(a, b)| (a != b, format!("{a} and {b}"))));
    let pair = regions.and_then(|(a, b)| match paired(&a, &b) {
        Paired::Unknown => Err(format!("{a} or {b} is in no list of this version")),
        Paired::OtherWay => Ok((false, format!("{b} is paired with {a}, but not the other way"))),
        p => Ok((p == Paired::Yes, format!("{a} and {b}"))),
    });
    list.add("fog.paired", pair);
    windows(f, list);
    scopes(f, list);
    let pool = both().map(|(a, b)| {
        let in_pool: Vec<_> = [a, b].iter().filter_map(|m| m.pool.clone()).collect();
        (in_pool.is_empty(), if in_pool.is_empty() { "in none".to_owned() } else { in_pool.join(", ") })
    });
    list.add("fog.pool", pool);
    let pricing = both().map(|(a, b)| {
        let free = [a, b].iter().any(|m| m.pricing.as_deref().is_some_and(|p| !p.eq_ignore_ascii_case("Regular")));
        (!free, [a, b].map(|m| m.pricing.clone().unwrap_or_else(|| "Regular".to_owned())).join(" and "))
    });
    list.add("fog.free_offer", pricing);
    let next_gen = both().and_then(|(a, b)| match (a.next_gen, b.next_gen) {
        (Some(x), Some(y)) => Ok((x == y, format!("{x} and {y}"))),
        _ => Err("Azure does not say it of both".to_owned()),
    });
    list.add("fog.next_gen", next_gen);
    list.add("fog.backup_redundancy", equal(|m| m.backup_redundancy.clone()));
    list.add("fog.tls", equal(|m| m.minimal_tls.clone()));
    list.add("fog.connection", equal(|m| m.connection.clone()));
    list.add(
        "fog.hybrid_usage",
        both().map(|(a, b)| {
            let passive = [a, b].iter().any(|m| m.hybrid_usage.as_deref() == Some("Passive"));
            (!passive, [a, b].map(|m| m.hybrid_usage.clone().unwrap_or_else(|| "Active".to_owned())).join(" and "))
        }),
    );
    for side in [Side::A, Side::B] {
        let member = f.member(side);
        let idle = got(&member.facts).and_then(|m| {
            let operations = got(&member.operations)?;
            let (state, provisioning) = (m.state.clone(), m.provisioning.clone());
            let text = |s: &Option<String>| s.clone().unwrap_or_else(|| "not said".to_owned());
            if state.is_none() || provisioning.is_none() {
                return Err(format!("Azure does not say whether {} is ready", member.site));
            }
            let ready = state.as_deref() == Some("Ready") && provisioning.as_deref() == Some("Succeeded");
            let what = format!("{}: {}, {}", member.site, text(&state), text(&provisioning));
            if operations.is_empty() {
                Ok((ready, what))
            } else {
                Ok((false, format!("{what}, {}", operations.join(", "))))
            }
        });
        let id = if side == Side::A { "fog.primary_idle" } else { "fog.secondary_idle" };
        list.add(id, idle);
    }
}

/// In regions that are no pair nobody promises that both are not updated at once.
fn windows(f: &GroupFacts, list: &mut List) {
    let answer = got(&f.a.facts).and_then(|a| Ok((a, got(&f.b.facts)?))).and_then(|(a, b)| {
        if paired(&plain(&a.location), &plain(&b.location)) == Paired::Yes {
            return Ok((true, "a pair of regions is updated one after the other".to_owned()));
        }
        let last = |id: &String| id.rsplit('/').next().unwrap_or_default().to_owned();
        match (a.maintenance.as_ref().map(last), b.maintenance.as_ref().map(last)) {
            (Some(x), Some(y)) => Ok((!x.eq_ignore_ascii_case(&y), format!("{x} and {y}"))),
            _ => Err("Azure does not say it of both".to_owned()),
        }
    });
    list.add("fog.maintenance", answer);
}

/// One subscription has one tenant.
fn scopes(f: &GroupFacts, list: &mut List) {
    let scopes = got(&f.a.facts)
        .and_then(|a| Ok((a.scope(), got(&f.b.facts)?.scope())))
        .and_then(|(a, b)| a.zip(b).ok_or_else(|| "an id of Azure cannot be read".to_owned()));
    let tenant = scopes.clone().and_then(|(a, b)| {
        if a.0 == b.0 {
            Ok((true, "one subscription, so one".to_owned()))
        } else {
            match [&f.a, &f.b].map(|m| m.facts.known().and_then(|x| x.tenant.clone())) {
                [Some(x), Some(y)] => Ok((x.eq_ignore_ascii_case(&y), format!("tenants {x} and {y}"))),
                _ => Err(format!("the tenants of subscriptions {} and {} could not be read", a.0, b.0)),
            }
        }
    });
    list.add("fog.tenant", tenant);
    list.add("fog.scope", scopes.map(|(a, b)| (a == b, format!("{}/{} and {}/{}", a.0, a.1, b.0, b.1))));
}

fn contents(f: &GroupFacts, list: &mut List) {
    let empty = got(&f.b.databases).map(|all| {
        let names: Vec<_> = all.iter().map(|(n, _)| n.clone()).collect();
        (all.is_empty(), if all.is_empty() { "empty".to_owned() } else { names.join(", ") })
    });
    list.add("fog.secondary_empty", empty);
    for (side, id) in [(Side::A, "fog.primary_group"), (Side::B, "fog.secondary_group")] {
        let member = f.member(side);
        let other = got(&member.groups).and_then(|all| {
            let me = got(&member.facts)?;
            let is_me = |id: &Option<String>| id.as_deref().is_some_and(|i| i.eq_ignore_ascii_case(&me.id));
            let found = all.iter().find(|g| is_me(&g.primary_id) || is_me(&g.partner_id));
            Ok((found.is_none(), found.map_or("in none".to_owned(), |g| format!("in {}", g.name))))
        });
        list.add(id, other);
    }
    for (side, id) in [(Side::A, "fog.primary_links"), (Side::B, "fog.secondary_links")] {
        let links = got(&f.member(side).links)
            .map(|all| (all.is_empty(), if all.is_empty() { "none".to_owned() } else { all.join(", ") }));
        list.add(id, links);
    }
    let open = got(&f.a.databases).map(|all| {
        let bad: Vec<_> = all.iter().filter(|(_, s)| s != "Online").map(|(n, s)| format!("{n} is {s}")).collect();
        (bad.is_empty(), if bad.is_empty() { format!("{} online", all.len()) } else { bad.join(", ") })
    });
    list.add("fog.databases", open);
    for (side, id) in [(Side::A, "fog.primary_permissions"), (Side::B, "fog.secondary_permissions")] {
        let allowed = got(&f.member(side).forbidden)
            .map(|all| (all.is_empty(), if all.is_empty() { "allowed".to_owned() } else { all.join(", ") }));
        list.add(id, allowed);
    }
}

fn names(f: &GroupFacts, list: &mut List) {
    list.add("fog.name", Ok((is_group_name(&f.name), f.name.clone())));
}

fn seeding_time(f: &GroupFacts, gb_per_hour: Option<f64>, list: &mut List) {
    let hours = f.bytes.map(|b| seeding::hours(b, gb_per_hour)).ok_or_else(|| "sizes were not read".to_owned());
    let text = |(least, most): (f64, f64)| format!("{least:.1} to {most:.1} h, load and full backups not counted");
    list.add("fog.seeding_time", hours.clone().map(|h| (h.0 <= seeding::HOURS_WARN, text(h))));
    if let Ok(h) = hours
        && h.0 > seeding::HOURS_MAX
    {
        list.add("fog.seeding_limit", Ok((false, text(h))));
    }
}
