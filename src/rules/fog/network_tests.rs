//! Two peered networks as a careful administrator has them, and each thing that can be wrong with them.

use super::network::Between;
use super::network::DELEGATED_TO;
use super::network::judge;
use super::prerequisites::Row;
use super::prerequisites::Severity;
use super::prerequisites::Status;
use crate::model::fact::Fact;
use crate::model::network::MemberNetwork;
use crate::model::network::NetworkFacts;
use crate::model::network::Path;
use crate::model::network::Peer;
use crate::model::network::Route;
use crate::model::network::RouteTable;
use crate::model::network::SecurityGroup;
use crate::model::network::SecurityRule;
use serde_json::Value;
use serde_json::json;
use time::macros::datetime;

pub(crate) fn id(kind: &str, name: &str) -> String {
    format!("/subscriptions/s/resourceGroups/rg-{name}/providers/Microsoft.Network/{kind}/{name}")
}

pub(crate) fn rule(name: &str, priority: u32, is_inbound: bool, allows: bool, ports: &str) -> SecurityRule {
    let far = if allows { "VirtualNetwork" } else { "*" };
    SecurityRule {
        name: name.to_owned(),
        priority,
        is_inbound,
        allows,
        protocol: "*".to_owned(),
        sources: vec![far.to_owned()],
        source_ports: vec!["*".to_owned()],
        destinations: vec![far.to_owned()],
        ports: vec![ports.to_owned()],
        has_unseen_members: false,
    }
}

fn peering(other: &str, space: &str) -> Value {
    json!({ "name": format!("to-{other}"), "properties": {
        "remoteVirtualNetwork": { "id": id("virtualNetworks", other) }, "peeringSyncLevel": "FullyInSync",
        "remoteAddressSpace": { "addressPrefixes": [space] },
        "peeringState": "Connected", "allowVirtualNetworkAccess": true } })
}

fn member(name: &str, space: &str, prefix: &str, other: (&str, &str)) -> MemberNetwork {
    let network = id("virtualNetworks", name);
    let rules = vec![
        rule("in", 65_000, true, true, "*"),
        rule("out", 65_000, false, true, "*"),
        rule("no-in", 65_500, true, false, "*"),
        rule("no-out", 65_500, false, false, "*"),
    ];
    let peer = Peer {
        name: format!("to-{}", other.0),
        state: "Connected".to_owned(),
        spaces: vec![other.1.to_owned()],
        is_allowed: true,
    };
    MemberNetwork {
        subnet: format!("{network}/subnets/mi"),
        group: Some(id("networkSecurityGroups", name)),
        table: Some(id("routeTables", name)),
        facts: NetworkFacts {
            network: name.to_owned(),
            resource_group: format!("rg-{name}"),
            spaces: vec![space.to_owned()],
            peers: vec![peer],
            has_gateway: false,
            subnet: "mi".to_owned(),
            prefixes: vec![prefix.to_owned()],
            group: Fact::Known {
                value: Some(SecurityGroup { name: name.to_owned(), resource_group: "rg".to_owned(), rules }),
            },
            table: Fact::Known { value: None },
        },
        network_properties: json!({ "addressSpace": { "addressPrefixes": [space] } }),
        subnet_properties: json!({ "addressPrefix": prefix, "provisioningState": "Succeeded",
            "delegations": [{ "name": "mi", "properties": { "serviceName": DELEGATED_TO } }] }),
        peerings: vec![peering(other.0, other.1)],
        network,
    }
}

/// Peered, both halves.
pub(crate) fn pair() -> [MemberNetwork; 2] {
    let (a, b) = (("va", "10.0.0.0/16"), ("vb", "10.1.0.0/16"));
    [member(a.0, a.1, "10.0.16.0/24", b), member(b.0, b.1, "10.1.16.0/24", a)]
}

