//! What lies over a screen: help, palette, confirmation.

use super::fleet::first_row;
use super::help;
use super::words;
use crate::tui::command;
use crate::tui::confirm::Confirm;
use crate::tui::state::Overlay;
use crate::tui::state::State;
use crate::tui::theme::Sign;
use crate::tui::theme::Tone;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::text::Span;
use ratatui::widgets::Block;
use ratatui::widgets::Clear;
use ratatui::widgets::Paragraph;

pub fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    match &state.overlay {
        None => {}
        Some(Overlay::Help { scroll }) => {
            let inner = frame_of(frame, state, middle(area, 84, area.height.saturating_sub(2)), "help (Esc closes)");
            let lines = help::lines(state);
            let last = lines.len().saturating_sub(usize::from(inner.height));
            let shown: Vec<Line<'_>> = lines.into_iter().skip((*scroll).min(last)).collect();
            frame.render_widget(Paragraph::new(shown), inner);
        }
        Some(Overlay::Palette { input, selected }) => {
            let at = middle(area, 110, area.height.saturating_sub(2));
            let inner = frame_of(frame, state, at, "commands (type to search, Enter does it, Esc closes)");
            frame.render_widget(Paragraph::new(palette(state, input, *selected, inner)), inner);
        }
        Some(Overlay::Confirm(confirm)) => {
            let width = 72.min(area.width.saturating_sub(2));
            let lines = dialogue(state, confirm, usize::from(width.saturating_sub(4)));
            let height = lines.len() as u16 + 2;
            let inner = frame_of(frame, state, middle(area, width, height), confirm.what.title());
            // The line to type into must be seen, whatever else is cut.
            let skip = lines.len().saturating_sub(usize::from(inner.height));
            let shown: Vec<Line<'_>> = lines.into_iter().skip(skip).collect();
            frame.render_widget(Paragraph::new(shown), inner);
        }
    }
}

fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

fn frame_of(frame: &mut Frame<'_>, state: &State, area: Rect, title: &str) -> Rect {
    let t = state.theme;
    let block = Block::bordered()
        .border_set(t.border())
        .border_style(t.style(Tone::Accent))
        .title(t.span(Tone::Strong, t.cut(&format!(" {title} "), usize::from(area.width).saturating_sub(2))));
    let inner = block.inner(area);
    frame.render_widget(Clear, area);
    frame.render_widget(block, area);
    let side = u16::from(inner.width > 4);
    Rect { x: inner.x + side, width: inner.width.saturating_sub(2 * side), ..inner }
}

/// Two lines an action where the width does not hold both: words, then the command line.
fn palette(state: &State, input: &str, selected: usize, area: Rect) -> Vec<Line<'static>> {
    let t = state.theme;
    let width = usize::from(area.width);
    let found = command::matching(input);
    let mut lines = vec![Line::from(vec![t.span(Tone::Accent, ": "), Span::raw(format!("{input}_"))])];
    if found.is_empty() {
        lines.push(Line::from(t.span(Tone::Unknown, "no command has these words")));
        return lines;
    }
    let height = usize::from(area.height).saturating_sub(1).max(1);
    let at = selected.min(found.len() - 1);
    let top = first_row(at, found.len(), height);
    let (keys, title) = if width >= 100 { (12, 42) } else { (9, 34) };
    for (i, info) in found.iter().enumerate().skip(top).take(height) {
        let base = t.style(if i == at { Tone::Selected } else { Tone::Plain });
        let cli = info.cli_line(state).unwrap_or_default();
        let rest = width.saturating_sub(2 + keys + title);
        lines.push(Line::from(vec![
            Span::styled(if i == at { t.sign(Sign::Cursor) } else { " " }.to_owned() + " ", base),
            Span::styled(t.fit(&info.keys[0].label(), keys), t.style(Tone::Accent).patch(base)),
            Span::styled(t.fit(info.title, title - 1) + " ", base),
            Span::styled(t.fit(&cli, rest), t.style(Tone::Faint).patch(base)),
        ]));
    }
    lines
}

fn dialogue(state: &State, c: &Confirm, width: usize) -> Vec<Line<'static>> {
    let t = state.theme;
    let mut lines = Vec::new();
    for text in &c.lines {
        lines.extend(words::fold(text, width).into_iter().map(Line::from));
    }
    lines.push(Line::default());
    lines.push(Line::from(vec![Span::raw("type "), t.span(Tone::Strong, t.cut(&c.phrase, width.saturating_sub(5)))]));
    lines.push(Line::from(t.span(Tone::Faint, "Enter goes on, Esc changes nothing")));
    let typed = format!("{}_", c.typed);
    let cut: String = typed.chars().rev().take(width.saturating_sub(2)).collect::<Vec<_>>().into_iter().rev().collect();
    lines.push(Line::from(vec![t.span(Tone::Accent, "> "), Span::raw(cut)]));
    if c.wrong {
        lines.push(Line::from(t.span(Tone::Bad, "that is not it; nothing was changed")));
    }
    lines
}
