//! The runs of the journal, newest first.

use super::draw;
use super::fleet::first_row;
use super::words;
use crate::report::dto::RunStatus;
use crate::report::dto::RunSummary;
use crate::tui::state::State;
use crate::tui::theme::Sign;
use crate::tui::theme::Tone;
use ratatui::Frame;
use ratatui::layout::Constraint;
use ratatui::layout::Layout;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::text::Span;
use ratatui::widgets::Paragraph;

const RUN: usize = 32;

pub fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let t = state.theme;
    let runs = &state.runs;
    if let Some(why) = &runs.error {
        return draw::empty(frame, area, &[format!("the journal cannot be read: {why}")]);
    }
    if runs.list.is_empty() {
        let words = if runs.loaded { "no run yet: `p` on the fleet plans a cutover" } else { "reading the journal" };
        return draw::empty(frame, area, &[words.to_owned()]);
    }
    let [head, list, foot] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(1), Constraint::Length(u16::from(area.height > 4))])
            .areas(area);
    let width = usize::from(area.width);
    let title = format!(
        "  {}{}{}{}{}",
        t.fit("run", RUN),
        t.fit("state", 14),
        t.fit("began (UTC)", 15),
        t.fit("lines", 7),
        "steps"
    );
    frame.render_widget(Paragraph::new(t.span(Tone::Faint, t.cut(&title, width))), head);
    let height = usize::from(list.height).max(1);
    let at = runs.selected.min(runs.list.len() - 1);
    let top = first_row(at, runs.list.len(), height);
    let lines: Vec<Line<'_>> =
        runs.list.iter().enumerate().skip(top).take(height).map(|(i, r)| row(state, r, i == at, width)).collect();
    frame.render_widget(Paragraph::new(lines), list);
    let r = &runs.list[at];
    let words = format!("{}@{}, milink {}, {} records; Enter opens it", r.user, r.host, r.version, r.records);
    frame.render_widget(Paragraph::new(t.span(Tone::Faint, t.cut(&words, width))), foot);
}

fn row(state: &State, r: &RunSummary, selected: bool, width: usize) -> Line<'static> {
    let t = state.theme;
    let here = state.live.as_ref().and_then(|l| l.run.as_ref()).is_some_and(|run| run.as_str() == r.run_id);
    let (sign, tone, word) = match r.status {
        RunStatus::Committed => (Sign::Good, Tone::Good, "committed"),
        RunStatus::RolledBack => (Sign::Undone, Tone::Bad, "rolled back"),
        RunStatus::Open if here => (Sign::Running, Tone::Accent, "runs here"),
        RunStatus::Open => (Sign::Warn, Tone::Warn, "open"),
    };
    let done = r.steps.iter().filter(|s| s.duration_ms.is_some()).count();
    let lines = if r.lines.is_empty() { "-".to_owned() } else { r.lines.join(",") };
    let base = t.style(if selected { Tone::Selected } else { Tone::Plain });
    let cursor = if selected { t.sign(Sign::Cursor) } else { " " };
    let rest = format!(
        "{}{}{done} of {}",
        t.fit(words::date_time(&r.started_at).get(5..).unwrap_or_default(), 15),
        t.fit(&lines, 7),
        r.steps.len()
    );
    let left = width.saturating_sub(2 + RUN + 14);
    Line::from(vec![
        Span::styled(format!("{cursor} {}", t.fit(&r.run_id, RUN)), base),
        Span::styled(t.fit(&format!("{} {word}", t.sign(sign)), 14), t.style(tone).patch(base)),
        Span::styled(t.fit(&rest, left), base),
    ])
}
