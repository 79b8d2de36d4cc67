//! Errors explained where they are seen, from the catalogue.

use super::words;
use super::words::labelled;
use crate::monitor::snapshot::LinkSnapshot;
use crate::rules::errors;
use crate::tui::state::State;
use crate::tui::theme::Tone;
use ratatui::text::Line;

const LABEL: usize = 10;
/// Most errors that are explained at once.
const ERRORS_MAX: usize = 2;

/// What the link names as errors, each once.
fn named(l: &LinkSnapshot) -> Vec<String> {
    let mut texts = Vec::new();
    if l.connected.known() != Some(&crate::model::group::Connected::Connected)
        && let Some(Some(e)) = l.last_connect_error.known()
    {
        texts.push(e.number.to_string());
    }
    texts.extend(l.azure.error.known().and_then(Clone::clone));
    texts.extend(l.seeding.failure.known().and_then(Clone::clone));
    texts
}

/// Meaning, confirmation and remedy of each error that is known.
pub fn explained(state: &State, l: &LinkSnapshot, width: usize) -> Vec<Line<'static>> {
    let t = state.theme;
    let wide = width.saturating_sub(LABEL);
    let mut seen = Vec::new();
    let mut lines = Vec::new();
    for text in named(l) {
        let Some((entry, id)) = errors::find(&text) else { continue };
        if seen.contains(&id) || seen.len() == ERRORS_MAX {
            continue;
        }
        seen.push(id);
        let (probe, fix) = entry.general();
        let meaning = format!("{} (at fault: {})", entry.meaning, entry.side.word());
        for (label, text, tone) in
            [(id, meaning, Tone::Bad), ("confirm", probe, Tone::Plain), ("mend", fix, Tone::Plain)]
        {
            for (n, line) in words::fold(&text, wide).into_iter().take(2).enumerate() {
                let label = if n == 0 { t.cut(label, LABEL - 1) } else { String::new() };
                lines.push(labelled(t, &label, LABEL, vec![t.span(tone, line)]));
            }
        }
    }
    lines
}
