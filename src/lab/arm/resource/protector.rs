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

pub(super) fn get(server: &ArmServer, call: &Call, instance: &InstanceView) -> ArmResult<Reply> {
    let key = server.provider.protector(&instance.name);
    let kind = if key.is_some() { "AzureKeyVault" } else { "ServiceManaged" };
    let name = key.unwrap_or_else(|| "ServiceManaged".to_owned());
    Ok(Reply::ok(json!({
        "id": child_id(call, instance, "encryptionProtector", "current"), "name": "current", "type": PROTECTOR_TYPE,
        "kind": "servicemanaged",
        "properties": {"serverKeyName": name, "serverKeyType": kind, "autoRotationEnabled": false},
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
    let label = Label {
        kind: Kind::Instance,
        name: "UpdateTransparentDataEncryptionProtector",
        outcome: Outcome::Instance { instance: instance.name.clone() },
    };
    change::start(server, call, &instance.name, Change::SetProtector { key: name.filter(|_| own) }, label)
}
