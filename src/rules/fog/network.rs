//! The path between the subnets of two members, as configured (facts: failover-groups 1.2, 1.3): only a copy proves it.

use super::prerequisites::List;
use super::prerequisites::Row;
use crate::model::fact::Fact;
use crate::model::network::MemberNetwork;
use crate::model::network::Path;
use crate::model::network::id_tail;
use crate::rules::network::group;
use crate::rules::network::group::Need;
use crate::rules::network::group::Outcome;
use crate::rules::network::range::Ports;
use crate::rules::network::range::Range;
use crate::rules::network::range::ports_text;
use crate::rules::network::route::Way;
use crate::rules::network::route::way;
use serde_json::Value;
use std::net::Ipv4Addr;
use time::Date;
use time::Month;
use time::OffsetDateTime;

/// Service that a subnet of managed instances is delegated to.
pub const DELEGATED_TO: &str = "Microsoft.Sql/managedInstances";
/// Replication, and the ports that connections are redirected to (facts: failover-groups 1.2 N10).
const PORTS: [Ports; 2] = [Ports::one(5022), Ports { first: 11_000, last: 11_999 }];
/// Addresses of a /26: what a subnet should have for scaling (facts: failover-groups 11).
const ROOMY: u64 = 64;

/// Both networks, and when the members were made.
#[derive(Debug, Clone)]
pub struct Between {
    pub path: Path,
    /// Of the primary and of the secondary.
    pub networks: Fact<[MemberNetwork; 2]>,
    pub made_at: [Option<OffsetDateTime>; 2],
}

type Answer = Result<(bool, String), String>;

/// The rows; one alone where the networks could not be read.
pub fn judge(found: &Between) -> Vec<Row> {
    let mut list = List(Vec::new());
    let [a, b] = match found.networks.get() {
        Ok(pair) => pair,
        Err(why) => {
            list.add("fog.network_path", Err(why.0));
            return list.0;
        }
    };
    subnets(a, b, &mut list);
    addresses(a, b, &mut list);
    list.add("fog.network_path", path(found.path, a, b));
    if found.path != Path::Peering {
        list.add("fog.path_devices", Err(format!("declared: {}; what stands on it is not read", found.path.word())));
    }
    for (id, own, other, inbound) in [
        ("fog.primary_inbound", a, b, true),
        ("fog.primary_outbound", a, b, false),
        ("fog.secondary_inbound", b, a, true),
        ("fog.secondary_outbound", b, a, false),
    ] {
        list.add(id, rules(own, other, inbound));
    }
    routes(a, b, &mut list);
    if found.path == Path::Peering {
        list.add("fog.subnet_age", age(&found.made_at));
    }
    list.0
}

fn verdict(bad: &[String], good: impl Into<String>) -> (bool, String) {
    (bad.is_empty(), if bad.is_empty() { good.into() } else { bad.join("; ") })
}

fn same(x: Option<&String>, y: Option<&String>) -> bool {
    x.zip(y).is_some_and(|(x, y)| x.eq_ignore_ascii_case(y))
}

fn is(value: &Value, name: &str) -> bool {
    value[name].as_bool() == Some(true)
}

