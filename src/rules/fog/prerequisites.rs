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
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Block,
    Warn,
    Info,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Pass,
    Fail,
    Unknown,
    Waived,
}

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
    /// Stands in the way of a creation: unknown is never a pass.
    pub fn blocks(&self) -> bool {
        self.severity == Severity::Block && matches!(self.status, Status::Fail | Status::Unknown)
    }
}

pub(super) struct List(pub(super) Vec<Row>);

impl List {
    pub(super) fn add(
        &mut self,
        (id, rule, severity): (&'static str, &'static str, Severity),
        answer: Result<(bool, String), String>,
        remedy: &'static str,
    ) {
        let (status, found) = match answer {
            Ok((true, found)) => (Status::Pass, found),
            Ok((false, found)) => (Status::Fail, found),
            Err(why) => (Status::Unknown, why),
        };
        self.0.push(Row { id, rule, severity, status, found, remedy });
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
const KEPT_EQUAL: [&str; 8] = [
    "fog.tier",
    "fog.storage",
    "fog.compute",
    "fog.policy",
    "fog.next_gen",
    "fog.backup_redundancy",
    "fog.tls",
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
    use Severity::Block;
    use Severity::Warn;
    let both = || Ok::<_, String>((got(&f.a.facts)?, got(&f.b.facts)?));
    let equal = |what: fn(&MemberFacts) -> Option<String>| {
        let (a, b) = both()?;
        let (a, b) = (what(a), what(b));
        match (&a, &b) {
            (Some(x), Some(y)) => Ok((x.eq_ignore_ascii_case(y), format!("{x} and {y}"))),
            _ => Err("Azure does not say it of both".to_owned()),
        }
    };
    list.add(("fog.tier", "P02", Block), equal(|m| m.tier.clone()), "scale one of them to the other's service tier");
    list.add(
        ("fog.storage", "P03", Block),
        equal(|m| m.storage_gb.map(|n| format!("{n} GB"))),
        "give both the same storage size",
    );
    list.add(
        ("fog.compute", "P04", Warn),
        equal(|m| m.v_cores.map(|n| format!("{n} vCores"))),
        "a smaller secondary falls behind and slows everything after a failover",
    );
    list.add(
        ("fog.dns_zone", "P05", Block),
        equal(|m| m.dns_zone.clone()),
        "the zone is fixed at creation, and the (multi-domain) certificate is for it, so that clients can reconnect: make the secondary anew with the primary's resource id as dnsZonePartner",
    );
    list.add(("fog.collation", "P06", Block), equal(|m| m.collation.clone()), "the collation is fixed at creation");
    list.add(("fog.time_zone", "P07", Block), equal(|m| m.time_zone.clone()), "the time zone is fixed at creation");
    list.add(
        ("fog.policy", "P08", Block),
        equal(|m| m.policy.clone()),
        "bring both to one update policy; it only goes forward",
    );
    let regions = both().map(|(a, b)| (plain(&a.location), plain(&b.location)));
    list.add(
        ("fog.region", "P09", Block),
        regions.clone().map(|(a, b)| (a != b, format!("{a} and {b}"))),
        "a group needs two regions",
    );
    let pair = regions.and_then(|(a, b)| match paired(&a, &b) {
        Paired::Unknown => Err(format!("{a} or {b} is in no list of this version")),
        Paired::OtherWay => Ok((false, format!("{b} is paired with {a}, but not the other way"))),
        p => Ok((p == Paired::Yes, format!("{a} and {b}"))),
    });
    list.add(("fog.paired", "P10", Warn), pair, "unpaired regions are slower and may be updated at the same time");
    windows(f, list);
    scopes(f, list);
    let pool = both().map(|(a, b)| {
        let in_pool: Vec<_> = [a, b].iter().filter_map(|m| m.pool.clone()).collect();
        (in_pool.is_empty(), if in_pool.is_empty() { "in none".to_owned() } else { in_pool.join(", ") })
    });
    list.add(("fog.pool", "P11", Block), pool, "an instance of a pool cannot be in a group");
    let pricing = both().map(|(a, b)| {
        let free = [a, b].iter().any(|m| m.pricing.as_deref().is_some_and(|p| !p.eq_ignore_ascii_case("Regular")));
        (!free, [a, b].map(|m| m.pricing.clone().unwrap_or_else(|| "Regular".to_owned())).join(" and "))
    });
    list.add(("fog.free_offer", "P16", Block), pricing, "an instance of the free offer cannot be in a group");
    let next_gen = both().and_then(|(a, b)| match (a.next_gen, b.next_gen) {
        (Some(x), Some(y)) => Ok((x == y, format!("{x} and {y}"))),
        _ => Err("Azure does not say it of both".to_owned()),
    });
    list.add(("fog.next_gen", "P21", Block), next_gen, "Next-gen General Purpose on both or on neither");
    list.add(
        ("fog.backup_redundancy", "P25", Warn),
        equal(|m| m.backup_redundancy.clone()),
        "settings of backups are not carried over: make them equal",
    );
    list.add(
        ("fog.tls", "P26", Warn),
        equal(|m| m.minimal_tls.clone()),
        "settings of an instance are not carried over: make them equal",
    );
    list.add(
        ("fog.hybrid_usage", "P27", Warn),
        both().map(|(a, b)| {
            let passive = [a, b].iter().any(|m| m.hybrid_usage.as_deref() == Some("Passive"));
            (!passive, [a, b].map(|m| m.hybrid_usage.clone().unwrap_or_else(|| "Active".to_owned())).join(" and "))
        }),
        "the benefit of a link's passive secondary ends with the link: set hybridSecondaryUsage to Active",
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
        list.add((id, "P17", Block), idle, "wait until the instance is ready and no operation runs");
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
    list.add(
        ("fog.maintenance", "P28", Severity::Warn),
        answer,
        "give the secondary a weekday maintenance window and the primary one at the weekend",
    );
}

/// One subscription has one tenant; of two, the tenants are not read.
fn scopes(f: &GroupFacts, list: &mut List) {
    let scopes = got(&f.a.facts)
        .and_then(|a| Ok((a.scope(), got(&f.b.facts)?.scope())))
        .and_then(|(a, b)| a.zip(b).ok_or_else(|| "an id of Azure cannot be read".to_owned()));
    let tenant = scopes.clone().and_then(|(a, b)| {
        if a.0 == b.0 {
            Ok((true, "one subscription, so one".to_owned()))
        } else {
            Err(format!("the tenants of subscriptions {} and {} are not read", a.0, b.0))
        }
    });
    list.add(("fog.tenant", "P14", Severity::Block), tenant, "both instances in one Entra tenant");
    list.add(
        ("fog.scope", "P15", Severity::Info),
        scopes.map(|(a, b)| (a == b, format!("{}/{} and {}/{}", a.0, a.1, b.0, b.1))),
        "nothing: milink asks by REST, which takes any two; the portal and the CLI may not show or make such a group",
    );
}

fn contents(f: &GroupFacts, list: &mut List) {
    use Severity::Block;
    let empty = got(&f.b.databases).map(|all| {
        let names: Vec<_> = all.iter().map(|(n, _)| n.clone()).collect();
        (all.is_empty(), if all.is_empty() { "empty".to_owned() } else { names.join(", ") })
    });
    list.add(("fog.secondary_empty", "P01", Block), empty, "drop every user database of the secondary");
    for (side, id) in [(Side::A, "fog.primary_group"), (Side::B, "fog.secondary_group")] {
        let member = f.member(side);
        let other = got(&member.groups).and_then(|all| {
            let me = got(&member.facts)?;
            let is_me = |id: &Option<String>| id.as_deref().is_some_and(|i| i.eq_ignore_ascii_case(&me.id));
            let found = all.iter().find(|g| is_me(&g.primary_id) || is_me(&g.partner_id));
            Ok((found.is_none(), found.map_or("in none".to_owned(), |g| format!("in {}", g.name))))
        });
        list.add((id, "P12", Block), other, "an instance can be in one group only");
    }
    for (side, id) in [(Side::A, "fog.primary_links"), (Side::B, "fog.secondary_links")] {
        let links = got(&f.member(side).links)
            .map(|all| (all.is_empty(), if all.is_empty() { "none".to_owned() } else { all.join(", ") }));
        list.add(
            (id, "P13", Block),
            links,
            "a link and a failover group exclude each other: finish and delete every link of the instance first",
        );
    }
    let open = got(&f.a.databases).map(|all| {
        let bad: Vec<_> = all.iter().filter(|(_, s)| s != "Online").map(|(n, s)| format!("{n} is {s}")).collect();
        (bad.is_empty(), if bad.is_empty() { format!("{} online", all.len()) } else { bad.join(", ") })
    });
    list.add(("fog.databases", "P18", Block), open, "wait for the restore to end; repair or drop what is inaccessible");
    for (side, id) in [(Side::A, "fog.primary_permissions"), (Side::B, "fog.secondary_permissions")] {
        let allowed = got(&f.member(side).forbidden)
            .map(|all| (all.is_empty(), if all.is_empty() { "allowed".to_owned() } else { all.join(", ") }));
        list.add(
            (id, "8", Block),
            allowed,
            "needs SQL Managed Instance Contributor on the resource groups of both instances",
        );
    }
}

fn names(f: &GroupFacts, list: &mut List) {
    list.add(
        ("fog.name", "P20", Severity::Block),
        Ok((is_group_name(&f.name), f.name.clone())),
        "1 to 63 lower-case letters, digits and inner hyphens",
    );
    // What milink cannot read is said, so that nobody takes silence for a yes.
    list.add(
        ("fog.network_path", "N08", Severity::Warn),
        Err("peering, security groups and routes of the two subnets are not read".to_owned()),
        "TCP 5022 and 11000-11999 must pass both ways between the subnets; see docs/runbooks/failover-groups.md",
    );
    list.add(
        ("fog.encryption_key", "P19", Severity::Warn),
        Err("keys of transparent data encryption are not read".to_owned()),
        "with a customer-managed key, register the same key on the secondary first",
    );
}

fn seeding_time(f: &GroupFacts, gb_per_hour: Option<f64>, list: &mut List) {
    let hours = f.bytes.map(|b| seeding::hours(b, gb_per_hour)).ok_or_else(|| "sizes were not read".to_owned());
    let text = |(least, most): (f64, f64)| format!("{least:.1} to {most:.1} h, load and full backups not counted");
    let remedy = "creation is cancelled after 6 days: a faster path, or fewer data";
    list.add(
        ("fog.seeding_time", "P24", Severity::Warn),
        hours.clone().map(|h| (h.0 <= seeding::HOURS_WARN, text(h))),
        remedy,
    );
    if let Ok(h) = hours
        && h.0 > seeding::HOURS_MAX
    {
        list.add(("fog.seeding_limit", "P24", Severity::Block), Ok((false, text(h))), remedy);
    }
}
