//! Server principals, role membership and server permissions.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use time::OffsetDateTime;

/// A login or server role (`sys.server_principals`).
#[derive(Debug, Clone)]
pub struct ServerPrincipal {
    pub id: i32,
    pub name: String,
    pub sid: Vec<u8>,
    /// `S`, `U`, `G`, `R`, `C`, `E`, `X`.
    pub kind: char,
    pub disabled: bool,
    pub create_date: OffsetDateTime,
    pub modify_date: OffsetDateTime,
    pub default_database: String,
    pub default_language: String,
    /// 0x0200, salt, SHA-512.
    pub password_hash: Option<Vec<u8>>,
    pub check_policy: bool,
    pub check_expiration: bool,
    pub must_change: bool,
    pub password_set: OffsetDateTime,
    pub bad_passwords: i32,
    pub fixed_role: bool,
    pub owner_id: Option<i32>,
    pub credential_id: Option<i32>,
}

/// Securable, grantee and permission of a server grant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServerGrantKey {
    /// 100 SERVER, 101 `SERVER_PRINCIPAL`, 105 ENDPOINT, 108 AVAILABILITY GROUP.
    pub class: u8,
    pub major_id: i32,
    pub grantee: i32,
    pub permission: String,
}

/// State `G`, `D` or `W`, and who gave it.
#[derive(Debug, Clone, Copy)]
pub struct ServerGrant {
    pub state: char,
    pub grantor: i32,
}

/// All of it.
#[derive(Debug, Clone, Default)]
pub struct SecurityState {
    pub principals: BTreeMap<i32, ServerPrincipal>,
    pub next_id: i32,
    /// Role, member.
    pub role_members: BTreeSet<(i32, i32)>,
    pub grants: BTreeMap<ServerGrantKey, ServerGrant>,
    /// `IsIntegratedSecurityOnly`.
    pub windows_only: bool,
}

pub const SA: i32 = 1;
pub const PUBLIC: i32 = 2;
pub const SYSADMIN: i32 = 3;
/// Class of a server grant.
pub const SERVER: u8 = 100;
pub const SERVER_PRINCIPAL: u8 = 101;
pub const ENDPOINT: u8 = 105;
pub const AVAILABILITY_GROUP: u8 = 108;
/// `TSQL Default TCP`.
pub const DEFAULT_TCP_ENDPOINT: i32 = 4;

impl SecurityState {
    /// Login or role by name.
    pub fn by_name(&self, name: &str) -> Option<&ServerPrincipal> {
        let lower = name.to_lowercase();
        self.principals.values().find(|p| p.name.to_lowercase() == lower)
    }
    /// Login by SID.
    pub fn by_sid(&self, sid: &[u8]) -> Option<&ServerPrincipal> {
        self.principals.values().find(|p| p.sid == sid)
    }
    /// Server roles of a principal, itself and public included.
    pub fn tokens(&self, id: i32) -> BTreeSet<i32> {
        let mut set = BTreeSet::from([id, PUBLIC]);
        loop {
            let more: Vec<i32> = self
                .role_members
                .iter()
                .filter(|(r, m)| set.contains(m) && !set.contains(r))
                .map(|(r, _)| *r)
                .collect();
            if more.is_empty() {
                return set;
            }
            set.extend(more);
        }
    }
    /// True for `sa` and members of sysadmin.
    pub fn is_sysadmin(&self, id: i32) -> bool {
        id == SA || self.tokens(id).contains(&SYSADMIN)
    }
    /// Effective permission on the server itself: sysadmin first, then DENY, then GRANT (of it or of one that covers it).
    pub fn has(&self, id: i32, permission: &str) -> bool {
        self.has_on(id, SERVER, 0, permission)
    }
    /// Effective permission on a server securable.
    pub fn has_on(&self, id: i32, class: u8, major_id: i32, permission: &str) -> bool {
        self.any_has_on(&[id], class, major_id, permission)
    }
    /// The same for who holds several logins at once: a Windows account with its groups. What one is denied, all are.
    pub fn any_has_on(&self, ids: &[i32], class: u8, major_id: i32, permission: &str) -> bool {
        if ids.iter().any(|id| self.is_sysadmin(*id)) {
            return true;
        }
        let tokens: BTreeSet<i32> = ids.iter().flat_map(|id| self.tokens(*id)).collect();
        // securables that imply the asked one, the asked one first
        let mut asked: Vec<(u8, i32, &str)> = vec![(class, major_id, permission)];
        if class != SERVER {
            asked.push((class, major_id, "CONTROL"));
            asked.extend(covering_server(class, permission).iter().map(|p| (SERVER, 0, *p)));
        }
        let mut at = 0;
        while at < asked.len() {
            if asked[at].0 == SERVER {
                let more: Vec<_> = covering(asked[at].2).iter().map(|p| (SERVER, 0, *p)).collect();
                asked.extend(more.into_iter().filter(|m| !asked.contains(m)).collect::<Vec<_>>());
            }
            at += 1;
        }
        let mut granted = false;
        for (class, major_id, permission) in asked {
            for t in &tokens {
                let key = ServerGrantKey { class, major_id, grantee: *t, permission: permission.to_owned() };
                match self.grants.get(&key).map(|g| g.state) {
                    Some('D') => return false,
                    Some(_) => granted = true,
                    None => {}
                }
                granted |= class == SERVER && role_grants(self.role_name(*t)).contains(&permission);
            }
        }
        granted
    }
    fn role_name(&self, id: i32) -> &str {
        self.principals.get(&id).filter(|p| p.fixed_role).map_or("", |p| p.name.as_str())
    }
    /// Sets or removes (`state` None) a grant.
    pub fn set_grant(&mut self, key: ServerGrantKey, state: Option<char>, grantor: i32) {
        match state {
            Some(state) => {
                self.grants.insert(key, ServerGrant { state, grantor });
            }
            None => {
                self.grants.remove(&key);
            }
        }
    }
}

