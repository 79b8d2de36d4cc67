//! Availability groups (facts: sql-server-hadr c).

use super::options;
use crate::lab::tsql::ast::AlterAg;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::ast::DdlOption;
use crate::lab::tsql::ast::ReplicaSpec;
use crate::lab::tsql::cursor::Cursor;
use crate::lab::tsql::error::SqlResult;
use sqlparser::tokenizer::Token;

pub(super) fn availability(c: &mut Cursor) -> SqlResult<Ddl> {
    let verb = c.eat_any(&["CREATE", "ALTER", "DROP"]);
    c.expect_all(&["availability", "group"])?;
    let name = c.identifier()?;
    match verb {
        Some("CREATE") => create(c, name),
        Some("ALTER") => Ok(Ddl::AlterAg { name, action: action(c)? }),
        _ => Ok(Ddl::DropAg { name }),
    }
}

fn create(c: &mut Cursor, name: String) -> SqlResult<Ddl> {
    let options = if c.eat("with") { options::group(c)? } else { Vec::new() };
    let (mut databases, mut replicas, mut distributed) = (Vec::new(), Vec::new(), Vec::new());
    if c.eat_all(&["availability", "group", "on"]) {
        distributed = c.list(spec)?;
        return Ok(Ddl::CreateAg { name, options, databases, replicas, distributed });
    }
    c.expect("for")?;
    if c.eat("database") {
        databases = c.list(Cursor::identifier)?;
    }
    if c.is("replica") || !databases.is_empty() {
        c.expect_all(&["replica", "on"])?;
        replicas = c.list(spec)?;
    } else {
        c.expect_all(&["availability", "group", "on"])?;
        distributed = c.list(spec)?;
    }
    if c.is("listener") {
        let listener = c.rest_of_statement(2);
        return Ok(Ddl::Unsupported(format!("CREATE AVAILABILITY GROUP … {listener}")));
    }
    Ok(Ddl::CreateAg { name, options, databases, replicas, distributed })
}

/// `'name' WITH ( … )`.
fn spec(c: &mut Cursor) -> SqlResult<ReplicaSpec> {
    let name = c.string()?;
    c.expect("with")?;
    Ok(ReplicaSpec { name, options: options::group(c)? })
}

fn action(c: &mut Cursor) -> SqlResult<AlterAg> {
    if c.eat("set") {
        return set(c);
    }
    if c.eat_all(&["add", "database"]) {
        return Ok(AlterAg::AddDatabase(c.list(Cursor::identifier)?));
    }
    if c.eat_all(&["remove", "database"]) {
        return Ok(AlterAg::RemoveDatabase(c.list(Cursor::identifier)?));
    }
    if c.eat_all(&["add", "replica", "on"]) {
        return Ok(AlterAg::AddReplica(spec(c)?));
    }
    if c.eat_all(&["modify", "replica", "on"]) {
        return Ok(AlterAg::ModifyReplica(spec(c)?));
    }
    if c.eat_all(&["remove", "replica", "on"]) {
        return Ok(AlterAg::RemoveReplica(c.string()?));
    }
    if c.eat_all(&["join", "availability", "group", "on"]) {
        return Ok(AlterAg::JoinDistributed(c.list(spec)?));
    }
    if c.eat("join") {
        let options = if c.eat("with") { options::group(c)? } else { Vec::new() };
        return Ok(AlterAg::Join(options));
    }
    if c.eat_all(&["modify", "availability", "group", "on"]) {
        return Ok(AlterAg::ModifyDistributed(c.list(spec)?));
    }
    if c.eat_all(&["grant", "create", "any", "database"]) {
        return Ok(AlterAg::GrantCreateAnyDatabase);
    }
    if c.eat_all(&["deny", "create", "any", "database"]) {
        return Ok(AlterAg::DenyCreateAnyDatabase);
    }
    if c.eat("failover") {
        return Ok(AlterAg::Failover);
    }
    if c.eat("force_failover_allow_data_loss") {
        return Ok(AlterAg::ForceFailoverAllowDataLoss);
    }
    if c.eat("offline") {
        return Ok(AlterAg::Offline);
    }
    if ["add", "modify", "restart", "remove"].iter().any(|w| c.is(w)) && c.is_at(1, "listener") {
        return Ok(AlterAg::Listener(c.rest_of_statement(2)));
    }
    Err(unknown_action(c))
}

/// The error stands at the first word that no action has.
fn unknown_action(c: &mut Cursor) -> crate::lab::tsql::error::SqlError {
    let verb = ["add", "modify", "remove", "grant", "deny"].iter().any(|w| c.is(w));
    if verb {
        c.next();
    }
    c.unexpected()
}

/// One option in parentheses; more than one is a syntax error at the comma.
fn set(c: &mut Cursor) -> SqlResult<AlterAg> {
    c.expect_token(&Token::LParen)?;
    let options: Vec<DdlOption> = options::option(c)?;
    c.expect_token(&Token::RParen)?;
    match options.into_iter().next() {
        Some(option) => Ok(AlterAg::Set(option)),
        None => Err(c.unexpected()),
    }
}
