//! The whole screen. Head, tabs, body, notice, hints; the least needed go first when rows run out:
//! tabs under 16 rows, hints under 12, notice under 8.

use super::checks;
use super::cockpit;
use super::fleet;
use super::groups;
use super::link;
use super::objects;
use super::overlay;
use super::runs;
use super::words;
use crate::monitor::aged::Freshness;
use crate::tui::command;
use crate::tui::fleet::counts;
use crate::tui::screen::Screen;
use crate::tui::state::State;
use crate::tui::theme::Sign;
use crate::tui::theme::Tone;
use crate::tui::theme::columns;
use ratatui::Frame;
use ratatui::layout::Constraint;
use ratatui::layout::Layout;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::text::Span;
use ratatui::widgets::Paragraph;

/// Below this there is only one line that says how things are.
const WIDTH_MIN: u16 = 24;
const HEIGHT_MIN: u16 = 5;

pub fn draw(frame: &mut Frame<'_>, state: &State) {
    let area = frame.area();
    if area.width == 0 || area.height == 0 {
        return;
    }
    if area.width < WIDTH_MIN || area.height < HEIGHT_MIN {
        frame.render_widget(Paragraph::new(tally(state)), area);
        return;
    }
    let shown = |at_least: u16| u16::from(area.height >= at_least);
    let [head, tabs, body, notice, hints] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(shown(16)),
        Constraint::Min(0),
        Constraint::Length(shown(8)),
        Constraint::Length(shown(12)),
    ])
    .areas(area);
    frame.render_widget(Paragraph::new(head_line(state, head.width)), head);
    frame.render_widget(Paragraph::new(tab_line(state)), tabs);
    body_of(frame, state, body);
    frame.render_widget(Paragraph::new(notice_line(state, notice.width)), notice);
    frame.render_widget(Paragraph::new(hint_line(state, hints.width)), hints);
    overlay::draw(frame, state, area);
}

fn body_of(frame: &mut Frame<'_>, state: &State, area: Rect) {
    match state.screen {
        Screen::Fleet => fleet::draw(frame, state, area),
        Screen::Link => link::draw(frame, state, area),
        Screen::Checks => checks::draw(frame, state, area),
        Screen::Cockpit => cockpit::draw(frame, state, area),
        Screen::Runs => runs::draw(frame, state, area),
        Screen::Objects => objects::draw(frame, state, area),
        Screen::Groups => groups::draw(frame, state, area),
    }
}

/// `1X 2? 1! 8+`: unhealthy, unknown, degraded, healthy.
fn tally(state: &State) -> Line<'static> {
    let t = state.theme;
    let Some(snapshot) = &state.watch.snapshot else { return Line::from(t.span(Tone::Unknown, "? no data yet")) };
    let trust = state.trust();
    let signs = [
        (Sign::Bad, Tone::Bad),
        (Sign::Unknown, Tone::Unknown),
        (Sign::Warn, Tone::Warn),
        (Sign::Good, if trust == Freshness::Fresh { Tone::Good } else { Tone::Warn }),
    ];
    let mut spans = Vec::new();
    if trust == Freshness::Stale {
        spans.push(t.span(Tone::Warn, t.sign(Sign::Stale)));
    }
    for (n, (sign, tone)) in counts(snapshot, trust).into_iter().zip(signs) {
        let tone = if n == 0 { Tone::Faint } else { tone };
        spans.push(t.span(tone, format!("{n}{} ", t.sign(sign))));
    }
    Line::from(spans)
}

