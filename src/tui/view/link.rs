//! One link:
//!
//! ```text
//!  X unhealthy  ledger  linked  migrate   writable copies 1
//! +- source sql-a ----------+            +- target mi-a -----------+
//! | role      PRIMARY       |            | role      SECONDARY     |
//! | database  ONLINE        |  ---X-->   | database  ONLINE        |
//! | writes    yes           |   async    | writes    no            |
//! | cert      2027-01-02 41d|            | cert      2027-03-01 99d|
//! +-------------------------+            +-------------------------+
//! why      disconnected, last error 41974
//! lag      0 ms          ▁▁▂▁
//! …
//! ```
//!
//! Rows go from below as the height shrinks; the sparklines go below 72 columns, the arrow's words below 60.

use super::detail;
use super::draw;
use super::words;
use super::words::labelled;
use super::words::toned;
use super::words::value;
use crate::base::text;
use crate::model::database::DatabaseState;
use crate::model::database::Role;
use crate::model::group::AvailabilityMode;
use crate::model::group::Connected;
use crate::monitor::aged::Aged;
use crate::monitor::aged::When;
use crate::monitor::history::Point;
use crate::monitor::snapshot::EndSnapshot;
use crate::monitor::snapshot::LinkSnapshot;
use crate::monitor::snapshot::SeedingPhase;
use crate::monitor::snapshot::Side;
use crate::tui::state::State;
use crate::tui::theme::Tone;
use ratatui::Frame;
use ratatui::layout::Constraint;
use ratatui::layout::Layout;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::text::Span;
use ratatui::widgets::Block;
use ratatui::widgets::Paragraph;

const LABEL: usize = 10;
/// Columns of a number before its sparkline.
const VALUE: usize = 34;
/// Certificates that end within so many days are shown as a warning.
const CERTIFICATE_DAYS: i64 = 30;

pub fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let Some(link) = state.link() else {
        let lines = ["no link is selected: `1` shows the fleet".to_owned()];
        return draw::empty(frame, area, &lines);
    };
    let boxes = if area.height >= 9 { 6 } else { 0 };
    let [head, ends, rest] =
        Layout::vertical([Constraint::Length(1), Constraint::Length(boxes), Constraint::Min(0)]).areas(area);
    frame.render_widget(Paragraph::new(headline(state, link)), head);
    if boxes > 0 {
        let gap = if area.width >= 60 { 14 } else { 6 };
        let [left, arrow, right] =
            Layout::horizontal([Constraint::Fill(1), Constraint::Length(gap), Constraint::Fill(1)]).areas(ends);
        end(frame, state, "source", &link.source, left);
        frame.render_widget(Paragraph::new(arrow_lines(state, link, usize::from(gap))), arrow);
        end(frame, state, "target", &link.target, right);
    }
    frame.render_widget(Paragraph::new(rows(state, link, usize::from(rest.width))), rest);
}

fn headline(state: &State, l: &LinkSnapshot) -> Line<'static> {
    let t = state.theme;
    let (sign, tone, word) = words::health(state, l);
    let copies =
        toned(state, &l.writable_copies, ToString::to_string, |n| if *n > 1 { Tone::Bad } else { Tone::Strong });
    Line::from(vec![
        t.span(tone, format!("{} {word}  ", t.sign(sign))),
        t.span(Tone::Strong, format!("{}  ", l.name)),
        Span::raw(words::milestone(state, l)),
        t.span(Tone::Faint, format!("  {}  writable copies ", l.intent)),
        copies,
    ])
}

fn end(frame: &mut Frame<'_>, state: &State, word: &str, e: &EndSnapshot, area: Rect) {
    let t = state.theme;
    let block = Block::bordered()
        .border_set(t.border())
        .border_style(t.style(Tone::Faint))
        .title(t.span(Tone::Strong, t.cut(&format!(" {word} {} ", e.site), usize::from(area.width).saturating_sub(2))));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let role = value(state, &e.role, |r| r.as_ref().map_or("in no group".to_owned(), |r| r.as_str().to_owned()));
    let database = toned(
        state,
        &e.state,
        |s| s.as_ref().map_or("no such database".to_owned(), ToString::to_string),
        |s| if s.as_ref() == Some(&DatabaseState::Online) { Tone::Plain } else { Tone::Warn },
    );
    let writes = value(state, &e.writable, |w| if *w { "open to the app" } else { "barred or read-only" }.to_owned());
    let room = usize::from(inner.width).saturating_sub(LABEL);
    let certificate = certificate(state, &e.certificate_expires);
    let lines: Vec<Line<'_>> = [("role", role), ("database", database), ("writes", writes), ("cert", certificate)]
        .into_iter()
        .map(|(label, value)| labelled(t, label, LABEL, vec![Span::styled(t.cut(&value.content, room), value.style)]))
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

pub(super) fn certificate(state: &State, ends: &Aged<When>) -> Span<'static> {
    let days = |w: &When| (w.0 - state.now).whole_days();
    toned(
        state,
        ends,
        |w| format!("{}, {} d", w.0.date(), days(w)),
        |w| match days(w) {
            d if d < 0 => Tone::Bad,
            d if d < CERTIFICATE_DAYS => Tone::Warn,
            _ => Tone::Plain,
        },
    )
}

