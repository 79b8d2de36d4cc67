//! `managedInstances` and their operations (facts: arm-api 2, 8).

use crate::lab::arm::body;
use crate::lab::arm::change;
use crate::lab::arm::change::Label;
use crate::lab::arm::error::ArmError;
use crate::lab::arm::error::ArmResult;
use crate::lab::arm::operation::Kind;
use crate::lab::arm::operation::Outcome;
use crate::lab::arm::provider::Change;
use crate::lab::arm::provider::InstancePatch;
use crate::lab::arm::route::MI_TYPE;
use crate::lab::arm::route::OPERATION_TYPE;
use crate::lab::arm::route::query_value;
use crate::lab::arm::server::ArmServer;
use crate::lab::arm::server::Call;
use crate::lab::arm::server::Reply;
use crate::lab::arm::view::InstanceOperationView;
use crate::lab::arm::view::InstanceView;
use hyper::http::Method;
use hyper::http::StatusCode;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// Id of the instance, in the service's own letter case.
fn id(instance: &InstanceView) -> String {
    format!(
        "/subscriptions/{}/resourceGroups/{}/providers/{MI_TYPE}/{}",
        instance.subscription, instance.resource_group, instance.name
    )
}

/// Id of something below an instance.
pub(super) fn child_id(instance: &InstanceView, kind: &str, name: &str) -> String {
    format!("{}/{kind}/{name}", id(instance))
}

/// The instance as this api-version shows it: newer members are left out.
pub(super) fn body(server: &ArmServer, call: &Call, instance: &InstanceView) -> Value {
    let mut properties = json!(instance.properties);
    let expand = query_value(call.query.as_deref(), "$expand").unwrap_or_default();
    if let Some(map) = properties.as_object_mut() {
        let mut hide = |members: &[&str]| members.iter().for_each(|m| drop(map.remove(*m)));
        if !expand.eq_ignore_ascii_case("administrators/activedirectory") {
            hide(&["administrators"]);
        }
        if !call.version.since("2023-02-01") {
            hide(&["hybridSecondaryUsage", "hybridSecondaryUsageDetected", "isGeneralPurposeV2", "storageIOps"]);
            hide(&["externalGovernanceStatus", "pricingModel", "createTime"]);
        }
        if !call.version.since("2023-05-01") {
            hide(&["databaseFormat", "authenticationMetadata"]);
        }
        if !call.version.since("2024-11-01") {
            hide(&["memorySizeInGB", "requestedLogicalAvailabilityZone"]);
        }
    }
    let mut whole = json!({
        "id": id(instance), "name": instance.name, "type": MI_TYPE, "location": instance.location,
        "tags": instance.tags, "sku": instance.sku, "properties": properties,
    });
    if let Some(principal) = &instance.principal_id {
        whole["identity"] =
            json!({"type": "SystemAssigned", "principalId": principal, "tenantId": server.config.tenant});
    }
    whole
}

pub(super) fn list(server: &ArmServer, call: &Call) -> Reply {
    let group = call.route.group.as_deref();
    let mut all = server.provider.instances();
    all.retain(|i| call.route.subscription.as_ref().is_none_or(|s| s.eq_ignore_ascii_case(&i.subscription)));
    let seen = all.iter().filter(|i| group.is_none_or(|g| i.resource_group.eq_ignore_ascii_case(g)));
    Reply::ok(json!({"value": seen.map(|i| body(server, call, i)).collect::<Vec<_>>()}))
}

/// An instance that is not there: 404 to a GET, 204 to a DELETE; a lab makes no new ones.
pub(super) fn absent(call: &Call, name: &str, group: &str) -> ArmResult<Reply> {
    match call.method {
        Method::DELETE => Ok(Reply::empty(StatusCode::NO_CONTENT)),
        Method::PUT => Err(ArmError::bad_request(
            "ProvisioningDisabled",
            "Provisioning is restricted in this region. Please choose a different region.",
        )),
        _ => Err(ArmError::parent_missing(MI_TYPE, name, group)),
    }
}

