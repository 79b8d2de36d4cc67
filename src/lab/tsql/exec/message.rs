//! PRINT, RAISERROR, THROW.

use crate::lab::tsql::ast::Expr;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::eval::compare;
use crate::lab::tsql::eval::text;
use crate::lab::tsql::exec::Run;
use crate::lab::tsql::exec::frame::Frame;
use crate::lab::tsql::exec::outcome::Fail;
use crate::lab::tsql::exec::outcome::Flow;
use crate::lab::tsql::exec::outcome::Outcome;
use crate::lab::tsql::function::format;
use crate::lab::tsql::function::strings;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;

/// Characters of a RAISERROR message.
const MAX_MESSAGE: usize = 2047;

impl Run<'_> {
    pub(super) async fn print(&mut self, frame: &Frame, e: &Expr, line: u32) -> Outcome<()> {
        let (v, ty) = self.value(frame, e)?;
        let s = strings::plain(&v, ty)?;
        // 4000 characters of nvarchar, 8000 of varchar
        let shown = text::clip(&s, if ty.is_unicode() { 4000 } else { 8000 });
        // an empty line is one blank
        let shown = if shown.is_empty() { " " } else { shown };
        // facts: tds-server 8, PRINT is INFO 0 class 0
        let m = SqlError { line, ..SqlError::new(0, 0, shown) };
        self.info(m, line).await
    }

    pub(super) async fn raiserror(
        &mut self,
        frame: &Frame,
        (message, severity, state): (&Expr, &Expr, &Expr),
        args: &[Expr],
        with_log: bool,
        line: u32,
    ) -> Outcome<()> {
        let int = |v: Value| compare::integer(&v).unwrap_or(0);
        let severity = int(self.value_as(frame, severity, SqlType::Int)?).clamp(0, 25) as u8;
        let state = int(self.value_as(frame, state, SqlType::Int)?).clamp(0, 255) as u8;
        let (text, ty) = self.value(frame, message)?;
        let mut values = Vec::with_capacity(args.len());
        for a in args {
            let (v, ty) = self.value(frame, a)?;
            values.push(match v {
                v @ (Value::Str(_) | Value::Null) => v,
                v if compare::integer(&v).is_some() && ty.is_integer() => v,
                _ => {
                    return Err(SqlError::new(
                        2748,
                        16,
                        format!(
                            "Cannot specify {} data type (parameter {}) as a substitution parameter.",
                            ty.base_name(),
                            values.len() + 4
                        ),
                    )
                    .into());
                }
            });
        }
        let error = match text {
            Value::Str(t) => {
                let formatted = format::printf(&t, &values)?;
                let formatted = if text::units(&formatted) > MAX_MESSAGE {
                    format!("{}...", text::clip(&formatted, MAX_MESSAGE - 3))
                } else {
                    formatted
                };
                SqlError::new(50000, severity, formatted).state(state)
            }
            Value::Null => SqlError::new(50000, severity, "").state(state),
            v if ty.is_integer() => {
                let n = int(v);
                return Err(SqlError::new(
                    18054,
                    16,
                    format!(
                        "Error {n}, severity {severity}, state {state} was raised, but no message with that error number was found in sys.messages. If error is larger than 50000, make sure the user-defined message is added using sp_addmessage."
                    ),
                )
                .into());
            }
            _ => {
                return Err(SqlError::new(
                    2748,
                    16,
                    format!("Cannot specify {} data type (parameter 1) as a substitution parameter.", ty.base_name()),
                )
                .into());
            }
        };
        if severity > 18 && !with_log {
            return Err(SqlError::new(
                2754,
                16,
                "Error severity levels greater than 18 can only be specified by members of the sysadmin role, using the WITH LOG option.",
            )
            .into());
        }
        if with_log {
            self.core.host.error_log(&format!(
                "Error: {}, Severity: {severity}, State: {state}. {}",
                error.number, error.message
            ));
        }
        if error.is_info() {
            self.info(error, line).await?;
            return self.done(None, 0).await;
        }
        Err(error.into())
    }

    pub(super) fn throw(&mut self, frame: &Frame, t: Option<&(Expr, Expr, Expr)>) -> Outcome<Flow> {
        let Some((number, message, state)) = t else {
            let error = self.core.status.caught.clone().ok_or_else(|| {
                Fail::bind(
                    SqlError::new(
                        10704,
                        15,
                        "To rethrow an error, a THROW statement must be used inside a CATCH block. Insert the THROW statement inside a CATCH block, or add error parameters to the THROW statement.",
                    ),
                    frame.level,
                )
            })?;
            return Err(Fail::Sql { error, compile: None, thrown: true });
        };
        let int = |v: Value| compare::integer(&v).unwrap_or(0);
        let n = int(self.value_as(frame, number, SqlType::Int)?) as i32;
        if n < 50000 {
            return Err(SqlError::new(
                35100,
                16,
                format!("Error number {n} in the THROW statement is outside the valid range. Specify an error number in the valid range of 50000 to 2147483647."),
            )
            .state(10)
            .into());
        }
        let state = int(self.value_as(frame, state, SqlType::Int)?).clamp(0, 255) as u8;
        let (m, ty) = self.value(frame, message)?;
        let text = strings::plain(&m, ty)?;
        // `%%` is one sign; THROW formats nothing else
        let text = text.replace("%%", "%");
        Err(Fail::Sql { error: SqlError::new(n, 16, text).state(state), compile: None, thrown: true })
    }
}
