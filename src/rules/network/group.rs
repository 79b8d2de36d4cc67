//! A network security group over what a link needs. Rules are taken by priority; each decides for the part of (subnet address,
//! port) that no earlier one decided. What is left of the need when a rule denies is closed.

use super::range::Ports;
use super::range::Range;
use super::range::any_holds;
use crate::model::network::NetworkFacts;
use crate::model::network::SecurityGroup;
use crate::model::network::SecurityRule;
use std::net::Ipv4Addr;

/// Priorities that a rule of the user may have (facts: arm-api 10).
const PRIORITIES: std::ops::RangeInclusive<u32> = 100..=4096;
/// A client's own port is one of these.
const CLIENT_PORTS: Ports = Ports { first: 1024, last: u16::MAX };

/// Connections that must pass: between one address and every address of the subnet.
#[derive(Debug, Clone)]
pub struct Need<'a> {
    pub facts: &'a NetworkFacts,
    pub is_inbound: bool,
    pub peer: Ipv4Addr,
    pub ports: &'a [Ports],
}

/// What one rule decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub rule: String,
    pub priority: u32,
    pub allows: bool,
    pub ports: Vec<Ports>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// By these rules, in order of priority.
    Open(Vec<Decision>),
    /// The rules that deny.
    Closed(Vec<Decision>),
    /// It depends on what cannot be seen.
    Unclear { rules: Vec<String> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hit {
    Yes,
    No,
    /// Who is in an application security group is not told.
    Perhaps,
}

/// A part of the need that no rule has decided yet.
#[derive(Debug, Clone, Copy)]
struct Patch {
    addresses: Range,
    ports: Ports,
}

/// What the group says to the need.
pub fn judge(group: &SecurityGroup, need: &Need<'_>) -> Outcome {
    let dark = walk(group, need, false);
    if dark.iter().all(|d| d.allows) {
        return Outcome::Open(dark);
    }
    let bright = walk(group, need, true);
    if bright.iter().all(|d| d.allows) {
        let unseen = group.rules.iter().filter(|r| r.has_unseen_members && r.is_inbound == need.is_inbound);
        return Outcome::Unclear { rules: unseen.map(|r| r.name.clone()).collect() };
    }
    Outcome::Closed(bright.into_iter().filter(|d| !d.allows).collect())
}

/// `hopeful`: what may be is taken for the better, else for the worse.
fn walk(group: &SecurityGroup, need: &Need<'_>, hopeful: bool) -> Vec<Decision> {
    let mut left: Vec<Patch> = Vec::new();
    for addresses in need.facts.prefixes.iter().filter_map(|p| Range::parse(p)) {
        left.extend(need.ports.iter().map(|ports| Patch { addresses, ports: *ports }));
    }
    let mut decisions = Vec::new();
    for rule in &group.rules {
        let hit = hits(rule, need);
        let counts = match hit {
            Hit::Yes => true,
            Hit::No => false,
            Hit::Perhaps => rule.allows == hopeful,
        };
        if left.is_empty() || !counts {
            continue;
        }
        let (taken, rest) = cut(&left, &subnet_ranges(rule, need), &rule_ports(rule));
        left = rest;
        if !taken.is_empty() {
            decisions.push(Decision {
                rule: rule.name.clone(),
                priority: rule.priority,
                allows: rule.allows,
                ports: taken,
            });
        }
    }
    if !left.is_empty() {
        let ports = left.iter().map(|p| p.ports).collect();
        decisions.push(Decision { rule: "no rule at all".to_owned(), priority: u32::MAX, allows: false, ports });
    }
    decisions
}

fn rule_ports(rule: &SecurityRule) -> Vec<Ports> {
    rule.ports.iter().filter_map(|p| Ports::parse(p)).collect()
}

/// Whether the rule is about this direction, protocol and peer.
fn hits(rule: &SecurityRule, need: &Need<'_>) -> Hit {
    let tcp = rule.protocol == "*" || rule.protocol.eq_ignore_ascii_case("Tcp");
    if rule.is_inbound != need.is_inbound || !tcp {
        return Hit::No;
    }
    let client: Vec<Ports> = rule.source_ports.iter().filter_map(|p| Ports::parse(p)).collect();
    let whole = client.iter().any(|p| p.first <= CLIENT_PORTS.first && p.last == CLIENT_PORTS.last);
    // To allow some ports of the client is not enough; to deny some is too much.
    if rule.allows && !whole || !client.iter().any(|p| p.common(CLIENT_PORTS).is_some()) {
        return Hit::No;
    }
    let far = if need.is_inbound { &rule.sources } else { &rule.destinations };
    if far.iter().any(|prefix| covers(prefix, need)) {
        return Hit::Yes;
    }
    if rule.has_unseen_members { Hit::Perhaps } else { Hit::No }
}

/// Whether a prefix of the rule is about the peer.
fn covers(prefix: &str, need: &Need<'_>) -> bool {
    let facts = need.facts;
    match prefix {
        "*" => true,
        p if p.eq_ignore_ascii_case("VirtualNetwork") => is_virtual_network(facts, need.peer),
        p if p.eq_ignore_ascii_case("Internet") => !need.peer.is_private() && !is_virtual_network(facts, need.peer),
        // Other tags are addresses of Azure's own services.
        p => Range::parse(p).is_some_and(|r| r.holds(need.peer)),
    }
}

/// The network's own ranges, those of its peers, and private ones behind a gateway.
pub fn is_virtual_network(facts: &NetworkFacts, ip: Ipv4Addr) -> bool {
    any_holds(&facts.spaces, ip)
        || facts.peers.iter().any(|p| p.carries() && any_holds(&p.spaces, ip))
        || (facts.has_gateway && ip.is_private())
}

/// Addresses of the subnet that the rule is about.
fn subnet_ranges(rule: &SecurityRule, need: &Need<'_>) -> Vec<Range> {
    let near = if need.is_inbound { &rule.destinations } else { &rule.sources };
    let whole = Range { first: 0, last: u32::MAX };
    let mut all: Vec<Range> = near
        .iter()
        .filter_map(|p| match p.as_str() {
            "*" => Some(whole),
            p if p.eq_ignore_ascii_case("VirtualNetwork") => Some(whole),
            p => Range::parse(p),
        })
        .collect();
    if all.is_empty() && rule.has_unseen_members {
        all.push(whole);
    }
    all
}

/// Ports of what the rule takes, and what is left.
fn cut(patches: &[Patch], addresses: &[Range], ports: &[Ports]) -> (Vec<Ports>, Vec<Patch>) {
    let mut left = patches.to_vec();
    let mut taken = Vec::new();
    for a in addresses {
        for p in ports {
            let mut next = Vec::new();
            for patch in left {
                match common(patch, *a, *p) {
                    None => next.push(patch),
                    Some(hit) => {
                        taken.push(hit.ports);
                        next.extend(without(patch, hit));
                    }
                }
            }
            left = next;
        }
    }
    (taken, left)
}

fn common(patch: Patch, addresses: Range, ports: Ports) -> Option<Patch> {
    let first = patch.addresses.first.max(addresses.first);
    let last = patch.addresses.last.min(addresses.last);
    let ports = patch.ports.common(ports)?;
    (first <= last).then_some(Patch { addresses: Range { first, last }, ports })
}

/// The up to four pieces around a hole.
fn without(whole: Patch, hole: Patch) -> Vec<Patch> {
    let mut all = Vec::new();
    if whole.addresses.first < hole.addresses.first {
        let addresses = Range { first: whole.addresses.first, last: hole.addresses.first - 1 };
        all.push(Patch { addresses, ports: whole.ports });
    }
    if whole.addresses.last > hole.addresses.last {
        let addresses = Range { first: hole.addresses.last + 1, last: whole.addresses.last };
        all.push(Patch { addresses, ports: whole.ports });
    }
    if whole.ports.first < hole.ports.first {
        let ports = Ports { first: whole.ports.first, last: hole.ports.first - 1 };
        all.push(Patch { addresses: hole.addresses, ports });
    }
    if whole.ports.last > hole.ports.last {
        let ports = Ports { first: hole.ports.last + 1, last: whole.ports.last };
        all.push(Patch { addresses: hole.addresses, ports });
    }
    all
}

/// The largest free priority below a rule, so that a new one comes before it. `None`: there is no room.
pub fn room_before(group: &SecurityGroup, is_inbound: bool, priority: u32) -> Option<u32> {
    let taken: Vec<u32> = group.rules.iter().filter(|r| r.is_inbound == is_inbound).map(|r| r.priority).collect();
    let below = priority.min(*PRIORITIES.end() + 1);
    PRIORITIES.rev().find(|p| *p < below && !taken.contains(p))
}
