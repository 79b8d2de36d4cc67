//! Master keys and certificates (facts: sql-server-hadr c, mi-link 3).

use super::not_on_managed;
use crate::lab::tsql::ast::CertificateSource;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::SessionCx;
use crate::lab::world::host::InstanceHost;
use crate::lab::world::instance::InstanceConfig;
use crate::lab::world::messages::error;
use crate::lab::world::security::hash_password;
use crate::lab::world::security::new_salt;
use crate::lab::world::security::verify_password;
use crate::lab::world::sha1::sha1;
use crate::lab::world::storage::Certificate;
use crate::lab::world::storage::Data;
use crate::lab::world::storage::MasterKey;
use crate::lab::world::storage::SchemaOp;
use time::OffsetDateTime;
use x509_parser::prelude::FromDer;
use x509_parser::prelude::X509Certificate;

/// Ids of certificates that users create begin here.
const FIRST_ID: i32 = 256;
/// Longest subject.
const SUBJECT: usize = 4000;

pub(super) async fn execute(host: &InstanceHost, cx: &SessionCx, ddl: &Ddl) -> SqlResult<Vec<SqlError>> {
    let database = cx.database.clone();
    let now = host.instance.clock.now();
    let data = host.with(|s| {
        let db = s.open_for_write(cx, &database)?;
        let permission = if matches!(ddl, Ddl::CreateCertificate { .. }) { "CREATE CERTIFICATE" } else { "CONTROL" };
        s.demand_in(cx, db, permission)?;
        s.view(cx.spid, &database).ok_or_else(|| error(911, &[&database]))
    })?;
    let mut messages = Vec::new();
    let op = match ddl {
        Ddl::CreateMasterKey { password } => master_key(&data, password.as_deref(), now)?,
        Ddl::OpenMasterKey { password } => return open_key(&data, password).map(|()| messages),
        Ddl::CloseMasterKey => return Ok(messages),
        Ddl::AlterMasterKey { rest } => alter_key(&data, rest, now)?,
        Ddl::DropMasterKey => {
            if data.master_key.is_none() {
                return Err(error(15151, &[&"drop", &"symmetric key", &"master key"]));
            }
            if let Some(c) = data.certificates.values().find(|c| c.key_encryption == "MK") {
                return Err(error(15580, &[&"master key", &"certificate", &c.name]));
            }
            SchemaOp::MasterKey(None)
        }
        Ddl::CreateCertificate { name, owner, source } => {
            let owner = owner.as_deref().map_or(Ok(1), |o| {
                data.principal(o).map(|p| p.id).ok_or_else(|| error(15151, &[&"find", &"user", &o]))
            })?;
            let certificate = create(host, &data, name, owner, source, now).await?;
            if certificate.start > certificate.expiry {
                messages.push(error(15213, &[]));
            } else if certificate.expiry <= now {
                messages.push(error(15214, &[]));
            } else if certificate.start > now {
                messages.push(error(15215, &[]));
            }
            SchemaOp::PutCertificate(Box::new(certificate))
        }
        Ddl::AlterCertificate { name, rest } => alter(&data, name, rest)?,
        Ddl::DropCertificate { name } => drop_certificate(host, &data, &database, name)?,
        Ddl::BackupCertificate { name, .. } => {
            not_on_managed(host, "BACKUP CERTIFICATE")?;
            let found = find(&data, name, "backup")?;
            SchemaOp::PutCertificate(Box::new(Certificate { last_backup: Some(now), ..found }))
        }
        other => return Err(error(40000, &[&format!("{other:?}").chars().take(40).collect::<String>()])),
    };
    host.write_ops(cx, &database, vec![op.to_op()]).await?;
    Ok(messages)
}

fn find(data: &Data, name: &str, verb: &str) -> SqlResult<Certificate> {
    data.certificate(name).map(|c| (**c).clone()).ok_or_else(|| error(15151, &[&verb, &"certificate", &name]))
}

fn master_key(data: &Data, password: Option<&str>, now: OffsetDateTime) -> SqlResult<SchemaOp> {
    if data.master_key.is_some() {
        return Err(error(15578, &[]));
    }
    let key = MasterKey {
        password_hash: password.map(|p| hash_password(p, new_salt())),
        by_server: true,
        guid: crate::base::random::uuid(),
        create_date: now,
        modify_date: now,
    };
    Ok(SchemaOp::MasterKey(Some(key)))
}

fn open_key(data: &Data, password: &str) -> SqlResult<()> {
    let key = data.master_key.as_ref().ok_or_else(|| error(15151, &[&"find", &"symmetric key", &"master key"]))?;
    match &key.password_hash {
        Some(h) if verify_password(password, h) => Ok(()),
        _ => Err(error(15313, &[])),
    }
}

