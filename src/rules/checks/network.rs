//! The way between the two servers: what Azure's rules and routes let through, and what jobs on both servers proved
//! (facts: mi-link 13).

use super::case::Case;
use super::case::Judged;
use super::case::Purpose;
use super::case::fail;
use super::case::fail_with;
use super::case::not_applicable;
use super::case::pass;
use super::case::same;
use super::case::unknown;
use crate::base::text;
use crate::model::fact::Unknown;
use crate::model::group::Connected;
use crate::model::network::NetworkFacts;
use crate::model::network::SecurityGroup;
use crate::model::proof::Proof;
use crate::model::proof::Tried;
use crate::rules::network::group;
use crate::rules::network::group::Decision;
use crate::rules::network::group::Need;
use crate::rules::network::group::Outcome;
use crate::rules::network::range::Ports;
use crate::rules::network::range::any_holds;
use crate::rules::network::range::ports_text;
use crate::rules::network::route;
use crate::rules::network::route::Way;
use std::net::Ipv4Addr;
use time::Duration;

/// Port of a managed instance's mirroring endpoint: fixed (facts: mi-link 13).
const MIRRORING: Ports = Ports::one(5022);
/// Ports of its nodes, to which callers are handed on (facts: mi-link 13).
const REDIRECT: Ports = Ports { first: 11_000, last: 11_999 };
/// Ours: networks change, and a managed instance moves between nodes; a proof is looked at anew each week.
const PROOF_AGE_MAX: Duration = Duration::days(7);

/// Address of the source's mirroring endpoint, as the instance reaches it.
fn source_address(c: &Case<'_>) -> Result<Ipv4Addr, Unknown> {
    let host = &c.link.mirroring_host;
    host.parse().map_err(|_| {
        Unknown(format!(
            "the estate calls {}'s mirroring endpoint `{host}`, and rules and routes know addresses: write its IP address into `mirroring`",
            c.link.source
        ))
    })
}

/// What a proof by both servers says beats what cannot be read.
fn or_proven(c: &Case<'_>, judged: Judged) -> Judged {
    match judged {
        Err(Unknown(why)) if fresh(c).is_some_and(Proof::is_whole) => {
            pass(format!("proven from both servers, though {why}"))
        }
        other => other,
    }
}

fn fresh<'a>(c: &Case<'a>) -> Option<&'a Proof> {
    c.proof.filter(|p| p.at_ms().is_some_and(|at| age(c, at) <= PROOF_AGE_MAX))
}

fn age(c: &Case<'_>, at_ms: i64) -> Duration {
    let now = c.wishes.now.unix_timestamp_nanos() / 1_000_000;
    Duration::milliseconds(i64::try_from(now).unwrap_or(i64::MAX).saturating_sub(at_ms).max(0))
}

pub(super) fn nsg_inbound(c: &Case<'_>) -> Judged {
    or_proven(c, by_group(c, true, &[MIRRORING, REDIRECT]))
}

pub(super) fn nsg_outbound(c: &Case<'_>) -> Judged {
    or_proven(c, by_group(c, false, &[Ports::one(c.link.mirroring_port)]))
}

fn by_group(c: &Case<'_>, is_inbound: bool, ports: &[Ports]) -> Judged {
    let facts = c.azure.network.get()?;
    let Some(found) = facts.group.get()? else {
        return pass(format!("subnet {} has no security group: everything passes", facts.subnet));
    };
    let peer = source_address(c)?;
    let need = Need { facts, is_inbound, peer, ports };
    match group::judge(found, &need) {
        Outcome::Open(by) => pass(format!("{}: {} by {}", found.name, words(&need), rules(&by))),
        Outcome::Closed(by) => {
            fail_with(format!("{}: {} denied by {}", found.name, words(&need), rules(&by)), mend(found, &need, &by))
        }
        Outcome::Unclear { rules } => unknown(format!(
            "{}: it depends on who is in the application security groups of {}",
            found.name,
            rules.join(", ")
        )),
    }
}

/// `TCP 5022, 11000-11999 from 10.0.1.8 to 10.0.16.0/24`
fn words(need: &Need<'_>) -> String {
    let subnet = need.facts.prefixes.join(", ");
    let peer = need.peer.to_string();
    let (from, to) = if need.is_inbound { (&peer, &subnet) } else { (&subnet, &peer) };
    format!("TCP {} from {from} to {to}", ports_text(need.ports))
}

