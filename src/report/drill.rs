//! Drills as their journals tell them.

use super::dto::SCHEMA_VERSION;
use super::groups::DRILL_DUE;
use super::table::Table;
use crate::base::error::Result;
use crate::base::text;
use crate::journal::fold::fold;
use crate::journal::record::Record;
use crate::journal::record::Stored;
use crate::plan::fog::FogOp;
use crate::plan::types::Plan;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// One drill. `over` and `back` are what was measured each way; null: it did not get so far.
#[derive(Debug, Clone, Serialize)]
pub struct DrillLine {
    pub schema_version: u32,
    pub run_id: String,
    pub group: Option<String>,
    /// `planned`, or `forced` with nobody connected; null: its plan cannot be read.
    pub kind: Option<&'static str>,
    pub started_at: String,
    pub age_s: Option<i64>,
    /// `committed`, `rolled_back`, `open`.
    pub status: &'static str,
    pub over: Option<Value>,
    pub back: Option<Value>,
    /// Who was still on the old primary after its names had moved; null: not watched.
    pub stragglers: Option<Value>,
    /// What the drill says something about, and what not: the automatic policy is never tested by one.
    pub proves: Option<&'static str>,
    /// Dependencies of the application, and whether somebody saw to them; null: the estate file names none, or it got not so far.
    pub application: Option<Value>,
}

/// A failover by Microsoft is another thing than one by you (facts: failover-groups 2.6).
const BY_YOU: &str = "a failover by you";
const NOT_AUTOMATIC: &str = "a failover by you; the automatic policy was NOT tested, and cannot be by a drill";

pub fn line(run: &str, records: &[Stored], now: OffsetDateTime) -> Result<DrillLine> {
    let state = fold(records)?;
    let plan = serde_json::from_value::<Plan>(state.plan.clone()).ok();
    let named = |kind: &str, wanted: &str| {
        records.iter().rev().find_map(|r| match &r.record {
            Record::Evidence { step, name, value } if step.kind() == kind && name == wanted => Some(value.clone()),
            _ => None,
        })
    };
    let evidence = |kind: &str| named(kind, "measured");
    let fog = plan.and_then(|p| p.fog);
    let started_at = records.first().map(|r| r.at.clone()).unwrap_or_default();
    let age_s = OffsetDateTime::parse(&started_at, &Rfc3339).ok().map(|at| (now - at).whole_seconds());
    Ok(DrillLine {
        schema_version: SCHEMA_VERSION,
        run_id: run.to_owned(),
        kind: fog.as_ref().map(|f| if f.op == FogOp::ForcedDrill { "forced" } else { "planned" }),
        proves: fog.as_ref().map(|f| if f.settings.automatic_after_minutes.is_some() { NOT_AUTOMATIC } else { BY_YOU }),
        application: named("fog.application", "application"),
        group: fog.map(|f| f.group),
        started_at,
        age_s,
        status: match &state.finished {
            None => "open",
            Some((outcome, _)) => match outcome {
                crate::journal::record::RunResult::Committed => "committed",
                crate::journal::record::RunResult::RolledBack => "rolled_back",
            },
        },
        over: evidence("drill.measure"),
        back: evidence("drill.home"),
        stragglers: named("fog.stragglers", "stragglers"),
    })
}

/// A line for each group whose newest drill that came home is too old.
pub fn overdue(lines: &[DrillLine]) -> Vec<String> {
    let groups: BTreeSet<&String> = lines.iter().filter_map(|l| l.group.as_ref()).collect();
    let newest = |group: &String| {
        let own = lines.iter().filter(|l| l.group.as_ref() == Some(group) && l.status == "committed");
        own.filter_map(|l| u64::try_from(l.age_s?).ok()).min()
    };
    let say = |group: &String| match newest(group) {
        Some(age) if age <= DRILL_DUE.as_secs() => None,
        Some(age) => Some(format!("{group}: a drill is DUE, the last was {} days ago", age / 86_400)),
        None => Some(format!("{group}: a drill is DUE, none came home")),
    };
    groups.into_iter().filter_map(say).collect()
}

