//! Where the subnet sends packets for an address: the longest prefix wins, and of equal ones the user's.

use super::range::Range;
use super::range::any_holds;
use crate::model::network::NetworkFacts;
use crate::model::network::RouteTable;
use std::net::Ipv4Addr;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// It leads there, and how.
    Leads(String),
    /// A firewall or router of the user's stands between; what it lets through is not seen.
    Through { route: String, appliance: String },
    /// It does not, and why; the user's route that is at fault, if one is.
    Lost { why: String, route: Option<String> },
}

/// The way from the subnet to an address. `table` `None`: the subnet has none.
pub fn way(facts: &NetworkFacts, table: Option<&RouteTable>, to: Ipv4Addr) -> Way {
    if any_holds(&facts.prefixes, to) {
        return Way::Lost { why: format!("{to} lies in the instance's own subnet {}", facts.subnet), route: None };
    }
    let routes = table.map(|t| t.routes.as_slice()).unwrap_or_default();
    let own = routes
        .iter()
        .filter_map(|r| Range::parse(&r.prefix).filter(|p| p.holds(to)).map(|p| (p.size(), r)))
        .min_by_key(|(size, _)| *size);
    let peers: Vec<String> = facts.peers.iter().filter(|p| p.carries()).flat_map(|p| p.spaces.clone()).collect();
    let longest =
        |texts: &[String]| texts.iter().filter_map(|t| Range::parse(t)).filter(|r| r.holds(to)).map(Range::size).min();
    let (local, peered) = (longest(&facts.spaces), longest(&peers));
    let system = local.into_iter().chain(peered).min();
    if let Some((size, route)) = own
        && system.is_none_or(|s| size <= s)
    {
        return by_route(facts, route, to, system.is_some());
    }
    if local.is_some() {
        return Way::Leads(format!("{to} is in the network {} itself", facts.network));
    }
    if let Some(peer) = facts.peers.iter().find(|p| p.carries() && any_holds(&p.spaces, to)) {
        return Way::Leads(format!("through peering {}", peer.name));
    }
    if let Some(peer) = facts.peers.iter().find(|p| any_holds(&p.spaces, to)) {
        let why =
            format!("peering {} is {}{}", peer.name, peer.state, if peer.is_allowed { "" } else { ", access off" });
        return Way::Lost { why, route: None };
    }
    if facts.has_gateway {
        return Way::Leads("through the network's gateway".to_owned());
    }
    let why = format!("{to} is in no network that {} is joined with, and it has no gateway", facts.network);
    Way::Lost { why, route: None }
}

fn by_route(facts: &NetworkFacts, route: &crate::model::network::Route, to: Ipv4Addr, is_near: bool) -> Way {
    let lost = |why: String| Way::Lost { why, route: Some(route.name.clone()) };
    let named = format!("route {} ({})", route.name, route.prefix);
    match route.hop.to_ascii_lowercase().as_str() {
        "none" => lost(format!("{named} drops it")),
        "internet" if to.is_private() || is_near => lost(format!("{named} sends it to the Internet")),
        "internet" => lost(format!("{named}: a link does not go over the Internet")),
        "virtualappliance" | "virtualapplianceecmp" => {
            Way::Through { route: named, appliance: route.address.clone().unwrap_or_else(|| "not told".to_owned()) }
        }
        "virtualnetworkgateway" if !facts.has_gateway => lost(format!("{named} leads to a gateway, and there is none")),
        "virtualnetworkgateway" => Way::Leads(format!("by {named} through the gateway")),
        "vnetlocal" => Way::Leads(format!("by {named}")),
        other => lost(format!("{named} has the unknown next hop `{other}`")),
    }
}
