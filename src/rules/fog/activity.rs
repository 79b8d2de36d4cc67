//! Failovers that nobody of yours began (facts: failover-groups 2.6).

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// An entry of the activity log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub at: Option<OffsetDateTime>,
    pub caller: Option<String>,
    /// As the log names it for people.
    pub operation: String,
    /// As the service names it.
    pub action: String,
    pub resource_id: String,
}

/// A failover of the group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoggedFailover {
    /// RFC 3339; null: the log gives no time.
    pub at: Option<String>,
    /// Null: Microsoft.
    pub by: Option<String>,
}

/// Two pages, two names.
const NAMES: [&str; 2] = ["Failover Azure SQL failover group", "Failover Azure SQL Database failover group"];

fn is_failover(e: &Event) -> bool {
    let action = e.action.to_lowercase();
    NAMES.iter().any(|n| n.eq_ignore_ascii_case(e.operation.trim()))
        || action.contains("failovergroups/") && (action.contains("/failover/") || action.contains("dataloss"))
}

/// Failovers of the group, newest first. An initiator that is a hyphen, or none, is Microsoft.
pub fn failovers(events: &[Event], group: &str) -> Vec<LoggedFailover> {
    let own = |e: &&Event| e.resource_id.rsplit('/').any(|part| part.eq_ignore_ascii_case(group));
    let mut found: Vec<&Event> = events.iter().filter(own).filter(|e| is_failover(e)).collect();
    found.sort_by_key(|e| std::cmp::Reverse(e.at));
    let line = |e: &&Event| LoggedFailover {
        at: e.at.and_then(|at| at.format(&Rfc3339).ok()),
        by: e.caller.clone().map(|c| c.trim().to_owned()).filter(|c| !c.is_empty() && c != "-"),
    };
    let mut lines: Vec<LoggedFailover> = found.iter().map(line).collect();
    lines.dedup();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn event(caller: Option<&str>, operation: &str, group: &str, hour: u8) -> Event {
        Event {
            at: Some(datetime!(2026-03-01 00:00 UTC) + time::Duration::hours(i64::from(hour))),
            caller: caller.map(str::to_owned),
            operation: operation.to_owned(),
            action: String::new(),
            resource_id: format!("/subscriptions/s/resourceGroups/r/providers/x/instanceFailoverGroups/{group}"),
        }
    }

    #[test]
    fn a_hyphen_is_microsoft_and_a_name_is_not() {
        let events = [
            event(Some("dba@contoso.com"), NAMES[0], "fog", 1),
            event(Some("-"), NAMES[0], "FOG", 3),
            event(None, NAMES[1], "fog", 2),
            event(Some("-"), NAMES[0], "another", 4),
            event(Some("-"), "Update Azure SQL failover group", "fog", 5),
        ];
        let found = failovers(&events, "fog");
        let by: Vec<Option<&str>> = found.iter().map(|f| f.by.as_deref()).collect();
        assert_eq!(by, [None, None, Some("dba@contoso.com")]);
        assert_eq!(found[0].at.as_deref(), Some("2026-03-01T03:00:00Z"));
        // Both sides may hold the same entry.
        let twice = [events[1].clone(), events[1].clone()];
        assert_eq!(failovers(&twice, "fog").len(), 1);
        assert_eq!(failovers(&[], "fog"), Vec::new());
    }
}
