//! The fleet:
//!
//! ```text
//!    health      link             milestone state         lag      queue
//! >* X unhealthy ledger           linked    NOT SYNCHRO…  12.0s    64.0 MiB
//!    ✓ healthy   orders           linked    SYNCHRONIZING 0s       0 B
//! -- ledger -------------------------------------------------------------
//! disconnected, last error 41974
//! ```
//!
//! Columns go in this order as the width shrinks: why, route, certificate, log, rpo, age, queue, lag, state, milestone.

use super::draw;
use super::words;
use super::words::plain;
use super::words::short_ms;
use crate::base::text;
use crate::monitor::aged::Freshness;
use crate::monitor::snapshot::LinkSnapshot;
use crate::tui::state::State;
use crate::tui::theme;
use crate::tui::theme::Sign;
use crate::tui::theme::Tone;
use ratatui::Frame;
use ratatui::layout::Constraint;
use ratatui::layout::Layout;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::text::Span;
use ratatui::widgets::Paragraph;
use std::fmt::Write;

/// A column that may be left out.
struct Column {
    title: &'static str,
    width: usize,
    cell: fn(&State, &LinkSnapshot) -> String,
}

/// Most needed first.
const COLUMNS: &[Column] = &[
    Column { title: "milestone", width: 10, cell: |s, l| plain(s, &l.milestone, |m| m.as_str().to_owned()) },
    Column { title: "state", width: 15, cell: |s, l| moves(s, l, plain(s, &l.sync_state, ToString::to_string)) },
    Column { title: "lag", width: 9, cell: |s, l| moves(s, l, plain(s, &l.flow.lag_ms, |ms| short_ms(*ms))) },
    Column {
        title: "queue",
        width: 10,
        cell: |s, l| moves(s, l, plain(s, &l.flow.send_queue_bytes, |b| text::bytes(*b))),
    },
    Column { title: "age", width: 6, cell: age },
    Column { title: "rpo", width: 9, cell: |s, l| moves(s, l, plain(s, &l.flow.rpo_ms, |ms| short_ms(*ms))) },
    Column { title: "log", width: 6, cell: |s, l| plain(s, &l.log.used_ratio, |r| format!("{:.0}%", r * 100.0)) },
    Column { title: "cert", width: 7, cell: certificate },
    Column { title: "route", width: 26, cell: |_, l| format!("{} > {}", l.source.site, l.target.site) },
];

/// Nothing can move where there is no link.
fn moves(state: &State, l: &LinkSnapshot, words: String) -> String {
    if words::is_absent(state, l) { "-".to_owned() } else { words }
}

/// Sign, cursor and verdict.
const FIXED: usize = 2 + 12;
const NAME_MIN: usize = 14;
const NAME_MAX: usize = 34;
/// Less is no reason.
const WHY_MIN: usize = 18;

/// Of the oldest thing the verdict rests on.
fn age(state: &State, l: &LinkSnapshot) -> String {
    let ages = [l.source.state.age_ms, l.target.state.age_ms];
    let since = state.watch.age_ms(state.now).unwrap_or(0).max(0) as u64;
    match ages {
        [Some(a), Some(b)] => short_ms((a.max(b) + since) / 1000 * 1000),
        _ => state.theme.sign(Sign::Unknown).to_owned(),
    }
}

/// Days of the certificate that ends first.
fn certificate(state: &State, l: &LinkSnapshot) -> String {
    let unknown = || state.theme.sign(Sign::Unknown).to_owned();
    if state.trust() == Freshness::Unknown {
        return unknown();
    }
    let ends = [&l.source.certificate_expires, &l.target.certificate_expires];
    let days: Vec<i64> = ends.iter().filter_map(|c| c.known()).map(|w| (w.0 - state.now).whole_days()).collect();
    let known = days.len() == ends.len();
    // The nearer end of those known is bad news even if the other is not known.
    match days.iter().min() {
        Some(d) if known || *d < 30 => format!("{d}d"),
        _ => unknown(),
    }
}

struct Widths {
    name: usize,
    columns: usize,
    why: usize,
}

fn widths(total: usize) -> Widths {
    let mut left = total.saturating_sub(FIXED + NAME_MIN);
    let mut columns = 0;
    for c in COLUMNS {
        if c.width > left {
            break;
        }
        left -= c.width;
        columns += 1;
    }
    let name = (NAME_MIN + left).min(NAME_MAX);
    let rest = NAME_MIN + left - name;
    if columns == COLUMNS.len() && left >= WHY_MIN {
        let name = (NAME_MIN + left - WHY_MIN).min(NAME_MAX);
        return Widths { name, columns, why: NAME_MIN + left - name };
    }
    Widths { name, columns, why: if rest >= WHY_MIN { rest } else { 0 } }
}

pub fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let Some(snapshot) = &state.watch.snapshot else {
        let lines = ["waiting for the first look at the estate".to_owned()];
        return draw::empty(frame, area, &lines);
    };
    let rows = state.fleet.rows(snapshot);
    if rows.is_empty() {
        let lines = match (snapshot.links.is_empty(), state.fleet.faults_only) {
            (true, _) => ["the estate file has no [[link]]: add one, or `milink init`".to_owned()],
            (_, true) => ["no link is at fault. Esc shows all".to_owned()],
            _ => [format!("no link fits `{}`. Esc shows all", state.fleet.filter)],
        };
        return draw::empty(frame, area, &lines);
    }
    let below = if area.height >= 14 { 5 } else { u16::from(area.height >= 7) * 2 };
    let [head, list, detail] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(1), Constraint::Length(below)]).areas(area);
    let w = widths(usize::from(area.width));
    frame.render_widget(Paragraph::new(header(state, &w)), head);
    let (at, current) = state.fleet.current(&rows).unwrap_or((0, rows[0]));
    let height = usize::from(list.height).max(1);
    let top = first_row(at, rows.len(), height);
    let lines: Vec<Line<'_>> =
        rows.iter().enumerate().skip(top).take(height).map(|(i, l)| row(state, l, &w, i == at)).collect();
    frame.render_widget(Paragraph::new(lines), list);
    let mut lines = vec![rule(state, &title(state, current, rows.len(), snapshot.links.len()), area.width)];
    lines.extend(about(state, current, usize::from(area.width)));
    frame.render_widget(Paragraph::new(lines), detail);
}

