//! The status page, made here; the browser only swaps its middle. Pure.

use crate::base::text;
use crate::monitor::aged::Aged;
use crate::monitor::aged::Freshness;
use crate::monitor::history::Point;
use crate::monitor::history::Ring;
use crate::monitor::snapshot::LinkSnapshot;
use crate::monitor::snapshot::Milestone;
use crate::monitor::snapshot::Snapshot;
use crate::monitor::snapshot::Verdict;
use crate::report::cutovers::Cutover;
use crate::report::dto::RunStatus;
use crate::report::watch::state;
use crate::report::watch::word;
use std::fmt::Write;
use std::time::Duration;
use time::OffsetDateTime;

pub const CSS: &str = include_str!("page.css");
pub const JS: &str = include_str!("page.js");
/// Without news for so long, the page says that it is old: three of its events.
const SILENT_MS: u64 = 15_000;
/// Links whose rows are drawn; the rest is counted. More is no page any more.
const ROWS_MAX: usize = 600;

/// `&`, `<`, `>` and quotes made harmless.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A whole document. `events`: where its news comes from.
pub fn document(title: &str, events: &str, main: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
         <link rel=\"stylesheet\" href=\"/page.css\"><link rel=\"icon\" href=\"data:,\"></head>\
         <body data-events=\"{events}\" data-silent-ms=\"{SILENT_MS}\"><div id=\"lost\" role=\"alert\"></div>\
         <header><h1><a href=\"/\">milink</a></h1><span class=\"faint\">read-only status</span></header>\
         <main>{main}</main>\
         <footer>A value marked <b>?</b> is stale; <i>unknown</i> is never a pass. \
         <a href=\"/metrics\">metrics</a> · <a href=\"/api/v1/links\">JSON</a> · <a href=\"/openapi.json\">OpenAPI</a></footer>\
         <script src=\"/page.js\"></script></body></html>\n",
        title = escape(title),
        events = escape(events),
    )
}

fn utc(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    format!("{} {:02}:{:02}:{:02} UTC", at.date(), at.hour(), at.minute(), at.second())
}

fn ms(n: u64) -> String {
    text::duration(Duration::from_millis(n))
}

/// The middle of the first page.
pub fn fleet(snapshot: &Snapshot, history: &dyn Fn(&str) -> Ring, cutovers: &[Cutover]) -> String {
    let mut out = String::new();
    let _ = write!(out, "<p>{} <span class=\"faint\">{}</span></p>", escape(&snapshot.sentence), utc(snapshot.at));
    for c in cutovers {
        cutover(&mut out, c, snapshot.at);
    }
    out.push_str("<div class=\"tiles\">");
    for v in Verdict::ALL {
        let n = snapshot.links.iter().filter(|l| l.health.verdict == v).count();
        let class = if n == 0 { "faint" } else { v.as_str() };
        let _ = write!(out, "<div class=\"tile\"><b class=\"{class}\">{n}</b>{}</div>", v.as_str());
    }
    for m in Milestone::ALL.into_iter().filter(|m| *m != Milestone::Protected) {
        let n = snapshot.links.iter().filter(|l| l.milestone.fresh() == Some(&m)).count();
        let _ = write!(out, "<div class=\"tile\"><b>{n}</b>{}</div>", m.as_str().replace('_', " "));
    }
    out.push_str("</div><h2>Links</h2><table><thead><tr>");
    for head in ["link", "milestone", "health", "state", "lag", "lag so far", "could lose", "queue", "copies", "log"] {
        let _ = write!(out, "<th>{head}</th>");
    }
    out.push_str("</tr></thead><tbody>");
    for l in snapshot.links.iter().take(ROWS_MAX) {
        row(&mut out, l, &history(&l.name));
    }
    out.push_str("</tbody></table>");
    if snapshot.links.len() > ROWS_MAX {
        let _ = write!(out, "<p>and {} more: see the JSON</p>", snapshot.links.len() - ROWS_MAX);
    }
    collectors(&mut out, snapshot);
    out
}

