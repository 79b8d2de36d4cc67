//! What is missing between the subnets of a group's members, and what of it milink can make (facts: failover-groups 1.2, 1.3).

use super::build::App;
use super::fog::FogLook;
use super::fog::FogOp;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::inventory::fog_network;
use crate::model::fact::Fact;
use crate::model::geo::Side;
use crate::model::network::MemberNetwork;
use crate::model::network::Path;
use crate::model::network::Peer;
use crate::model::network::SecurityGroup;
use crate::model::network::SecurityRule;
use crate::model::network::id_tail;
use crate::plan::fog::FogPlan;
use crate::plan::fog::PlannedNetwork;
use crate::plan::network::NetworkChange;
use crate::plan::types::Plan;
use crate::rules::fog::network;
use crate::rules::fog::network::Between;
use crate::rules::fog::network::DELEGATED_TO;
use crate::rules::fog::prerequisites::Row;
use crate::rules::fog::prerequisites::Severity;
use crate::rules::fog::prerequisites::Status;
use crate::rules::network::group::Need;
use crate::rules::network::group::Outcome;
use crate::rules::network::group::judge;
use crate::rules::network::group::room_before;
use crate::rules::network::range::Ports;
use crate::rules::network::range::Range;
use serde_json::Value;
use serde_json::json;
use std::net::Ipv4Addr;

/// Replication, and the ports that connections are redirected to: name, ports as written, as judged, and the priority that the
/// documents use.
const PORTS: [(&str, &str, Ports, u32); 2] = [
    ("allow_geodr", "5022", Ports { first: 5022, last: 5022 }, 1200),
    ("allow_redirect", "11000-11999", Ports { first: 11_000, last: 11_999 }, 1100),
];
/// Members of a subnet that only Azure writes.
const READ_ONLY: [&str; 6] = [
    "provisioningState",
    "ipConfigurations",
    "privateEndpoints",
    "purpose",
    "resourceNavigationLinks",
    "serviceAssociationLinks",
];

/// Checks whose faults are judged here, one by one, with what mends them.
const MENDED: [&str; 6] = [
    "fog.network_path",
    "fog.subnets",
    "fog.primary_inbound",
    "fog.primary_outbound",
    "fog.secondary_inbound",
    "fog.secondary_outbound",
];

/// What a look found.
#[derive(Debug, Clone, Default)]
pub struct NetworkPlan {
    pub missing: Vec<PlannedNetwork>,
    /// What stands in the way and is for people to decide.
    pub problems: Vec<String>,
}

fn ranges(texts: &[String]) -> Vec<Range> {
    texts.iter().filter_map(|t| Range::parse(t)).collect()
}

/// Compares both members; `a` is the primary.
pub fn plan(a: &MemberNetwork, b: &MemberNetwork) -> NetworkPlan {
    let mut found = NetworkPlan::default();
    peering(a, b, &mut found);
    for (own, other, at_secondary) in [(a, b, false), (b, a, true)] {
        delegation(own, at_secondary, &mut found);
        rules(own, other, at_secondary, &mut found);
    }
    // What fails and no request of milink's can mend without taking something away. Peerings, delegations and rules are above.
    let between =
        Between { path: Path::default(), networks: Fact::Known { value: [a.clone(), b.clone()] }, made_at: [None; 2] };
    let for_people = |r: &Row| r.status == Status::Fail && r.severity == Severity::Block && !MENDED.contains(&r.id);
    let rows = network::judge(&between).into_iter().filter(for_people);
    found.problems.extend(rows.map(|r| format!("{} ({}): {}", r.found, r.rule, r.remedy)));
    found
}

/// Both halves. Beside one that is disconnected Azure makes no other, so none is planned then.
fn peering(a: &MemberNetwork, b: &MemberNetwork, found: &mut NetworkPlan) {
    if a.network.eq_ignore_ascii_case(&b.network) {
        return;
    }
    // Networks that overlap cannot be peered; a row says so.
    if network::overlaps(&a.facts.spaces, &b.facts.spaces) {
        return;
    }
    let mut cut = false;
    let mut halves = Vec::new();
    for (own, other, at_secondary) in [(a, b, false), (b, a, true)] {
        let leads = |p: &&Value| {
            let id = p["properties"]["remoteVirtualNetwork"]["id"].as_str();
            id.is_some_and(|id| id.eq_ignore_ascii_case(&other.network))
        };
        let Some(there) = own.peerings.iter().find(leads) else {
            let taken = |name: &str| {
                own.peerings.iter().any(|p| p["name"].as_str().is_some_and(|n| n.eq_ignore_ascii_case(name)))
            };
            let mut name = format!("to-{}", id_tail(&other.network));
            while taken(&name) {
                name.push_str("-geodr");
            }
            let change = NetworkChange::Peering { network: own.network.clone(), name, remote: other.network.clone() };
            halves.push(PlannedNetwork { at_secondary, change });
            continue;
        };
        let (name, p) = (there["name"].as_str().unwrap_or("?"), &there["properties"]);
        let state = p["peeringState"].as_str().unwrap_or("unknown");
        if state.eq_ignore_ascii_case("Disconnected") {
            cut = true;
            found.problems.push(format!(
                "peering {name} of {} is Disconnected: delete both halves, then plan again (N08)",
                id_tail(&own.network)
            ));
        }
        if p["allowVirtualNetworkAccess"] == json!(false) {
            found.problems.push(format!(
                "peering {name} of {} does not allow access: set allowVirtualNetworkAccess (N08)",
                id_tail(&own.network)
            ));
        }
    }
    if !cut {
        found.missing.extend(halves);
    }
}

