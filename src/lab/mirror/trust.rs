//! Who is let in: the rules of facts sql-server-hadr (g) and mi-link 3, over certificates that TLS has proven.

use super::pki::Identity;
use super::wire::Hello;
use super::wire::Refusal;
use super::x509;
use super::x509::Summary;
use crate::lab::world::instance::InstanceConfig;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::storage::Certificate;
use std::sync::Arc;
use time::OffsetDateTime;

/// A peer that was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Admitted {
    /// Name of the certificate it was recognised by, and its last day.
    pub(super) certificate: String,
    pub(super) expiry: OffsetDateTime,
}

/// A refusal with the text every handshake failure begins with.
fn refuse(number: i32, state: u8, rest: &str) -> Refusal {
    Refusal { number, state, text: format!("Connection handshake failed. {rest} State {state}."), link_error: None }
}

fn with_link_error(mut refusal: Refusal, number: i32) -> Refusal {
    refusal.link_error = Some(number);
    refusal
}

fn invalid_peer(reason: &str) -> Refusal {
    refuse(28035, 89, &format!("The certificate used by the peer is invalid due to the following reason: {reason}."))
}

/// Encryption algorithms behind a value of `encryption_algorithm`: NONE, RC4, AES.
fn algorithms(value: u8) -> [bool; 3] {
    match value {
        0 => [true, false, false],
        1 => [false, true, false],
        2 => [false, false, true],
        3 => [true, true, false],
        4 => [true, false, true],
        5 | 6 => [false, true, true],
        _ => [true, true, true],
    }
}

/// True if `connection_auth` admits certificates.
pub(super) fn uses_certificate(connection_auth: u8) -> bool {
    (4..=10).contains(&connection_auth)
}

/// What the two endpoints agree on; the answer is whether traffic is encrypted.
pub(super) fn negotiate(own: &Hello, peer: &Hello) -> Result<bool, Refusal> {
    if own.version != peer.version {
        return Err(refuse(28027, 20, "There is no compatible transport version."));
    }
    if !uses_certificate(own.connection_auth) || !uses_certificate(peer.connection_auth) {
        return Err(refuse(28027, 21, "There is no compatible authentication protocol."));
    }
    let (a, b) = (algorithms(own.encryption_algorithm), algorithms(peer.encryption_algorithm));
    let encrypted = (a[1] && b[1]) || (a[2] && b[2]);
    if (own.managed || peer.managed) && !encrypted {
        return Err(with_link_error(refuse(28027, 22, "There is no compatible encryption algorithm."), 41998));
    }
    let plain = a[0] && b[0];
    if !(encrypted || plain) {
        return Err(refuse(28027, 22, "There is no compatible encryption algorithm."));
    }
    Ok(encrypted)
}

fn dates(peer: &Summary, now: OffsetDateTime) -> Result<(), Refusal> {
    if now < peer.not_before {
        return Err(invalid_peer("Certificate not yet valid"));
    }
    if now > peer.not_after {
        return Err(invalid_peer("Certificate expired"));
    }
    Ok(())
}

/// What this instance proves itself with.
pub(super) fn identity(
    state: &InstanceState,
    config: &InstanceConfig,
    now: OffsetDateTime,
) -> Result<Identity, Refusal> {
    if config.is_managed() {
        return state.hadr.service_identity.clone().ok_or_else(|| refuse(28080, 1, "The endpoint is not configured."));
    }
    let Some(endpoint) = &state.hadr.endpoint else {
        return Err(refuse(28080, 1, "The Database Mirroring endpoint is not configured."));
    };
    let master = state.databases.get("master");
    let certificate = master.and_then(|m| m.data.certificates.get(&endpoint.certificate_id));
    let Some(certificate) = certificate else {
        return Err(refuse(28035, 85, "The certificate of the endpoint was not found."));
    };
    if now > certificate.expiry || now < certificate.start {
        return Err(refuse(
            28036,
            87,
            "The certificate used by this endpoint is not valid: it has expired or is not yet valid.",
        ));
    }
    let opens = certificate.key_encryption == "MK"
        && master.and_then(|m| m.data.master_key.as_ref()).is_some_and(|k| k.by_server);
    match (&certificate.private_key, opens) {
        (Some(key), true) => Ok(Identity { chain: vec![certificate.der.clone()], key: key.clone() }),
        _ => Err(Refusal {
            number: 28037,
            state: 88,
            text: "Connection handshake failed. Error 15581 occurred while initializing the private key corresponding \
                   to the certificate. The SQL Server errorlog and the Windows event log may contain entries related \
                   to this error. State 88."
                .to_owned(),
            link_error: None,
        }),
    }
}