fn subnets(a: &MemberNetwork, b: &MemberNetwork, list: &mut List) {
    let each = |what: &dyn Fn(&MemberNetwork) -> Vec<String>| [what(a), what(b)].concat();
    let used: Vec<String> = each(&|m| {
        let mut bad = Vec::new();
        let delegations = m.subnet_properties["delegations"].as_array().cloned().unwrap_or_default();
        let service = |d: &Value| d["properties"]["serviceName"].as_str().unwrap_or_default().to_owned();
        if !delegations.iter().any(|d| service(d).eq_ignore_ascii_case(DELEGATED_TO)) {
            let other = delegations.first().map_or("nothing".to_owned(), service);
            bad.push(format!("subnet {} is delegated to {other}", id_tail(&m.subnet)));
        }
        let strangers = |list: &str| m.subnet_properties[list].as_array().map_or(0, Vec::len);
        if strangers("privateEndpoints") > 0 {
            bad.push(format!(
                "subnet {} holds {} private endpoints",
                id_tail(&m.subnet),
                strangers("privateEndpoints")
            ));
        }
        // The instances' own addresses belong to the service; network cards are somebody's machines.
        let cards = m.subnet_properties["ipConfigurations"].as_array().into_iter().flatten();
        let cards = cards.filter(|c| c["id"].as_str().is_some_and(|id| id.contains("/networkInterfaces/"))).count();
        if cards > 0 {
            bad.push(format!("subnet {} holds {cards} network cards of other machines", id_tail(&m.subnet)));
        }
        bad
    });
    list.add("fog.subnets", Ok(verdict(&used, "delegated to managed instances, both")));
    let bare: Vec<String> = each(&|m| {
        let mut bad = Vec::new();
        if m.group.is_none() {
            bad.push(format!("subnet {} has no network security group", id_tail(&m.subnet)));
        }
        if m.table.is_none() {
            bad.push(format!("subnet {} has no route table", id_tail(&m.subnet)));
        }
        bad
    });
    list.add("fog.subnet_tables", Ok(verdict(&bare, "both have both")));
    let shared = |x: &Option<String>, y: &Option<String>, what: &str| {
        let bad = same(x.as_ref(), y.as_ref());
        let name = x.as_deref().map_or("none", id_tail);
        (!bad, if bad { format!("both subnets share one {what}: {name}") } else { "each has its own".to_owned() })
    };
    list.add("fog.shared_group", Ok(shared(&a.group, &b.group, "network security group")));
    list.add("fog.shared_table", Ok(shared(&a.table, &b.table, "route table")));
    let kinds: Vec<String> = each(&|m| {
        let p = &m.subnet_properties;
        let name = id_tail(&m.subnet);
        let mut bad = Vec::new();
        if p["defaultOutboundAccess"].as_bool() == Some(false) {
            bad.push(format!("{name} is a private subnet"));
        }
        if !p["natGateway"].is_null() {
            bad.push(format!("{name} has a NAT gateway"));
        }
        if m.facts.prefixes.iter().any(|x| x.contains(':')) {
            bad.push(format!("{name} has IPv6 addresses"));
        }
        if is(&m.network_properties["encryption"], "enabled") {
            bad.push(format!("network {} is encrypted", id_tail(&m.network)));
        }
        bad
    });
    list.add("fog.subnet_kind", Ok(verdict(&kinds, "neither")));
    let tight: Vec<String> = each(&|m| {
        let size: u64 = m.facts.prefixes.iter().filter_map(|p| Range::parse(p)).map(Range::size).sum();
        if size < ROOMY {
            vec![format!("{} ({}): {size} addresses", id_tail(&m.subnet), m.facts.prefixes.join(", "))]
        } else {
            Vec::new()
        }
    });
    list.add("fog.addresses", Ok(verdict(&tight, "room for scaling, both")));
    let servers: Vec<String> = each(&|m| {
        let all = m.network_properties["dhcpOptions"]["dnsServers"].as_array().into_iter().flatten();
        let all: Vec<&str> = all.filter_map(Value::as_str).collect();
        if all.is_empty() { Vec::new() } else { vec![format!("{} asks {}", id_tail(&m.network), all.join(", "))] }
    });
    let custom = if servers.is_empty() {
        Ok((true, "both networks ask Azure's own name server".to_owned()))
    } else {
        Err(format!("{}; whether they pass on names of instances is not read", servers.join("; ")))
    };
    list.add("fog.custom_dns", custom);
    let endpoints: Vec<String> = each(&|m| {
        let all = m.subnet_properties["serviceEndpoints"].as_array().into_iter().flatten();
        let sql = all.filter(|e| e["service"].as_str().is_some_and(|s| s.eq_ignore_ascii_case("Microsoft.Sql")));
        sql.map(|e| {
            let regions: Vec<&str> =
                e["locations"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            format!("{}: Microsoft.Sql for {} alone", id_tail(&m.subnet), regions.join(", "))
        })
        .collect()
    });
    list.add("fog.service_endpoints", Ok(verdict(&endpoints, "none")));
}

fn ranges(texts: &[String]) -> Vec<Range> {
    texts.iter().filter_map(|t| Range::parse(t)).collect()
}

/// Whether some range of the one shares an address with some range of the other; each is taken from its first address on.
pub fn overlaps(a: &[String], b: &[String]) -> bool {
    ranges(a).iter().any(|x| ranges(b).iter().any(|y| x.first <= y.last && y.first <= x.last))
}

/// A network behind a peering: its id and its addresses.
fn behind(own: &MemberNetwork, other: &MemberNetwork) -> Vec<(String, Vec<String>)> {
    let far = |p: &Value| {
        let p = &p["properties"];
        let id = p["remoteVirtualNetwork"]["id"].as_str()?.to_owned();
        let list = |name: &str| -> Vec<String> {
            let all = p[name]["addressPrefixes"].as_array().into_iter().flatten();
            all.filter_map(|x| x.as_str().map(ToOwned::to_owned)).collect()
        };
        let mut spaces = list("remoteVirtualNetworkAddressSpace");
        if spaces.is_empty() {
            spaces = list("remoteAddressSpace");
        }
        (!id.eq_ignore_ascii_case(&other.network)).then_some((id, spaces))
    };
    own.peerings.iter().filter_map(far).collect()
}

fn addresses(a: &MemberNetwork, b: &MemberNetwork, list: &mut List) {
    let spaces = |m: &MemberNetwork| format!("{} ({})", id_tail(&m.network), m.facts.spaces.join(", "));
    let apart = a.network.eq_ignore_ascii_case(&b.network) || !overlaps(&a.facts.spaces, &b.facts.spaces);
    let both = format!("{} and {}", spaces(a), spaces(b));
    list.add("fog.overlap", Ok((apart, if apart { both } else { format!("{both} overlap") })));
    let mut bad = Vec::new();
    for (own, other) in [(a, b), (b, a)] {
        for (id, space) in behind(own, other) {
            if overlaps(&space, &other.facts.spaces) {
                let (name, own) = (id_tail(&id), id_tail(&own.network));
                bad.push(format!("{name} ({}), peered with {own}, overlaps {}", space.join(", "), spaces(other)));
            }
        }
    }
    list.add("fog.overlap_indirect", Ok(verdict(&bad, "none does")));
    let mut third = Vec::new();
    for (id, space) in behind(a, b) {
        for (far, other) in behind(b, a) {
            if !id.eq_ignore_ascii_case(&far) && overlaps(&space, &other) {
                third.push(format!("{} and {} overlap", id_tail(&id), id_tail(&far)));
            }
        }
    }
    list.add("fog.overlap_third", Ok(verdict(&third, "none do")));
}

fn path(declared: Path, a: &MemberNetwork, b: &MemberNetwork) -> Answer {
    if a.network.eq_ignore_ascii_case(&b.network) {
        return Ok((true, "both are in one network".to_owned()));
    }
    if declared != Path::Peering {
        return Ok((true, format!("declared: {}; not proven by that", declared.word())));
    }
    let mut bad = Vec::new();
    for (own, other) in [(a, b), (b, a)] {
        let leads = |p: &&Value| {
            p["properties"]["remoteVirtualNetwork"]["id"]
                .as_str()
                .is_some_and(|id| id.eq_ignore_ascii_case(&other.network))
        };
        let here = id_tail(&own.network);
        let Some(half) = own.peerings.iter().find(leads) else {
            bad.push(format!("{here} has no peering with {}", id_tail(&other.network)));
            continue;
        };
        let (name, p) = (half["name"].as_str().unwrap_or("?"), &half["properties"]);
        let state = p["peeringState"].as_str().unwrap_or("unknown");
        if !state.eq_ignore_ascii_case("Connected") {
            bad.push(format!("peering {name} of {here} is {state}"));
        }
        if let Some(level) = p["peeringSyncLevel"].as_str().filter(|l| !l.eq_ignore_ascii_case("FullyInSync")) {
            bad.push(format!("peering {name} of {here} is {level}: synchronise it"));
        }
        if p["allowVirtualNetworkAccess"].as_bool() == Some(false) {
            bad.push(format!("peering {name} of {here} does not allow access"));
        }
    }
    if bad.len() == 2 && a.peerings.is_empty() && b.peerings.is_empty() && a.facts.has_gateway && b.facts.has_gateway {
        return Err(
            "there is no peering, and both networks have a gateway: name the path in the estate file".to_owned()
        );
    }
    Ok(verdict(&bad, "both halves of the peering are connected; not proven by that"))
}

/// First and last address of each range: a rule that holds both ends holds what lies between, unless somebody cut it there.
fn ends(prefixes: &[String]) -> Vec<Ipv4Addr> {
    ranges(prefixes).iter().flat_map(|r| [Ipv4Addr::from(r.first), Ipv4Addr::from(r.last)]).collect()
}

fn rules(own: &MemberNetwork, other: &MemberNetwork, is_inbound: bool) -> Answer {
    let Some(found) = own.facts.group.get().map_err(|why| why.0)? else {
        return Ok((true, format!("subnet {} has no security group: everything passes", own.facts.subnet)));
    };
    let peers = ends(&other.facts.prefixes);
    if peers.is_empty() {
        return Err(format!("the addresses of subnet {} are not read", other.facts.subnet));
    }
    let mut denied = Vec::new();
    for peer in peers {
        match group::judge(found, &Need { facts: &own.facts, is_inbound, peer, ports: &PORTS }) {
            Outcome::Open(_) => {}
            Outcome::Closed(by) => denied.extend(by.into_iter().map(|d| {
                let ports = ports_text(&d.ports);
                match d.priority {
                    u32::MAX => format!("TCP {ports}: {}", d.rule),
                    n => format!("TCP {ports} denied by {} (priority {n})", d.rule),
                }
            })),
            Outcome::Unclear { rules } => {
                return Err(format!(
                    "{}: it depends on who is in the application security groups of {}",
                    found.name,
                    rules.join(", ")
                ));
            }
        }
    }
    denied.sort();
    denied.dedup();
    let way = if is_inbound { "from" } else { "to" };
    let good = format!("{}: TCP {} {way} {}", found.name, ports_text(&PORTS), other.facts.prefixes.join(", "));
    let bad: Vec<String> = denied.iter().map(|d| format!("{}: {d}", found.name)).collect();
    Ok(verdict(&bad, good))
}

fn routes(a: &MemberNetwork, b: &MemberNetwork, list: &mut List) {
    let mut lost = Vec::new();
    let mut through: Vec<(String, String)> = Vec::new();
    for (own, other) in [(a, b), (b, a)] {
        let table = match own.facts.table.get() {
            Ok(table) => table.as_ref(),
            Err(why) => {
                list.add("fog.routes", Err(why.0));
                return;
            }
        };
        for to in ends(&other.facts.prefixes) {
            let from = format!("{}/{}", id_tail(&own.network), id_tail(&own.subnet));
            match way(&own.facts, table, to) {
                // No way at all is told by the path.
                Way::Leads(_) | Way::Lost { route: None, .. } => {}
                Way::Lost { why, .. } => lost.push(format!("from {from}: {why}")),
                Way::Through { route, appliance } => {
                    through.push((from, format!("{route} to appliance {appliance}")));
                }
            }
        }
    }
    lost.sort();
    lost.dedup();
    list.add("fog.routes", Ok(verdict(&lost, "none")));
    through.sort();
    through.dedup();
    let sides: std::collections::BTreeSet<&String> = through.iter().map(|(from, _)| from).collect();
    let asymmetric = if sides.len() == 1 { "asymmetric: " } else { "" };
    let words: Vec<String> = through.iter().map(|(from, what)| format!("{asymmetric}from {from} by {what}")).collect();
    list.add("fog.appliance", Ok(verdict(&words, "none")));
}

fn age(made_at: &[Option<OffsetDateTime>; 2]) -> Answer {
    // The later of the two days that the vendor's pages name (facts: failover-groups N16).
    let first = Date::from_calendar_date(2020, Month::September, 22).map_err(|e| e.to_string())?;
    let [Some(a), Some(b)] = made_at else { return Err("Azure does not say when both were made".to_owned()) };
    let days = format!("made on {} and {}", a.date(), b.date());
    Ok((a.date() >= first && b.date() >= first, days))
}
