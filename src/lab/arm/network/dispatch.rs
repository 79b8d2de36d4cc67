//! Method and target to what is shown or changed.

use super::address;
use super::address::NetworkTarget;
use super::shape::Group;
use super::shape::Named;
use super::shape::Network;
use super::shape::Table;
use super::shape::default_rules;
use super::show;
use super::state::Inner;
use super::state::Networks;
use super::state::Top;
use super::state::key;
use super::write;
use crate::lab::arm::error::ArmError;
use crate::lab::arm::error::ArmResult;
use crate::lab::arm::resource::not_allowed;
use crate::lab::arm::server::ArmServer;
use crate::lab::arm::server::Call;
use crate::lab::arm::server::Reply;
use hyper::http::Method;
use hyper::http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeMap;

pub(in crate::lab::arm) fn dispatch(server: &ArmServer, call: &Call, target: &NetworkTarget) -> ArmResult<Reply> {
    let none = || ArmError::child_missing(target.kind(), "");
    let networks = server.provider.networks().ok_or_else(none)?;
    let group = call.route.group.as_deref();
    match call.method {
        Method::GET => networks.get(group, target),
        Method::PUT => networks.put(group.unwrap_or_default(), call, target, &server.config.region),
        Method::DELETE => networks.delete(group.unwrap_or_default(), call, target),
        _ => Err(not_allowed(call)),
    }
}

fn missing(kind: &str, name: &str, group: &str) -> ArmError {
    ArmError::parent_missing(kind, name, group)
}

fn find<'a, T>(
    all: &'a BTreeMap<(String, String), Top<T>>,
    group: &str,
    name: &str,
    kind: &str,
) -> ArmResult<&'a Top<T>> {
    all.get(&key(group, name)).ok_or_else(|| missing(kind, name, group))
}

fn list<'a, T: 'a>(
    all: impl Iterator<Item = &'a Top<T>>,
    group: Option<&str>,
    show: impl Fn(&Top<T>) -> Value,
) -> Reply {
    let seen = all.filter(|t| group.is_none_or(|g| t.resource_group.eq_ignore_ascii_case(g)));
    Reply::ok(json!({"value": seen.map(show).collect::<Vec<_>>()}))
}

fn one<T: Serialize>(
    parent: &str,
    target: &NetworkTarget,
    all: &[Named<T>],
    name: Option<&String>,
) -> ArmResult<Reply> {
    let kind = target.kind();
    let Some(name) = name else {
        return Ok(Reply::ok(json!({"value": all.iter().map(|c| show::child(parent, kind, c)).collect::<Vec<_>>()})));
    };
    let found = all.iter().find(|c| c.name.eq_ignore_ascii_case(name)).ok_or_else(|| gone(name))?;
    Ok(Reply::ok(show::child(parent, kind, found)))
}

/// What Microsoft.Network says of a child that is not there.
fn gone(name: &str) -> ArmError {
    ArmError::not_found("NotFound", format!("Resource {name} not found."))
}

fn status(new: bool) -> StatusCode {
    if new { StatusCode::CREATED } else { StatusCode::OK }
}

impl Networks {
    fn get(&self, group: Option<&str>, target: &NetworkTarget) -> ArmResult<Reply> {
        let inner = self.inner();
        let at = group.unwrap_or_default();
        let id = |kind: &str, name: &str| self.id(at, kind, name);
        Ok(match target {
            NetworkTarget::Network(None) => list(inner.networks.values(), group, |n| self.show_network(n)),
            NetworkTarget::Group(None) => list(inner.groups.values(), group, |g| self.show_group(&inner, g)),
            NetworkTarget::Table(None) => list(inner.tables.values(), group, |t| self.show_table(&inner, t)),
            NetworkTarget::Network(Some(n)) => {
                Reply::ok(self.show_network(find(&inner.networks, at, n, address::NETWORK_TYPE)?))
            }
            NetworkTarget::Group(Some(n)) => {
                Reply::ok(self.show_group(&inner, find(&inner.groups, at, n, address::GROUP_TYPE)?))
            }
            NetworkTarget::Table(Some(n)) => {
                Reply::ok(self.show_table(&inner, find(&inner.tables, at, n, address::TABLE_TYPE)?))
            }
            NetworkTarget::Subnet(parent, name) => {
                let p = find(&inner.networks, at, parent, address::NETWORK_TYPE)?;
                one(&id("virtualNetworks", &p.name), target, &p.properties.subnets, name.as_ref())?
            }
            NetworkTarget::Peering(parent, name) => {
                let p = find(&inner.networks, at, parent, address::NETWORK_TYPE)?;
                one(&id("virtualNetworks", &p.name), target, &p.properties.virtual_network_peerings, name.as_ref())?
            }
            NetworkTarget::Rule(parent, name) => {
                let p = find(&inner.groups, at, parent, address::GROUP_TYPE)?;
                one(&id("networkSecurityGroups", &p.name), target, &p.properties.security_rules, name.as_ref())?
            }
            NetworkTarget::DefaultRule(parent, name) => {
                let p = find(&inner.groups, at, parent, address::GROUP_TYPE)?;
                one(&id("networkSecurityGroups", &p.name), target, &default_rules(), name.as_ref())?
            }
            NetworkTarget::Route(parent, name) => {
                let p = find(&inner.tables, at, parent, address::TABLE_TYPE)?;
                one(&id("routeTables", &p.name), target, &p.properties.routes, name.as_ref())?
            }
        })
    }

