//! From an address below `servers` to its answer.

use super::address::GROUP_TYPE;
use super::address::ServerTarget;
use super::change::GroupAct;
use super::change::GroupSpec;
use super::change::ServerChange;
use super::spec;
use super::state::LogicalHost;
use super::state::Servers;
use crate::lab::arm::change;
use crate::lab::arm::change::Label;
use crate::lab::arm::error::ArmError;
use crate::lab::arm::error::ArmResult;
use crate::lab::arm::operation::Kind;
use crate::lab::arm::operation::Outcome;
use crate::lab::arm::provider::Change;
use crate::lab::arm::server::ArmServer;
use crate::lab::arm::server::Call;
use crate::lab::arm::server::Reply;
use crate::lab::arm::version::ApiVersion;
use crate::lab::arm::version::Namespace;
use crate::lab::geo::How;
use hyper::http::Method;
use hyper::http::StatusCode;
use serde_json::Value;
use serde_json::json;

fn list(values: impl Iterator<Item = Value>) -> Reply {
    Reply::ok(json!({"value": values.collect::<Vec<_>>()}))
}

/// `targetServer` of the read-only endpoint (facts: arm-api 7).
fn targets(call: &Call) -> bool {
    call.version.since("2023-02-01")
}

pub(in crate::lab::arm) fn dispatch(server: &ArmServer, call: &Call, target: &ServerTarget) -> ArmResult<Reply> {
    let group = call.route.group.as_deref();
    let Some(servers) = server.provider.servers() else { return missing(target, group) };
    let Some(name) = target.server() else {
        let seen = servers.hosts.iter().filter(|h| group.is_none_or(|g| servers.group(h).eq_ignore_ascii_case(g)));
        return get_only(call, || list(seen.map(|h| servers.show_server(h))));
    };
    let host = servers.reach(group.unwrap_or_default(), name)?;
    match target {
        ServerTarget::Group(_, name) => return of_group(server, call, servers, host, name),
        ServerTarget::Groups(_) => {}
        ServerTarget::GroupAction(_, name, action) => return act(server, call, servers, host, name, action),
        ServerTarget::Database(_, database) => return of_database(server, call, servers, host, database),
        ServerTarget::Link(_, database, id) => return of_link(server, call, servers, host, (database, id)),
        _ => {}
    }
    get_only(call, || match target {
        ServerTarget::Databases(_) => list(host.databases().iter().filter_map(|d| servers.show_database(host, d))),
        ServerTarget::Pools(_) => list(host.spec.pools.iter().map(|p| servers.show_pool(host, p))),
        ServerTarget::Pool(_, pool) => match host.spec.pools.iter().find(|p| p.name.eq_ignore_ascii_case(pool)) {
            Some(p) => Reply::ok(servers.show_pool(host, p)),
            None => Reply::empty(StatusCode::NOT_FOUND),
        },
        ServerTarget::Rules(_) => list(host.spec.virtual_network_rules.iter().map(|r| servers.show_rule(host, r))),
        ServerTarget::Links(_, database) => {
            let all = servers.hub.replicas_of(&host.spec.id);
            let mine = all.iter().filter(|(d, _)| database.as_ref().is_none_or(|w| w.eq_ignore_ascii_case(d)));
            list(mine.filter_map(|(d, unit)| servers.show_link(host, d, unit)))
        }
        ServerTarget::Groups(_) => {
            let all = servers.hub.all_server_groups();
            let mine = all.iter().filter(|g| g.servers.iter().any(|s| s.config.id == host.spec.id));
            list(mine.filter_map(|g| servers.show_group(host, g, targets(call))))
        }
        _ => Reply::ok(servers.show_server(host)),
    })
}

fn missing(target: &ServerTarget, group: Option<&str>) -> ArmResult<Reply> {
    match target.server() {
        None => Ok(list(std::iter::empty())),
        Some(name) => Err(ArmError::parent_missing(super::address::SERVER_TYPE, name, group.unwrap_or_default())),
    }
}

fn get_only(call: &Call, answer: impl FnOnce() -> Reply) -> ArmResult<Reply> {
    match call.method {
        Method::GET => {
            let reply = answer();
            if reply.status == StatusCode::NOT_FOUND {
                return Err(ArmError::child_missing("Microsoft.Sql/servers/elasticPools", &call.path));
            }
            Ok(reply)
        }
        _ => Err(not_allowed(call)),
    }
}

fn not_allowed(call: &Call) -> ArmError {
    ArmError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "HttpMethodNotAllowed",
        format!("The requested resource does not support http method '{}'.", call.method),
    )
    .from_gateway()
}

fn find(servers: &Servers, host: &LogicalHost, name: &str, targets: bool) -> ArmResult<Value> {
    servers
        .hub
        .server_group(name)
        .filter(|g| g.servers.iter().any(|s| s.config.id == host.spec.id))
        .and_then(|g| servers.show_group(host, &g, targets))
        .ok_or_else(|| ArmError::child_missing(GROUP_TYPE, name))
}