fn head_line(state: &State, width: u16) -> Line<'static> {
    let t = state.theme;
    let mut spans = vec![t.span(Tone::Strong, "milink "), t.span(Tone::Accent, format!("{} ", state.screen.title()))];
    spans.extend(tally(state).spans);
    if let Some(words) = freshness_words(state) {
        spans.push(t.span(Tone::Warn, format!("{words} ")));
    }
    if let Some(live) = &state.live {
        let word = if live.stopping { "STOPPING " } else { "RUN UNDER WAY " };
        spans.push(t.span(Tone::Bad, word));
    }
    let used: usize = spans.iter().map(Span::width).sum();
    let clock = format!("{}Z", words::time_of_day(Some(state.now)));
    let left = usize::from(width).saturating_sub(used + columns(&clock) + 1);
    spans.push(t.span(Tone::Faint, t.fit(&state.estate, left)));
    spans.push(Span::raw(format!(" {clock}")));
    Line::from(spans)
}

/// Said as soon as the news are late.
fn freshness_words(state: &State) -> Option<String> {
    let age = state.watch.age_ms(state.now)?;
    match state.trust() {
        Freshness::Fresh => None,
        f => Some(format!("data {}: {} old", f.as_str(), words::short_ms((age.max(0) as u64) / 1000 * 1000))),
    }
}

fn tab_line(state: &State) -> Line<'static> {
    let t = state.theme;
    let mut spans = Vec::new();
    for screen in Screen::ALL {
        let words = format!(" {} {} ", screen.number(), screen.title());
        let tone = if screen == state.screen { Tone::Selected } else { Tone::Faint };
        spans.push(t.span(tone, words));
        spans.push(Span::raw(" "));
    }
    Line::from(spans)
}

fn notice_line(state: &State, width: u16) -> Line<'static> {
    let t = state.theme;
    if state.fleet.editing && state.screen == Screen::Fleet {
        return Line::from(vec![t.span(Tone::Accent, "filter: "), Span::raw(format!("{}_", state.fleet.filter))]);
    }
    match &state.notice {
        Some(n) => {
            let tone = if n.bad { Tone::Bad } else { Tone::Accent };
            let sign = if n.bad { t.sign(Sign::Warn) } else { t.sign(Sign::Dot) };
            Line::from(t.span(tone, t.cut(&format!("{sign} {}", n.text), usize::from(width))))
        }
        None => match &state.watch.snapshot {
            Some(s) => Line::from(t.span(Tone::Faint, t.cut(&s.sentence, usize::from(width)))),
            None => Line::from(t.span(Tone::Unknown, "waiting for the first look at the estate")),
        },
    }
}

/// Keys of this screen, as many as fit; help and the palette are always among them.
fn hint_line(state: &State, width: u16) -> Line<'static> {
    let t = state.theme;
    let own = |i: &&command::Info| !i.short.is_empty() && i.works_on(state.screen) && command::is_offered(state, i.cmd);
    let last: Vec<_> = command::ALL.iter().filter(own).filter(|i| i.on.is_empty()).collect();
    let first: Vec<_> = command::ALL.iter().filter(own).filter(|i| !i.on.is_empty()).collect();
    let size = |i: &&command::Info| columns(&i.keys[0].label()) + columns(i.short) + 3;
    let mut left = usize::from(width).saturating_sub(last.iter().map(size).sum());
    let mut spans = Vec::new();
    let mut push = |i: &command::Info| {
        spans.push(t.span(Tone::Accent, i.keys[0].label()));
        spans.push(t.span(Tone::Faint, format!(" {}  ", i.short)));
    };
    for i in first {
        if size(&i) > left {
            break;
        }
        left -= size(&i);
        push(i);
    }
    last.into_iter().for_each(push);
    Line::from(spans)
}

/// Nothing to show, and what to do about it.
pub(super) fn empty(frame: &mut Frame<'_>, area: Rect, lines: &[String]) {
    let lines: Vec<Line<'_>> = std::iter::once(Line::default())
        .chain(
            lines
                .iter()
                .flat_map(|l| words::fold(l, usize::from(area.width).saturating_sub(4)))
                .map(|l| Line::from(Span::raw(format!("  {l}")))),
        )
        .collect();
    frame.render_widget(Paragraph::new(lines), area);
}
