use super::group::Need;
use super::group::Outcome;
use super::group::judge;
use super::group::room_before;
use super::range::Ports;
use super::route::Way;
use super::route::way;
use crate::model::fact::Fact;
use crate::model::network::NetworkFacts;
use crate::model::network::Peer;
use crate::model::network::Route;
use crate::model::network::RouteTable;
use crate::model::network::SecurityGroup;
use crate::model::network::SecurityRule;
use std::net::Ipv4Addr;

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 1, 8);
const NEEDED: [Ports; 2] = [Ports::one(5022), Ports { first: 11_000, last: 11_999 }];

fn facts() -> NetworkFacts {
    NetworkFacts {
        network: "vnet".to_owned(),
        resource_group: "rg".to_owned(),
        spaces: vec!["10.0.0.0/16".to_owned()],
        peers: Vec::new(),
        has_gateway: false,
        subnet: "mi".to_owned(),
        prefixes: vec!["10.0.16.0/24".to_owned()],
        group: Fact::Known { value: None },
        table: Fact::Known { value: None },
    }
}

fn rule(priority: u32, allows: bool, from: &str, to: &str, ports: &str) -> SecurityRule {
    let texts = |t: &str| t.split(' ').map(str::to_owned).collect();
    SecurityRule {
        name: format!("r{priority}"),
        priority,
        is_inbound: true,
        allows,
        protocol: "Tcp".to_owned(),
        sources: texts(from),
        source_ports: texts("*"),
        destinations: texts(to),
        ports: texts(ports),
        has_unseen_members: false,
    }
}

fn inbound(rules: Vec<SecurityRule>) -> Outcome {
    let mut rules = rules;
    rules.push(rule(65_500, false, "*", "*", "*"));
    let group = SecurityGroup { name: "nsg".to_owned(), resource_group: "rg".to_owned(), rules };
    judge(&group, &Need { facts: &facts(), is_inbound: true, peer: SERVER, ports: &NEEDED })
}

fn denies(outcome: &Outcome) -> Vec<(String, String)> {
    match outcome {
        Outcome::Closed(all) => all.iter().map(|d| (d.rule.clone(), super::range::ports_text(&d.ports))).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_lowest_number_decides() {
    let allow = |n| rule(n, true, "10.0.1.0/24", "*", "5022 11000-11999");
    let deny = |n| rule(n, false, "*", "*", "*");
    assert!(matches!(inbound(vec![allow(200), deny(300)]), Outcome::Open(_)));
    assert_eq!(denies(&inbound(vec![deny(150), allow(200)])), [("r150".to_owned(), "5022, 11000-11999".to_owned())]);
}

#[test]
fn a_hole_in_the_port_range_is_found() {
    let hole = rule(120, false, "VirtualNetwork", "*", "11500-11510");
    let found = inbound(vec![hole, rule(200, true, "*", "*", "*")]);
    assert_eq!(denies(&found), [("r120".to_owned(), "11500-11510".to_owned())]);
    // Half of the redirect range forgotten.
    let found = inbound(vec![rule(200, true, "VirtualNetwork", "VirtualNetwork", "5022 11000-11400")]);
    assert_eq!(denies(&found), [("r65500".to_owned(), "11401-11999".to_owned())]);
}

#[test]
fn a_rule_for_half_of_the_subnet_is_not_enough() {
    let found = inbound(vec![rule(200, true, "*", "10.0.16.0/25", "5022 11000-11999")]);
    assert_eq!(denies(&found), [("r65500".to_owned(), "5022, 11000-11999".to_owned())]);
    let both = vec![rule(200, true, "*", "10.0.16.0/25", "*"), rule(210, true, "*", "10.0.16.128/25", "*")];
    assert!(matches!(inbound(both), Outcome::Open(_)));
}

#[test]
fn tags_of_services_are_not_the_server() {
    let found = inbound(vec![rule(200, true, "AzureCloud Internet AzureLoadBalancer", "*", "*")]);
    assert_eq!(denies(&found).len(), 1);
    let mut udp = rule(200, true, "*", "*", "*");
    "Udp".clone_into(&mut udp.protocol);
    assert_eq!(denies(&inbound(vec![udp])).len(), 1);
}

#[test]
fn unseen_members_make_it_unclear_only_where_they_decide() {
    let unseen =
        |n, allows| SecurityRule { has_unseen_members: true, sources: Vec::new(), ..rule(n, allows, "", "*", "*") };
    assert_eq!(inbound(vec![unseen(200, true)]), Outcome::Unclear { rules: vec!["r200".to_owned()] });
    assert!(matches!(inbound(vec![rule(100, true, "*", "*", "*"), unseen(200, false)]), Outcome::Open(_)));
    assert!(matches!(inbound(vec![rule(100, false, "*", "*", "*"), unseen(200, true)]), Outcome::Closed(_)));
}

#[test]
fn a_new_rule_finds_room() {
    let rules = vec![rule(100, true, "*", "*", "*"), rule(101, false, "*", "*", "*"), rule(4096, false, "*", "*", "*")];
    let group = SecurityGroup { name: "nsg".to_owned(), resource_group: "rg".to_owned(), rules };
    assert_eq!(room_before(&group, true, 4096), Some(4095));
    assert_eq!(room_before(&group, true, 101), None);
    assert_eq!(room_before(&group, true, 65_500), Some(4095));
    assert_eq!(room_before(&group, false, 65_500), Some(4096));
}

fn table(prefix: &str, hop: &str) -> RouteTable {
    let route = Route { name: "r".to_owned(), prefix: prefix.to_owned(), hop: hop.to_owned(), address: None };
    RouteTable { name: "rt".to_owned(), resource_group: "rg".to_owned(), routes: vec![route] }
}

#[test]
fn the_longest_prefix_wins_and_of_equal_ones_the_users() {
    let facts = facts();
    let lost = |t: &RouteTable| matches!(way(&facts, Some(t), SERVER), Way::Lost { route: Some(_), .. });
    assert!(lost(&table("10.0.1.0/24", "None")));
    assert!(lost(&table("10.0.0.0/16", "None")));
    assert!(!lost(&table("10.0.0.0/8", "None")));
    assert!(lost(&table("10.0.1.8/32", "Internet")));
    assert!(!lost(&table("AzureActiveDirectory", "Internet")));
    assert!(matches!(way(&facts, Some(&table("10.0.1.0/24", "VirtualAppliance")), SERVER), Way::Through { .. }));
}

#[test]
fn an_address_outside_needs_a_peering_or_a_gateway() {
    let far = Ipv4Addr::new(192, 168, 7, 8);
    let mut facts = facts();
    assert!(matches!(way(&facts, None, far), Way::Lost { route: None, .. }));
    facts.peers.push(Peer {
        name: "hub".to_owned(),
        state: "Disconnected".to_owned(),
        spaces: vec!["192.168.0.0/16".to_owned()],
        is_allowed: true,
    });
    assert!(matches!(way(&facts, None, far), Way::Lost { why, .. } if why == "peering hub is Disconnected"));
    "Connected".clone_into(&mut facts.peers[0].state);
    assert_eq!(way(&facts, None, far), Way::Leads("through peering hub".to_owned()));
    facts.peers.clear();
    facts.has_gateway = true;
    assert!(matches!(way(&facts, None, far), Way::Leads(_)));
    assert!(matches!(way(&facts, None, Ipv4Addr::new(10, 0, 16, 9)), Way::Lost { .. }));
}