fn start_group(server: &ArmServer, call: &Call, host: &LogicalHost, name: &str, act: GroupAct) -> ArmResult<Reply> {
    let word = match &act {
        GroupAct::Put(_) => "CreateOrUpdateFailoverGroup",
        GroupAct::Delete => "DropFailoverGroup",
        GroupAct::Failover(_) => "FailoverFailoverGroup",
    };
    let outcome = match &act {
        GroupAct::Delete => Outcome::Nothing,
        _ => Outcome::Server(ServerTarget::Group(host.spec.name.clone(), name.to_owned())),
    };
    let label = Label { kind: Kind::ServerGroup, name: word, outcome };
    let change = ServerChange::Group { server: host.spec.name.clone(), name: name.to_owned(), act };
    change::start(server, call, "", Change::Server(change), label)
}

fn of_group(server: &ArmServer, call: &Call, servers: &Servers, host: &LogicalHost, name: &str) -> ArmResult<Reply> {
    let there = find(servers, host, name, targets(call));
    match call.method {
        Method::GET => there.map(Reply::ok),
        Method::PUT => start_group(server, call, host, name, GroupAct::Put(spec::group(&call.body, None)?)),
        Method::PATCH => {
            there?;
            let old = servers.hub.server_group(name).map(|g| GroupSpec {
                settings: g.settings(),
                partner: servers.of_instance(&g.secondary().config.id).map(|h| servers.id(h)).unwrap_or_default(),
                databases: g.databases().iter().map(|d| servers.database_id(host, d)).collect(),
                tags: None,
            });
            start_group(server, call, host, name, GroupAct::Put(spec::group(&call.body, old.as_ref())?))
        }
        Method::DELETE if there.is_err() => Ok(Reply::empty(StatusCode::NO_CONTENT)),
        Method::DELETE => start_group(server, call, host, name, GroupAct::Delete),
        _ => Err(not_allowed(call)),
    }
}

fn act(
    server: &ArmServer,
    call: &Call,
    servers: &Servers,
    host: &LogicalHost,
    name: &str,
    action: &str,
) -> ArmResult<Reply> {
    if call.method != Method::POST {
        return Err(not_allowed(call));
    }
    find(servers, host, name, targets(call))?;
    let how = match action {
        "failover" => How::Planned,
        "forceFailoverAllowDataLoss" => How::Forced,
        // Since 2022-11-01-preview (facts: arm-api 7).
        _ if !call.version.since("2022-11-01") => {
            return Err(ApiVersion::unknown(
                call.version.as_str(),
                Namespace::Sql,
                "servers/failoverGroups",
                &server.config.region,
            ));
        }
        _ => How::PlannedFirst,
    };
    start_group(server, call, host, name, GroupAct::Failover(how))
}

fn of_database(
    server: &ArmServer,
    call: &Call,
    servers: &Servers,
    host: &LogicalHost,
    database: &str,
) -> ArmResult<Reply> {
    match call.method {
        Method::GET => servers
            .show_database(host, database)
            .map(Reply::ok)
            .ok_or_else(|| ArmError::child_missing(super::address::DATABASE_TYPE, database)),
        Method::PUT => {
            let spec = spec::secondary(&call.body)?;
            let outcome = Outcome::Server(ServerTarget::Database(host.spec.name.clone(), database.to_owned()));
            let label = Label { kind: Kind::Database, name: "CreateDatabaseAsSecondary", outcome };
            let change =
                ServerChange::Secondary { server: host.spec.name.clone(), database: database.to_owned(), spec };
            change::start(server, call, "", Change::Server(change), label)
        }
        _ => Err(not_allowed(call)),
    }
}

fn of_link(
    server: &ArmServer,
    call: &Call,
    servers: &Servers,
    host: &LogicalHost,
    (database, id): (&str, &str),
) -> ArmResult<Reply> {
    let unit = servers.hub.replica(&host.spec.id, database);
    let shown = unit.and_then(|u| servers.show_link(host, database, &u));
    let shown = shown.filter(|v| v["name"].as_str().is_some_and(|n| n.eq_ignore_ascii_case(id)));
    match call.method {
        Method::GET => shown.map(Reply::ok).ok_or_else(|| ArmError::child_missing(super::address::LINK_TYPE, id)),
        Method::DELETE if shown.is_none() => Ok(Reply::empty(StatusCode::NO_CONTENT)),
        Method::DELETE => {
            if servers.hub.group_of_database(&host.spec.id, database).is_some() {
                return Err(ArmError::conflict(
                    "DatabaseBelongsToOtherFailoverGroup",
                    format!("Database '{database}' is in a failover group: remove it from the group first."),
                ));
            }
            let label = Label { kind: Kind::ReplicationLink, name: "DropReplicationLink", outcome: Outcome::Nothing };
            let change = ServerChange::StopLink { server: host.spec.name.clone(), database: database.to_owned() };
            change::start(server, call, "", Change::Server(change), label)
        }
        _ => Err(not_allowed(call)),
    }
}

/// What the `Location` of an operation answers in the end.
pub(in crate::lab::arm) fn outcome(server: &ArmServer, call: &Call, target: &ServerTarget) -> Option<Value> {
    let servers = server.provider.servers()?;
    let host = servers.host(target.server()?)?;
    match target {
        ServerTarget::Group(_, name) => find(servers, host, name, targets(call)).ok(),
        ServerTarget::Database(_, name) => servers.show_database(host, name),
        _ => None,
    }
}
