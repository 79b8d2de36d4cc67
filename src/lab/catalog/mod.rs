//! Catalogue views and DMVs, with the columns of the real server's versions.

mod agent;
mod backups;
mod compat;
mod databases;
mod fabric;
mod geo;
mod groups;
mod log_records;
mod names;
mod objects;
mod scan;
mod security;
mod server;
mod sessions;
mod shapes;
#[cfg(test)]
mod tests;
mod transactions;

pub(crate) use databases::reuse_wait;
pub use names::permission_code;
pub(crate) use objects::facets;
pub use objects::system_object_id;
pub use objects::system_object_name;
pub use objects::type_by_id;
pub use objects::type_by_name;
pub use scan::scan;
pub use shapes::View;
pub use shapes::all;
pub use shapes::find;
pub use shapes::find_function;
pub use shapes::parse_type;