/// Which way the log flows, and whether it does.
fn arrow_lines(state: &State, l: &LinkSnapshot, gap: usize) -> Vec<Line<'static>> {
    let t = state.theme;
    let long = gap.saturating_sub(4);
    let connected = l.connected.fresh().filter(|_| state.trust() == crate::monitor::aged::Freshness::Fresh);
    let (middle, tone) = match connected {
        Some(Connected::Connected) => ("", Tone::Good),
        Some(Connected::Disconnected) => (if t.ascii { "X" } else { "✗" }, Tone::Bad),
        _ => ("?", Tone::Unknown),
    };
    let (dash, left, right) = if t.ascii { ("-", "<", ">") } else { ("─", "◀", "▶") };
    let shaft = |n: usize| dash.repeat(n);
    let half = long.saturating_sub(1 + middle.chars().count());
    let line = format!("{}{middle}{}", shaft(half / 2), shaft(half - half / 2));
    let primary = l.primary.known().filter(|_| state.trust() != crate::monitor::aged::Freshness::Unknown);
    let arrow = match primary {
        Some(Side::Source) => format!("{line}{right}"),
        Some(Side::Target) => format!("{left}{line}"),
        None => format!("{}?{}", shaft(half / 2), shaft(half - half / 2)),
    };
    let tone = if primary.is_none() { Tone::Unknown } else { tone };
    let centred = |words: &str, tone| {
        let cut = t.cut(words, gap);
        let pad = gap.saturating_sub(crate::tui::theme::columns(&cut)) / 2;
        Line::from(vec![Span::raw(" ".repeat(pad)), t.span(tone, cut)])
    };
    let mode = words::plain(state, &l.mode, |m| match m {
        AvailabilityMode::Synchronous => "sync".to_owned(),
        AvailabilityMode::Asynchronous => "async".to_owned(),
        other => other.to_string(),
    });
    let said = match connected {
        Some(c) => c.to_string().to_lowercase(),
        None => "unknown".to_owned(),
    };
    if words::is_absent(state, l) {
        return vec![Line::default(), Line::default(), centred("no link", Tone::Faint)];
    }
    vec![Line::default(), centred(&mode, Tone::Faint), centred(&arrow, tone), centred(&said, tone)]
}

fn rows(state: &State, l: &LinkSnapshot, width: usize) -> Vec<Line<'static>> {
    let t = state.theme;
    let mut lines = Vec::new();
    let (_, tone, _) = words::health(state, l);
    let wide = width.saturating_sub(LABEL);
    let why = if l.health.reasons.is_empty() { "nothing is wrong".to_owned() } else { l.health.reasons.join("; ") };
    for (n, line) in words::fold(&why, wide).into_iter().take(3).enumerate() {
        lines.push(labelled(t, if n == 0 { "why" } else { "" }, LABEL, vec![t.span(tone, line)]));
    }
    lines.extend(detail::explained(state, l, width));
    if words::is_absent(state, l) {
        lines.push(labelled(t, "state", LABEL, vec![Span::raw("there is no link")]));
    } else {
        moving(state, l, width, &mut lines);
    }
    lines.push(labelled(t, "log", LABEL, log(state, l, width)));
    lines.push(labelled(t, "seeding", LABEL, seeding(state, l, wide)));
    lines.push(labelled(t, "azure", LABEL, vec![Span::raw(t.cut(&azure(state, l), wide))]));
    let backup = words::plain(state, &l.first_full_backup, |b| {
        b.as_ref().map_or("none on the target yet".to_owned(), |w| {
            format!("on the target since {}", words::time_of_day(Some(w.0)))
        })
    });
    lines.push(labelled(t, "backup", LABEL, vec![Span::raw(backup)]));
    for (word, reason) in [
        (l.source.site.as_str(), words::why(state, &l.source.state)),
        (l.target.site.as_str(), words::why(state, &l.target.state)),
    ] {
        if !reason.is_empty() {
            lines.push(labelled(t, word, LABEL, vec![t.span(Tone::Unknown, t.cut(&reason, wide))]));
        }
    }
    lines
}