fn rules(by: &[Decision]) -> String {
    let one = |d: &Decision| match d.priority {
        u32::MAX => format!("{} (ports {})", d.rule, ports_text(&d.ports)),
        n => format!("{} (priority {n}, ports {})", d.rule, ports_text(&d.ports)),
    };
    by.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The rule that would let it through, before the one that denies.
fn mend(found: &SecurityGroup, need: &Need<'_>, by: &[Decision]) -> String {
    let first = by.iter().map(|d| d.priority).min().unwrap_or(u32::MAX);
    let Some(priority) = group::room_before(found, need.is_inbound, first) else {
        let named = by.first().map(|d| d.rule.as_str()).unwrap_or_default();
        return format!("there is no priority left before {named}: change that rule in {}", found.name);
    };
    let (direction, name) =
        if need.is_inbound { ("Inbound", "allow_milink_inbound") } else { ("Outbound", "allow_milink_outbound") };
    let subnet = need.facts.prefixes.join(" ");
    let peer = need.peer.to_string();
    let (from, to) = if need.is_inbound { (peer, subnet) } else { (subnet, peer) };
    let ports: Vec<String> = need.ports.iter().map(ToString::to_string).collect();
    format!(
        "az network nsg rule create -g {} --nsg-name {} -n {name} --priority {priority} --direction {direction} --access Allow --protocol Tcp \
         --source-address-prefixes {from} --destination-address-prefixes {to} --destination-port-ranges {}",
        found.resource_group,
        found.name,
        ports.join(" ")
    )
}

/// The instance sends to the source and answers it by the same routes.
pub(super) fn route(c: &Case<'_>) -> Judged {
    or_proven(c, by_route(c))
}

fn by_route(c: &Case<'_>) -> Judged {
    let facts = c.azure.network.get()?;
    let table = facts.table.get()?.as_ref();
    let to = source_address(c)?;
    match route::way(facts, table, to) {
        Way::Leads(how) => pass(how),
        Way::Through { route, appliance } => {
            pass(format!("by {route} through the appliance {appliance}, whose rules are not seen from here"))
        }
        Way::Lost { why, route: Some(route) } => {
            let table = table.map(|t| (t.resource_group.as_str(), t.name.as_str())).unwrap_or_default();
            fail_with(
                why,
                format!(
                    "az network route-table route delete -g {} --route-table-name {} -n {route}; or give it the next hop that leads to {to}",
                    table.0, table.1
                ),
            )
        }
        Way::Lost { why, route: None } => fail_with(why, join(facts, to)),
    }
}

fn join(facts: &NetworkFacts, to: Ipv4Addr) -> String {
    if any_holds(&facts.prefixes, to) {
        return "the subnets of the two servers must not overlap: give the source another address".to_owned();
    }
    format!(
        "join the network of {to} with {}: az network vnet peering create -g {} --vnet-name {} -n NAME --remote-vnet ID --allow-vnet-access, in both directions; or a VPN or ExpressRoute gateway",
        facts.network, facts.resource_group, facts.network
    )
}

fn told(tried: &Tried) -> String {
    let led = tried.address.as_ref().map(|a| format!(" ({a})")).unwrap_or_default();
    format!("{}:{}{led}", tried.host, tried.port)
}

/// The last try reached every port.
pub(super) fn reached(c: &Case<'_>) -> Judged {
    let Some(proof) = c.proof else { return not_applicable("no job has tried the ports") };
    let mut closed = Vec::new();
    for attempt in proof.attempts() {
        closed.extend(attempt.closed().map(|t| format!("{} does not reach {}", attempt.from, told(t))));
    }
    if !closed.is_empty() {
        return fail(format!("{} ({})", closed.join(", "), proof.run));
    }
    // The name must lead into the instance's subnet: public and private endpoints carry no link (facts: mi-link 9 L29).
    if let (Some(attempt), Some(network)) = (&proof.to_target, c.azure.network.known()) {
        let strays = attempt.tried.iter().filter(|t| {
            t.address
                .as_deref()
                .and_then(|a| a.parse().ok())
                .is_some_and(|ip: Ipv4Addr| !any_holds(&network.prefixes, ip))
        });
        let strays: Vec<String> = strays.map(told).collect();
        if !strays.is_empty() {
            return fail(format!(
                "{} leads out of the instance's subnet {}",
                strays.join(", "),
                network.prefixes.join(", ")
            ));
        }
    }
    if proof.is_whole() {
        return pass(format!("every port, in {}", proof.run));
    }
    // What could not be tried is no port that was found closed: the check of the proof says that it is missing.
    not_applicable(format!("{}: {}", proof.run, left_out(proof)))
}

/// What a try did not tell.
fn left_out(proof: &Proof) -> String {
    let one = |t: &Tried| match &t.note {
        Some(note) => format!("{} was not tried: {note}", told(t)),
        None => format!("{} is not known", told(t)),
    };
    let all: Vec<String> = proof.attempts().flat_map(|a| a.unsaid().map(one)).collect();
    if all.is_empty() { "one direction was not tried".to_owned() } else { all.join("; ") }
}

/// Rules that allow are no proof: a firewall on the way is not seen from Azure.
pub(super) fn proven(c: &Case<'_>) -> Judged {
    if c.purpose != Purpose::Create && connects(c) {
        return pass("by the link itself: it is connected");
    }
    if c.source.door.get()?.endpoint.is_none() {
        return not_applicable("it cannot be proven yet: the source has no mirroring endpoint to answer");
    }
    let Some(proof) = c.proof else { return fail("configured at most: no job has tried the ports from both servers") };
    let Some(at) = proof.at_ms() else { return unknown(format!("{} tells no time", proof.run)) };
    let age = age(c, at);
    let ago = text::duration(age.unsigned_abs());
    if proof.attempts().any(|a| a.closed().next().is_some()) {
        return not_applicable(format!("tried {ago} ago and not reached, as another check says"));
    }
    if !proof.is_whole() {
        return fail(format!("tried {ago} ago, not proven: {}", left_out(proof)));
    }
    if age > PROOF_AGE_MAX {
        fail(format!("proven {ago} ago: too long"))
    } else {
        pass(format!("by jobs on both servers, {ago} ago"))
    }
}

fn connects(c: &Case<'_>) -> bool {
    let Some(groups) = c.source.groups.known() else { return false };
    groups.replicas.iter().any(|r| {
        r.is_distributed
            && same(&r.group, c.link.name.as_str())
            && r.is_managed_instance_end()
            && r.connected == Some(Connected::Connected)
    })
}