    /// Small changes of a network are done at once: the answer is the resource.
    fn put(&self, group: &str, call: &Call, target: &NetworkTarget, region: &str) -> ArmResult<Reply> {
        let new = self.write(&mut self.inner(), group, call, target, region)?;
        let mut reply = self.get(Some(group), target)?;
        reply.status = status(new);
        Ok(reply)
    }

    /// True: it is new.
    fn write(
        &self,
        inner: &mut Inner,
        group: &str,
        call: &Call,
        target: &NetworkTarget,
        region: &str,
    ) -> ArmResult<bool> {
        match target {
            NetworkTarget::Network(Some(name)) => {
                let sent = write::read::<Network>(&call.body)?;
                let place = key(group, name);
                let old = inner.networks.get(&place).cloned();
                let mut network = Network { subnets: Vec::new(), ..sent.properties.clone() };
                // Peerings are made by requests of their own.
                network.virtual_network_peerings =
                    old.as_ref().map(|o| o.properties.virtual_network_peerings.clone()).unwrap_or_default();
                for subnet in sent.properties.subnets {
                    write::check_subnet(inner, &network, &subnet.name, &subnet.properties)?;
                    network.subnets.push(subnet);
                }
                let location = sent.location.or_else(|| old.as_ref().map(|o| o.location.clone()));
                let top = top(name, group, location.unwrap_or_else(|| region.to_owned()), sent.tags, network);
                Ok(inner.networks.insert(place, top).is_none())
            }
            NetworkTarget::Group(Some(name)) => {
                let sent = write::read::<Group>(&call.body)?;
                for rule in &sent.properties.security_rules {
                    write::check_rule(&rule.name, &rule.properties, &sent.properties.security_rules)?;
                }
                let location = sent.location.unwrap_or_else(|| region.to_owned());
                let top = top(name, group, location, sent.tags, sent.properties);
                Ok(inner.groups.insert(key(group, name), top).is_none())
            }
            NetworkTarget::Table(Some(name)) => {
                let sent = write::read::<Table>(&call.body)?;
                for route in &sent.properties.routes {
                    write::check_route(&route.name, &route.properties)?;
                }
                let location = sent.location.unwrap_or_else(|| region.to_owned());
                let top = top(name, group, location, sent.tags, sent.properties);
                Ok(inner.tables.insert(key(group, name), top).is_none())
            }
            NetworkTarget::Subnet(parent, Some(name)) => {
                let sent = write::read(&call.body)?.properties;
                let network = find(&inner.networks, group, parent, address::NETWORK_TYPE)?.properties.clone();
                write::check_subnet(inner, &network, name, &sent)?;
                let there = inner.networks.get_mut(&key(group, parent));
                Ok(there.is_some_and(|n| write::put_child(&mut n.properties.subnets, name, sent)))
            }
            NetworkTarget::Peering(parent, Some(name)) => {
                let sent = write::read(&call.body)?.properties;
                let network = find(&inner.networks, group, parent, address::NETWORK_TYPE)?;
                let there = &network.properties.virtual_network_peerings;
                let new = !there.iter().any(|p| p.name.eq_ignore_ascii_case(name));
                write::peer(inner, &key(group, parent), name, sent).map(|()| new)
            }
            NetworkTarget::Rule(parent, Some(name)) => {
                let sent = write::read(&call.body)?.properties;
                let there = &find(&inner.groups, group, parent, address::GROUP_TYPE)?.properties.security_rules;
                write::check_rule(name, &sent, there)?;
                let there = inner.groups.get_mut(&key(group, parent));
                Ok(there.is_some_and(|g| write::put_child(&mut g.properties.security_rules, name, sent)))
            }
            NetworkTarget::Route(parent, Some(name)) => {
                let sent = write::read(&call.body)?.properties;
                find(&inner.tables, group, parent, address::TABLE_TYPE)?;
                write::check_route(name, &sent)?;
                let there = inner.tables.get_mut(&key(group, parent));
                Ok(there.is_some_and(|t| write::put_child(&mut t.properties.routes, name, sent)))
            }
            _ => Err(not_allowed(call)),
        }
    }

