//! Principals, permissions, keys and certificates.

use super::names::class_desc;
use super::names::permission_code;
use super::names::principal_desc;
use super::names::state_desc;
use super::scan::Ctx;
use super::scan::ViewRow;
use super::scan::row;
use crate::lab::world::access::On;
use crate::lab::world::security::SERVER;
use crate::lab::world::security::ServerPrincipal;
use crate::lab::world::storage::Certificate;
use crate::lab::world::storage::DbPrincipal;
use crate::lab::world::values::IntoValue;

pub(super) fn provide(c: &Ctx<'_>, view: &str) -> Option<Vec<ViewRow>> {
    Some(match view {
        "sys.server_principals" => principals(c).map(principal).collect(),
        "sys.sql_logins" => principals(c).filter(|p| p.kind == 'S').map(|p| sql_login(c, p)).collect(),
        "sys.server_permissions" => server_permissions(c),
        "sys.server_role_members" => {
            let seen: Vec<i32> = principals(c).map(|p| p.id).collect();
            let members = c.state.security.role_members.iter().filter(|(_, m)| seen.contains(m));
            members.map(|(r, m)| row! { "role_principal_id" => *r, "member_principal_id" => *m }).collect()
        }
        "sys.login_token" => tokens(c),
        "sys.credentials" => credentials(c),
        "sys.certificates" => {
            if may_see_keys(c) {
                c.data.certificates.values().map(|x| certificate(x)).collect()
            } else {
                Vec::new()
            }
        }
        "sys.symmetric_keys" => symmetric_keys(c),
        "sys.key_encryptions" => key_encryptions(c),
        "sys.database_principals" => database_principals(c).map(database_principal).collect(),
        "sys.database_role_members" => {
            let members = c.data.role_members.iter();
            members.map(|(r, m)| row! { "role_principal_id" => *r, "member_principal_id" => *m }).collect()
        }
        "sys.database_permissions" => database_permissions(c),
        "sys.fn_my_permissions" => my_permissions(c),
        _ => return None,
    })
}

/// Principals the session may see: fixed ones, itself, its roles; all of them with VIEW ANY DEFINITION or ALTER ANY LOGIN.
fn principals<'a>(c: &'a Ctx<'_>) -> impl Iterator<Item = &'a ServerPrincipal> {
    let all = c.sees_all() || c.state.may(c.cx, "ALTER ANY LOGIN") || c.state.may(c.cx, "VIEW ANY SECURITY DEFINITION");
    let own = c.state.security.tokens(c.state.principal(c.cx));
    c.state.security.principals.values().filter(move |p| all || p.id <= 20 || own.contains(&p.id))
}

fn principal(p: &ServerPrincipal) -> ViewRow {
    let role = p.kind == 'R';
    row! {
        "name" => &p.name, "principal_id" => p.id, "sid" => &p.sid, "type" => p.kind,
        "type_desc" => principal_desc(p.kind, true), "is_disabled" => p.disabled, "create_date" => p.create_date,
        "modify_date" => p.modify_date, "default_database_name" => (!role).then_some(&p.default_database),
        "default_language_name" => (!role).then_some(&p.default_language), "credential_id" => p.credential_id,
        "owning_principal_id" => p.owner_id, "is_fixed_role" => p.fixed_role,
    }
}

fn sql_login(c: &Ctx<'_>, p: &ServerPrincipal) -> ViewRow {
    let mut r = principal(p);
    let hash = p.password_hash.clone().filter(|_| c.state.may(c.cx, "CONTROL SERVER"));
    r.insert("is_policy_checked", p.check_policy.v());
    r.insert("is_expiration_checked", p.check_expiration.v());
    r.insert("password_hash", hash.v());
    r
}

fn server_permissions(c: &Ctx<'_>) -> Vec<ViewRow> {
    let seen: Vec<i32> = principals(c).map(|p| p.id).collect();
    let grants = c.state.security.grants.iter().filter(|(k, _)| seen.contains(&k.grantee));
    grants
        .map(|(k, g)| {
            row! {
                "class" => k.class, "class_desc" => class_desc(k.class), "major_id" => k.major_id,
                "grantee_principal_id" => k.grantee, "grantor_principal_id" => g.grantor,
                "type" => permission_code(&k.permission), "permission_name" => &k.permission, "state" => g.state,
                "state_desc" => state_desc(g.state),
            }
        })
        .collect()
}