fn alter_key(data: &Data, rest: &str, now: OffsetDateTime) -> SqlResult<SchemaOp> {
    let key = data.master_key.as_ref().ok_or_else(|| error(15151, &[&"alter", &"symmetric key", &"master key"]))?;
    let words = rest.to_ascii_uppercase();
    let by_server = match (words.contains("SERVICE MASTER KEY"), words.starts_with("DROP")) {
        (true, true) => false,
        (true, false) => true,
        (false, _) => return Err(error(40000, &[&format!("ALTER MASTER KEY {rest}")])),
    };
    Ok(SchemaOp::MasterKey(Some(MasterKey { by_server, modify_date: now, ..(**key).clone() })))
}

fn alter(data: &Data, name: &str, rest: &str) -> SqlResult<SchemaOp> {
    let found = find(data, name, "alter")?;
    let words = rest.to_ascii_uppercase();
    let new = if words.starts_with("REMOVE PRIVATE KEY") {
        Certificate { private_key: None, key_encryption: "NA".to_owned(), ..found }
    } else if words.contains("BEGIN_DIALOG") {
        Certificate { active_for_dialog: words.ends_with("ON"), ..found }
    } else {
        return Err(error(40000, &[&format!("ALTER CERTIFICATE … {rest}")]));
    };
    Ok(SchemaOp::PutCertificate(Box::new(new)))
}

fn drop_certificate(host: &InstanceHost, data: &Data, database: &str, name: &str) -> SqlResult<SchemaOp> {
    let found = find(data, name, "drop")?;
    let used = host.with(|s| {
        let master = database.eq_ignore_ascii_case("master");
        let by_endpoint = s.hadr.endpoint.as_ref().is_some_and(|e| e.certificate_id == found.id);
        let by_tde = s
            .databases
            .values()
            .any(|d| d.options.encryption_state > 1 && d.options.encryptor_thumbprint == found.thumbprint);
        master && (by_endpoint || by_tde)
    });
    if used {
        return Err(error(15352, &[&"certificate"]));
    }
    Ok(SchemaOp::DropCertificate(found.id))
}

async fn create(
    host: &InstanceHost,
    data: &Data,
    name: &str,
    owner: i32,
    source: &CertificateSource,
    now: OffsetDateTime,
) -> SqlResult<Certificate> {
    if data.certificate(name).is_some() {
        return Err(error(15232, &[&name]));
    }
    let id = data.certificates.keys().max().map_or(FIRST_ID, |m| m + 1);
    let made = match source {
        CertificateSource::SelfSigned { subject, start, expiry, password } => {
            if password.is_none() && data.master_key.is_none() {
                return Err(error(15581, &[]));
            }
            let expiry = expiry.as_deref().map_or(Ok(now + time::Duration::days(365)), date)?;
            // A script with a date long past makes an expired certificate (facts: mi-link 3.1), not a reversed one.
            let begin = if expiry > now { now } else { expiry - time::Duration::days(365) };
            let start = start.as_deref().map_or(Ok(begin), date)?;
            if subject.is_empty() || subject.chars().count() > SUBJECT {
                return Err(error(15212, &[&SUBJECT]));
            }
            let bits = key_bits(&host.instance.config);
            let subject = subject.clone();
            let made = if crate::base::random::is_seeded() {
                super::keys::pooled(bits).and_then(|key| self_signed(&subject, start, expiry, &key))
            } else {
                // Making an RSA key takes long enough to be kept off the scheduler.
                let made =
                    tokio::task::spawn_blocking(move || self_signed(&subject, start, expiry, &super::keys::new(bits)?));
                made.await.map_err(|_| error(15297, &[]))?
            };
            let (der, key) = made.ok_or_else(|| error(15297, &[]))?;
            let encryption = if password.is_some() { "PW" } else { "MK" };
            Certificate {
                private_key: Some(key),
                key_encryption: encryption.to_owned(),
                ..read(&der).ok_or_else(|| error(15297, &[]))?
            }
        }
        CertificateSource::Binary { der, private_key, .. } => {
            let public = read(der).ok_or_else(|| error(15297, &[]))?;
            match private_key {
                None => public,
                Some(_) if data.master_key.is_none() => return Err(error(15581, &[])),
                // PVK blobs are the server's own format: the lab does not read them.
                Some(_) => return Err(error(40000, &[&"WITH PRIVATE KEY (BINARY = …)"])),
            }
        }
        CertificateSource::File(_) => {
            not_on_managed(host, "CREATE CERTIFICATE FROM FILE")?;
            return Err(error(15208, &[]));
        }
        CertificateSource::Assembly(a) => {
            return Err(error(40000, &[&format!("CREATE CERTIFICATE FROM ASSEMBLY {a}")]));
        }
    };
    let same = data.certificates.values().any(|c| c.issuer == made.issuer && c.serial == made.serial);
    if same {
        return Err(error(15232, &[&name]));
    }
    Ok(Certificate { id, name: name.to_owned(), principal_id: owner, ..made })
}

