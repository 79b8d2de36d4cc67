//! DDL of the availability layer: endpoints, groups, `SET HADR`.

use super::instance::Instance;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::SessionCx;
use std::sync::Arc;

/// Runs one statement of the availability layer.
pub async fn execute(_instance: &Arc<Instance>, _cx: &SessionCx, _ddl: &Ddl) -> SqlResult<Vec<SqlError>> {
    Err(SqlError::new(40000, 16, "The availability layer is not part of this build."))
}
