//! Expressions that belong to a table: defaults and computed columns.

use crate::lab::tsql::ast::Expr;
use crate::lab::tsql::bind::Binder;
use crate::lab::tsql::bind::scope::Scope;
use crate::lab::tsql::bind::scope::ScopeTable;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::convert;
use crate::lab::tsql::eval::runtime::Env;
use crate::lab::tsql::eval::runtime::Names;
use crate::lab::tsql::eval::runtime::Rt;
use crate::lab::tsql::eval::runtime::Status;
use crate::lab::tsql::eval::scalar;
use crate::lab::tsql::host::Host;
use crate::lab::tsql::host::RowId;
use crate::lab::tsql::host::SessionCx;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// A column expression sees no variables and no temporary tables.
struct Nothing;

impl Names for Nothing {
    fn variable_type(&self, _: &str) -> Option<SqlType> {
        None
    }
    fn variable(&self, _: &str) -> Value {
        Value::Null
    }
    fn assign(&self, _: &str, _: Value) {}
    fn table(&self, _: &str) -> Option<Arc<[Column]>> {
        None
    }
    fn rows(&self, _: &str) -> Option<Vec<(RowId, Row)>> {
        None
    }
}

/// Value of a default or computed column over a row of its table, as the type of the column.
pub fn column_value(
    host: &dyn Host,
    cx: &SessionCx,
    expr: &Expr,
    columns: &[Column],
    row: &[Value],
    ty: SqlType,
) -> SqlResult<Value> {
    let table = ScopeTable { alias: String::new(), path: Vec::new(), columns: columns.to_vec(), hidden: 0, offset: 0 };
    let bound = Binder::new(host, cx, &Nothing).expr(expr, &Scope::new(vec![table], None))?;
    let (status, killed) = (Status::default(), CancellationToken::new());
    let rt = Rt::new(host, cx, &Nothing, &status, &killed);
    let value = scalar::eval(&bound, &Env::of(&rt, row, None))?;
    convert::cast(&value, bound.ty, ty, 0)
}