/// The first row shown, so that the cursor is in sight and the page stands still as long as it can.
pub(super) fn first_row(at: usize, all: usize, height: usize) -> usize {
    let page = (at / height) * height;
    page.min(all.saturating_sub(height))
}

fn header(state: &State, w: &Widths) -> Line<'static> {
    let t = state.theme;
    let mut words = format!("  {}{}", t.fit("health", 12), t.fit("link", w.name));
    for c in &COLUMNS[..w.columns] {
        words.push_str(&t.fit(c.title, c.width));
    }
    if w.why > 0 {
        words.push_str(&t.fit("why", w.why));
    }
    Line::from(t.span(Tone::Faint, words))
}

fn row(state: &State, l: &LinkSnapshot, w: &Widths, selected: bool) -> Line<'static> {
    let t = state.theme;
    let (sign, tone, word) = words::health(state, l);
    let cursor = if selected { t.sign(Sign::Cursor) } else { " " };
    let mark = if state.fleet.marks.contains(&l.name) { t.sign(Sign::Marked) } else { " " };
    let mut rest = t.fit(&l.name, w.name.saturating_sub(1)) + " ";
    for c in &COLUMNS[..w.columns] {
        rest.push_str(&t.fit(&(c.cell)(state, l), c.width - 1));
        rest.push(' ');
    }
    if w.why > 0 {
        rest.push_str(&t.fit(&l.health.reasons.join("; "), w.why));
    }
    let base = if selected { t.style(Tone::Selected) } else { t.style(Tone::Plain) };
    Line::from(vec![
        Span::styled(format!("{cursor}{mark}"), base),
        Span::styled(t.fit(&format!("{} {word}", t.sign(sign)), 12), t.style(tone).patch(base)),
        Span::styled(rest, base),
    ])
}

fn title(state: &State, l: &LinkSnapshot, shown: usize, all: usize) -> String {
    let fleet = &state.fleet;
    let mut words = format!("{} | {shown} of {all}, {}", l.name, fleet.sort.word());
    if fleet.reversed {
        words.push_str(" reversed");
    }
    if fleet.faults_only {
        words.push_str(", faults only");
    }
    if !fleet.filter.is_empty() {
        let _ = write!(words, ", `{}`", fleet.filter);
    }
    if !fleet.marks.is_empty() {
        let _ = write!(words, ", {} marked", fleet.marks.len());
    }
    words
}

/// `-- words -----------`
pub(super) fn rule(state: &State, words: &str, width: u16) -> Line<'static> {
    let t = state.theme;
    let dash = t.border().horizontal_top;
    let words = t.cut(words, usize::from(width).saturating_sub(6));
    let used = theme::columns(&words) + 4;
    Line::from(vec![
        t.span(Tone::Faint, dash.repeat(2)),
        t.span(Tone::Strong, format!(" {words} ")),
        t.span(Tone::Faint, dash.repeat(usize::from(width).saturating_sub(used))),
    ])
}

fn about(state: &State, l: &LinkSnapshot, width: usize) -> Vec<Line<'static>> {
    let t = state.theme;
    let mut lines = Vec::new();
    let copies = plain(state, &l.writable_copies, ToString::to_string);
    lines.push(Line::from(t.cut(
        &format!(
            "{} | {} > {} | {} | writable copies {copies} | seeding {}",
            l.database,
            l.source.site,
            l.target.site,
            l.intent,
            plain(state, &l.seeding.phase, |p| p.as_str().replace('_', " ")),
        ),
        width,
    )));
    let reasons = if l.health.reasons.is_empty() { "nothing is wrong".to_owned() } else { l.health.reasons.join("; ") };
    let reasons = if state.trust() == Freshness::Fresh { reasons } else { format!("when last seen: {reasons}") };
    lines.extend(words::fold(&reasons, width).into_iter().take(2).map(Line::from));
    let lost: Vec<String> = state
        .watch
        .snapshot
        .iter()
        .flat_map(|s| &s.collectors)
        .filter(|c| c.freshness != Freshness::Fresh)
        .map(|c| format!("{} {} {}", c.site, c.kind.as_str(), c.freshness.as_str()))
        .collect();
    if !lost.is_empty() {
        lines.push(Line::from(t.span(Tone::Warn, t.cut(&format!("not read: {}", lost.join(", ")), width))));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fit_at_every_width() {
        for total in 0..400 {
            let w = widths(total);
            let sum = FIXED + w.name + COLUMNS[..w.columns].iter().map(|c| c.width).sum::<usize>() + w.why;
            assert!(sum <= total.max(FIXED + NAME_MIN), "{total}: {sum}");
        }
        assert_eq!(widths(60).columns, 2, "milestone and state at 60");
        assert_eq!(widths(80).columns, 5, "age too at 80");
        assert_eq!(widths(160).columns, COLUMNS.len());
        assert!(widths(160).why >= WHY_MIN);
    }

    #[test]
    fn the_cursor_is_always_in_sight() {
        for all in 1..40 {
            for height in 1..12 {
                for at in 0..all {
                    let top = first_row(at, all, height);
                    assert!((top..top + height).contains(&at), "{at} of {all} at {height}: {top}");
                }
            }
        }
    }
}