/// What moves, and what waits to.
fn moving(state: &State, l: &LinkSnapshot, width: usize, lines: &mut Vec<Line<'static>>) {
    let t = state.theme;
    let sync = vec![
        value(state, &l.sync_state, ToString::to_string),
        Span::raw(", "),
        value(state, &l.sync_health, ToString::to_string),
    ];
    lines.push(labelled(t, "state", LABEL, sync));
    if let Some(Some(why)) = words::known(state, &l.suspended) {
        lines.push(labelled(t, "", LABEL, vec![t.span(Tone::Bad, format!("data movement is suspended: {why}"))]));
    }
    let f = &l.flow;
    let ms = |a: &Aged<u64>| words::plain(state, a, |v| words::ms_text(*v));
    let bytes = |a: &Aged<u64>| words::plain(state, a, |v| text::bytes(*v));
    let as_f64 = |v: Option<u64>| v.map(|v| v as f64);
    lines.push(labelled(t, "lag", LABEL, number(state, width, ms(&f.lag_ms), &|p| as_f64(p.lag_ms))));
    lines.push(labelled(
        t,
        "rpo",
        LABEL,
        number(state, width, format!("{} if forced now", ms(&f.rpo_ms)), &|p| as_f64(p.rpo_ms)),
    ));
    let send = format!("{} at {}/s", bytes(&f.send_queue_bytes), bytes(&f.send_rate_bytes_per_s));
    lines.push(labelled(t, "to send", LABEL, number(state, width, send, &|p| as_f64(p.send_queue_bytes))));
    let redo = format!("{} at {}/s", bytes(&f.redo_queue_bytes), bytes(&f.redo_rate_bytes_per_s));
    lines.push(labelled(t, "to redo", LABEL, number(state, width, redo, &|p| as_f64(p.redo_queue_bytes))));
}

fn log(state: &State, l: &LinkSnapshot, width: usize) -> Vec<Span<'static>> {
    let used = words::plain(state, &l.log.used_ratio, |r| format!("{:.0} % used", r * 100.0));
    let wait = words::plain(state, &l.log.reuse_wait, Clone::clone);
    number(state, width, format!("{used}, waits for {wait}"), &|p| p.log_used_ratio)
}

/// A number and, where there is room, its recent past.
fn number(state: &State, width: usize, words: String, spark: &dyn Fn(&Point) -> Option<f64>) -> Vec<Span<'static>> {
    let t = state.theme;
    let mut line = vec![Span::raw(t.fit(&words, VALUE.min(width.saturating_sub(LABEL))))];
    if width >= 72 {
        line.push(t.span(Tone::Accent, sparkline(state, width.saturating_sub(LABEL + VALUE + 1), spark)));
    }
    line
}

fn sparkline(state: &State, width: usize, pick: &dyn Fn(&Point) -> Option<f64>) -> String {
    let points = &state.watch.history;
    if points.is_empty() || width == 0 || state.link_name().as_deref() != Some(state.watch.history_of.as_str()) {
        return String::new();
    }
    let part = points.len().div_ceil(width).max(1);
    let values: Vec<Option<f64>> = points.chunks(part).map(|c| c.iter().filter_map(pick).reduce(f64::max)).collect();
    state.theme.spark(&values)
}

fn seeding(state: &State, l: &LinkSnapshot, width: usize) -> Vec<Span<'static>> {
    let t = state.theme;
    let s = &l.seeding;
    let phase = toned(
        state,
        &s.phase,
        |p| p.as_str().replace('_', " "),
        |p| match p {
            SeedingPhase::Failed | SeedingPhase::Stalled => Tone::Bad,
            SeedingPhase::Running => Tone::Warn,
            SeedingPhase::NotStarted | SeedingPhase::Done => Tone::Plain,
        },
    );
    let mut spans = vec![phase];
    if matches!(
        words::known(state, &s.phase),
        Some(SeedingPhase::Running | SeedingPhase::Stalled | SeedingPhase::Failed)
    ) {
        let fraction = words::known(state, &s.percent).map(|p| p / 100.0);
        let bar = t.bar(fraction, (width / 3).clamp(8, 30));
        let percent = words::plain(state, &s.percent, |p| format!("{p:.0} %"));
        let left = words::plain(state, &s.remaining_ms, |ms| words::short_ms(*ms));
        let rate = words::plain(state, &s.rate_bytes_per_s, |b| text::bytes(*b));
        let restarts = words::known(state, &s.restarts)
            .filter(|n| **n > 0)
            .map_or(String::new(), |n| format!(", began anew {n} times"));
        spans.push(Span::raw(format!(" {bar} {percent}, {rate}/s, {left} left{restarts}")));
    }
    if let Some(Some(why)) = words::known(state, &s.failure) {
        spans.push(t.span(Tone::Bad, format!(": {why}")));
    }
    spans
}

fn azure(state: &State, l: &LinkSnapshot) -> String {
    let a = &l.azure;
    let said = |v: &Aged<Option<String>>| words::plain(state, v, |s| s.clone().unwrap_or_else(|| "-".to_owned()));
    match a.exists.known() {
        Some(false) => words::plain(state, &a.exists, |_| "has no such link".to_owned()),
        Some(true) => {
            let error = words::plain(state, &a.error, |e| e.clone().unwrap_or_else(|| "none".to_owned()));
            format!("{}, {}, {}, error {error}", said(&a.replica_state), said(&a.connected), said(&a.health))
        }
        None => format!("{} {}", state.theme.sign(crate::tui::theme::Sign::Unknown), words::why(state, &a.exists)),
    }
}

/// Used by the checks: the side's own role.
pub(super) fn is_primary(e: &EndSnapshot) -> bool {
    e.role.known().and_then(Option::as_ref) == Some(&Role::Primary)
}
