//! Procedures around certificates that link-capable builds have (facts: mi-link 3).

use super::Args;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::ProcArg;
use crate::lab::tsql::host::ProcOutcome;
use crate::lab::tsql::host::SessionCx;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::RowSet;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use crate::lab::world::host::InstanceHost;
use crate::lab::world::messages::error;
use crate::lab::world::security::ENDPOINT;
use crate::lab::world::storage::Certificate;
use crate::lab::world::storage::Data;
use crate::lab::world::storage::SchemaOp;
use std::sync::Arc;
use x509_parser::prelude::FromDer;
use x509_parser::prelude::X509Certificate;

/// Most certificates of a chain.
const DEPTH: usize = 8;

fn certificate(data: &Data, id: Option<i64>) -> SqlResult<Arc<Certificate>> {
    let found = id.and_then(|id| data.certificates.get(&(id as i32)).cloned());
    found.ok_or_else(|| error(15151, &[&"find", &"certificate", &id.unwrap_or_default()]))
}

/// Marks a certificate as a CA that may vouch for names of a pattern.
pub(super) async fn add_issuer(host: &InstanceHost, cx: &SessionCx, args: &[ProcArg]) -> SqlResult<ProcOutcome> {
    let a = Args::bind("sp_certificate_add_issuer", &["@certificate_id", "@dns_name"], args)?;
    let pattern = a.need("@dns_name")?;
    let op = host.with(|s| {
        if !s.sysadmin(cx) {
            return Err(error(15247, &[]));
        }
        let data = s.view(cx.spid, "master").ok_or_else(|| error(911, &[&"master"]))?;
        let mut c = (*certificate(&data, a.int("@certificate_id"))?).clone();
        if !c.issuer_patterns.iter().any(|p| p.eq_ignore_ascii_case(&pattern)) {
            c.issuer_patterns.push(pattern);
        }
        Ok(SchemaOp::PutCertificate(Box::new(c)).to_op())
    })?;
    host.write_ops(cx, "master", vec![op]).await?;
    Ok(ProcOutcome::default())
}

/// Public part of the certificate an endpoint uses: 4 mirroring, 3 Service Broker.
pub(super) fn endpoint_certificate(host: &InstanceHost, cx: &SessionCx, args: &[ProcArg]) -> SqlResult<ProcOutcome> {
    let a = Args::bind("sp_get_endpoint_certificate", &["@endpoint_type"], args)?;
    a.need("@endpoint_type")?;
    let kind = a.int("@endpoint_type").unwrap_or(0);
    let der = host.with(|s| {
        let id = s.principal(cx);
        // a managed instance's endpoint and certificate are the service's (facts: mi-link 3)
        let service = s.hadr.service_identity.as_ref().filter(|_| kind == 4).and_then(|i| i.chain.first().cloned());
        if let Some(der) = service {
            return if s.may(cx, "VIEW ANY DEFINITION") { Ok(der) } else { Err(error(47505, &[&kind])) };
        }
        let found = s.hadr.endpoint.as_ref().filter(|_| kind == 4);
        let endpoint = found.filter(|e| s.security.has_on(id, ENDPOINT, e.endpoint_id, "VIEW DEFINITION"));
        let endpoint = endpoint.ok_or_else(|| error(47505, &[&kind]))?;
        let c = s.database("master").and_then(|m| m.data.certificates.get(&endpoint.certificate_id));
        c.map(|c| c.der.clone()).ok_or_else(|| error(47506, &[&kind]))
    })?;
    let columns = vec![Column::new("EndpointCertificatePublicKey", SqlType::VarBinary(Len::Max))];
    let set = RowSet { columns: columns.into(), rows: vec![Row::from(vec![Value::bytes(der)])] };
    Ok(ProcOutcome { result_sets: vec![set], ..ProcOutcome::default() })
}

/// Completes without error if the chain ends at an imported root and every signature holds.
pub(super) fn validate(host: &InstanceHost, cx: &SessionCx, args: &[ProcArg]) -> SqlResult<ProcOutcome> {
    let a = Args::bind("sp_validate_certificate_ca_chain", &["@certificate_id"], args)?;
    a.need("@certificate_id")?;
    let now = host.instance.clock.now();
    host.with(|s| {
        if !s.sysadmin(cx) {
            return Err(error(15247, &[]));
        }
        let data = s.view(cx.spid, "master").ok_or_else(|| error(911, &[&"master"]))?;
        let leaf = certificate(&data, a.int("@certificate_id"))?;
        if chain_holds(&data, &leaf, now) { Ok(ProcOutcome::default()) } else { Err(error(15297, &[])) }
    })
}

/// Follows issuers among the imported certificates up to a self-signed one.
fn chain_holds(data: &Data, leaf: &Certificate, now: time::OffsetDateTime) -> bool {
    let mut at = leaf.clone();
    for _ in 0..DEPTH {
        let Ok((_, c)) = X509Certificate::from_der(&at.der) else { return false };
        if at.start > now || at.expiry < now {
            return false;
        }
        if c.subject() == c.issuer() {
            return c.verify_signature(None).is_ok();
        }
        let issuer = data.certificates.values().find(|i| {
            X509Certificate::from_der(&i.der)
                .is_ok_and(|(_, x)| x.subject() == c.issuer() && c.verify_signature(Some(x.public_key())).is_ok())
        });
        match issuer {
            Some(i) => at = (**i).clone(),
            None => return false,
        }
    }
    false
}
