//! Making server objects on a target, and taking them away again.

use super::kinds::Query;
use super::kinds::Statement;
use super::kinds::maybe;
use super::kinds::script;
use crate::base::error::Result;
use crate::base::hex;
use crate::base::redact::SecretString;
use crate::base::redact::secret;
use crate::model::object::AgentJob;
use crate::model::object::LinkedServer;
use crate::model::object::Operator;

/// Hash of a login's password, as hex digits; never in a text that is shown.
pub fn hash(login: &str) -> Result<Query<Option<SecretString>>> {
    let rendered = script("login.hash")?.text("login", login).done()?;
    Ok(Query::new(rendered, |sets| {
        let found = maybe(sets, |row| row.get::<Option<Vec<u8>>>("hash"))?.flatten();
        Ok(found.map(|bytes| secret(hex::encode(&bytes))))
    }))
}

pub fn create_login(login: &str, hash: &SecretString, sid: &[u8]) -> Result<Statement> {
    Ok(Statement::new(script("login.create")?.text("login", login).secret("hash", hash).binary("sid", sid).done()?))
}
pub fn drop_login(login: &str) -> Result<Statement> {
    Ok(Statement::new(script("login.drop")?.text("login", login).done()?))
}
pub fn set_default_database(login: &str, database: &str) -> Result<Statement> {
    let rendered = script("login.set_default_database")?.text("login", login).text("database", database).done()?;
    Ok(Statement::new(rendered))
}
pub fn set_policy(login: &str, on: bool) -> Result<Statement> {
    let word = if on { "ON" } else { "OFF" };
    Ok(Statement::new(script("login.set_policy")?.text("login", login).text("policy", word).done()?))
}
pub fn create_role(role: &str) -> Result<Statement> {
    Ok(Statement::new(script("role.create")?.text("role", role).done()?))
}
pub fn drop_role(role: &str) -> Result<Statement> {
    Ok(Statement::new(script("role.drop")?.text("role", role).done()?))
}
pub fn add_member(role: &str, member: &str) -> Result<Statement> {
    Ok(Statement::new(script("role.add_member")?.text("role", role).text("member", member).done()?))
}
pub fn drop_member(role: &str, member: &str) -> Result<Statement> {
    Ok(Statement::new(script("role.drop_member")?.text("role", role).text("member", member).done()?))
}
/// `verb` is GRANT or DENY; a permission that this version does not know is refused.
pub fn give(verb: &str, permission: &str, to: &str) -> Result<Statement> {
    let rendered =
        script("permission.give")?.text("verb", verb).text("permission", permission).text("to", to).done()?;
    Ok(Statement::new(rendered))
}
pub fn revoke(permission: &str, from: &str) -> Result<Statement> {
    Ok(Statement::new(script("permission.revoke")?.text("permission", permission).text("from", from).done()?))
}

/// A job with its steps and schedules, disabled. `owner` must be a login of the target.
pub fn create_job(job: &AgentJob, owner: &str) -> Result<Vec<Statement>> {
    let mut all = vec![Statement::new(
        script("job.create")?
            .text("job", &job.name)
            .text("description", job.description.as_deref().unwrap_or_default())
            .text("owner", owner)
            .done()?,
    )];
    for step in &job.steps {
        all.push(Statement::new(
            script("job.add_step")?
                .text("job", &job.name)
                .text("step", &step.name)
                .text("subsystem", &step.subsystem)
                .text("command", &step.command)
                .text("database", step.database.as_deref().unwrap_or("master"))
                .int("success", i64::from(step.on_success))
                .int("failure", i64::from(step.on_fail))
                .done()?,
        ));
    }
    for s in &job.schedules {
        all.push(Statement::new(
            script("job.add_schedule")?
                .text("job", &job.name)
                .text("schedule", &s.name)
                .int("enabled", i64::from(s.is_enabled))
                .int("frequency", i64::from(s.frequency))
                .int("interval", i64::from(s.interval))
                .int("subday", i64::from(s.subday))
                .int("subday_interval", i64::from(s.subday_interval))
                .int("start_date", i64::from(s.start_date))
                .int("start_time", i64::from(s.start_time))
                .done()?,
        ));
    }
    Ok(all)
}
pub fn drop_job(job: &str) -> Result<Statement> {
    Ok(Statement::new(script("job.drop")?.text("job", job).done()?))
}
pub fn add_operator(o: &Operator) -> Result<Statement> {
    let rendered = script("job.add_operator")?
        .text("operator", &o.name)
        .text("email", o.email.as_deref().unwrap_or_default())
        .int("enabled", i64::from(o.is_enabled))
        .done()?;
    Ok(Statement::new(rendered))
}

/// Without its passwords: they cannot be read.
pub fn add_linked_server(s: &LinkedServer) -> Result<Statement> {
    let product = s.product.as_deref().unwrap_or_default();
    if product.eq_ignore_ascii_case("SQL Server") {
        return Ok(Statement::new(script("server.add_linked_sql")?.text("name", &s.name).done()?));
    }
    let rendered = script("server.add_linked")?
        .text("name", &s.name)
        .text("product", product)
        .text("provider", s.provider.as_deref().unwrap_or("MSOLEDBSQL"))
        .text("source", s.data_source.as_deref().unwrap_or(&s.name))
        .done()?;
    Ok(Statement::new(rendered))
}
pub fn drop_linked_server(name: &str) -> Result<Statement> {
    Ok(Statement::new(script("server.drop_linked")?.text("name", name).done()?))
}
