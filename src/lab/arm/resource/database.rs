//! `managedInstances/databases` (facts: arm-api 8).

use super::instance::child_id;
use crate::lab::arm::error::ArmError;
use crate::lab::arm::error::ArmResult;
use crate::lab::arm::route::DATABASE_TYPE;
use crate::lab::arm::server::ArmServer;
use crate::lab::arm::server::Reply;
use crate::lab::arm::view::DatabaseView;
use crate::lab::arm::view::InstanceView;
use serde_json::Value;
use serde_json::json;

fn body(instance: &InstanceView, database: &DatabaseView) -> Value {
    json!({
        "id": child_id(instance, "databases", &database.name), "name": database.name, "type": DATABASE_TYPE,
        "location": instance.location, "tags": {}, "properties": database.properties,
    })
}

pub(super) fn list(server: &ArmServer, instance: &InstanceView) -> Reply {
    let all = server.provider.databases(&instance.name);
    Reply::ok(json!({"value": all.iter().map(|d| body(instance, d)).collect::<Vec<_>>()}))
}

pub(super) fn get(server: &ArmServer, instance: &InstanceView, name: &str) -> ArmResult<Reply> {
    let all = server.provider.databases(&instance.name);
    let found = all.iter().find(|d| d.name.eq_ignore_ascii_case(name));
    let found = found.ok_or_else(|| ArmError::child_missing(DATABASE_TYPE, name))?;
    Ok(Reply::ok(body(instance, found)))
}
