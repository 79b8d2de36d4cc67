//! Objects of a database other than tables.

use time::OffsetDateTime;

/// `sys.schemas`.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct SchemaInfo {
    pub id: i32,
    pub name: String,
    pub principal_id: i32,
}

/// A user or role of a database (`sys.database_principals`).
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct DbPrincipal {
    pub id: i32,
    pub name: String,
    /// `S`, `U`, `G`, `R`, `C`, `E`, `X`.
    pub kind: char,
    /// Empty for roles.
    pub sid: Vec<u8>,
    pub default_schema: Option<String>,
    /// 0 NONE, 1 INSTANCE, 2 DATABASE, 3 WINDOWS, 4 EXTERNAL.
    pub authentication: u8,
    /// Contained user with password: 0x0200 hash.
    pub password_hash: Option<Vec<u8>>,
    pub owner_id: Option<i32>,
    pub fixed_role: bool,
    pub create_date: OffsetDateTime,
    pub modify_date: OffsetDateTime,
}

/// A row of `sys.database_permissions`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ObjectGrant {
    /// 0 DATABASE, 1 OBJECT, 3 SCHEMA, 4 `DATABASE_PRINCIPAL`, 25 CERTIFICATE.
    pub class: u8,
    pub major_id: i32,
    pub grantee: i32,
    pub grantor: i32,
    pub permission: String,
    /// `G`, `D` or `W`.
    pub state: char,
}

/// What an extended property hangs on, and its name in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct PropertyKey {
    pub class: u8,
    pub major_id: i32,
    pub minor_id: i32,
    pub name: String,
}

/// A certificate of a database (in `master`, what endpoints use).
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Certificate {
    pub id: i32,
    pub name: String,
    pub principal_id: i32,
    pub der: Vec<u8>,
    /// PKCS#8 DER.
    pub private_key: Option<Vec<u8>>,
    /// `NA`, `MK` or `PW`.
    pub key_encryption: String,
    pub active_for_dialog: bool,
    /// As the server shows it: the bare text for a self-signed one (facts: sql-server-hadr c).
    pub subject: String,
    pub issuer: String,
    /// Big-endian.
    pub serial: Vec<u8>,
    pub start: OffsetDateTime,
    pub expiry: OffsetDateTime,
    /// SHA-1.
    pub thumbprint: Vec<u8>,
    pub key_bits: i32,
    pub last_backup: Option<OffsetDateTime>,
    /// DNS patterns this CA may vouch for (`sp_certificate_add_issuer`).
    pub issuer_patterns: Vec<String>,
}

/// The database master key.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct MasterKey {
    /// Salted hash of the password, to check OPEN MASTER KEY.
    pub password_hash: Option<Vec<u8>>,
    /// Protected by the service master key too: opens without a password.
    pub by_server: bool,
    pub guid: uuid::Uuid,
    pub create_date: OffsetDateTime,
    pub modify_date: OffsetDateTime,
}

impl DbPrincipal {
    /// A SQL user of a login.
    pub fn user(id: i32, name: &str, sid: Vec<u8>, now: OffsetDateTime) -> Self {
        Self {
            id,
            name: name.to_owned(),
            kind: 'S',
            sid,
            default_schema: Some("dbo".to_owned()),
            authentication: 1,
            password_hash: None,
            owner_id: None,
            fixed_role: false,
            create_date: now,
            modify_date: now,
        }
    }
}

impl ObjectGrant {
    /// CONNECT, which every new user gets.
    pub fn connect(grantee: i32) -> Self {
        Self { class: 0, major_id: 0, grantee, grantor: 1, permission: "CONNECT".to_owned(), state: 'G' }
    }
}
