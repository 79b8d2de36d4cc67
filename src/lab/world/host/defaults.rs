//! Values the host fills in: identity, defaults, computed columns.

use super::InstanceHost;
use crate::lab::tsql::ast::Expr;
use crate::lab::tsql::ast::Name;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::Host;
use crate::lab::tsql::host::SessionCx;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use crate::lab::world::messages::error;
use crate::lab::world::values;
use sqlparser::ast::UnaryOperator;
use sqlparser::ast::Value as Literal;

impl InstanceHost {
    /// Value of a default or computed column.
    pub(crate) fn evaluate(
        &self,
        cx: &SessionCx,
        expr: &Expr,
        columns: &[Column],
        row: &[Value],
        ty: SqlType,
    ) -> SqlResult<Value> {
        let value = match self.evaluator.get() {
            Some(f) => return f(self, cx, expr, columns, row, ty),
            None => self.simple(cx, expr, columns, row)?,
        };
        Ok(values::fit(value, ty))
    }
    /// Literals, columns, signs and niladic functions: what defaults are made of.
    fn simple(&self, cx: &SessionCx, expr: &Expr, columns: &[Column], row: &[Value]) -> SqlResult<Value> {
        match expr {
            Expr::Nested(e) => self.simple(cx, e, columns, row),
            Expr::Cast { expr, .. } | Expr::Convert { expr, .. } => self.simple(cx, expr, columns, row),
            Expr::Value(v) => literal(&v.value).ok_or_else(|| unsupported(expr)),
            Expr::UnaryOp { op: UnaryOperator::Minus, expr: inner } => match self.simple(cx, inner, columns, row)? {
                Value::Int(n) => Ok(Value::Int(-n)),
                Value::BigInt(n) => Ok(Value::BigInt(-n)),
                Value::Decimal { unscaled, scale } => Ok(Value::Decimal { unscaled: -unscaled, scale }),
                _ => Err(unsupported(expr)),
            },
            Expr::Identifier(id) => match columns.iter().position(|c| c.name.eq_ignore_ascii_case(&id.value)) {
                Some(at) => Ok(row.get(at).cloned().unwrap_or(Value::Null)),
                None => self.niladic(cx, &id.value).ok_or_else(|| unsupported(expr)),
            },
            Expr::Function(f) => {
                let name = f.name.to_string();
                self.niladic(cx, &name).ok_or_else(|| unsupported(expr))
            }
            _ => Err(unsupported(expr)),
        }
    }
    fn niladic(&self, cx: &SessionCx, name: &str) -> Option<Value> {
        let now = self.instance.clock.now();
        match name.to_ascii_lowercase().as_str() {
            "getdate" | "current_timestamp" | "getutcdate" | "sysdatetime" | "sysutcdatetime" => {
                Some(values::datetime(now))
            }
            "sysdatetimeoffset" => Some(values::datetime_offset(now)),
            "newid" | "newsequentialid" => Some(Value::Guid(crate::base::random::uuid())),
            "system_user" => Some(Value::str(&cx.login)),
            other => self.scalar(cx, &Name(vec![other.to_owned()]), &[]).ok(),
        }
    }
}

fn literal(v: &Literal) -> Option<Value> {
    match v {
        Literal::Number(n, _) => {
            if let Ok(i) = n.parse::<i32>() {
                return Some(Value::Int(i));
            }
            if let Ok(i) = n.parse::<i64>() {
                return Some(Value::BigInt(i));
            }
            let (whole, fraction) = n.split_once('.')?;
            let unscaled = format!("{whole}{fraction}").parse().ok()?;
            Some(Value::Decimal { unscaled, scale: u8::try_from(fraction.len()).ok()? })
        }
        Literal::SingleQuotedString(s) | Literal::NationalStringLiteral(s) => Some(Value::str(s)),
        Literal::Null => Some(Value::Null),
        Literal::HexStringLiteral(s) => values::unhex(s).map(Value::bytes),
        _ => None,
    }
}

fn unsupported(expr: &Expr) -> SqlError {
    error(40000, &[&format!("the column expression `{expr}`")])
}