/// DER and PKCS#8 key of a new self-signed certificate.
pub(crate) fn self_signed(
    subject: &str,
    start: OffsetDateTime,
    expiry: OffsetDateTime,
    key: &rcgen::KeyPair,
) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    let cn =
        subject.trim().strip_prefix("CN").map_or(subject.trim(), |r| r.trim_start().trim_start_matches('=').trim());
    params.distinguished_name.push(rcgen::DnType::CommonName, cn);
    params.not_before = start;
    params.not_after = expiry;
    let mut serial = *crate::base::random::uuid().as_bytes();
    serial[0] &= 0x7F;
    params.serial_number = Some(rcgen::SerialNumber::from_slice(&serial));
    let certificate = params.self_signed(key).ok()?;
    Some((certificate.der().to_vec(), key.serialize_der()))
}

/// A certificate that a server of this configuration made for itself: DER and PKCS#8 key.
pub(crate) fn server_identity(
    config: &InstanceConfig,
    subject: &str,
    start: OffsetDateTime,
    expiry: OffsetDateTime,
) -> Option<(Vec<u8>, Vec<u8>)> {
    self_signed(subject, start, expiry, &super::keys::pooled(key_bits(config))?)
}

/// The same certificate with other dates: same name, same key.
pub(crate) fn reissued(old: &Certificate, start: OffsetDateTime, expiry: OffsetDateTime) -> Option<Certificate> {
    let key = rcgen::KeyPair::try_from(old.private_key.as_deref()?).ok()?;
    let (der, _) = self_signed(&old.subject, start, expiry, &key)?;
    let public = read(&der)?;
    Some(Certificate { der, thumbprint: public.thumbprint, serial: public.serial, start, expiry, ..old.clone() })
}

/// Length of the keys a version makes.
fn key_bits(config: &InstanceConfig) -> u32 {
    if config.major() >= 16 { 3072 } else { 2048 }
}

/// What `sys.certificates` shows of a DER certificate; `None` for anything else.
pub(crate) fn read(der: &[u8]) -> Option<Certificate> {
    let (rest, c) = X509Certificate::from_der(der).ok()?;
    if !rest.is_empty() {
        return None;
    }
    let key_bits = match c.public_key().parsed() {
        Ok(x509_parser::public_key::PublicKey::RSA(rsa)) => rsa.key_size() as i32,
        Ok(x509_parser::public_key::PublicKey::EC(ec)) => ec.key_size() as i32,
        _ => 0,
    };
    Some(Certificate {
        id: 0,
        name: String::new(),
        principal_id: 1,
        der: der.to_vec(),
        private_key: None,
        key_encryption: "NA".to_owned(),
        active_for_dialog: true,
        subject: shown(c.subject()),
        issuer: shown(c.issuer()),
        serial: c.raw_serial().to_vec(),
        start: c.validity().not_before.to_datetime(),
        expiry: c.validity().not_after.to_datetime(),
        thumbprint: sha1(der).to_vec(),
        key_bits,
        last_backup: None,
        issuer_patterns: Vec::new(),
    })
}

/// A name of nothing but a CN is shown bare.
fn shown(name: &x509_parser::x509::X509Name<'_>) -> String {
    let mut common = name.iter_common_name();
    match (common.next().and_then(|c| c.as_str().ok()), name.iter_attributes().count()) {
        (Some(cn), 1) => cn.to_owned(),
        _ => name.to_string(),
    }
}

/// `2030-01-01`, `20300101`, with or without a time; UTC.
fn date(text: &str) -> SqlResult<OffsetDateTime> {
    let bad = || SqlError::new(241, 16, "Conversion failed when converting date and/or time from character string.");
    let t = text.trim();
    let (day, clock) = t.split_once([' ', 'T']).unwrap_or((t, "00:00:00"));
    let digits: String = day.chars().filter(char::is_ascii_digit).collect();
    let (y, m, d) = match (digits.len(), day.split_once('/')) {
        (8, None) => (&digits[..4], &digits[4..6], &digits[6..8]),
        (8, Some((m, _))) if m.len() == 2 => (&digits[4..8], &digits[..2], &digits[2..4]),
        _ => return Err(bad()),
    };
    let n = |s: &str| s.parse::<u8>().map_err(|_| bad());
    let month = time::Month::try_from(n(m)?).map_err(|_| bad())?;
    let date = time::Date::from_calendar_date(y.parse().map_err(|_| bad())?, month, n(d)?).map_err(|_| bad())?;
    let mut parts = clock.split(['.', ':']).map(|p| p.parse::<u8>().unwrap_or(0));
    let time = time::Time::from_hms(parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    Ok(date.with_time(time.map_err(|_| bad())?).assume_utc())
}
