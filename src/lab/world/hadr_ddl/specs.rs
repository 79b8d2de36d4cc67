//! Replica specifications: options of `REPLICA ON` and `AVAILABILITY GROUP ON`.

use super::messages::error;
use super::options;
use super::options::syntax;
use super::options::word;
use crate::lab::mirror::url::EndpointUrl;
use crate::lab::tsql::ast::DdlOption;
use crate::lab::tsql::ast::OptionValue;
use crate::lab::tsql::ast::ReplicaSpec;
use crate::lab::tsql::error::SqlResult;
use crate::lab::world::hadr::Replica;

/// `availability_mode` of a word.
fn availability_mode(value: &OptionValue) -> SqlResult<u8> {
    match word(value).as_str() {
        "ASYNCHRONOUS_COMMIT" => Ok(0),
        "SYNCHRONOUS_COMMIT" => Ok(1),
        "CONFIGURATION_ONLY" => Ok(4),
        other => Err(syntax(other)),
    }
}

fn failover_mode(value: &OptionValue) -> SqlResult<u8> {
    match word(value).as_str() {
        "AUTOMATIC" => Ok(0),
        "MANUAL" => Ok(1),
        "EXTERNAL" => Ok(2),
        other => Err(syntax(other)),
    }
}

fn seeding_mode(value: &OptionValue) -> SqlResult<u8> {
    match word(value).as_str() {
        "AUTOMATIC" => Ok(0),
        "MANUAL" => Ok(1),
        other => Err(syntax(other)),
    }
}

fn role_options(replica: &mut Replica, list: &[DdlOption], primary: bool) -> SqlResult<()> {
    for o in list {
        match (o.key.as_str(), primary) {
            ("ALLOW_CONNECTIONS", true) => {
                replica.primary_allow = match word(&o.value).as_str() {
                    "ALL" => 2,
                    "READ_WRITE" => 3,
                    other => return Err(syntax(other)),
                };
            }
            ("ALLOW_CONNECTIONS", false) => {
                replica.secondary_allow = match word(&o.value).as_str() {
                    "NO" => 0,
                    "READ_ONLY" => 1,
                    "ALL" => 2,
                    other => return Err(syntax(other)),
                };
            }
            ("READ_ONLY_ROUTING_URL", false) => replica.read_only_routing_url = Some(options::text(&o.value)),
            ("READ_WRITE_ROUTING_URL", true) => replica.read_write_routing_url = Some(options::text(&o.value)),
            ("READ_ONLY_ROUTING_LIST", true) => {}
            (other, _) => return Err(syntax(other)),
        }
    }
    Ok(())
}

/// Applies one option; true if it changed anything.
pub(super) fn apply(replica: &mut Replica, option: &DdlOption) -> SqlResult<bool> {
    let before = format!("{replica:?}");
    match option.key.as_str() {
        "ENDPOINT_URL" => {
            let url = options::text(&option.value);
            if EndpointUrl::parse(&url).is_none_or(|u| u.server.is_some()) {
                return Err(error(35232, &[&url]));
            }
            replica.endpoint_url = url;
        }
        "LISTENER_URL" => replica.endpoint_url = options::text(&option.value),
        "AVAILABILITY_MODE" => replica.availability_mode = availability_mode(&option.value)?,
        "FAILOVER_MODE" => replica.failover_mode = failover_mode(&option.value)?,
        "SEEDING_MODE" => replica.seeding_mode = seeding_mode(&option.value)?,
        "BACKUP_PRIORITY" => replica.backup_priority = options::number(&option.value, 0, 100)?,
        "SESSION_TIMEOUT" => replica.session_timeout_s = options::number(&option.value, 5, i64::from(i32::MAX))?,
        "SECONDARY_ROLE" | "PRIMARY_ROLE" => {
            let OptionValue::List(list) = &option.value else { return Err(syntax(&option.key)) };
            role_options(replica, list, option.key == "PRIMARY_ROLE")?;
        }
        other => return Err(syntax(other)),
    }
    Ok(format!("{replica:?}") != before)
}

/// Applies all options of a specification, after checking that the required ones are there (41197, 41198).
pub(super) fn apply_all(replica: &mut Replica, spec: &ReplicaSpec, url: &str) -> SqlResult<()> {
    if options::get(&spec.options, "AVAILABILITY_MODE").is_none() {
        return Err(error(41198, &[&spec.name]));
    }
    if options::get(&spec.options, "FAILOVER_MODE").is_none() {
        return Err(error(41197, &[&spec.name]));
    }
    if options::get(&spec.options, url).is_none() {
        return Err(syntax(")"));
    }
    for option in &spec.options {
        apply(replica, option)?;
    }
    Ok(())
}
