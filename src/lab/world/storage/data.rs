//! Everything inside one database.

use super::objects::Certificate;
use super::objects::DbPrincipal;
use super::objects::MasterKey;
use super::objects::ObjectGrant;
use super::objects::PropertyKey;
use super::objects::SchemaInfo;
use super::table::Table;
use crate::lab::tsql::value::Value;
use imbl::OrdMap;
use std::sync::Arc;
use time::OffsetDateTime;

/// Committed (or one transaction's) content of a database. Cloning is cheap.
#[derive(Debug, Clone, Default)]
pub struct Data {
    pub tables: OrdMap<u32, Table>,
    pub schemas: OrdMap<i32, SchemaInfo>,
    pub principals: OrdMap<i32, Arc<DbPrincipal>>,
    /// Role, member.
    pub role_members: imbl::OrdSet<(i32, i32)>,
    pub grants: imbl::Vector<ObjectGrant>,
    /// Name as written, value.
    pub properties: OrdMap<PropertyKey, (String, Value)>,
    pub certificates: OrdMap<i32, Arc<Certificate>>,
    pub master_key: Option<Arc<MasterKey>>,
    /// Greatest row id ever used.
    pub last_row: u64,
    /// Greatest object id ever used by a user object; 0 before the first.
    pub last_object: u32,
}

/// Names and ids of the fixed database roles.
pub const FIXED_ROLES: [(i32, &str); 10] = [
    (0, "public"),
    (16384, "db_owner"),
    (16385, "db_accessadmin"),
    (16386, "db_securityadmin"),
    (16387, "db_ddladmin"),
    (16389, "db_backupoperator"),
    (16390, "db_datareader"),
    (16391, "db_datawriter"),
    (16392, "db_denydatareader"),
    (16393, "db_denydatawriter"),
];

impl Data {
    /// What every database is born with. `guest` may connect only where the caller grants it.
    pub fn new(owner_sid: &[u8], created: OffsetDateTime, guest: bool) -> Self {
        let mut d = Self::default();
        let base = OffsetDateTime::UNIX_EPOCH + time::Duration::days(12150);
        let mut add = |id: i32, name: &str, kind: char, sid: &[u8], schema: Option<&str>, auth: u8, fixed: bool| {
            let p = DbPrincipal {
                id,
                name: name.to_owned(),
                kind,
                sid: sid.to_vec(),
                default_schema: schema.map(str::to_owned),
                authentication: auth,
                password_hash: None,
                owner_id: (kind == 'R').then_some(1),
                fixed_role: fixed,
                create_date: base,
                modify_date: if id == 1 { created } else { base },
            };
            d.principals.insert(id, Arc::new(p));
        };
        add(1, "dbo", 'S', owner_sid, Some("dbo"), 1, false);
        add(2, "guest", 'S', &[0], Some("guest"), 0, false);
        add(3, "INFORMATION_SCHEMA", 'S', &[], None, 0, false);
        add(4, "sys", 'S', &[], None, 0, false);
        for (id, name) in FIXED_ROLES {
            add(id, name, 'R', &[], None, 0, id != 0);
        }
        for (id, name) in [(1, "dbo"), (2, "guest"), (3, "INFORMATION_SCHEMA"), (4, "sys")] {
            d.schemas.insert(id, SchemaInfo { id, name: name.to_owned(), principal_id: id });
        }
        for (id, name) in FIXED_ROLES.iter().skip(1) {
            d.schemas.insert(*id, SchemaInfo { id: *id, name: (*name).to_owned(), principal_id: *id });
        }
        d.role_members.insert((16384, 1));
        let connect = |grantee| ObjectGrant {
            class: 0,
            major_id: 0,
            grantee,
            grantor: 1,
            permission: "CONNECT".to_owned(),
            state: 'G',
        };
        d.grants.push_back(connect(1));
        if guest {
            d.grants.push_back(connect(2));
        }
        d
    }
    /// Schema by name.
    pub fn schema(&self, name: &str) -> Option<&SchemaInfo> {
        self.schemas.values().find(|s| s.name.eq_ignore_ascii_case(name))
    }
    /// Table by schema and name.
    pub fn table(&self, schema: &str, name: &str) -> Option<&Table> {
        let id = self.schema(schema)?.id;
        self.tables.values().find(|t| t.def.schema_id == id && t.def.name.eq_ignore_ascii_case(name))
    }
    /// User or role by name.
    pub fn principal(&self, name: &str) -> Option<&Arc<DbPrincipal>> {
        self.principals.values().find(|p| p.name.eq_ignore_ascii_case(name))
    }
    /// User that a login's SID maps to.
    pub fn user_of_sid(&self, sid: &[u8]) -> Option<&Arc<DbPrincipal>> {
        self.principals.values().find(|p| p.kind != 'R' && !p.sid.is_empty() && p.sid == sid)
    }
    /// Certificate by name.
    pub fn certificate(&self, name: &str) -> Option<&Arc<Certificate>> {
        self.certificates.values().find(|c| c.name.eq_ignore_ascii_case(name))
    }
    /// Extended property of the database itself (class 0).
    pub fn database_property(&self, name: &str) -> Option<&Value> {
        let key = PropertyKey { class: 0, major_id: 0, minor_id: 0, name: name.to_lowercase() };
        self.properties.get(&key).map(|(_, v)| v)
    }
    /// Bytes of all rows.
    pub fn bytes(&self) -> u64 {
        self.tables.values().map(|t| t.bytes).sum()
    }
    /// A free object id, in the server's stride.
    pub fn next_object(&self, last: u32) -> u32 {
        const FIRST: u32 = 565_577_053;
        const STRIDE: u32 = 16_000_057;
        let used = |id: u32| {
            self.tables.values().any(|t| t.def.id == id || t.def.indexes.iter().any(|i| i.object_id as u32 == id))
        };
        let mut id = if last == 0 { FIRST } else { last };
        while last == id || used(id) {
            id = (id + STRIDE) % 2_147_483_647;
        }
        id
    }
}
