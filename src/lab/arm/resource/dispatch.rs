//! Method and target to the function that answers.

use super::certificate;
use super::database;
use super::failover_group;
use super::instance;
use super::kept;
use super::link;
use super::operation;
use super::protector;
use super::subscription;
use crate::lab::arm::error::ArmError;
use crate::lab::arm::error::ArmResult;
use crate::lab::arm::route::LINK_TYPE;
use crate::lab::arm::route::MI_TYPE;
use crate::lab::arm::route::Target;
use crate::lab::arm::server::ArmServer;
use crate::lab::arm::server::Call;
use crate::lab::arm::server::Reply;
use crate::lab::arm::version::ApiVersion;
use crate::lab::arm::version::Namespace;
use crate::lab::arm::view::InstanceView;
use hyper::http::Method;
use hyper::http::StatusCode;

pub(in crate::lab::arm) fn dispatch(server: &ArmServer, call: &Call) -> ArmResult<Reply> {
    if let Target::Server(target) = &call.route.target {
        return crate::lab::arm::servers::dispatch(server, call, target);
    }
    if let Target::Network(target) = &call.route.target {
        return crate::lab::arm::network::dispatch(server, call, target);
    }
    let Some(name) = &call.route.instance else { return without_instance(server, call) };
    if call.route.target == Target::Permissions {
        return Ok(Reply::ok(server.access.permissions_body()));
    }
    if call.route.target == Target::Locks {
        return Ok(Reply::ok(server.access.locks_body(&call.route.scope)));
    }
    let group = call.route.group.as_deref().unwrap_or_default();
    let within = call.route.subscription.as_deref().unwrap_or_default();
    let found = server.provider.instance(name);
    let found =
        found.filter(|i| i.resource_group.eq_ignore_ascii_case(group) && i.subscription.eq_ignore_ascii_case(within));
    if call.route.target == Target::Instance && found.is_none() {
        return instance::absent(call, name, group);
    }
    let instance = found.ok_or_else(|| ArmError::parent_missing(MI_TYPE, name, group))?;
    match &call.route.target {
        Target::Links | Target::Link(_) | Target::LinkAction(..) => {
            check_link_version(server, call)?;
            of_link(server, call, &instance)
        }
        _ => of_instance(server, call, &instance),
    }
}

fn without_instance(server: &ArmServer, call: &Call) -> ArmResult<Reply> {
    match (&call.route.target, &call.method) {
        (Target::AsyncStatus(id), &Method::GET) => operation::status(server, call, id),
        (Target::AsyncResult(id), &Method::GET) => operation::result(server, call, id),
        (Target::Instances, &Method::GET) => Ok(instance::list(server, call)),
        (Target::Permissions, &Method::GET) => Ok(Reply::ok(server.access.permissions_body())),
        (Target::Locks, &Method::GET) => Ok(Reply::ok(server.access.locks_body(&call.route.scope))),
        (Target::ActivityLog, &Method::GET) => crate::lab::arm::activity::list(server, call),
        (Target::FailoverGroups, &Method::GET) => failover_group::list(server, call),
        (Target::FailoverGroup(name), &Method::GET) => failover_group::get(server, call, name),
        (Target::FailoverGroup(name), &Method::PUT) => failover_group::put(server, call, name),
        (Target::FailoverGroup(name), &Method::DELETE) => failover_group::delete(server, call, name),
        (Target::FailoverGroupAction(name, action), &Method::POST) => failover_group::act(server, call, name, action),
        (_, &Method::GET) => subscription::get(server, call),
        _ => Err(not_allowed(call)),
    }
}

