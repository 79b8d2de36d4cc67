//! Users of one database, who may connect to it without a login.

use super::kinds::Statement;
use super::kinds::script;
use crate::base::error::Result;

fn change(id: &str, database: &str, user: &str) -> Result<Statement> {
    Ok(Statement::new(script(id)?.text("database", database).text("user", user).done()?))
}

pub fn deny_connect(database: &str, user: &str) -> Result<Statement> {
    change("user.deny_connect", database, user)
}
pub fn revoke_connect(database: &str, user: &str) -> Result<Statement> {
    change("user.revoke_connect", database, user)
}
/// A grant takes the place of a denial.
pub fn grant_connect(database: &str, user: &str) -> Result<Statement> {
    change("user.grant_connect", database, user)
}