fn tokens(c: &Ctx<'_>) -> Vec<ViewRow> {
    let id = c.state.principal(c.cx);
    let sec = &c.state.security;
    sec.tokens(id)
        .into_iter()
        .filter_map(|t| sec.principals.get(&t))
        .map(|p| {
            let kind = match p.kind {
                'R' => "SERVER ROLE",
                'S' => "SQL LOGIN",
                'G' => "WINDOWS GROUP",
                _ => "WINDOWS LOGIN",
            };
            row! { "principal_id" => p.id, "sid" => &p.sid, "name" => &p.name, "type" => kind, "usage" => "GRANT OR DENY" }
        })
        .collect()
}

fn credentials(c: &Ctx<'_>) -> Vec<ViewRow> {
    if !c.sees_all() && !c.state.may(c.cx, "ALTER ANY CREDENTIAL") {
        return Vec::new();
    }
    let all = c.state.server.credentials.values();
    all.map(|x| {
        row! {
            "credential_id" => x.id, "name" => &x.name, "credential_identity" => &x.identity,
            "create_date" => x.created, "modify_date" => x.modified,
        }
    })
    .collect()
}

fn may_see_keys(c: &Ctx<'_>) -> bool {
    c.state.may_in(c.cx, c.db, c.data, "VIEW DEFINITION", On::Database)
}

fn certificate(x: &Certificate) -> ViewRow {
    let desc = match x.key_encryption.as_str() {
        "MK" => "ENCRYPTED_BY_MASTER_KEY",
        "PW" => "ENCRYPTED_BY_PASSWORD",
        "SK" => "ENCRYPTED_BY_SERVICE_MASTER_KEY",
        _ => "NO_PRIVATE_KEY",
    };
    let serial: Vec<String> = x.serial.iter().map(|b| format!("{b:02x}")).collect();
    // S-1-9-1 with the thumbprint, as the server builds the SID of a certificate
    let mut sid = vec![1, 6, 0, 0, 0, 0, 0, 9, 1, 0, 0, 0];
    sid.extend_from_slice(&x.thumbprint);
    let words = x.thumbprint.chunks(4).map(|w| w.iter().rev().fold(0u32, |n, b| n << 8 | u32::from(*b)).to_string());
    let string_sid = format!("S-1-9-1-{}", words.collect::<Vec<_>>().join("-"));
    row! {
        "name" => &x.name, "certificate_id" => x.id, "principal_id" => x.principal_id,
        "pvt_key_encryption_type" => &x.key_encryption, "pvt_key_encryption_type_desc" => desc,
        "is_active_for_begin_dialog" => x.active_for_dialog, "issuer_name" => &x.issuer,
        "cert_serial_number" => serial.join(" "), "sid" => sid, "string_sid" => string_sid, "subject" => &x.subject,
        "expiry_date" => x.expiry, "start_date" => x.start, "thumbprint" => &x.thumbprint,
        "pvt_key_last_backup_date" => x.last_backup, "key_length" => x.key_bits,
    }
}

fn symmetric_keys(c: &Ctx<'_>) -> Vec<ViewRow> {
    if !may_see_keys(c) {
        return Vec::new();
    }
    let key = |id: i32, name: &str, guid: uuid::Uuid, created, modified| {
        row! {
            "name" => name, "principal_id" => 1, "symmetric_key_id" => id, "key_length" => 256,
            "key_algorithm" => "A3", "algorithm_desc" => "AES_256", "create_date" => created,
            "modify_date" => modified, "key_guid" => guid,
        }
    };
    let mut out = Vec::new();
    if let Some(k) = &c.data.master_key {
        out.push(key(101, "##MS_DatabaseMasterKey##", k.guid, k.create_date, k.modify_date));
    }
    if c.db.id == 1 {
        let changed = c.state.server.service_key_changed.unwrap_or(c.db.create_date);
        out.push(key(102, "##MS_ServiceMasterKey##", c.db.guid, c.db.create_date, changed));
    }
    out
}

fn key_encryptions(c: &Ctx<'_>) -> Vec<ViewRow> {
    let Some(k) = c.data.master_key.as_ref().filter(|_| may_see_keys(c)) else { return Vec::new() };
    let mut out = Vec::new();
    if k.password_hash.is_some() {
        out.push(row! { "key_id" => 101, "crypt_type" => "ESKP", "crypt_type_desc" => "ENCRYPTION BY PASSWORD" });
    }
    if k.by_server {
        out.push(row! { "key_id" => 101, "crypt_type" => "ESKM", "crypt_type_desc" => "ENCRYPTION BY MASTER KEY" });
    }
    out
}