fn cutover(out: &mut String, c: &Cutover, now: OffsetDateTime) {
    let elapsed = c.outage_ms(now);
    let over = elapsed.zip(c.budget_ms).is_some_and(|(e, b)| e > b);
    let class = match (over, c.status) {
        (true, _) => "over",
        (_, RunStatus::Committed) => "committed",
        _ => "",
    };
    let status = match c.status {
        RunStatus::Open => "under way",
        RunStatus::Committed => "committed",
        RunStatus::RolledBack => "rolled back",
    };
    let _ = write!(
        out,
        "<section class=\"run {class}\"><b>Cutover of {}: {status}</b> <span class=\"faint\">{}{}</span>",
        escape(&c.links.join(", ")),
        escape(&c.run_id),
        if c.lines.is_empty() { String::new() } else { format!(", beyond {}", escape(&c.lines.join(" and "))) },
    );
    match elapsed {
        None => out.push_str("<div>writes are not barred yet</div>"),
        Some(ms_now) => {
            let runs = if c.outage_ended.is_none() { " data-runs=\"1\"" } else { "" };
            let seconds = ms_now / 1000;
            let _ = write!(
                out,
                "<div class=\"clock\" data-elapsed-ms=\"{ms_now}\"{runs}>{:02}:{:02}.{}</div><div class=\"faint\">outage since the fence, \
                 an estimate from milink's side",
                seconds / 60,
                seconds % 60,
                ms_now / 100 % 10,
            );
            if let Some(budget) = c.budget_ms {
                let share = (ms_now as f64 * 100.0 / budget.max(1) as f64).min(100.0);
                let _ = write!(
                    out,
                    " · budget {}</div><div class=\"bar\"><svg width=\"100%\" height=\"8\" preserveAspectRatio=\"none\" viewBox=\"0 0 100 1\" role=\"img\" aria-label=\"{share:.0} % of the budget\"><rect width=\"{share:.1}\" height=\"1\" fill=\"currentColor\"/></svg></div>",
                    ms(budget)
                );
            } else {
                out.push_str("</div>");
            }
        }
    }
    if let Some(step) = &c.step {
        let _ = write!(out, "<div>last step: {}</div>", escape(step));
    }
    out.push_str("</section>");
}

fn steps(milestone: &Aged<Milestone>) -> String {
    let mut out = String::from("<span class=\"steps\" aria-hidden=\"true\">");
    for m in [Milestone::Linked, Milestone::CutOver, Milestone::Unlinked, Milestone::Protected] {
        out.push_str(if milestone.fresh().is_some_and(|at| *at >= m) { "<i class=\"done\"></i>" } else { "<i></i>" });
    }
    out + "</span>"
}

/// The verdict in words; the colour only repeats it.
fn pill(l: &LinkSnapshot) -> String {
    let stale = l.health.verdict == Verdict::Unknown && l.health.freshness == Freshness::Stale;
    let word = if stale { "stale" } else { l.health.verdict.as_str() };
    format!("<span class=\"pill {word}\">{word}</span>")
}

fn row(out: &mut String, l: &LinkSnapshot, history: &Ring) {
    let why = !l.health.reasons.is_empty();
    let copies = word(&l.writable_copies, u32::to_string);
    let two = if l.writable_copies.fresh().is_some_and(|n| *n > 1) { " class=\"two\"" } else { "" };
    let _ = write!(
        out,
        "<tr{}><td class=\"wide\"><a href=\"/links/{}\"><b>{}</b></a> <span class=\"faint\">{} → {}</span></td>\
         <td data-head=\"milestone\">{}{}</td><td data-head=\"health\">{}</td><td data-head=\"state\">{}</td>\
         <td class=\"n\" data-head=\"lag\">{}</td><td class=\"wide\">{}</td><td class=\"n\" data-head=\"could lose\">{}</td>\
         <td class=\"n\" data-head=\"queue\">{}</td><td class=\"n\" data-head=\"copies\"><span{two}>{}</span></td>\
         <td class=\"n\" data-head=\"log\">{}</td></tr>",
        if why { " class=\"has-why\"" } else { "" },
        encoded(&l.name),
        escape(&l.name),
        escape(l.source.site.as_str()),
        escape(l.target.site.as_str()),
        steps(&l.milestone),
        escape(&word(&l.milestone, |m| m.as_str().replace('_', " "))),
        pill(l),
        escape(&state(l)),
        word(&l.flow.lag_ms, |n| ms(*n)),
        chart(&history.thinned(60), "spark"),
        word(&l.flow.rpo_ms, |n| ms(*n)),
        word(&l.flow.send_queue_bytes, |n| text::bytes(*n)),
        copies,
        word(&l.log.used_ratio, |r| format!("{:.0} %", r * 100.0)),
    );
    if why {
        let _ = write!(out, "<tr class=\"why\"><td colspan=\"10\">{}</td></tr>", escape(&l.health.reasons.join("; ")));
    }
}

pub(super) fn encoded(name: &str) -> String {
    let mut out = String::new();
    for b in name.bytes() {
        match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(b)),
            b => {
                let _ = write!(out, "%{b:02X}");
            }
        }
    }
    out
}

