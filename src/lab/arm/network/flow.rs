//! What gets through: security groups by priority, routes by the longest prefix, peerings on both sides.

use super::cidr::Cidr;
use super::shape::Rule;
use super::shape::Subnet;
use super::shape::default_rules;
use super::state::Inner;
use super::state::Key;
use super::state::Networks;
use super::state::taken_apart;
use crate::lab::net::Wires;
use std::net::Ipv4Addr;

impl Wires for Networks {
    fn address(&self, host: &str) -> Option<String> {
        self.ip(host).map(|ip| ip.to_string())
    }

    /// Hosts that no network knows are not held up.
    fn passes(&self, from: &str, to: &str, port: u16) -> bool {
        let (Some(from), Some(to)) = (self.ip(from), self.ip(to)) else { return true };
        let inner = self.inner();
        let (near, far) = (inner.place(from), inner.place(to));
        if let (Some((a, _)), Some((b, _))) = (&near, &far)
            && a != b
            && !(inner.peered(a, b) && inner.peered(b, a))
        {
            return false;
        }
        let out = near.is_none_or(|(network, subnet)| {
            inner.leads(&network, &subnet, to) && inner.allows(&network, &subnet, "Outbound", from, to, port)
        });
        out && far.is_none_or(|(network, subnet)| {
            // The answers need a way, too.
            inner.leads(&network, &subnet, from) && inner.allows(&network, &subnet, "Inbound", from, to, port)
        })
    }
}

fn any(prefixes: &[String], ip: Ipv4Addr) -> bool {
    prefixes.iter().filter_map(|p| Cidr::parse(p)).any(|c| c.holds(ip))
}

impl Inner {
    /// Network and subnet of an address.
    fn place(&self, ip: Ipv4Addr) -> Option<(Key, Subnet)> {
        self.networks.iter().find_map(|(k, n)| {
            let inside = |s: &Subnet| s.prefixes().filter_map(Cidr::parse).any(|c| c.holds(ip));
            let subnet = n.properties.subnets.iter().find(|s| inside(&s.properties))?;
            Some((k.clone(), subnet.properties.clone()))
        })
    }

    fn peered(&self, from: &Key, to: &Key) -> bool {
        self.networks.get(from).is_some_and(|n| {
            n.properties.virtual_network_peerings.iter().map(|p| &p.properties).any(|p| {
                let remote = p.remote_virtual_network.as_ref().and_then(|r| taken_apart(&r.id, "virtualNetworks"));
                remote.as_ref() == Some(to) && p.peering_state == "Connected" && p.allow_virtual_network_access
            })
        })
    }

    /// Spaces of the network itself and of its peers.
    fn spaces(&self, network: &Key) -> Vec<String> {
        let Some(own) = self.networks.get(network) else { return Vec::new() };
        let peers = own.properties.virtual_network_peerings.iter().map(|p| &p.properties);
        let peers = peers.filter(|p| p.peering_state == "Connected" && p.allow_virtual_network_access);
        let own_space = own.properties.address_space.address_prefixes.iter().cloned();
        own_space.chain(peers.flat_map(|p| p.remote_address_space.address_prefixes.clone())).collect()
    }

    /// What `VirtualNetwork` means here; private addresses outside come through the gateway of the site.
    fn is_virtual_network(&self, network: &Key, ip: Ipv4Addr) -> bool {
        any(&self.spaces(network), ip) || (ip.is_private() && self.place(ip).is_none())
    }

    fn matches(&self, network: &Key, prefix: &str, ip: Ipv4Addr) -> bool {
        match prefix {
            "*" | "0.0.0.0/0" => true,
            p if p.eq_ignore_ascii_case("VirtualNetwork") => self.is_virtual_network(network, ip),
            p if p.eq_ignore_ascii_case("Internet") => !self.is_virtual_network(network, ip),
            // Other tags are public addresses of the cloud.
            p => Cidr::parse(p).is_some_and(|c| c.holds(ip)),
        }
    }

    fn allows(&self, network: &Key, subnet: &Subnet, direction: &str, from: Ipv4Addr, to: Ipv4Addr, port: u16) -> bool {
        let id = subnet.network_security_group.as_ref().and_then(|r| taken_apart(&r.id, "networkSecurityGroups"));
        let Some(group) = id.and_then(|id| self.groups.get(&id)) else { return true };
        let defaults = default_rules();
        let mut rules: Vec<&Rule> =
            group.properties.security_rules.iter().chain(&defaults).map(|r| &r.properties).collect();
        rules.sort_by_key(|r| r.priority);
        let decides = rules.into_iter().find(|r| {
            r.is(direction)
                && (r.protocol == "*" || r.protocol.eq_ignore_ascii_case("Tcp"))
                && r.ports().any(|p| covers(p, port))
                && r.sources().any(|p| self.matches(network, p, from))
                && r.destinations().any(|p| self.matches(network, p, to))
        });
        decides.is_some_and(|r| r.access.eq_ignore_ascii_case("Allow"))
    }

    /// Whether packets to an address leave the subnet for where it is.
    fn leads(&self, network: &Key, subnet: &Subnet, to: Ipv4Addr) -> bool {
        let id = subnet.route_table.as_ref().and_then(|r| taken_apart(&r.id, "routeTables"));
        let Some(table) = id.and_then(|id| self.tables.get(&id)) else { return true };
        let routes = table.properties.routes.iter().filter_map(|r| {
            let range = Cidr::parse(&r.properties.address_prefix).filter(|c| c.holds(to))?;
            Some((range.bits(), r.properties.next_hop_type.as_str()))
        });
        let Some((bits, hop)) = routes.max_by_key(|(bits, _)| *bits) else { return true };
        let own = self.spaces(network);
        let system = own.iter().filter_map(|p| Cidr::parse(p)).filter(|c| c.holds(to)).map(Cidr::bits).max();
        // A route of the system wins where it is longer.
        if system.is_some_and(|s| s > bits) {
            return true;
        }
        match hop {
            "None" => false,
            "Internet" => !to.is_private(),
            _ => true,
        }
    }
}

/// `5022`, `11000-11999`, `*`
pub(super) fn range(text: &str) -> Option<(u16, u16)> {
    if text == "*" {
        return Some((0, u16::MAX));
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then_some((first, last))
}

fn covers(text: &str, port: u16) -> bool {
    range(text).is_some_and(|(first, last)| (first..=last).contains(&port))
}
