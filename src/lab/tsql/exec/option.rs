//! SET options.

use crate::lab::tsql::ast::Name;
use crate::lab::tsql::bind::binder;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::eval::compare;
use crate::lab::tsql::eval::convert;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::eval::text;
use crate::lab::tsql::exec::Run;
use crate::lab::tsql::exec::frame::Frame;
use crate::lab::tsql::exec::outcome::Outcome;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use std::sync::Arc;

impl Run<'_> {
    pub(super) fn set_option(&mut self, frame: &Frame, option: &str, value: &str) -> Outcome<()> {
        let on = value.eq_ignore_ascii_case("ON");
        let cx = &mut self.core.cx;
        match option {
            "NOCOUNT" => cx.nocount = on,
            "XACT_ABORT" => cx.xact_abort = on,
            "IMPLICIT_TRANSACTIONS" => cx.implicit_transactions = on,
            "LOCK_TIMEOUT" => {
                let n = Self::option_number(frame, value)?;
                self.core.cx.lock_timeout_ms = n.max(-1);
            }
            "CONTEXT_INFO" => {
                let bytes = Self::option_bytes(frame, value)?;
                self.core.status.context_info = Some(Arc::from(bytes));
            }
            "ROWCOUNT" if Self::option_number(frame, value)? != 0 => {
                return Err(fault::unsupported("SET ROWCOUNT").into());
            }
            "DATEFIRST" if Self::option_number(frame, value)? != 7 => {
                return Err(fault::unsupported("SET DATEFIRST other than 7").into());
            }
            "DATEFORMAT" if !value.eq_ignore_ascii_case("mdy") => {
                return Err(fault::unsupported("SET DATEFORMAT other than mdy").into());
            }
            "LANGUAGE" if !matches!(value.to_ascii_lowercase().as_str(), "us_english" | "english") => {
                return Err(SqlError::new(
                        2740,
                        16,
                        format!("SET LANGUAGE failed because '{value}' is not an official language name or a language alias on this SQL Server."),
                    )
                    .into());
            }
            "SHOWPLAN_ALL" | "SHOWPLAN_TEXT" | "SHOWPLAN_XML" | "STATISTICS XML" | "STATISTICS PROFILE" if on => {
                return Err(fault::unsupported(option).into());
            }
            _ => {}
        }
        self.core.status.options.insert(option.to_uppercase(), value.to_uppercase());
        Ok(())
    }

    fn option_number(frame: &Frame, value: &str) -> Outcome<i32> {
        let v = if value.starts_with('@') {
            frame.scalar(value).ok_or_else(|| fault::undeclared(value))?.1
        } else {
            value.parse().map_or(Value::Null, Value::Int)
        };
        Ok(compare::integer(&v).and_then(|n| i32::try_from(n).ok()).ok_or_else(|| fault::syntax(value))?)
    }

    fn option_bytes(frame: &Frame, value: &str) -> Outcome<Vec<u8>> {
        let (v, ty) = if value.starts_with('@') {
            let (ty, v) = frame.scalar(value).ok_or_else(|| fault::undeclared(value))?;
            (v, ty)
        } else {
            let body = value.trim_start_matches("0x").trim_start_matches("0X");
            (Value::bytes(text::unhex(body).ok_or_else(|| fault::syntax(value))?), SqlType::VarBinary(Len::N(128)))
        };
        let Value::Bytes(b) = convert::cast(&v, ty, SqlType::Binary(128), 0)? else {
            return Err(SqlError::new(
                2743,
                16,
                "SET CONTEXT_INFO option requires varbinary (128) NOT NULL parameter.",
            )
            .into());
        };
        Ok(b.to_vec())
    }

    pub(super) fn set_identity_insert(&mut self, table: &Name, on: bool) -> Outcome<()> {
        if binder::memory_key(table).is_none() {
            // 208 for a table that is not there
            self.core.host.table(&self.core.cx, table)?;
        }
        let same = |n: &Name| n.object().eq_ignore_ascii_case(table.object());
        match &self.core.cx.identity_insert {
            Some(open) if on && !same(open) => {
                return Err(SqlError::new(
                    8107,
                    16,
                    format!(
                        "IDENTITY_INSERT is already ON for table '{}'. Cannot perform SET operation for table '{}'.",
                        open.object(),
                        table.object()
                    ),
                )
                .into());
            }
            _ => {}
        }
        if on {
            self.core.cx.identity_insert = Some(table.clone());
        } else if self.core.cx.identity_insert.as_ref().is_some_and(same) {
            self.core.cx.identity_insert = None;
        }
        Ok(())
    }
}