/// Lag over time; a gap where it was unknown.
fn chart(points: &[Point], class: &str) -> String {
    let top = points.iter().filter_map(|p| p.lag_ms).max().unwrap_or(0).max(1_000) as f64;
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return format!("<svg class=\"{class}\" role=\"img\" aria-label=\"no lag measured yet\"></svg>");
    };
    let span = ((last.at_ms - first.at_ms) as f64).max(1.0);
    let mut path = String::new();
    let mut drawing = false;
    for p in points {
        let Some(lag) = p.lag_ms else {
            drawing = false;
            continue;
        };
        let x = (p.at_ms - first.at_ms) as f64 * 100.0 / span;
        let y = 29.0 - lag as f64 * 28.0 / top;
        let _ = write!(path, "{}{x:.1} {y:.1}", if drawing { 'L' } else { 'M' });
        drawing = true;
    }
    format!(
        "<svg class=\"{class}\" viewBox=\"0 0 100 30\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"lag, at most {}\"><path d=\"{path}\"/></svg>",
        ms(top as u64),
    )
}

fn collectors(out: &mut String, snapshot: &Snapshot) {
    out.push_str("<h2>Collectors</h2><table><thead><tr><th>reads</th><th>of</th><th>is</th><th>age</th><th>took</th><th>last error</th></tr></thead><tbody>");
    for c in &snapshot.collectors {
        let class = match c.freshness {
            Freshness::Fresh => "healthy",
            Freshness::Stale => "stale",
            Freshness::Unknown => "unknown",
        };
        let _ = write!(
            out,
            "<tr><td data-head=\"reads\">{}</td><td data-head=\"of\">{}</td><td data-head=\"is\"><span class=\"pill {class}\">{}</span></td>\
             <td class=\"n\" data-head=\"age\">{}</td><td class=\"n\" data-head=\"took\">{}</td><td class=\"wide\">{}</td></tr>",
            c.kind.as_str().replace('_', " "),
            escape(c.site.as_str()),
            c.freshness.as_str(),
            c.age_ms.map_or("never".to_owned(), ms),
            c.took_ms.map_or("-".to_owned(), ms),
            escape(c.error.as_deref().unwrap_or("")),
        );
    }
    out.push_str("</tbody></table>");
}

/// The middle of a link's own page: everything that is known of it.
pub fn link(snapshot: &Snapshot, name: &str, history: &Ring) -> Option<String> {
    let l = snapshot.link(name)?;
    let mut out = String::new();
    let _ = write!(
        out,
        "<h2>{} {}</h2><p>{} <span class=\"faint\">{}</span></p>{}<h2>Values</h2><table><tbody>",
        escape(&l.name),
        pill(l),
        escape(&l.health.reasons.join("; ")),
        utc(snapshot.at),
        chart(&history.thinned(240), "chart"),
    );
    let value = serde_json::to_value(l).unwrap_or_default();
    values(&mut out, "", &value);
    out.push_str("</tbody></table>");
    Some(out)
}

/// One row for each value with an age.
fn values(out: &mut String, path: &str, value: &serde_json::Value) {
    let Some(fields) = value.as_object() else { return };
    if let Some(freshness) = fields.get("freshness").and_then(|f| f.as_str()).filter(|_| fields.contains_key("age_ms"))
    {
        let shown = match &fields["value"] {
            serde_json::Value::Null if freshness == "unknown" => "unknown".to_owned(),
            serde_json::Value::Null => "none".to_owned(),
            serde_json::Value::String(s) => s.clone(),
            other => other.to_string(),
        };
        let why = fields.get("why").and_then(|w| w.as_str()).unwrap_or("");
        let age = fields["age_ms"].as_u64().map_or("never".to_owned(), ms);
        let _ = write!(
            out,
            "<tr><td class=\"wide\">{}</td><td data-head=\"value\">{}</td><td data-head=\"is\">{freshness}</td>\
             <td class=\"n\" data-head=\"age\">{age}</td><td class=\"wide faint\">{}</td></tr>",
            escape(&path.replace('_', " ")),
            escape(&shown),
            escape(why),
        );
        return;
    }
    for (key, inner) in fields {
        let path = if path.is_empty() { key.clone() } else { format!("{path}, {key}") };
        values(out, &path, inner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_text_and_nothing_else() {
        assert_eq!(escape("<b onclick='x'>&\""), "&lt;b onclick=&#39;x&#39;&gt;&amp;&quot;");
        assert_eq!(encoded("we\"ird]/é"), "we%22ird%5D%2F%C3%A9");
    }

    #[test]
    fn a_chart_has_a_gap_where_lag_was_unknown() {
        let at = |at_ms, lag_ms| Point {
            at_ms,
            lag_ms,
            rpo_ms: None,
            send_queue_bytes: None,
            redo_queue_bytes: None,
            log_used_ratio: None,
            seeding_percent: None,
        };
        let svg = chart(&[at(0, Some(0)), at(10, Some(2000)), at(20, None), at(30, Some(0))], "spark");
        assert_eq!(svg.matches('M').count(), 2, "{svg}");
        assert_eq!(svg.matches('L').count(), 1, "{svg}");
        assert!(chart(&[], "spark").contains("no lag measured"));
    }
}
