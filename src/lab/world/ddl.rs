//! Statements that change the server or a database's configuration.

use super::hadr_ddl;
use super::host::InstanceHost;
use super::messages::error;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::ast::DdlOption;
use crate::lab::tsql::ast::OptionValue;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::SessionCx;

mod backup;
mod certificate;
mod credential;
mod database;
mod files;
mod keys;
mod login;
mod permission;
#[cfg(test)]
mod tests;
mod user;

pub(crate) use certificate::read as certificate_of;
pub(crate) use certificate::reissued;
pub(crate) use certificate::server_identity;

/// Runs one statement; what it gives back are informational messages.
pub async fn execute(host: &InstanceHost, cx: &mut SessionCx, ddl: &Ddl) -> SqlResult<Vec<SqlError>> {
    let none = Vec::new();
    match ddl {
        Ddl::CreateEndpoint { .. }
        | Ddl::AlterEndpoint { .. }
        | Ddl::DropEndpoint { .. }
        | Ddl::CreateAg { .. }
        | Ddl::AlterAg { .. }
        | Ddl::DropAg { .. }
        | Ddl::AlterDatabaseHadr { .. } => hadr_ddl::execute(&host.instance, cx, ddl).await,
        Ddl::CreateMasterKey { .. }
        | Ddl::OpenMasterKey { .. }
        | Ddl::CloseMasterKey
        | Ddl::AlterMasterKey { .. }
        | Ddl::DropMasterKey
        | Ddl::CreateCertificate { .. }
        | Ddl::AlterCertificate { .. }
        | Ddl::DropCertificate { .. }
        | Ddl::BackupCertificate { .. } => certificate::execute(host, cx, ddl).await,
        Ddl::CreateDatabase { .. }
        | Ddl::AlterDatabaseSet { .. }
        | Ddl::AlterDatabaseModifyName { .. }
        | Ddl::AlterDatabaseOther { .. }
        | Ddl::DropDatabase { .. } => database::execute(host, cx, ddl).await,
        Ddl::CreateLogin { .. } | Ddl::AlterLogin { .. } | Ddl::DropLogin { .. } => {
            login::execute(host, cx, ddl).map(|()| none)
        }
        Ddl::CreateUser { .. } | Ddl::AlterUser { .. } | Ddl::DropUser { .. } | Ddl::CreateSchema { .. } => {
            user::execute(host, cx, ddl).await.map(|()| none)
        }
        Ddl::CreateRole { .. } | Ddl::DropRole { .. } | Ddl::AlterRole { .. } => {
            user::roles(host, cx, ddl).await.map(|()| none)
        }
        Ddl::Permission { .. } => permission::execute(host, cx, ddl).await.map(|()| none),
        Ddl::CreateCredential { .. } | Ddl::DropCredential { .. } => credential::execute(host, cx, ddl).map(|()| none),
        Ddl::BackupDatabase { .. } | Ddl::RestoreDatabase { .. } => backup::execute(host, cx, ddl),
        Ddl::Unsupported(words) => Err(error(40000, &[words])),
    }
}

/// The option of a name.
pub(crate) fn option<'a>(options: &'a [DdlOption], key: &str) -> Option<&'a OptionValue> {
    options.iter().find(|o| o.key == key).map(|o| &o.value)
}

/// An option's value as text, whatever it was written as.
pub(crate) fn option_text(options: &[DdlOption], key: &str) -> Option<String> {
    match option(options, key)? {
        OptionValue::Word(s) | OptionValue::Text(s) | OptionValue::Ident(s) => Some(s.clone()),
        OptionValue::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

/// 226 inside a user's transaction.
pub(crate) fn outside_transaction(host: &InstanceHost, cx: &SessionCx, what: &str) -> SqlResult<()> {
    let open =
        host.with(|s| s.sessions.get(cx.spid).and_then(|s| s.transaction.as_ref()).is_some_and(|t| t.nesting > 0));
    if open { Err(error(226, &[&what]).state(6)) } else { Ok(()) }
}

/// 41906 on a managed instance.
pub(crate) fn not_on_managed(host: &InstanceHost, statement: &str) -> SqlResult<()> {
    if host.instance.config.is_managed() { Err(error(41906, &[&statement])) } else { Ok(()) }
}
