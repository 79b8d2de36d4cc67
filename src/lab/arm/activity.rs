//! The activity log of the subscription: who failed what over (facts: failover-groups 2.6). Only what a reader of failovers asks for.

use super::error::ArmError;
use super::error::ArmResult;
use super::server::ArmServer;
use super::server::Call;
use super::server::Reply;
use serde_json::Value;
use serde_json::json;
use std::sync::Mutex;
use std::sync::PoisonError;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The operation as the log names it for people.
const FAILOVER: &str = "Failover Azure SQL failover group";

/// One entry.
#[derive(Debug, Clone)]
pub struct Entry {
    pub at: OffsetDateTime,
    /// `-`: nobody of the customer's.
    pub caller: String,
    pub resource_group: String,
    pub resource_id: String,
    pub forced: bool,
}

/// The whole log, oldest first.
#[derive(Default)]
pub struct Activity(Mutex<Vec<Entry>>);

impl Activity {
    pub fn note(&self, entry: Entry) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }
}

fn shown(e: &Entry) -> Value {
    let action = if e.forced { "forceFailoverAllowDataLoss" } else { "failover" };
    json!({
        "caller": e.caller,
        "eventTimestamp": e.at.format(&Rfc3339).unwrap_or_default(),
        "operationName": {
            "value": format!("Microsoft.Sql/locations/instanceFailoverGroups/{action}/action"),
            "localizedValue": FAILOVER,
        },
        "resourceGroupName": e.resource_group,
        "resourceId": e.resource_id,
        "status": {"value": "Succeeded", "localizedValue": "Succeeded"},
    })
}

/// `eventTimestamp ge '…' and resourceGroupName eq '…'`, in any order.
fn fits(e: &Entry, filter: &str) -> ArmResult<bool> {
    let bad = || ArmError::bad_request("BadRequest", format!("The filter '{filter}' is not understood."));
    let mut timed = false;
    for clause in filter.split(" and ") {
        let parts: Vec<&str> = clause.split_whitespace().collect();
        let [name, verb, value] = parts.as_slice() else { return Err(bad()) };
        let value = value.trim_matches('\'');
        match (*name, *verb) {
            ("eventTimestamp", "ge") => {
                timed = true;
                if e.at < OffsetDateTime::parse(value, &Rfc3339).map_err(|_| bad())? {
                    return Ok(false);
                }
            }
            ("resourceGroupName", "eq") if !e.resource_group.eq_ignore_ascii_case(value) => return Ok(false),
            ("resourceGroupName", "eq") => {}
            _ => return Err(bad()),
        }
    }
    // The service answers no question without a time.
    if timed { Ok(true) } else { Err(bad()) }
}

pub(super) fn list(server: &ArmServer, call: &Call) -> ArmResult<Reply> {
    let filter = super::route::query_value(call.query.as_deref(), "$filter").unwrap_or_default();
    let all = server.activity.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut value = Vec::new();
    for entry in all.iter().rev() {
        if fits(entry, &filter)? {
            value.push(shown(entry));
        }
    }
    Ok(Reply::ok(json!({ "value": value })))
}
