//! Scalar functions that know the server.

use super::instance::Instance;
use super::instance::InstanceConfig;
use crate::lab::tsql::ast::Name;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::SessionCx;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use std::sync::Arc;

mod certificate;
mod metadata;
mod permission;
mod property;

pub use property::version_text;

/// Internal database version by major version of the engine.
pub fn internal_version(config: &InstanceConfig) -> i32 {
    match config.major() {
        13 => 852,
        14 => 869,
        15 => 904,
        16 => 957,
        _ => 998,
    }
}

/// Host part of the server name, upper case.
pub fn machine_name(config: &InstanceConfig) -> String {
    if let Some(machine) = &config.installed.machine {
        return machine.to_uppercase();
    }
    let host = config.server_name.split(['\\', '.']).next().unwrap_or("");
    host.to_uppercase()
}

const NAME: SqlType = SqlType::NVarChar(Len::N(128));
/// Function and what it returns.
const FUNCTIONS: [(&str, SqlType); 58] = [
    ("serverproperty", SqlType::SqlVariant),
    ("databasepropertyex", SqlType::SqlVariant),
    ("connectionproperty", SqlType::SqlVariant),
    ("loginproperty", SqlType::SqlVariant),
    ("certproperty", SqlType::SqlVariant),
    ("collationproperty", SqlType::SqlVariant),
    ("objectpropertyex", SqlType::SqlVariant),
    ("fulltextserviceproperty", SqlType::Int),
    ("@@version", SqlType::NVarChar(Len::N(300))),
    ("@@servername", NAME),
    ("@@servicename", NAME),
    ("@@microsoftversion", SqlType::Int),
    ("@@max_connections", SqlType::Int),
    ("db_id", SqlType::Int),
    ("db_name", NAME),
    ("original_db_name", NAME),
    ("object_id", SqlType::Int),
    ("object_name", NAME),
    ("object_schema_name", NAME),
    ("object_definition", SqlType::NVarChar(Len::Max)),
    ("objectproperty", SqlType::Int),
    ("columnproperty", SqlType::Int),
    ("schema_id", SqlType::Int),
    ("schema_name", NAME),
    ("type_id", SqlType::Int),
    ("type_name", NAME),
    ("col_name", NAME),
    ("col_length", SqlType::SmallInt),
    ("file_name", NAME),
    ("ident_current", SqlType::Decimal(38, 0)),
    ("ident_seed", SqlType::Decimal(38, 0)),
    ("ident_incr", SqlType::Decimal(38, 0)),
    ("cert_id", SqlType::Int),
    ("certencoded", SqlType::VarBinary(Len::N(8000))),
    ("certprivatekey", SqlType::VarBinary(Len::N(8000))),
    ("host_name", NAME),
    ("app_name", NAME),
    ("program_name", NAME),
    ("suser_sname", NAME),
    ("suser_name", NAME),
    ("suser_id", SqlType::Int),
    ("suser_sid", SqlType::VarBinary(Len::N(85))),
    ("system_user", NAME),
    ("original_login", NAME),
    ("user_name", NAME),
    ("user", NAME),
    ("current_user", NAME),
    ("session_user", NAME),
    ("user_id", SqlType::Int),
    ("database_principal_id", SqlType::Int),
    ("is_srvrolemember", SqlType::Int),
    ("is_rolemember", SqlType::Int),
    ("is_member", SqlType::Int),
    ("has_perms_by_name", SqlType::Int),
    ("has_dbaccess", SqlType::Int),
    ("applock_mode", NAME),
    ("applock_test", SqlType::SmallInt),
    ("current_transaction_id", SqlType::BigInt),
];
const SYS_FUNCTIONS: [(&str, SqlType); 2] =
    [("fn_hadr_is_primary_replica", SqlType::Bit), ("fn_hadr_backup_is_preferred_replica", SqlType::Bit)];

fn key(name: &Name) -> Option<String> {
    let object = name.object().to_lowercase();
    match name.schema().map(str::to_lowercase).as_deref() {
        None => Some(object),
        Some("sys") if SYS_FUNCTIONS.iter().any(|f| f.0 == object) => Some(object),
        Some(_) => None,
    }
}

/// Return type, if the function is the server's.
pub fn scalar_type(_instance: &Arc<Instance>, name: &Name, _args: usize) -> Option<SqlType> {
    let key = key(name)?;
    FUNCTIONS.iter().chain(&SYS_FUNCTIONS).find(|f| f.0 == key).map(|f| f.1)
}

/// Its value.
pub fn scalar(instance: &Arc<Instance>, cx: &SessionCx, name: &Name, args: &[Value]) -> SqlResult<Value> {
    let unknown = || {
        crate::lab::tsql::error::SqlError::new(
            195,
            15,
            format!("'{}' is not a recognized built-in function name.", name.object()),
        )
        .state(10)
    };
    let key = key(name).ok_or_else(unknown)?;
    let f = key.as_str();
    instance.with(|s| {
        let call = Call { instance, cx, args };
        property::value(&call, s, f)
            .or_else(|| metadata::value(&call, s, f))
            .or_else(|| permission::value(&call, s, f))
            .or_else(|| certificate::value(&call, s, f))
            .ok_or_else(unknown)
    })
}

/// One call.
pub(crate) struct Call<'a> {
    pub instance: &'a Arc<Instance>,
    pub cx: &'a SessionCx,
    pub args: &'a [Value],
}

impl Call<'_> {
    /// Text argument; `None` when missing or NULL.
    pub(crate) fn text(&self, at: usize) -> Option<String> {
        self.args.get(at).and_then(super::values::text)
    }
    /// Integer argument.
    pub(crate) fn int(&self, at: usize) -> Option<i32> {
        let v = self.args.get(at)?;
        super::storage::integer(v).or_else(|| super::values::text(v)?.parse().ok()).and_then(|n| i32::try_from(n).ok())
    }
    pub(crate) fn config(&self) -> &InstanceConfig {
        &self.instance.config
    }
}

/// A name as an identifier: brackets or quotes off, parts split.
pub(crate) fn identifier_parts(text: &str) -> Vec<String> {
    let (mut parts, mut part, mut close) = (Vec::new(), String::new(), None);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, close) {
            (c, Some(end)) if c == end => {
                if chars.peek() == Some(&end) {
                    chars.next();
                    part.push(c);
                } else {
                    close = None;
                }
            }
            (c, Some(_)) => part.push(c),
            ('[', None) => close = Some(']'),
            ('"', None) => close = Some('"'),
            ('.', None) => parts.push(std::mem::take(&mut part)),
            (c, None) => part.push(c),
        }
    }
    parts.push(part);
    parts
}
