//! Policy, advice and open reminders of a failover group, as lines.

use super::fog::GroupReport;
use crate::base::text;
use crate::rules::fog::activity::LoggedFailover;
use crate::rules::fog::ha::Local;
use crate::rules::fog::notes::Notes;
use crate::rules::fog::notes::Reminder;
use crate::rules::fog::prerequisites::Row;
use crate::rules::fog::prerequisites::Severity;
use crate::rules::fog::prerequisites::Status;
use crate::rules::fog::state::Standing;
use std::time::Duration;

/// `policy: customer managed: only you fail over (Manual) · …`
pub fn policy(n: &Notes) -> Option<String> {
    let p = n.policy.as_ref()?;
    let grace = p.grace_minutes.map_or(String::new(), |m| {
        format!(", {} after an outage was detected", text::duration(Duration::from_secs(u64::from(m) * 60)))
    });
    let reads = match p.read_only_failover {
        Some(true) => "read-only listener follows to the primary (Enabled)",
        Some(false) => "read-only listener does not follow (Disabled)",
        None => "read-only listener: not told",
    };
    let kind = p.secondary_type.as_ref().map_or(String::new(), |k| format!(" · secondary type {k}"));
    Some(format!("policy: {}{grace} ({}) · {reads}{kind}", p.words, p.api.as_deref().unwrap_or("not told")))
}

/// What somebody has to do, loudest first.
pub fn open(n: &Notes) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(a) = &n.action {
        let who = if a.by_you && a.advised == "forced" { "ACTION NEEDED BY YOU" } else { "advice" };
        lines.push(format!("{who}: {}: {}", a.advised.replace('_', " "), a.why));
        lines.push(format!("  {}", a.command));
    }
    lines.extend(n.reminder.iter().map(reminder));
    for f in &n.by_microsoft {
        let at = f.at.as_deref().unwrap_or("an unknown time");
        lines.push(format!("failed over by Microsoft at {at}, as the activity log has it"));
    }
    lines
}

/// One line, the same on every screen.
pub fn reminder(r: &Reminder) -> String {
    let since = match (&r.since, r.for_s.and_then(|s| u64::try_from(s).ok())) {
        (Some(at), Some(s)) => format!("failed over since {at} ({})", text::duration(Duration::from_secs(s))),
        _ => match &r.logged {
            Some(LoggedFailover { by: None, at }) => {
                format!("failed over by MICROSOFT at {} (activity log)", at.as_deref().unwrap_or("an unknown time"))
            }
            Some(LoggedFailover { by: Some(who), at }) => {
                format!("failed over by {who} at {} (activity log)", at.as_deref().unwrap_or("an unknown time"))
            }
            None => {
                "failed over, not by a run of this journal (by other means, or by Microsoft: the activity log says who)"
                    .to_owned()
            }
        },
    };
    let how = if r.forced == Some(true) { ", by force" } else { "" };
    let smaller = r
        .smaller
        .as_ref()
        .map_or(String::new(), |s| format!("; {} is SMALLER ({s}): not longer than necessary", r.primary_now));
    format!(
        "OPEN: {since}{how}: {} is primary, home is {}{smaller}. Nobody fails back for you: once both sides are caught up, fail back by {}",
        r.primary_now, r.home, r.command
    )
}

pub fn advice(row: &Row) -> String {
    let word = match (row.status, row.severity) {
        (Status::Unknown, _) => "not known",
        (_, Severity::Block) => "REFUSED",
        (_, Severity::Warn) => "warning",
        (_, Severity::Info) => "info",
    };
    format!("{word}: {} ({}): {}; {}", row.id, row.rule, row.found, row.remedy)
}

/// Local availability, and the layer above it.
pub fn layers(r: &GroupReport) -> Vec<String> {
    let mut lines: Vec<String> = r.high_availability.iter().map(local).collect();
    if let Some(regional) = r.regional_protection {
        lines.push(format!("regional protection: {regional}"));
    }
    if !r.high_availability.is_empty() && r.standing != Standing::None {
        lines.push(format!(
            "not covered: master, msdb and model (logins, jobs, settings): milink objects diff --group {}",
            r.group
        ));
    }
    lines
}

fn local(l: &Local) -> String {
    let zones = match l.zone_redundant {
        Some(true) => "zone redundant",
        Some(false) => "not zone redundant",
        None => "zone redundancy UNKNOWN",
    };
    let tier = l.tier.as_deref().unwrap_or("tier unknown");
    format!("local availability of {}: {tier}: {}; {zones}", l.site, l.model)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::fog::decide::Action;

    #[test]
    fn what_is_open_is_said_loudly() {
        let reminder = Reminder {
            primary_now: "mi-b".to_owned(),
            home: "mi-a".to_owned(),
            since: Some("2026-03-01T12:00:00Z".to_owned()),
            for_s: Some(7200),
            forced: Some(true),
            logged: None,
            smaller: Some("4 vCores, 256 GB against 8 vCores, 256 GB".to_owned()),
            command: "milink fog failover fog --to mi-a".to_owned(),
        };
        let action = Action {
            by_you: true,
            advised: "forced",
            why: "mi-a does not answer".to_owned(),
            command: "milink fog failover fog --forced --confirm fog".to_owned(),
        };
        let notes = Notes { action: Some(action), reminder: Some(reminder.clone()), ..Notes::default() };
        let lines = open(&notes);
        assert!(lines[0].starts_with("ACTION NEEDED BY YOU: forced"), "{lines:?}");
        for part in ["since 2026-03-01T12:00:00Z (2 h", "by force", "SMALLER", "fog failover fog --to mi-a"] {
            assert!(lines[2].contains(part), "{part}: {lines:?}");
        }
        let foreign = Reminder { since: None, for_s: None, forced: None, smaller: None, ..reminder };
        assert!(super::reminder(&foreign).contains("not by a run of this journal"));
        assert_eq!(open(&Notes::default()), Vec::<String>::new());
    }
}
