//! Changes: bodies read, held against the rules of the service, put into the state.

use super::cidr::Cidr;
use super::flow::range;
use super::shape::Named;
use super::shape::Network;
use super::shape::Peering;
use super::shape::Reference;
use super::shape::Route;
use super::shape::Rule;
use super::shape::Subnet;
use super::state::Inner;
use super::state::Key;
use super::state::taken_apart;
use crate::lab::arm::error::ArmError;
use crate::lab::arm::error::ArmResult;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Priorities a rule may have (facts: arm-api 10).
const PRIORITIES: std::ops::RangeInclusive<u32> = 100..=4096;

/// A body's parts.
pub(super) struct Sent<T> {
    pub(super) location: Option<String>,
    pub(super) tags: Value,
    pub(super) properties: T,
}

pub(super) fn read<T: DeserializeOwned + Default>(body: &Bytes) -> ArmResult<Sent<T>> {
    let whole: Value = serde_json::from_slice(body).map_err(ArmError::invalid_content)?;
    let properties = match whole.get("properties") {
        None | Some(Value::Null) => T::default(),
        Some(sent) => serde_json::from_value(sent.clone()).map_err(ArmError::invalid_content)?,
    };
    let tags = whole.get("tags").filter(|t| t.is_object()).cloned().unwrap_or_else(|| serde_json::json!({}));
    let location = whole.get("location").and_then(Value::as_str).map(str::to_owned);
    Ok(Sent { location, tags, properties })
}

fn ranges<'a>(prefixes: impl Iterator<Item = &'a str>, what: &str) -> ArmResult<Vec<Cidr>> {
    prefixes
        .map(|p| {
            Cidr::parse(p).ok_or_else(|| {
                ArmError::bad_request(
                    "InvalidAddressPrefixFormat",
                    format!("Address prefix {p} of {what} is not formatted correctly."),
                )
            })
        })
        .collect()
}

pub(super) fn check_rule(name: &str, rule: &Rule, others: &[Named<Rule>]) -> ArmResult<()> {
    let bad = |code: &str, why: String| Err(ArmError::bad_request(code, format!("Security rule {name}: {why}")));
    if !PRIORITIES.contains(&rule.priority) {
        return bad(
            "SecurityRuleInvalidPriority",
            format!("invalid priority {}. Value should be between 100 and 4096.", rule.priority),
        );
    }
    if !["Inbound", "Outbound"].iter().any(|d| rule.is(d)) {
        return bad("SecurityRuleInvalidDirection", format!("invalid direction '{}'.", rule.direction));
    }
    if !["Allow", "Deny"].iter().any(|a| rule.access.eq_ignore_ascii_case(a)) {
        return bad("SecurityRuleInvalidAccess", format!("invalid access '{}'.", rule.access));
    }
    if !["Tcp", "Udp", "Icmp", "Esp", "Ah", "*"].iter().any(|p| rule.protocol.eq_ignore_ascii_case(p)) {
        return bad("SecurityRuleInvalidProtocol", format!("invalid protocol '{}'.", rule.protocol));
    }
    let (mut from, mut to) = (rule.source_ports().peekable(), rule.ports().peekable());
    if from.peek().is_none() || to.peek().is_none() || from.chain(to).any(|p| range(p).is_none()) {
        return bad("SecurityRuleInvalidPortRange", "a port range is missing or invalid.".to_owned());
    }
    let (mut from, mut to) = (rule.sources().peekable(), rule.destinations().peekable());
    // A tag begins with a letter; everything else is an address.
    let address = |p: &str| p == "*" || p.starts_with(char::is_alphabetic) || Cidr::parse(p).is_some();
    if from.peek().is_none() || to.peek().is_none() || !from.chain(to).all(address) {
        return bad("SecurityRuleInvalidAddressPrefix", "an address prefix is missing or invalid.".to_owned());
    }
    let rival = others.iter().find(|o| {
        !o.name.eq_ignore_ascii_case(name)
            && o.properties.priority == rule.priority
            && o.properties.direction.eq_ignore_ascii_case(&rule.direction)
    });
    match rival {
        None => Ok(()),
        Some(other) => bad(
            "SecurityRuleConflict",
            format!("conflicts with rule {}. Rules cannot have the same Priority and Direction.", other.name),
        ),
    }
}

pub(super) fn check_route(name: &str, route: &Route) -> ArmResult<()> {
    const HOPS: [&str; 5] = ["VirtualNetworkGateway", "VnetLocal", "Internet", "VirtualAppliance", "None"];
    if !HOPS.iter().any(|h| h.eq_ignore_ascii_case(&route.next_hop_type)) {
        return Err(ArmError::bad_request("InvalidNextHopType", format!("Route {name} has an invalid next hop type.")));
    }
    if route.next_hop_type.eq_ignore_ascii_case("VirtualAppliance") && route.next_hop_ip_address.is_none() {
        return Err(ArmError::bad_request(
            "RouteNextHopIpAddressMissing",
            format!("Route {name} has no next hop address."),
        ));
    }
    let tag = route.address_prefix.starts_with(char::is_alphabetic);
    if tag || Cidr::parse(&route.address_prefix).is_some() {
        return Ok(());
    }
    ranges(std::iter::once(route.address_prefix.as_str()), "the route").map(drop)
}