fn of_link(server: &ArmServer, call: &Call, instance: &InstanceView) -> ArmResult<Reply> {
    match (&call.route.target, &call.method) {
        (Target::Links, &Method::GET) => Ok(link::list(server, call, instance)),
        (Target::Link(name), &Method::GET) => link::get(server, call, instance, name),
        (Target::Link(name), &Method::PUT) => link::put(server, call, instance, name),
        (Target::Link(name), &Method::PATCH) => link::patch(server, call, instance, name),
        (Target::Link(name), &Method::DELETE) => link::delete(server, call, instance, name),
        (Target::LinkAction(name, action), &Method::POST) if action == "failover" => {
            link::failover(server, call, instance, name)
        }
        (Target::LinkAction(name, _), &Method::POST) => link::set_role(server, call, instance, name),
        _ => Err(not_allowed(call)),
    }
}

fn of_instance(server: &ArmServer, call: &Call, instance: &InstanceView) -> ArmResult<Reply> {
    match (&call.route.target, &call.method) {
        (Target::Instance, &Method::GET) => Ok(Reply::ok(instance::body(server, call, instance))),
        (Target::Instance, &(Method::PUT | Method::PATCH)) => instance::update(server, call, instance),
        (Target::Instance, &Method::DELETE) => instance::delete(server, call, instance),
        (Target::InstanceAction(action), &Method::POST) => instance::act(server, call, instance, action),
        (Target::EndpointCertificates, &Method::GET) => Ok(certificate::list_endpoint(server, call, instance)),
        (Target::EndpointCertificate(kind), &Method::GET) => certificate::get_endpoint(server, call, instance, kind),
        (Target::TrustCertificates, &Method::GET) => Ok(certificate::list_trust(server, instance)),
        (Target::TrustCertificate(name), &Method::GET) => certificate::get_trust(server, instance, name),
        (Target::TrustCertificate(name), &Method::PUT) => certificate::put_trust(server, call, instance, name),
        (Target::TrustCertificate(name), &Method::DELETE) => certificate::delete_trust(server, call, instance, name),
        (Target::Databases, &Method::GET) => Ok(database::list(server, instance)),
        (Target::Database(name), &Method::GET) => database::get(server, instance, name),
        (Target::Protector, &Method::GET) => protector::get(server, instance),
        (Target::Protector, &Method::PUT) => protector::put(server, call, instance),
        (Target::Keys, &Method::GET) => Ok(kept::keys(server, instance)),
        (Target::Key(name), &Method::GET) => kept::get_key(server, instance, name),
        (Target::Key(name), &Method::PUT) => kept::put_key(server, call, instance, name),
        (Target::Retention { database, is_long }, &Method::GET) => kept::get(server, instance, database, *is_long),
        (Target::Retention { database, is_long }, &Method::PUT) => {
            kept::put(server, call, instance, database, *is_long)
        }
        (Target::InstanceOperations, &Method::GET) => Ok(instance::operations(server, instance)),
        (Target::InstanceOperation(id), &Method::GET) => instance::operation(server, instance, id),
        (Target::CancelInstanceOperation(id), &Method::POST) => {
            server.provider.cancel(&instance.name, id).map(|()| Reply::empty(StatusCode::OK))
        }
        _ => Err(not_allowed(call)),
    }
}

/// Which versions have links at all, and which their actions (facts: arm-api 3, 3.3).
fn check_link_version(server: &ArmServer, call: &Call) -> ArmResult<()> {
    let version = call.version;
    let first = match &call.route.target {
        Target::LinkAction(_, action) if action == "failover" => "2023-08-01",
        Target::LinkAction(..) => "2022-05-01",
        _ => "2021-05-01",
    };
    // 2023-02-01-preview shows two shapes in one: not served.
    if version.since(first) && version.as_str() != "2023-02-01-preview" {
        return Ok(());
    }
    let kind = LINK_TYPE.split_once('/').map_or(LINK_TYPE, |(_, kind)| kind);
    Err(ApiVersion::unknown(version.as_str(), Namespace::Sql, kind, &server.config.region))
}

pub(in crate::lab::arm) fn not_allowed(call: &Call) -> ArmError {
    ArmError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "HttpMethodNotAllowed",
        format!("The requested resource does not support http method '{}'.", call.method),
    )
    .from_gateway()
}
