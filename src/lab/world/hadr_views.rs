//! Catalogue views of the availability layer.

use super::database::Database;
use super::instance::Instance;
use super::instance::InstanceState;
use super::lsn::Lsn;
use crate::lab::tsql::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows of a view of the availability layer, by column name; `None`: not one of its views.
pub fn provide(
    _instance: &Arc<Instance>,
    _state: &InstanceState,
    _view: &str,
) -> Option<Vec<BTreeMap<&'static str, Value>>> {
    None
}

/// Oldest log a replica still needs; truncation stops there. `None`: no replica holds the log.
pub fn log_hold(_state: &InstanceState, _db: &Database) -> Option<Lsn> {
    None
}
