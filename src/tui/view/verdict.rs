//! The verdict of `check` on one link: its first line, then what it rests on, worst first.

use super::draw;
use super::words;
use super::words::time_of_day;
use crate::report::check::CheckStatus;
use crate::report::check::CheckVerdict;
use crate::report::check::LinkCheck;
use crate::report::check::first_line;
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
use time::OffsetDateTime;

/// A verdict older than this is no verdict any more: it has to be asked for again.
const AGE_MAX_S: i64 = 300;

pub fn draw(
    frame: &mut Frame<'_>,
    state: &State,
    area: Rect,
    at: OffsetDateTime,
    found: &Result<Box<LinkCheck>, String>,
) {
    let check = match found {
        Ok(check) => check,
        Err(why) => {
            let lines = [format!("not judged: {why}"), "`c` tries again.".to_owned()];
            return draw::empty(frame, area, &lines);
        }
    };
    let width = usize::from(area.width);
    let head = head_lines(state, check, at, width);
    let [above, below] = Layout::vertical([Constraint::Length(head.len() as u16), Constraint::Min(0)]).areas(area);
    frame.render_widget(Paragraph::new(head), above);
    let lines = check_lines(state, check, width);
    let last = lines.len().saturating_sub(usize::from(below.height));
    let shown: Vec<Line<'_>> = lines.into_iter().skip(state.verdicts.scroll.min(last)).collect();
    frame.render_widget(Paragraph::new(shown), below);
}

fn head_lines(state: &State, check: &LinkCheck, at: OffsetDateTime, width: usize) -> Vec<Line<'static>> {
    let t = state.theme;
    let age = (state.now - at).whole_seconds().max(0);
    let old = age > AGE_MAX_S;
    let (sign, tone) = match check.verdict {
        _ if old => (Sign::Unknown, Tone::Unknown),
        CheckVerdict::Ready => (Sign::Good, Tone::Good),
        CheckVerdict::NotReady => (Sign::Bad, Tone::Bad),
        CheckVerdict::Unknown => (Sign::Unknown, Tone::Unknown),
    };
    let mut lines: Vec<Line<'static>> = words::fold(&first_line(check), width.saturating_sub(2))
        .into_iter()
        .enumerate()
        .map(|(n, line)| {
            let sign = if n == 0 { t.sign(sign) } else { " " };
            Line::from(t.span(tone, format!("{sign} {line}")))
        })
        .collect();
    let age = words::short_ms(age as u64 * 1000);
    let again = match (state.verdicts.asked.contains(&check.link), old) {
        (true, _) => "; judging again".to_owned(),
        (_, true) => format!("; {age} old: no verdict any more, `c` judges again"),
        _ => format!("; {age} ago"),
    };
    lines.push(Line::from(
        t.span(Tone::Faint, t.cut(&format!("  as judged at {}Z{again}", time_of_day(Some(at))), width)),
    ));
    lines
}

/// A line each; what does not pass has its expectation and its remedy under it.
fn check_lines(state: &State, check: &LinkCheck, width: usize) -> Vec<Line<'static>> {
    let t = state.theme;
    let mut lines = Vec::new();
    for c in &check.checks {
        let (sign, tone) = match c.status {
            CheckStatus::Pass => (Sign::Good, Tone::Good),
            CheckStatus::Fail if c.severity == "block" => (Sign::Bad, Tone::Bad),
            CheckStatus::Fail => (Sign::Warn, Tone::Warn),
            CheckStatus::Unknown => (Sign::Unknown, Tone::Unknown),
            CheckStatus::Waived => (Sign::Skipped, Tone::Warn),
            CheckStatus::NotApplicable => continue,
        };
        let name = if width >= 100 { 40 } else { 30 };
        lines.push(Line::from(vec![
            t.span(tone, format!("{} ", t.sign(sign))),
            Span::raw(t.fit(&c.id, name - 1) + " "),
            t.span(
                if c.status == CheckStatus::Pass { Tone::Faint } else { tone },
                t.cut(&c.found, width.saturating_sub(name + 2)),
            ),
        ]));
        if c.status == CheckStatus::Pass {
            continue;
        }
        let remedy = c.remedy.as_deref().unwrap_or_default();
        let waiver = c.waiver.as_ref().map_or(String::new(), |w| format!("; waived: {w}"));
        let under = format!("expected {}{waiver}. {remedy}", c.expected);
        lines.extend(
            words::fold(&under, width.saturating_sub(4)).into_iter().take(2).map(|l| Line::from(format!("    {l}"))),
        );
    }
    lines
}
