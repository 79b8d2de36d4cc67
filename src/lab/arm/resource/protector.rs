//! `encryptionProtector/current`: whose key protects the encrypted databases of an instance.

use super::instance::child_id;
use crate::lab::arm::body;
use crate::lab::arm::change;
use crate::lab::arm::change::Label;
use crate::lab::arm::error::ArmError;
use crate::lab::arm::error::ArmResult;
use crate::lab::arm::operation::Kind;
use crate::lab::arm::operation::Outcome;
use crate::lab::arm::provider::Change;
use crate::lab::arm::route::PROTECTOR_TYPE;
use crate::lab::arm::server::ArmServer;
use crate::lab::arm::server::Call;
use crate::lab::arm::server::Reply;
use crate::lab::arm::view::InstanceView;
use serde_json::json;

pub(super) fn get(server: &ArmServer, instance: &InstanceView) -> ArmResult<Reply> {
    let own = server.provider.protector(&instance.name);
    let kind = if own.is_some() { "AzureKeyVault" } else { "ServiceManaged" };
    let (name, rotates) = own.unwrap_or_else(|| ("ServiceManaged".to_owned(), false));
    let mut properties = json!({"serverKeyName": name, "serverKeyType": kind, "autoRotationEnabled": rotates});
    let keys = server.provider.keys(&instance.name);
    if let Some((_, uri)) = keys.iter().find(|(n, _)| n.eq_ignore_ascii_case(&name)) {
        properties["uri"] = json!(uri);
    }
    Ok(Reply::ok(json!({
        "id": child_id(instance, "encryptionProtector", "current"), "name": "current", "type": PROTECTOR_TYPE,
        "kind": kind.to_ascii_lowercase(), "properties": properties,
    })))
}

pub(super) fn put(server: &ArmServer, call: &Call, instance: &InstanceView) -> ArmResult<Reply> {
    let sent = body::object(&call.body)?.ok_or_else(|| ArmError::invalid_content("the body is empty"))?;
    let p = body::child(&sent, "properties")?.ok_or_else(|| ArmError::invalid_parameter("properties"))?;
    let bad = ArmError::invalid_parameter("serverKeyType");
    let own = body::choice(p, "serverKeyType", &["ServiceManaged", "AzureKeyVault"], bad.clone())?.ok_or(bad)? == 1;
    let name = body::text(p, "serverKeyName")?.map(str::to_owned);
    if own && name.is_none() {
        return Err(ArmError::invalid_parameter("serverKeyName"));
    }
    let rotates = body::flag(p, "autoRotationEnabled")?.unwrap_or(false);
    let key = name.filter(|_| own);
    let known = server.provider.keys(&instance.name);
    if key.as_ref().is_some_and(|k| !known.iter().any(|(n, _)| n.eq_ignore_ascii_case(k))) {
        return Err(ArmError::bad_request("ServerKeyDoesNotExists", "The server key does not exist."));
    }
    let label = Label {
        kind: Kind::Instance,
        name: "UpdateTransparentDataEncryptionProtector",
        outcome: Outcome::Instance { instance: instance.name.clone() },
    };
    change::start(server, call, &instance.name, Change::SetProtector { key, rotates }, label)
}