fn delegation(own: &MemberNetwork, at_secondary: bool, found: &mut NetworkPlan) {
    let p = &own.subnet_properties;
    let all = p["delegations"].as_array().cloned().unwrap_or_default();
    let service = |d: &Value| d["properties"]["serviceName"].as_str().unwrap_or_default().to_owned();
    if all.iter().any(|d| service(d).eq_ignore_ascii_case(DELEGATED_TO)) {
        return;
    }
    if let Some(other) = all.first() {
        found.problems.push(format!(
            "subnet {} is delegated to {}: managed instances need one of their own (N01)",
            id_tail(&own.subnet),
            service(other)
        ));
        return;
    }
    let mut properties = p.clone();
    if let Some(map) = properties.as_object_mut() {
        for name in READ_ONLY {
            map.remove(name);
        }
        map.insert(
            "delegations".to_owned(),
            json!([{ "name": "managed-instances", "properties": { "serviceName": DELEGATED_TO } }]),
        );
    }
    let change = NetworkChange::Delegation { subnet: own.subnet.clone(), properties };
    found.missing.push(PlannedNetwork { at_secondary, change });
}

/// First and last address of each range of the partner's subnet: a rule that holds both ends holds what lies between, unless
/// somebody cut it there.
fn ends(prefixes: &[String]) -> Vec<Ipv4Addr> {
    ranges(prefixes).iter().flat_map(|r| [Ipv4Addr::from(r.first), Ipv4Addr::from(r.last)]).collect()
}

fn rules(own: &MemberNetwork, other: &MemberNetwork, at_secondary: bool, found: &mut NetworkPlan) {
    let Some(id) = &own.group else { return };
    let mut group: SecurityGroup = match own.facts.group.get() {
        Ok(Some(group)) => group.clone(),
        Ok(None) => return,
        Err(why) => {
            found.problems.push(format!("the rules of {} cannot be read: {}", id_tail(id), why.0));
            return;
        }
    };
    // Judged as it will be: a peering widens what `VirtualNetwork` means.
    let mut facts = own.facts.clone();
    facts.peers.push(Peer {
        name: "planned".to_owned(),
        state: "Connected".to_owned(),
        spaces: other.facts.spaces.clone(),
        is_allowed: true,
    });
    for is_inbound in [true, false] {
        for (name, text, ports, usual) in PORTS {
            let ask = |peer| judge(&group, &Need { facts: &facts, is_inbound, peer, ports: &[ports] });
            let mut denied = None;
            for outcome in ends(&other.facts.prefixes).into_iter().map(ask) {
                match outcome {
                    Outcome::Open(_) => {}
                    Outcome::Closed(rules) => {
                        let first = rules.iter().map(|r| r.priority).min();
                        denied = denied.into_iter().chain(first).min();
                    }
                    Outcome::Unclear { rules } => found.problems.push(format!(
                        "whether {} lets TCP {text} pass depends on application security groups ({})",
                        id_tail(id),
                        rules.join(", ")
                    )),
                }
            }
            let Some(denied) = denied else { continue };
            let taken = |p: u32| group.rules.iter().any(|r| r.is_inbound == is_inbound && r.priority == p);
            let priority =
                if usual < denied && !taken(usual) { Some(usual) } else { room_before(&group, is_inbound, denied) };
            let way = if is_inbound { "inbound" } else { "outbound" };
            let (Some(priority), Some(mine), Some(theirs)) =
                (priority, own.facts.prefixes.first(), other.facts.prefixes.first())
            else {
                found.problems.push(format!(
                    "{} denies TCP {text} {way} at priority {denied}, and no smaller number is free",
                    id_tail(id)
                ));
                continue;
            };
            let (source, destination) = if is_inbound { (theirs, mine) } else { (mine, theirs) };
            let mut rule_name = format!("{name}_{way}");
            while group.rules.iter().any(|r| r.name.eq_ignore_ascii_case(&rule_name)) {
                rule_name.push_str("_group");
            }
            group.rules.push(SecurityRule {
                name: rule_name.clone(),
                priority,
                is_inbound,
                allows: true,
                protocol: "Tcp".to_owned(),
                sources: vec![source.clone()],
                source_ports: vec!["*".to_owned()],
                destinations: vec![destination.clone()],
                ports: vec![text.to_owned()],
                has_unseen_members: false,
            });
            group.rules.sort_by_key(|r| r.priority);
            let change = NetworkChange::Rule {
                group: id.clone(),
                name: rule_name,
                priority,
                is_inbound,
                source: source.clone(),
                destination: destination.clone(),
                ports: text.to_owned(),
            };
            found.missing.push(PlannedNetwork { at_secondary, change });
        }
    }
}

