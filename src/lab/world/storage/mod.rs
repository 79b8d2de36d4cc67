//! Content of a database: persistent maps, so that a copy costs nothing.

mod apply;
mod bytes;
mod data;
mod key;
mod objects;
mod seed;
mod table;

pub use apply::SchemaOp;
pub use data::Data;
pub use data::FIXED_ROLES;
pub use key::encode_key;
pub use objects::Certificate;
pub use objects::DbPrincipal;
pub use objects::MasterKey;
pub use objects::ObjectGrant;
pub use objects::PropertyKey;
pub use objects::SchemaInfo;
pub use seed::Piece;
pub use seed::SeedAssembler;
pub use table::ColumnDef;
pub use table::IndexDef;
pub use table::Table;
pub use table::TableDef;
pub use table::integer;
pub use table::parse_expr;
pub use table::row_bytes;
