//! Help: every command with its keys, then the signs.

use crate::tui::command;
use crate::tui::state::State;
use crate::tui::theme::Sign;
use crate::tui::theme::Tone;
use ratatui::text::Line;
use ratatui::text::Span;

const KEYS: usize = 16;

pub fn lines(state: &State) -> Vec<Line<'static>> {
    let t = state.theme;
    let title = |words: &str| Line::from(t.span(Tone::Strong, words.to_owned()));
    let entry = |i: &command::Info| {
        Line::from(vec![t.span(Tone::Accent, t.fit(&i.key_labels(), KEYS)), Span::raw(i.title.to_owned())])
    };
    let mut lines = vec![title(&format!("on `{}`", state.screen.title()))];
    let own = |i: &&command::Info| !i.on.is_empty() && i.works_on(state.screen);
    lines.extend(command::ALL.iter().filter(own).map(entry));
    lines.push(Line::default());
    lines.push(title("everywhere"));
    lines.extend(command::ALL.iter().filter(|i| i.on.is_empty()).map(entry));
    lines.push(Line::from(vec![
        t.span(Tone::Accent, t.fit("Ctrl-C", KEYS)),
        Span::raw("leave; with a run: stop it safely, twice leaves at once"),
    ]));
    lines.push(Line::default());
    lines.push(title("signs"));
    for (sign, tone, words) in [
        (Sign::Good, Tone::Good, "healthy, done, passed: from fresh values only"),
        (Sign::Warn, Tone::Warn, "works, and needs somebody to look"),
        (Sign::Bad, Tone::Bad, "unhealthy, failed, not passed"),
        (Sign::Unknown, Tone::Unknown, "unknown: never a pass"),
        (Sign::Stale, Tone::Warn, "stale: it was so, and may be so no more"),
        (Sign::Marked, Tone::Plain, "marked"),
        (Sign::Running, Tone::Accent, "running"),
        (Sign::Undone, Tone::Plain, "undone"),
    ] {
        lines.push(Line::from(vec![t.span(tone, t.fit(t.sign(sign), KEYS)), Span::raw(words)]));
    }
    lines.push(Line::default());
    lines.push(title("nothing is changed"));
    lines.push(Line::from("by a key alone: whatever changes a server asks for a name to be typed."));
    lines
}