pub(crate) fn between(networks: [MemberNetwork; 2]) -> Between {
    let made = Some(datetime!(2023-05-01 0:00 UTC));
    Between { path: Path::Peering, networks: Fact::Known { value: networks }, made_at: [made; 2] }
}

/// Ids of the rows that do not pass, after something was changed.
fn broken(change: impl FnOnce(&mut MemberNetwork, &mut MemberNetwork)) -> Vec<&'static str> {
    let [mut a, mut b] = pair();
    change(&mut a, &mut b);
    open(&between([a, b])).iter().map(|r| r.id).collect()
}

fn open(found: &Between) -> Vec<Row> {
    judge(found).into_iter().filter(|r| r.status != Status::Pass).collect()
}

fn rules_of(m: &mut MemberNetwork) -> &mut Vec<SecurityRule> {
    match &mut m.facts.group {
        Fact::Known { value: Some(group) } => &mut group.rules,
        _ => panic!("the fixture has rules"),
    }
}

fn route(prefix: &str, hop: &str) -> Fact<Option<RouteTable>> {
    let route = Route {
        name: "r".to_owned(),
        prefix: prefix.to_owned(),
        hop: hop.to_owned(),
        address: Some("10.0.0.4".to_owned()),
    };
    let table = RouteTable { name: "rt".to_owned(), resource_group: "rg".to_owned(), routes: vec![route] };
    Fact::Known { value: Some(table) }
}

#[test]
fn a_careful_pair_passes_every_row() {
    assert_eq!(open(&between(pair())), Vec::new());
}

#[test]
fn each_row_finds_its_fault() {
    let cases: Vec<(&str, Vec<&'static str>)> = vec![
        ("fog.subnets", broken(|_, b| b.subnet_properties["delegations"] = json!([]))),
        ("fog.subnets", broken(|a, _| a.subnet_properties["privateEndpoints"] = json!([{ "id": "/x" }]))),
        (
            "fog.subnets",
            broken(|a, _| a.subnet_properties["ipConfigurations"] = json!([{ "id": "/s/networkInterfaces/vm/x" }])),
        ),
        ("fog.subnet_tables", broken(|a, _| a.group = None)),
        ("fog.subnet_tables", broken(|_, b| b.table = None)),
        ("fog.shared_group", broken(|a, b| b.group = a.group.as_ref().map(|g| g.to_uppercase()))),
        ("fog.shared_table", broken(|a, b| b.table = a.table.clone())),
        ("fog.overlap_indirect", broken(|_, b| b.peerings.push(peering("hub", "10.0.128.0/17")))),
        ("fog.network_path", broken(|_, b| b.peerings.clear())),
        ("fog.network_path", broken(|a, _| a.peerings[0]["properties"]["peeringState"] = json!("Initiated"))),
        ("fog.network_path", broken(|a, _| a.peerings[0]["properties"]["allowVirtualNetworkAccess"] = json!(false))),
        ("fog.network_path", broken(|a, _| a.peerings[0]["properties"]["peeringSyncLevel"] = json!("LocalNotInSync"))),
        ("fog.primary_inbound", broken(|a, _| rules_of(a).insert(0, rule("no", 1000, true, false, "5022")))),
        ("fog.primary_outbound", broken(|a, _| rules_of(a).insert(0, rule("no", 1000, false, false, "5000-6000")))),
        ("fog.secondary_inbound", broken(|_, b| rules_of(b).insert(0, rule("no", 1000, true, false, "11999")))),
        ("fog.secondary_outbound", broken(|_, b| rules_of(b).insert(0, rule("no", 1000, false, false, "*")))),
        ("fog.routes", broken(|a, _| a.facts.table = route("10.1.0.0/16", "None"))),
        ("fog.appliance", broken(|a, _| a.facts.table = route("10.1.0.0/16", "VirtualAppliance"))),
        ("fog.subnet_kind", broken(|a, _| a.subnet_properties["defaultOutboundAccess"] = json!(false))),
        ("fog.subnet_kind", broken(|a, _| a.subnet_properties["natGateway"] = json!({ "id": "/n" }))),
        ("fog.subnet_kind", broken(|_, b| b.network_properties["encryption"] = json!({ "enabled": true }))),
        ("fog.addresses", broken(|a, _| a.facts.prefixes = vec!["10.0.16.0/27".to_owned()])),
        ("fog.custom_dns", broken(|_, b| b.network_properties["dhcpOptions"] = json!({ "dnsServers": ["10.9.9.9"] }))),
        (
            "fog.service_endpoints",
            broken(|a, _| {
                a.subnet_properties["serviceEndpoints"] =
                    json!([{ "service": "Microsoft.Sql", "locations": ["westeurope"] }]);
            }),
        ),
    ];
    for (at, (id, found)) in cases.iter().enumerate() {
        assert_eq!(found, &vec![*id], "case {at}");
    }
    let mut third = pair();
    third[0].peerings.push(peering("x", "172.16.0.0/16"));
    third[1].peerings.push(peering("y", "172.16.8.0/24"));
    assert_eq!(open(&between(third)).iter().map(|r| r.id).collect::<Vec<_>>(), ["fog.overlap_third"]);
}

