//! `distributedAvailabilityGroups`: the link (facts: arm-api 3).

use super::instance::child_id;
use super::link_body;
use super::link_old;
use crate::lab::arm::body;
use crate::lab::arm::change;
use crate::lab::arm::change::Label;
use crate::lab::arm::error::ArmError;
use crate::lab::arm::error::ArmResult;
use crate::lab::arm::operation::Kind;
use crate::lab::arm::operation::Outcome;
use crate::lab::arm::provider::Change;
use crate::lab::arm::provider::LinkRole;
use crate::lab::arm::route::LINK_TYPE;
use crate::lab::arm::server::ArmServer;
use crate::lab::arm::server::Call;
use crate::lab::arm::server::Reply;
use crate::lab::arm::view::InstanceView;
use crate::lab::arm::view::LinkView;
use serde_json::Value;
use serde_json::json;

/// The link as this api-version shows it.
pub(super) fn body(call: &Call, instance: &InstanceView, link: &LinkView) -> Value {
    let mut properties =
        if call.version.old_link() { link_old::show(link, call.version) } else { json!(link.properties) };
    if let Some(map) = properties.as_object_mut() {
        if !call.version.multi_database() {
            map.remove("linkMode");
        }
        if !call.version.since("2023-08-01") {
            for database in map.get_mut("databases").and_then(Value::as_array_mut).into_iter().flatten() {
                database.as_object_mut().map(|d| d.remove("seedingProgress"));
            }
        }
    }
    json!({"id": child_id(instance, "distributedAvailabilityGroups", &link.name), "name": link.name,
        "type": LINK_TYPE, "properties": properties})
}

fn find(server: &ArmServer, instance: &InstanceView, name: &str) -> ArmResult<LinkView> {
    server.provider.link(&instance.name, name).ok_or_else(|| ArmError::child_missing(LINK_TYPE, name))
}

fn label(name: &'static str, instance: &InstanceView, link: &str) -> Label {
    Label { kind: Kind::Link, name, outcome: Outcome::Link { instance: instance.name.clone(), name: link.to_owned() } }
}

pub(super) fn list(server: &ArmServer, call: &Call, instance: &InstanceView) -> Reply {
    let all = server.provider.links(&instance.name);
    Reply::ok(json!({"value": all.iter().map(|l| body(call, instance, l)).collect::<Vec<_>>()}))
}

pub(super) fn get(server: &ArmServer, call: &Call, instance: &InstanceView, name: &str) -> ArmResult<Reply> {
    find(server, instance, name).map(|link| Reply::ok(body(call, instance, &link)))
}

pub(super) fn put(server: &ArmServer, call: &Call, instance: &InstanceView, name: &str) -> ArmResult<Reply> {
    let spec = link_body::spec(name, &call.body, call.version)?;
    let operation = match (spec.multi_database, spec.instance_role) {
        (true, _) => "CreateManagedFailoverGroup",
        (false, LinkRole::Secondary) => "DistributedAvailabilityGroupsLinkCreate",
        (false, LinkRole::Primary) => "DistributedAvailabilityGroupsLinkCreateFromMI",
    };
    change::start(server, call, &instance.name, Change::CreateLink(spec), label(operation, instance, name))
}

pub(super) fn patch(server: &ArmServer, call: &Call, instance: &InstanceView, name: &str) -> ArmResult<Reply> {
    let link = find(server, instance, name)?;
    let (mode, databases) = link_body::update(&call.body, call.version)?;
    if mode.is_none() && databases.is_none() {
        return Ok(Reply::ok(body(call, instance, &link)));
    }
    let change = Change::UpdateLink { name: link.name.clone(), mode, databases };
    let label = label("DistributedAvailabilityGroupsUpdateLink", instance, &link.name);
    change::start(server, call, &instance.name, change, label)
}

pub(super) fn delete(server: &ArmServer, call: &Call, instance: &InstanceView, name: &str) -> ArmResult<Reply> {
    let mut label = label("DistributedAvailabilityGroupsDropLink", instance, name);
    label.outcome = Outcome::Nothing;
    let Some(link) = server.provider.link(&instance.name, name) else {
        return Ok(change::start_hopeless(server, call, label));
    };
    change::start(server, call, &instance.name, Change::DeleteLink { name: link.name }, label)
}

pub(super) fn failover(server: &ArmServer, call: &Call, instance: &InstanceView, name: &str) -> ArmResult<Reply> {
    let refuse = || {
        ArmError::bad_request(
            "InvalidDistributedAvailabilityGroupFailoverRequest",
            "Failover request body is missing or its failover type is not valid.",
        )
    };
    let link = find(server, instance, name)?;
    let sent = body::object(&call.body)?.ok_or_else(refuse)?;
    let kind =
        body::choice(&sent, "failoverType", &["Planned", "ForcedAllowDataLoss"], refuse())?.ok_or_else(refuse)?;
    let forced = kind == 1;
    if !forced && link.properties.instance_link_role.as_deref() != Some("Primary") {
        return Err(ArmError::bad_request(
            "InvalidDistributedAvailabilityGroupFailoverInstanceRole",
            "Planned failover can be started only from the primary: the managed instance is not in the primary role.",
        ));
    }
    let label = label("DistributedAvailabilityGroupsLinkFailover", instance, &link.name);
    change::start(server, call, &instance.name, Change::FailoverLink { name: link.name, forced }, label)
}

pub(super) fn set_role(server: &ArmServer, call: &Call, instance: &InstanceView, name: &str) -> ArmResult<Reply> {
    let link = find(server, instance, name)?;
    let refuse = || {
        ArmError::bad_request(
            "InvalidDistributedAvailabilityGroupFailoverRequest",
            "Set role request body is not valid.",
        )
    };
    let sent = body::object(&call.body)?.ok_or_else(refuse)?;
    let role = body::choice(&sent, "instanceRole", &["Primary", "Secondary"], refuse())?.ok_or_else(refuse)?;
    let kind = body::choice(&sent, "roleChangeType", &["Forced", "Planned"], refuse())?.ok_or_else(refuse)?;
    let (role, forced) = (if role == 0 { LinkRole::Primary } else { LinkRole::Secondary }, kind == 0);
    if link.properties.instance_link_role.as_deref() == Some(role.as_str()) {
        return Err(ArmError::conflict(
            "DistributedAvailabilityGroupSetRoleInstanceAlreadyInRequestedRole",
            format!("Managed instance is already in the role '{}'.", role.as_str()),
        ));
    }
    if role == LinkRole::Primary && !forced {
        return Err(ArmError::conflict(
            "DistributedAvailabilityGroupSetRolePrimaryPlannedNotSupported",
            "Planned change to the primary role is not supported.",
        ));
    }
    let label = label("DistributedAvailabilityGroupsSetRole", instance, &link.name);
    change::start(server, call, &instance.name, Change::SetLinkRole { name: link.name, role, forced }, label)
}
