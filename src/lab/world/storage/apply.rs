//! Applying logged changes to content. The same ops on the same content give the same content.

use super::data::Data;
use super::objects::Certificate;
use super::objects::DbPrincipal;
use super::objects::MasterKey;
use super::objects::ObjectGrant;
use super::objects::PropertyKey;
use super::objects::SchemaInfo;
use super::table::Table;
use super::table::TableDef;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::Value;
use crate::lab::world::log::Op;
use crate::lab::world::options::DatabaseOptions;
use std::sync::Arc;

/// Content of `Op::Schema`.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub enum SchemaOp {
    PutTable(TableDef),
    /// Adds columns at the end, with the value existing rows get.
    AddColumns {
        def: TableDef,
        values: Vec<Value>,
    },
    /// Removes the column at this ordinal.
    DropColumn {
        def: TableDef,
        at: usize,
    },
    /// New indexes on the same columns.
    Reindex(TableDef),
    DropTable(u32),
    Truncate(u32),
    PutSchema(SchemaInfo),
    DropSchema(i32),
    PutPrincipal(DbPrincipal),
    DropPrincipal(i32),
    RoleMember {
        role: i32,
        member: i32,
        add: bool,
    },
    /// Replaces a grant of the same securable, grantee and permission; state `R` removes it.
    Grant(ObjectGrant),
    PutCertificate(Box<Certificate>),
    DropCertificate(i32),
    MasterKey(Option<MasterKey>),
    Options(Box<DatabaseOptions>),
}

impl SchemaOp {
    /// As a log record.
    pub fn to_op(&self) -> Op {
        // A plain value always serialises; an empty record is ignored when applied.
        Op::Schema(postcard::to_stdvec(self).unwrap_or_default())
    }
    /// From a log record.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}

impl Data {
    /// Applies one change. `Options` ops do not live in the content: the database applies them.
    pub fn apply(&mut self, op: &Op) {
        match op {
            Op::Insert { table, row, values } | Op::Update { table, row, values } => {
                self.last_row = self.last_row.max(*row);
                if let Some(t) = self.tables.get_mut(table) {
                    t.put(*row, Row::from(values.as_slice()));
                }
            }
            Op::Delete { table, row } => {
                if let Some(t) = self.tables.get_mut(table) {
                    t.remove(*row);
                }
            }
            Op::Schema(bytes) => {
                if let Some(op) = SchemaOp::decode(bytes) {
                    self.apply_schema(op);
                }
            }
            Op::ExtendedProperty { class, major_id, minor_id, name, value } => {
                let key =
                    PropertyKey { class: *class, major_id: *major_id, minor_id: *minor_id, name: name.to_lowercase() };
                if let Some(v) = value {
                    self.properties.insert(key, (name.clone(), v.clone()));
                } else {
                    self.properties.remove(&key);
                }
            }
            Op::Internal(_) => {}
        }
    }
    fn apply_schema(&mut self, op: SchemaOp) {
        match op {
            SchemaOp::PutTable(def) => {
                self.last_object =
                    def.indexes.iter().fold(self.last_object.max(def.id), |last, i| last.max(i.object_id as u32));
                self.tables.insert(def.id, Table::new(def));
            }
            SchemaOp::AddColumns { def, values } => {
                self.redefine(def, |row| row.iter().chain(values.iter()).cloned().collect());
            }
            SchemaOp::DropColumn { def, at } => self.redefine(def, |row| {
                row.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, v)| v.clone()).collect()
            }),
            SchemaOp::Reindex(def) => self.redefine(def, Arc::clone),
            SchemaOp::DropTable(id) => {
                self.tables.remove(&id);
                self.grants.retain(|g| g.class != 1 || g.major_id != id as i32);
                self.properties = self
                    .properties
                    .iter()
                    .filter(|(k, _)| k.class != 1 || k.major_id != id as i32)
                    .map(|(k, v)| (k.clone(), v.clone()))
                    .collect();
            }
            SchemaOp::Truncate(id) => {
                if let Some(t) = self.tables.get_mut(&id) {
                    *t = Table::new((*t.def).clone());
                }
            }
            SchemaOp::PutSchema(s) => {
                self.schemas.insert(s.id, s);
            }
            SchemaOp::DropSchema(id) => {
                self.schemas.remove(&id);
            }
            SchemaOp::PutPrincipal(p) => {
                self.principals.insert(p.id, Arc::new(p));
            }
            SchemaOp::DropPrincipal(id) => {
                self.principals.remove(&id);
                self.grants.retain(|g| g.grantee != id);
                self.role_members = self.role_members.iter().filter(|(r, m)| *r != id && *m != id).copied().collect();
            }
            SchemaOp::RoleMember { role, member, add: true } => {
                self.role_members.insert((role, member));
            }
            SchemaOp::RoleMember { role, member, add: false } => {
                self.role_members.remove(&(role, member));
            }
            SchemaOp::Grant(g) => {
                self.grants.retain(|o| {
                    (o.class, o.major_id, o.grantee, &o.permission) != (g.class, g.major_id, g.grantee, &g.permission)
                });
                if g.state != 'R' {
                    self.grants.push_back(g);
                }
            }
            SchemaOp::PutCertificate(c) => {
                self.certificates.insert(c.id, Arc::from(c));
            }
            SchemaOp::DropCertificate(id) => {
                self.certificates.remove(&id);
            }
            SchemaOp::MasterKey(k) => self.master_key = k.map(Arc::new),
            SchemaOp::Options(_) => {}
        }
    }
    fn redefine(&mut self, def: TableDef, map: impl Fn(&Row) -> Row) {
        if let Some(t) = self.tables.get(&def.id) {
            self.last_object = def.indexes.iter().fold(self.last_object, |last, i| last.max(i.object_id as u32));
            let new = t.redefine(def, map);
            self.tables.insert(new.def.id, new);
        }
    }
}