#[test]
fn overlapping_networks_are_told_whatever_the_spelling() {
    let [a, mut b] = pair();
    b.facts.spaces = vec!["10.0.128.9/20".to_owned()];
    let rows = open(&between([a.clone(), b.clone()]));
    assert!(rows.iter().any(|r| r.id == "fog.overlap" && r.found.contains("overlap") && r.blocks()), "{rows:?}");
    b.facts.spaces = vec!["10.1.0.0/16".to_owned()];
    assert_eq!(open(&between([a, b])), Vec::new(), "neighbours do not overlap");
}

#[test]
fn an_appliance_on_one_way_only_is_asymmetric() {
    let [mut a, mut b] = pair();
    a.facts.table = route("10.1.0.0/16", "VirtualAppliance");
    let one = open(&between([a.clone(), b.clone()]));
    assert!(one[0].found.starts_with("asymmetric") && !one[0].blocks(), "{one:?}");
    b.facts.table = route("10.0.0.0/16", "VirtualAppliance");
    let both = open(&between([a, b]));
    assert!(!both[0].found.contains("asymmetric"), "{both:?}");
}

#[test]
fn another_path_is_taken_at_its_word_and_warned_of() {
    let [mut a, mut b] = pair();
    for m in [&mut a, &mut b] {
        m.peerings.clear();
        m.facts.peers.clear();
        m.facts.has_gateway = true;
    }
    let rows = open(&between([a.clone(), b.clone()]));
    assert!(rows.iter().any(|r| r.id == "fog.network_path" && r.status == Status::Unknown && r.blocks()), "{rows:?}");
    let declared = Between { path: Path::Vpn, ..between([a, b]) };
    let rows = open(&declared);
    assert_eq!(rows.iter().map(|r| (r.id, r.severity)).collect::<Vec<_>>(), [("fog.path_devices", Severity::Warn)]);
}

#[test]
fn old_or_undated_instances_are_told() {
    let old = Between { made_at: [Some(datetime!(2019-01-01 0:00 UTC)); 2], ..between(pair()) };
    assert_eq!(open(&old).iter().map(|r| (r.id, r.status)).collect::<Vec<_>>(), [("fog.subnet_age", Status::Fail)]);
    let dark = Between { made_at: [None; 2], ..between(pair()) };
    assert_eq!(open(&dark)[0].status, Status::Unknown);
}

#[test]
fn networks_that_cannot_be_read_stand_in_the_way_until_somebody_answers_for_them() {
    let dark = Between { networks: Fact::unknown("no right"), ..between(pair()) };
    let rows = judge(&dark);
    assert_eq!(rows.len(), 1);
    assert!(rows[0].id == "fog.network_path" && rows[0].blocks());
}