impl App {
    /// Both members' networks, compared.
    pub async fn look_at_network(&self, look: &FogLook) -> Result<NetworkPlan> {
        if look.wanted.between_servers {
            return Err(Error::refused("logical servers stand in no network of yours")
                .hint("firewall rules and private endpoints are theirs"));
        }
        let cx = self.observer()?;
        let arm = cx.effects.arm()?;
        let (a, b) = (self.place(&look.facts.a.site)?.instance, self.place(&look.facts.b.site)?.instance);
        let (a, b) = tokio::join!(fog_network::read(arm, &a), fog_network::read(arm, &b));
        Ok(plan(&a?, &b?))
    }

    /// The steps that make what is missing; empty if nothing is.
    pub fn plan_network(&self, look: &FogLook, found: &NetworkPlan) -> Result<Plan> {
        let fog = self.fog_plan(look, FogOp::Network, Side::A)?;
        let mut plan = crate::plan::fog::build(FogPlan { network: found.missing.clone(), ..fog }, self.policy());
        self.fill_in_words(&mut plan)?;
        Ok(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::fog::network_tests;
    use crate::rules::fog::network_tests::rule;

    fn pair() -> (MemberNetwork, MemberNetwork) {
        let [a, b] = network_tests::pair();
        (a, b)
    }

    #[test]
    fn nothing_is_missing_between_peered_subnets_with_the_default_rules() {
        let (a, b) = pair();
        let found = plan(&a, &b);
        assert!(found.missing.is_empty() && found.problems.is_empty(), "{found:?}");
    }

    #[test]
    fn both_halves_of_a_peering_are_made_each_under_a_name_of_its_own() {
        let (mut a, mut b) = pair();
        a.peerings.clear();
        a.facts.peers.clear();
        b.facts.peers.clear();
        b.peerings = vec![json!({ "name": "to-va", "properties": { "remoteVirtualNetwork": { "id": "/else" } } })];
        let found = plan(&a, &b);
        let ids: Vec<String> = found.missing.iter().map(|m| m.change.id()).collect();
        let wanted = [
            format!("{}/virtualNetworkPeerings/to-vb", a.network),
            format!("{}/virtualNetworkPeerings/to-va-geodr", b.network),
        ];
        assert_eq!(ids, wanted, "and no rules: once peered, the default ones let it pass");
        b.facts.spaces = vec!["10.0.128.0/17".to_owned()];
        let overlapping = plan(&a, &b);
        assert!(!overlapping.missing.iter().any(|m| matches!(m.change, NetworkChange::Peering { .. })));
        assert!(overlapping.problems[0].contains("overlap"), "{:?}", overlapping.problems);
        let (mut a, b) = pair();
        a.peerings[0]["properties"]["peeringState"] = json!("Disconnected");
        assert!(plan(&a, &b).problems[0].contains("Disconnected"));
    }

    #[test]
    fn a_denial_gets_a_rule_before_it_and_nothing_else_does() {
        let (a, mut b) = pair();
        let deny = rule("deny_all", 1150, true, false, "5000-11500");
        if let Fact::Known { value: Some(group) } = &mut b.facts.group {
            group.rules.insert(0, deny);
        }
        let found = plan(&a, &b);
        assert!(found.problems.is_empty(), "{:?}", found.problems);
        let rules: Vec<(u32, bool, &str, &str)> = found
            .missing
            .iter()
            .filter_map(|m| match &m.change {
                NetworkChange::Rule { priority, is_inbound, ports, source, .. } => {
                    Some((*priority, *is_inbound, ports.as_str(), source.as_str()))
                }
                _ => None,
            })
            .collect();
        let (prefix, range) = ("10.0.16.0/24", "11000-11999");
        assert_eq!(
            rules,
            [(1149, true, "5022", prefix), (1100, true, range, prefix)],
            "only what is closed, both before 1150"
        );
        assert!(found.missing.iter().all(|m| m.at_secondary));
    }

    #[test]
    fn what_only_people_can_decide_is_told() {
        let (mut a, mut b) = pair();
        a.group = b.group.clone();
        b.table = None;
        b.subnet_properties =
            json!({ "delegations": [{ "properties": { "serviceName": "Microsoft.Web/serverFarms" } }] });
        let found = plan(&a, &b).problems.join("\n");
        for word in ["share one network security group", "no route table", "Microsoft.Web/serverFarms"] {
            assert!(found.contains(word), "{word}: {found}");
        }
        let (a, mut b) = pair();
        b.subnet_properties = json!({ "addressPrefix": "10.1.16.0/24", "provisioningState": "Succeeded" });
        let found = plan(&a, &b);
        let [PlannedNetwork { change: NetworkChange::Delegation { properties, .. }, .. }] = found.missing.as_slice()
        else {
            panic!("{found:?}");
        };
        assert_eq!(properties["addressPrefix"], "10.1.16.0/24", "a PUT replaces the whole subnet");
        assert!(properties.get("provisioningState").is_none(), "Azure's own member");
    }
}