/// Decides on a peer. `dialled` is the host this side dialled, if it did.
pub(super) fn judge(
    state: &InstanceState,
    config: &InstanceConfig,
    peer: &Hello,
    chain: &[Vec<u8>],
    dialled: Option<&str>,
    now: OffsetDateTime,
) -> Result<Admitted, Refusal> {
    let leaf = chain.first().map(Vec::as_slice).unwrap_or_default();
    let Some(summary) = x509::summary(leaf) else { return Err(invalid_peer("Certificate not readable")) };
    if config.is_managed() {
        return on_managed(state, leaf, &summary, now).map_err(|r| with_link_error(r, 41973));
    }
    if peer.managed {
        return of_managed(state, chain, &summary, dialled, now).map_err(|r| with_link_error(r, 41974));
    }
    on_server(state, chain, &summary, now)
}

/// A managed instance knows SQL Servers by their server trust certificates only (mi-link 3.1).
fn on_managed(state: &InstanceState, leaf: &[u8], peer: &Summary, now: OffsetDateTime) -> Result<Admitted, Refusal> {
    let known = state.hadr.trust.iter().find(|t| t.der == leaf).ok_or_else(|| invalid_peer("Certificate not found"))?;
    dates(peer, now)?;
    Ok(Admitted { certificate: known.name.clone(), expiry: peer.not_after })
}

fn certificates(state: &InstanceState) -> impl Iterator<Item = &Arc<Certificate>> {
    state.databases.get("master").into_iter().flat_map(|m| m.data.certificates.values())
}

/// Authorities marked by `sp_certificate_add_issuer` for one of these names.
fn issuers<'a>(state: &'a InstanceState, names: &'a [String]) -> impl Iterator<Item = &'a [u8]> {
    certificates(state)
        .filter(|c| c.issuer_patterns.iter().any(|p| names.iter().any(|n| x509::matches_pattern(p, n))))
        .map(|c| c.der.as_slice())
}

/// A managed instance at the door of SQL Server: imported under its exact name, and vouched for by a marked root (mi-link 3.2, 3.3).
fn of_managed(
    state: &InstanceState,
    chain: &[Vec<u8>],
    peer: &Summary,
    dialled: Option<&str>,
    now: OffsetDateTime,
) -> Result<Admitted, Refusal> {
    let fits = |n: &str| dialled.is_none_or(|d| d.eq_ignore_ascii_case(n));
    let named = certificates(state)
        .find(|c| peer.dns_names.iter().any(|n| n.eq_ignore_ascii_case(&c.name) && fits(n)))
        .ok_or_else(|| invalid_peer("Certificate not found"))?;
    if !x509::chains_to(chain, issuers(state, &peer.dns_names), now) {
        return Err(invalid_peer("Certificate chain does not lead to a trusted issuer"));
    }
    dates(peer, now)?;
    may_connect(state, named.principal_id)?;
    Ok(Admitted { certificate: named.name.clone(), expiry: peer.not_after })
}

/// Another SQL Server: by issuer and serial number in master, or vouched for by a marked authority.
fn on_server(
    state: &InstanceState,
    chain: &[Vec<u8>],
    peer: &Summary,
    now: OffsetDateTime,
) -> Result<Admitted, Refusal> {
    let same = |c: &&Arc<Certificate>| {
        x509::summary(&c.der).is_some_and(|s| s.issuer_raw == peer.issuer_raw && s.serial == peer.serial)
    };
    let Some(known) = certificates(state).find(same) else {
        if x509::chains_to(chain, issuers(state, &peer.dns_names), now) {
            dates(peer, now)?;
            return Ok(Admitted { certificate: peer.subject.clone(), expiry: peer.not_after });
        }
        return Err(invalid_peer("Certificate not found"));
    };
    if chain.first() != Some(&known.der) {
        return Err(refuse(
            28045,
            90,
            "The certificate used by the peer does not match the one in MASTER database with same issuer name and \
             serial number.",
        ));
    }
    dates(peer, now)?;
    may_connect(state, known.principal_id)?;
    Ok(Admitted { certificate: known.name.clone(), expiry: peer.not_after })
}

/// The owner of the certificate maps to a login that needs CONNECT on the endpoint (28034).
fn may_connect(state: &InstanceState, owner: i32) -> Result<(), Refusal> {
    let Some(endpoint) = &state.hadr.endpoint else { return Ok(()) };
    let user = state.databases.get("master").and_then(|m| m.data.principals.get(&owner));
    let Some(user) = user else { return Ok(()) };
    let (login, allowed) = super::permission::endpoint_connect(state, &user.sid, endpoint.endpoint_id);
    if allowed {
        return Ok(());
    }
    Err(refuse(28034, 84, &format!("The login '{login}' does not have CONNECT permission on the endpoint.")))
}
