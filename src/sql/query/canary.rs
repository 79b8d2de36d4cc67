//! A login and a user of the run's own, made to be kept out.

use super::kinds::Statement;
use super::kinds::script;
use crate::base::error::Result;
use crate::base::redact::SecretString;

pub fn create_login(login: &str, password: &SecretString) -> Result<Statement> {
    Ok(Statement::new(script("canary.create_login")?.text("login", login).secret("password", password).done()?))
}
/// Nothing where there is none.
pub fn drop_login(login: &str) -> Result<Statement> {
    Ok(Statement::new(script("canary.drop_login")?.text("login", login).text("name", login).done()?))
}
pub fn create_user(database: &str, user: &str, password: &SecretString) -> Result<Statement> {
    let rendered = script("canary.create_user")?.text("database", database).text("user", user);
    Ok(Statement::new(rendered.secret("password", password).done()?))
}
/// Nothing where there is none.
pub fn drop_user(database: &str, user: &str) -> Result<Statement> {
    Ok(Statement::new(script("canary.drop_user")?.text("database", database).text("user", user).done()?))
}