fn database_principals<'a>(c: &'a Ctx<'_>) -> impl Iterator<Item = &'a DbPrincipal> {
    let all = may_see_keys(c) || c.state.may_in(c.cx, c.db, c.data, "ALTER ANY USER", On::Database);
    let own = c.state.user_in(c.cx, c.db, c.data);
    c.data.principals.values().map(|p| &**p).filter(move |p| all || p.fixed_role || p.id <= 4 || Some(p.id) == own)
}

fn database_principal(p: &DbPrincipal) -> ViewRow {
    let words = ["NONE", "INSTANCE", "DATABASE", "WINDOWS", "EXTERNAL"];
    row! {
        "name" => &p.name, "principal_id" => p.id, "type" => p.kind, "type_desc" => principal_desc(p.kind, false),
        "default_schema_name" => p.default_schema.clone(), "create_date" => p.create_date,
        "modify_date" => p.modify_date, "owning_principal_id" => p.owner_id,
        "sid" => (!p.sid.is_empty()).then_some(&p.sid), "is_fixed_role" => p.fixed_role,
        "authentication_type" => i32::from(p.authentication),
        "authentication_type_desc" => words[usize::from(p.authentication.min(4))],
    }
}

fn database_permissions(c: &Ctx<'_>) -> Vec<ViewRow> {
    let seen: Vec<i32> = database_principals(c).map(|p| p.id).collect();
    c.data
        .grants
        .iter()
        .filter(|g| seen.contains(&g.grantee))
        .map(|g| {
            row! {
                "class" => g.class, "class_desc" => class_desc(g.class), "major_id" => g.major_id,
                "grantee_principal_id" => g.grantee, "grantor_principal_id" => g.grantor,
                "type" => permission_code(&g.permission), "permission_name" => &g.permission, "state" => g.state,
                "state_desc" => state_desc(g.state),
            }
        })
        .collect()
}

/// Server permissions worth listing.
pub(crate) const SERVER_PERMISSIONS: [&str; 27] = [
    "CONNECT SQL",
    "SHUTDOWN",
    "CREATE ENDPOINT",
    "CREATE ANY DATABASE",
    "CREATE AVAILABILITY GROUP",
    "CREATE SERVER ROLE",
    "ALTER ANY LOGIN",
    "ALTER ANY CREDENTIAL",
    "ALTER ANY ENDPOINT",
    "ALTER ANY LINKED SERVER",
    "ALTER ANY CONNECTION",
    "ALTER ANY DATABASE",
    "ALTER RESOURCES",
    "ALTER SETTINGS",
    "ALTER TRACE",
    "ALTER ANY AVAILABILITY GROUP",
    "ADMINISTER BULK OPERATIONS",
    "VIEW ANY DATABASE",
    "VIEW ANY DEFINITION",
    "VIEW SERVER STATE",
    "ALTER SERVER STATE",
    "ALTER ANY SERVER ROLE",
    "CONNECT ANY DATABASE",
    "IMPERSONATE ANY LOGIN",
    "SELECT ALL USER SECURABLES",
    "UNSAFE ASSEMBLY",
    "CONTROL SERVER",
];

fn my_permissions(c: &Ctx<'_>) -> Vec<ViewRow> {
    let class = c.args.get(1).and_then(crate::lab::world::values::text).unwrap_or_else(|| "SERVER".to_owned());
    if class.eq_ignore_ascii_case("SERVER") {
        let id = c.state.principal(c.cx);
        let held = SERVER_PERMISSIONS.iter().filter(|p| c.state.security.has_on(id, SERVER, 0, p));
        return held
            .map(|p| row! { "entity_name" => "server", "subentity_name" => "", "permission_name" => *p })
            .collect();
    }
    let all = [
        "CONNECT",
        "CONTROL",
        "ALTER",
        "SELECT",
        "INSERT",
        "UPDATE",
        "DELETE",
        "EXECUTE",
        "VIEW DEFINITION",
        "VIEW DATABASE STATE",
        "CREATE TABLE",
        "BACKUP DATABASE",
        "BACKUP LOG",
    ];
    all.iter()
        .filter(|p| **p == "CONNECT" || c.state.may_in(c.cx, c.db, c.data, p, On::Database))
        .map(|p| row! { "entity_name" => "database", "subentity_name" => "", "permission_name" => *p })
        .collect()
}