/// Inside the network, apart from the others, and bound to what there is.
pub(super) fn check_subnet(inner: &Inner, network: &Network, name: &str, subnet: &Subnet) -> ArmResult<()> {
    let space = ranges(network.address_space.address_prefixes.iter().map(String::as_str), "the network")?;
    let own = ranges(subnet.prefixes(), name)?;
    if own.is_empty() || !own.iter().all(|o| space.iter().any(|s| o.lies_in(*s))) {
        return Err(ArmError::bad_request(
            "NetcfgInvalidSubnet",
            format!(
                "Subnet '{name}' is not valid because its IP address range is outside the IP address range of virtual network."
            ),
        ));
    }
    for other in network.subnets.iter().filter(|o| !o.name.eq_ignore_ascii_case(name)) {
        let theirs = ranges(other.properties.prefixes(), &other.name)?;
        if own.iter().any(|o| theirs.iter().any(|t| o.overlaps(*t))) {
            return Err(ArmError::bad_request(
                "NetcfgSubnetRangesOverlap",
                format!(
                    "Subnet '{name}' is not valid because its IP address range overlaps with that of subnet '{}'.",
                    other.name
                ),
            ));
        }
    }
    let bound = |reference: Option<&Reference>, kind: &str, there: &dyn Fn(&Key) -> bool| match reference {
        Some(r) if !taken_apart(&r.id, kind).is_some_and(|k| there(&k)) => Err(ArmError::bad_request(
            "InvalidResourceReference",
            format!("Resource {} referenced by subnet {name} was not found.", r.id),
        )),
        _ => Ok(()),
    };
    bound(subnet.network_security_group.as_ref(), "networkSecurityGroups", &|k| inner.groups.contains_key(k))?;
    bound(subnet.route_table.as_ref(), "routeTables", &|k| inner.tables.contains_key(k))
}

/// Puts a peering in place; both directions make a connection.
pub(super) fn peer(inner: &mut Inner, from: &Key, name: &str, mut peering: Peering) -> ArmResult<()> {
    let missing = || ArmError::bad_request("InvalidResourceReference", "The remote virtual network was not found.");
    let to = peering
        .remote_virtual_network
        .as_ref()
        .and_then(|r| taken_apart(&r.id, "virtualNetworks"))
        .ok_or_else(missing)?;
    let theirs = inner.networks.get(&to).ok_or_else(missing)?.properties.address_space.clone();
    let Some(own) = inner.networks.get(from) else { return Err(missing()) };
    let mine = ranges(own.properties.address_space.address_prefixes.iter().map(String::as_str), "the network")?;
    let other = ranges(theirs.address_prefixes.iter().map(String::as_str), "the remote network")?;
    if mine.iter().any(|m| other.iter().any(|o| m.overlaps(*o))) {
        return Err(ArmError::bad_request(
            "VnetAddressSpacesOverlap",
            "Cannot create or update peering: address spaces of the virtual networks overlap.",
        ));
    }
    let rival = own.properties.virtual_network_peerings.iter().find(|p| {
        !p.name.eq_ignore_ascii_case(name)
            && p.properties.remote_virtual_network.as_ref().and_then(|r| taken_apart(&r.id, "virtualNetworks")).as_ref()
                == Some(&to)
    });
    if let Some(rival) = rival {
        return Err(ArmError::bad_request(
            "AnotherPeeringAlreadyReferencesRemoteVnet",
            format!("Peering {} already references the remote virtual network.", rival.name),
        ));
    }
    let back = |inner: &mut Inner, change: &mut dyn FnMut(&mut Peering)| {
        let network = inner.networks.get_mut(&to)?;
        let found = network.properties.virtual_network_peerings.iter_mut().map(|p| &mut p.properties).find(|p| {
            p.remote_virtual_network.as_ref().and_then(|r| taken_apart(&r.id, "virtualNetworks")).as_ref() == Some(from)
        })?;
        change(found);
        Some(found.peering_state.clone())
    };
    let state = back(inner, &mut |p| {
        if p.peering_state == "Initiated" {
            "Connected".clone_into(&mut p.peering_state);
        }
    });
    if state.as_deref() == Some("Disconnected") {
        return Err(ArmError::bad_request(
            "RemotePeeringIsDisconnected",
            "Cannot create or update peering: the remote peering is in Disconnected state. Delete it, and make both anew.",
        ));
    }
    if state.is_some() { "Connected" } else { "Initiated" }.clone_into(&mut peering.peering_state);
    "FullyInSync".clone_into(&mut peering.peering_sync_level);
    peering.remote_address_space = theirs;
    if let Some(network) = inner.networks.get_mut(from) {
        put_child(&mut network.properties.virtual_network_peerings, name, peering);
    }
    Ok(())
}

/// The other direction of a peering that goes is left without its partner.
pub(super) fn part(inner: &mut Inner, from: &Key, peering: &Peering) {
    let remote = peering.remote_virtual_network.as_ref().and_then(|r| taken_apart(&r.id, "virtualNetworks"));
    let Some(network) = remote.and_then(|k| inner.networks.get_mut(&k)) else { return };
    for p in network.properties.virtual_network_peerings.iter_mut().map(|p| &mut p.properties) {
        let back = p.remote_virtual_network.as_ref().and_then(|r| taken_apart(&r.id, "virtualNetworks"));
        if back.as_ref() == Some(from) {
            "Disconnected".clone_into(&mut p.peering_state);
        }
    }
}

/// True: it is new.
pub(super) fn put_child<T>(all: &mut Vec<Named<T>>, name: &str, properties: T) -> bool {
    if let Some(there) = all.iter_mut().find(|c| c.name.eq_ignore_ascii_case(name)) {
        there.properties = properties;
        return false;
    }
    all.push(Named { name: name.to_owned(), properties });
    true
}

/// The child that was there.
pub(super) fn take_child<T>(all: &mut Vec<Named<T>>, name: &str) -> Option<Named<T>> {
    let at = all.iter().position(|c| c.name.eq_ignore_ascii_case(name))?;
    Some(all.remove(at))
}