    fn delete(&self, group: &str, call: &Call, target: &NetworkTarget) -> ArmResult<Reply> {
        let mut inner = self.inner();
        let in_use = |code: &str, name: &str| {
            Err(ArmError::bad_request(code, format!("{name} is in use and cannot be deleted.")))
        };
        let had = match target {
            NetworkTarget::Network(Some(name)) => {
                let there = inner.networks.get(&key(group, name));
                if there.is_some_and(|n| n.properties.subnets.iter().any(|s| !s.properties.delegations.is_empty())) {
                    return in_use("InUseVirtualNetworkCannotBeDeleted", name);
                }
                inner.networks.remove(&key(group, name)).is_some()
            }
            NetworkTarget::Group(Some(name)) => {
                let id = self.id(group, "networkSecurityGroups", name);
                let uses = |r: Option<&super::shape::Reference>| r.is_some_and(|r| r.id.eq_ignore_ascii_case(&id));
                if !self.users(&inner, |s| uses(s.network_security_group.as_ref())).is_empty() {
                    return in_use("InUseNetworkSecurityGroupCannotBeDeleted", name);
                }
                inner.groups.remove(&key(group, name)).is_some()
            }
            NetworkTarget::Table(Some(name)) => {
                let id = self.id(group, "routeTables", name);
                let uses = |r: Option<&super::shape::Reference>| r.is_some_and(|r| r.id.eq_ignore_ascii_case(&id));
                if !self.users(&inner, |s| uses(s.route_table.as_ref())).is_empty() {
                    return in_use("InUseRouteTableCannotBeDeleted", name);
                }
                inner.tables.remove(&key(group, name)).is_some()
            }
            NetworkTarget::Subnet(parent, Some(name)) => {
                let there = inner.networks.get_mut(&key(group, parent));
                let all = there.ok_or_else(|| missing(address::NETWORK_TYPE, parent, group))?;
                let delegated = |s: &Named<super::shape::Subnet>| !s.properties.delegations.is_empty();
                if all.properties.subnets.iter().any(|s| s.name.eq_ignore_ascii_case(name) && delegated(s)) {
                    return in_use("InUseSubnetCannotBeDeleted", name);
                }
                write::take_child(&mut all.properties.subnets, name).is_some()
            }
            NetworkTarget::Peering(parent, Some(name)) => {
                let place = key(group, parent);
                let there = inner.networks.get_mut(&place);
                let all = there.ok_or_else(|| missing(address::NETWORK_TYPE, parent, group))?;
                let gone = write::take_child(&mut all.properties.virtual_network_peerings, name);
                if let Some(gone) = &gone {
                    write::part(&mut inner, &place, &gone.properties);
                }
                gone.is_some()
            }
            NetworkTarget::Rule(parent, Some(name)) => {
                let there = inner.groups.get_mut(&key(group, parent));
                let all = there.ok_or_else(|| missing(address::GROUP_TYPE, parent, group))?;
                write::take_child(&mut all.properties.security_rules, name).is_some()
            }
            NetworkTarget::Route(parent, Some(name)) => {
                let there = inner.tables.get_mut(&key(group, parent));
                let all = there.ok_or_else(|| missing(address::TABLE_TYPE, parent, group))?;
                write::take_child(&mut all.properties.routes, name).is_some()
            }
            _ => return Err(not_allowed(call)),
        };
        Ok(Reply::empty(if had { StatusCode::OK } else { StatusCode::NO_CONTENT }))
    }
}

fn top<T>(name: &str, group: &str, location: String, tags: Value, properties: T) -> Top<T> {
    Top { name: name.to_owned(), resource_group: group.to_owned(), location, tags, properties }
}