fn label(name: &'static str, instance: &InstanceView) -> Label {
    Label { kind: Kind::Instance, name, outcome: Outcome::Instance { instance: instance.name.clone() } }
}

pub(super) fn update(server: &ArmServer, call: &Call, instance: &InstanceView) -> ArmResult<Reply> {
    let sent = body::object(&call.body)?.ok_or_else(|| ArmError::invalid_content("the body is empty"))?;
    let change = Change::UpdateInstance(patch(&sent)?);
    change::start(server, call, &instance.name, change, label("UpsertManagedServer", instance))
}

fn patch(sent: &Map<String, Value>) -> ArmResult<InstancePatch> {
    let owned = |map: &Map<String, Value>, name: &str| body::text(map, name).map(|t| t.map(ToOwned::to_owned));
    let mut patch = InstancePatch::default();
    if let Some(sku) = body::child(sent, "sku")? {
        patch.sku_name = owned(sku, "name")?;
    }
    if let Some(tags) = body::child(sent, "tags")? {
        let text = |v: &Value| v.as_str().map(ToOwned::to_owned);
        let pairs: Option<_> = tags.iter().map(|(k, v)| Some((k.clone(), text(v)?))).collect();
        patch.tags = Some(pairs.ok_or_else(|| ArmError::invalid_content("'tags' must hold strings"))?);
    }
    if let Some(properties) = body::child(sent, "properties")? {
        patch.v_cores = body::number(properties, "vCores")?;
        patch.storage_gb = body::number(properties, "storageSizeInGB")?;
        patch.database_format = owned(properties, "databaseFormat")?;
        patch.next_gen = body::flag(properties, "isGeneralPurposeV2")?;
        patch.zone_redundant = body::flag(properties, "zoneRedundant")?;
        patch.hybrid_secondary_usage = owned(properties, "hybridSecondaryUsage")?;
        patch.license_type = owned(properties, "licenseType")?;
    }
    if patch.storage_gb.is_some_and(|gb| gb % 32 != 0 || !(32..=32_768).contains(&gb)) {
        return Err(ArmError::invalid_parameter("storageSizeInGB"));
    }
    Ok(patch)
}

pub(super) fn delete(server: &ArmServer, call: &Call, instance: &InstanceView) -> ArmResult<Reply> {
    let mut label = label("DropManagedServer", instance);
    label.outcome = Outcome::Nothing;
    change::start(server, call, &instance.name, Change::DeleteInstance, label)
}

pub(super) fn act(server: &ArmServer, call: &Call, instance: &InstanceView, action: &str) -> ArmResult<Reply> {
    let (change, name) = match action {
        "failover" => {
            let replica = query_value(call.query.as_deref(), "replicaType").unwrap_or_else(|| "Primary".to_owned());
            let readable_secondary = replica.eq_ignore_ascii_case("ReadableSecondary");
            if !readable_secondary && !replica.eq_ignore_ascii_case("Primary") {
                return Err(ArmError::invalid_parameter("replicaType"));
            }
            (Change::FailoverInstance { readable_secondary }, "FailoverManagedInstance")
        }
        "start" => (Change::StartInstance, "StartManagedInstance"),
        _ => (Change::StopInstance, "StopManagedInstance"),
    };
    change::start(server, call, &instance.name, change, label(name, instance))
}

fn operation_body(instance: &InstanceView, operation: &InstanceOperationView) -> Value {
    json!({"id": child_id(instance, "operations", &operation.id), "name": operation.id, "type": OPERATION_TYPE,
        "properties": operation})
}

pub(super) fn operations(server: &ArmServer, instance: &InstanceView) -> Reply {
    let all = server.provider.operations(&instance.name);
    Reply::ok(json!({"value": all.iter().map(|o| operation_body(instance, o)).collect::<Vec<_>>()}))
}

pub(super) fn operation(server: &ArmServer, instance: &InstanceView, id: &str) -> ArmResult<Reply> {
    let all = server.provider.operations(&instance.name);
    let found = all.iter().find(|o| o.id.eq_ignore_ascii_case(id)).ok_or_else(|| ArmError::operation_missing(id))?;
    Ok(Reply::ok(operation_body(instance, found)))
}
