//! `endpointCertificates` and `serverTrustCertificates` (facts: arm-api 4, 5).

use super::instance::child_id;
use crate::lab::arm::body;
use crate::lab::arm::change;
use crate::lab::arm::change::Label;
use crate::lab::arm::error::ArmError;
use crate::lab::arm::error::ArmResult;
use crate::lab::arm::ids::from_hex;
use crate::lab::arm::ids::hex;
use crate::lab::arm::operation::Kind;
use crate::lab::arm::operation::Outcome;
use crate::lab::arm::provider::Change;
use crate::lab::arm::route::ENDPOINT_TYPE;
use crate::lab::arm::route::TRUST_TYPE;
use crate::lab::arm::server::ArmServer;
use crate::lab::arm::server::Call;
use crate::lab::arm::server::Reply;
use crate::lab::arm::view::EndpointCertificateView;
use crate::lab::arm::view::EndpointType;
use crate::lab::arm::view::InstanceView;
use crate::lab::arm::view::TrustCertificateView;
use hyper::http::StatusCode;
use serde_json::Value;
use serde_json::json;

const ENDPOINTS: [(&str, EndpointType); 2] =
    [("DATABASE_MIRRORING", EndpointType::DatabaseMirroring), ("SERVICE_BROKER", EndpointType::ServiceBroker)];

fn endpoint_body(call: &Call, instance: &InstanceView, name: &str, view: &EndpointCertificateView) -> Value {
    let mut properties = json!({"publicBlob": format!("0x{}", hex(&view.der))});
    if call.version.since("2025-08-01") {
        let roots: Vec<Value> =
            view.trusted_roots.iter().map(|(s, der)| json!({"subject": s, "publicBlob": hex(der)})).collect();
        properties["trustedRootCertificates"] = roots.into();
    }
    json!({"id": child_id(instance, "endpointCertificates", name), "name": name, "type": ENDPOINT_TYPE,
        "properties": properties})
}

pub(super) fn list_endpoint(server: &ArmServer, call: &Call, instance: &InstanceView) -> Reply {
    let one = |(name, kind): (&str, EndpointType)| {
        let view = server.provider.endpoint_certificate(&instance.name, kind)?;
        Some(endpoint_body(call, instance, name, &view))
    };
    Reply::ok(json!({"value": ENDPOINTS.into_iter().filter_map(one).collect::<Vec<_>>()}))
}

pub(super) fn get_endpoint(server: &ArmServer, call: &Call, instance: &InstanceView, kind: &str) -> ArmResult<Reply> {
    let missing = || ArmError::child_missing(ENDPOINT_TYPE, kind);
    let (name, found) = ENDPOINTS.into_iter().find(|(n, _)| n.eq_ignore_ascii_case(kind)).ok_or_else(missing)?;
    let view = server.provider.endpoint_certificate(&instance.name, found).ok_or_else(missing)?;
    Ok(Reply::ok(endpoint_body(call, instance, name, &view)))
}

pub(super) fn trust_body(instance: &InstanceView, view: &TrustCertificateView) -> Value {
    json!({
        "id": child_id(instance, "serverTrustCertificates", &view.name), "name": view.name, "type": TRUST_TYPE,
        "properties": {"certificateName": view.name, "publicBlob": format!("0x{}", hex(&view.der)), "thumbprint": view.thumbprint},
    })
}

pub(super) fn list_trust(server: &ArmServer, instance: &InstanceView) -> Reply {
    let all = server.provider.trust_certificates(&instance.name);
    Reply::ok(json!({"value": all.iter().map(|c| trust_body(instance, c)).collect::<Vec<_>>()}))
}

pub(super) fn get_trust(server: &ArmServer, instance: &InstanceView, name: &str) -> ArmResult<Reply> {
    let found = server.provider.trust_certificate(&instance.name, name);
    let found = found.ok_or_else(|| ArmError::child_missing(TRUST_TYPE, name))?;
    Ok(Reply::ok(trust_body(instance, &found)))
}

pub(super) fn put_trust(server: &ArmServer, call: &Call, instance: &InstanceView, name: &str) -> ArmResult<Reply> {
    if name.trim().is_empty() || name.chars().count() > 128 {
        return Err(ArmError::bad_request("MissingCertificateName", "Certificate name is missing or too long."));
    }
    let missing = || ArmError::bad_request("MissingPublicBlob", "Public blob of the certificate is missing.");
    let sent = body::object(&call.body)?.ok_or_else(missing)?;
    let properties = body::child(&sent, "properties")?.ok_or_else(missing)?;
    let blob = body::text(properties, "publicBlob")?.filter(|b| !b.trim().is_empty()).ok_or_else(missing)?;
    let der = certificate(blob.trim())?;
    // Same name or same certificate (facts: arm-api 5): there is no replacing.
    let taken = server.provider.trust_certificates(&instance.name);
    if taken.iter().any(|c| c.name.eq_ignore_ascii_case(name) || c.der == der) {
        return Err(ArmError::bad_request(
            "CertificateAlreadyExists",
            format!(
                "Certificate with name '{name}' or the same content already exists on the managed instance '{}'.",
                instance.name
            ),
        ));
    }
    let outcome = Outcome::TrustCertificate { instance: instance.name.clone(), name: name.to_owned() };
    let label = Label { kind: Kind::TrustCertificate, name: "UpsertServerTrustCertificate", outcome };
    change::start(server, call, &instance.name, Change::PutCertificate { name: name.to_owned(), der }, label)
}

/// The DER behind a hex blob, with or without `0x`.
fn certificate(blob: &str) -> ArmResult<Vec<u8>> {
    let refuse = |why: &str| {
        ArmError::bad_request("InvalidPublicBlob", format!("The provided public blob is not valid, reason: '{why}'."))
    };
    let der = from_hex(blob).ok_or_else(|| refuse("not a hexadecimal string"))?;
    match x509_parser::parse_x509_certificate(&der) {
        Ok(([], _)) => Ok(der),
        Ok(_) => Err(refuse("data after the end of the certificate")),
        Err(_) => Err(refuse("not an X.509 certificate in DER form")),
    }
}

pub(super) fn delete_trust(server: &ArmServer, call: &Call, instance: &InstanceView, name: &str) -> ArmResult<Reply> {
    if server.provider.trust_certificate(&instance.name, name).is_none() {
        return Ok(Reply::empty(StatusCode::NO_CONTENT));
    }
    let label = Label { kind: Kind::TrustCertificate, name: "DropServerTrustCertificate", outcome: Outcome::Nothing };
    change::start(server, call, &instance.name, Change::DeleteCertificate { name: name.to_owned() }, label)
}
