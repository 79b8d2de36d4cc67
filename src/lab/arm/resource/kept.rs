//! What an instance keeps: keys over encrypted databases, and for how long the backups of a database (facts: failover-groups P19,
//! P25). Every database begins with seven days and nothing beyond; a copy in a failover group begins so, too.

use super::instance::child_id;
use crate::lab::arm::body;
use crate::lab::arm::change;
use crate::lab::arm::change::Label;
use crate::lab::arm::error::ArmError;
use crate::lab::arm::error::ArmResult;
use crate::lab::arm::operation::Kind;
use crate::lab::arm::operation::Outcome;
use crate::lab::arm::provider::Change;
use crate::lab::arm::provider::RetentionChange;
use crate::lab::arm::route::DATABASE_TYPE;
use crate::lab::arm::route::KEY_TYPE;
use crate::lab::arm::server::ArmServer;
use crate::lab::arm::server::Call;
use crate::lab::arm::server::Reply;
use crate::lab::arm::view::InstanceView;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// Days that a policy may name for an open database.
const DAYS: std::ops::RangeInclusive<u32> = 1..=35;
/// Not kept.
const NOT: &str = "PT0S";

fn label(name: &'static str, instance: &InstanceView) -> Label {
    Label { kind: Kind::Instance, name, outcome: Outcome::Instance { instance: instance.name.clone() } }
}

fn sent(call: &Call) -> ArmResult<Map<String, Value>> {
    let sent = body::object(&call.body)?.ok_or_else(|| ArmError::invalid_content("the body is empty"))?;
    body::child(&sent, "properties")?.cloned().ok_or_else(|| ArmError::invalid_parameter("properties"))
}

fn key_body(instance: &InstanceView, name: &str, uri: Option<&str>) -> Value {
    let kind = if uri.is_some() { "AzureKeyVault" } else { "ServiceManaged" };
    let mut properties = json!({ "serverKeyType": kind, "autoRotationEnabled": false });
    if let Some(uri) = uri {
        properties["uri"] = json!(uri);
    }
    json!({ "id": child_id(instance, "keys", name), "name": name, "type": KEY_TYPE,
        "kind": if uri.is_some() { "azurekeyvault" } else { "servicemanaged" }, "properties": properties })
}

pub(super) fn keys(server: &ArmServer, instance: &InstanceView) -> Reply {
    let mut all = vec![key_body(instance, "ServiceManaged", None)];
    let known = server.provider.keys(&instance.name);
    all.extend(known.iter().map(|(name, uri)| key_body(instance, name, Some(uri))));
    Reply::ok(json!({ "value": all }))
}

pub(super) fn get_key(server: &ArmServer, instance: &InstanceView, name: &str) -> ArmResult<Reply> {
    if name.eq_ignore_ascii_case("ServiceManaged") {
        return Ok(Reply::ok(key_body(instance, "ServiceManaged", None)));
    }
    let known = server.provider.keys(&instance.name);
    let found = known.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
    let (name, uri) = found.ok_or_else(|| ArmError::child_missing(KEY_TYPE, name))?;
    Ok(Reply::ok(key_body(instance, name, Some(uri))))
}

pub(super) fn put_key(server: &ArmServer, call: &Call, instance: &InstanceView, name: &str) -> ArmResult<Reply> {
    let p = sent(call)?;
    let bad = ArmError::invalid_parameter("serverKeyType");
    if body::choice(&p, "serverKeyType", &["AzureKeyVault"], bad.clone())?.is_none() {
        return Err(bad);
    }
    let uri = body::text(&p, "uri")?.ok_or_else(|| ArmError::invalid_parameter("uri"))?.to_owned();
    let change = Change::PutKey { name: name.to_owned(), uri };
    change::start(server, call, &instance.name, change, label("UpsertManagedServerKey", instance))
}

fn exists(server: &ArmServer, instance: &InstanceView, database: &str) -> ArmResult<()> {
    let all = server.provider.databases(&instance.name);
    let there = all.iter().any(|d| d.name.eq_ignore_ascii_case(database));
    if there { Ok(()) } else { Err(ArmError::child_missing(DATABASE_TYPE, database)) }
}

fn policy(is_long: bool) -> &'static str {
    if is_long { "backupLongTermRetentionPolicies" } else { "backupShortTermRetentionPolicies" }
}

pub(super) fn get(server: &ArmServer, instance: &InstanceView, database: &str, is_long: bool) -> ArmResult<Reply> {
    exists(server, instance, database)?;
    let kept = server.provider.retention(&instance.name, database);
    let properties = if is_long {
        json!({ "weeklyRetention": kept.weekly, "monthlyRetention": kept.monthly, "yearlyRetention": kept.yearly,
            "weekOfYear": kept.week_of_year })
    } else {
        json!({ "retentionDays": kept.days })
    };
    let below = format!("{database}/{}", policy(is_long));
    Ok(Reply::ok(json!({
        "id": format!("{}/default", child_id(instance, "databases", &below)), "name": "default",
        "type": format!("{DATABASE_TYPE}/{}", policy(is_long)), "properties": properties,
    })))
}

pub(super) fn put(
    server: &ArmServer,
    call: &Call,
    instance: &InstanceView,
    database: &str,
    is_long: bool,
) -> ArmResult<Reply> {
    exists(server, instance, database)?;
    let p = sent(call)?;
    let to = if is_long {
        let text = |name: &str| body::text(&p, name).map(|t| t.unwrap_or(NOT).to_owned());
        let yearly = text("yearlyRetention")?;
        let week_of_year = body::number(&p, "weekOfYear")?.unwrap_or(0);
        if yearly != NOT && !(1..=52).contains(&week_of_year) {
            return Err(ArmError::invalid_parameter("weekOfYear"));
        }
        RetentionChange::Long {
            weekly: text("weeklyRetention")?,
            monthly: text("monthlyRetention")?,
            yearly,
            week_of_year,
        }
    } else {
        let days = body::number(&p, "retentionDays")?.filter(|d| DAYS.contains(d));
        RetentionChange::Short { days: days.ok_or_else(|| ArmError::invalid_parameter("retentionDays"))? }
    };
    let name = if is_long { "UpsertManagedDatabaseLongTermRetention" } else { "UpsertManagedBackupShortTermRetention" };
    let change = Change::SetRetention { database: database.to_owned(), to };
    change::start(server, call, &instance.name, change, label(name, instance))
}