/// Permissions that imply this one on the server.
pub fn covering(permission: &str) -> &'static [&'static str] {
    match permission {
        "CONTROL SERVER" => &[],
        "VIEW SERVER PERFORMANCE STATE" | "VIEW SERVER SECURITY STATE" => &["VIEW SERVER STATE"],
        "VIEW SERVER STATE" => &["ALTER SERVER STATE"],
        "CREATE LOGIN" => &["ALTER ANY LOGIN"],
        "VIEW ANY DATABASE" | "CREATE ANY DATABASE" => &["ALTER ANY DATABASE"],
        "CREATE ENDPOINT" => &["ALTER ANY ENDPOINT"],
        "CREATE SERVER ROLE" => &["ALTER ANY SERVER ROLE"],
        "CREATE AVAILABILITY GROUP" => &["ALTER ANY AVAILABILITY GROUP"],
        "VIEW ANY SECURITY DEFINITION" | "VIEW ANY PERFORMANCE DEFINITION" => &["VIEW ANY DEFINITION"],
        _ => &["CONTROL SERVER"],
    }
}

fn covering_server(class: u8, permission: &str) -> &'static [&'static str] {
    match (class, permission) {
        (ENDPOINT, "VIEW DEFINITION") => &["VIEW ANY DEFINITION", "CONTROL SERVER"],
        (ENDPOINT, "CONNECT") => &["CONTROL SERVER"],
        (ENDPOINT, _) => &["ALTER ANY ENDPOINT", "CONTROL SERVER"],
        (AVAILABILITY_GROUP, "VIEW DEFINITION") => &["VIEW ANY DEFINITION", "CONTROL SERVER"],
        (AVAILABILITY_GROUP, _) => &["ALTER ANY AVAILABILITY GROUP", "CONTROL SERVER"],
        (SERVER_PRINCIPAL, "VIEW DEFINITION") => &["VIEW ANY DEFINITION", "CONTROL SERVER"],
        (SERVER_PRINCIPAL, _) => &["ALTER ANY LOGIN", "CONTROL SERVER"],
        _ => &["CONTROL SERVER"],
    }
}

/// Permissions a fixed server role carries by itself.
fn role_grants(role: &str) -> &'static [&'static str] {
    match role {
        "securityadmin" => &["ALTER ANY LOGIN"],
        "serveradmin" => &["ALTER ANY ENDPOINT", "ALTER RESOURCES", "ALTER SERVER STATE", "ALTER SETTINGS", "SHUTDOWN"],
        "setupadmin" => &["ALTER ANY LINKED SERVER"],
        "processadmin" => &["ALTER ANY CONNECTION", "ALTER SERVER STATE"],
        "dbcreator" => &["CREATE ANY DATABASE", "ALTER ANY DATABASE"],
        "bulkadmin" => &["ADMINISTER BULK OPERATIONS"],
        "##MS_ServerStateReader##" => &["VIEW SERVER STATE"],
        "##MS_ServerStateManager##" => &["ALTER SERVER STATE"],
        "##MS_ServerPerformanceStateReader##" => &["VIEW SERVER PERFORMANCE STATE"],
        "##MS_ServerSecurityStateReader##" => &["VIEW SERVER SECURITY STATE"],
        "##MS_DefinitionReader##" => &["VIEW ANY DEFINITION"],
        "##MS_SecurityDefinitionReader##" => &["VIEW ANY SECURITY DEFINITION"],
        "##MS_PerformanceDefinitionReader##" => &["VIEW ANY PERFORMANCE DEFINITION"],
        "##MS_DatabaseConnector##" => &["CONNECT ANY DATABASE"],
        "##MS_DatabaseManager##" => &["ALTER ANY DATABASE", "CREATE ANY DATABASE"],
        "##MS_LoginManager##" => &["ALTER ANY LOGIN", "CREATE LOGIN"],
        _ => &[],
    }
}

/// `0x0200`, four bytes of salt, SHA-512 over the UTF-16 password and the salt (facts: catalog sys.sql_logins).
pub fn hash_password(password: &str, salt: [u8; 4]) -> Vec<u8> {
    use sha2::Digest;
    let mut h = sha2::Sha512::new();
    for unit in password.encode_utf16() {
        h.update(unit.to_le_bytes());
    }
    h.update(salt);
    let mut out = vec![2, 0];
    out.extend_from_slice(&salt);
    out.extend_from_slice(&h.finalize());
    out
}

/// Does the password fit the hash?
pub fn verify_password(password: &str, hash: &[u8]) -> bool {
    match hash {
        [2, 0, a, b, c, d, ..] if hash.len() == 70 => hash_password(password, [*a, *b, *c, *d]) == hash,
        _ => false,
    }
}

/// Four bytes that differ from call to call.
pub fn new_salt() -> [u8; 4] {
    let u = crate::base::random::uuid();
    let b = u.as_bytes();
    [b[0], b[1], b[2], b[3]]
}