/// What one way cost: lost writes, and how long nobody could write.
pub fn way(measured: &Option<Value>) -> String {
    match measured {
        None => "-".to_owned(),
        Some(v) => {
            let lost = v["lost_writes"].as_u64().map_or("unknown".to_owned(), |n| n.to_string());
            let outage = v["write_outage_ms"].as_u64().map(|ms| text::duration(Duration::from_millis(ms)));
            format!("{lost}, {}", outage.unwrap_or_else(|| "unknown".to_owned()))
        }
    }
}

/// The client that was seen last on the old primary, and when.
fn straggler(found: Option<&Value>) -> String {
    let Some(found) = found else { return "-".to_owned() };
    let Some(clients) = found["clients"].as_array() else { return "unknown".to_owned() };
    let last = clients.iter().max_by_key(|c| c["last_ms"].as_i64());
    let Some(last) = last else { return "nobody".to_owned() };
    let text = |name: &str| last[name].as_str().unwrap_or("?").to_owned();
    let after = last["last_ms"]
        .as_u64()
        .map_or_else(String::new, |ms| format!(", {}", text::duration(Duration::from_millis(ms))));
    let still = if found["still_there"].as_bool() == Some(true) { ", still there" } else { "" };
    format!("{} from {}{after}{still}", text("login"), text("host"))
}

pub fn table(lines: &[DrillLine], width: usize) -> String {
    let mut table = Table::new(&[
        "drill",
        "group",
        "kind",
        ">age",
        "status",
        "over: lost, outage",
        "back: lost, outage",
        "last straggler",
    ]);
    for l in lines {
        let age = l.age_s.and_then(|s| u64::try_from(s).ok()).map(|s| text::duration(Duration::from_secs(s)));
        table.row([
            l.run_id.clone(),
            l.group.clone().unwrap_or_else(|| "?".to_owned()),
            l.kind.unwrap_or("?").to_owned(),
            age.unwrap_or_else(|| "unknown".to_owned()),
            l.status.to_owned(),
            way(&l.over),
            way(&l.back),
            straggler(l.stragglers.as_ref()),
        ]);
    }
    let mut text = table.render(width);
    for l in lines {
        if let Some(proves) = l.proves.filter(|p| *p == NOT_AUTOMATIC) {
            let _ = writeln!(text, "{} proves {proves}", l.run_id);
        }
        if let Some(open) = l.application.as_ref().filter(|a| a["confirmed"] != true) {
            let names = open["dependencies"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let names = names.collect::<Vec<_>>().join(", ");
            let _ = writeln!(text, "{} is INCOMPLETE: application tier not confirmed: {names}", l.run_id);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drill(group: &str, age_days: i64, status: &'static str) -> DrillLine {
        DrillLine {
            schema_version: SCHEMA_VERSION,
            run_id: format!("drill-{group}-{age_days}"),
            group: Some(group.to_owned()),
            kind: Some("planned"),
            started_at: String::new(),
            age_s: Some(age_days * 86_400),
            status,
            over: None,
            back: None,
            stragglers: None,
            application: None,
            proves: None,
        }
    }

    #[test]
    fn the_newest_drill_that_came_home_decides() {
        let lines = [drill("a", 200, "committed"), drill("a", 10, "committed"), drill("b", 100, "committed")];
        let due = overdue(&lines);
        assert!(due.len() == 1 && due[0].starts_with("b: a drill is DUE, the last was 100"), "{due:?}");
        assert_eq!(overdue(&[drill("c", 1, "rolled_back")]), ["c: a drill is DUE, none came home"]);
    }

    #[test]
    fn every_column_has_its_value() {
        let text = table(&[drill("a", 1, "committed")], 160);
        let row = text.lines().last().unwrap_or_default();
        assert!(row.contains("planned") && row.contains("committed"), "{text}");
        let (kind, status) = (row.find("planned"), row.find("committed"));
        assert!(kind < status, "in the order of the head: {text}");
    }
}
