//! Values as text: with their age, never better than they are known.

use crate::base::text;
use crate::monitor::aged::Aged;
use crate::monitor::aged::Freshness;
use crate::monitor::snapshot::EndSnapshot;
use crate::monitor::snapshot::LinkSnapshot;
use crate::monitor::snapshot::Milestone;
use crate::monitor::snapshot::Verdict;
use crate::tui::state::State;
use crate::tui::theme;
use crate::tui::theme::Sign;
use crate::tui::theme::Theme;
use crate::tui::theme::Tone;
use ratatui::text::Line;
use ratatui::text::Span;
use std::time::Duration;
use time::OffsetDateTime;

/// How far this value may be trusted now.
pub fn trust<T>(state: &State, aged: &Aged<T>) -> Freshness {
    aged.freshness.max(state.trust())
}

/// The value, unless it has become unknown.
pub fn known<'a, T>(state: &State, aged: &'a Aged<T>) -> Option<&'a T> {
    aged.value.as_ref().filter(|_| trust(state, aged) != Freshness::Unknown)
}

/// A value, `~value` when stale, `?` when unknown.
pub fn plain<T>(state: &State, aged: &Aged<T>, say: impl Fn(&T) -> String) -> String {
    match (trust(state, aged), &aged.value) {
        (Freshness::Fresh, Some(v)) => say(v),
        (Freshness::Stale, Some(v)) => format!("{}{}", state.theme.sign(Sign::Stale), say(v)),
        _ => state.theme.sign(Sign::Unknown).to_owned(),
    }
}

/// The same with a tone for a fresh value; stale and unknown have their own.
pub fn toned<T>(state: &State, aged: &Aged<T>, say: impl Fn(&T) -> String, tone: impl Fn(&T) -> Tone) -> Span<'static> {
    let words = plain(state, aged, say);
    let tone = match (trust(state, aged), &aged.value) {
        (Freshness::Fresh, Some(v)) => tone(v),
        (Freshness::Stale, Some(_)) => Tone::Warn,
        _ => Tone::Unknown,
    };
    state.theme.span(tone, words)
}

pub fn value<T>(state: &State, aged: &Aged<T>, say: impl Fn(&T) -> String) -> Span<'static> {
    toned(state, aged, say, |_| Tone::Plain)
}

/// Why a value is not fresh, in brackets; empty when it is.
pub fn why<T>(state: &State, aged: &Aged<T>) -> String {
    match trust(state, aged) {
        Freshness::Fresh => String::new(),
        f => {
            let age = aged.age_ms.map_or(String::new(), |ms| format!(", {} old", ms_text(ms)));
            let why = aged.why.as_deref().unwrap_or("no news from the monitor");
            format!("({}{age}: {why})", f.as_str())
        }
    }
}

/// Sign, tone and word of a link. What is unhealthy by fresh evidence stays so, even where something else is not known.
pub fn health(state: &State, l: &LinkSnapshot) -> (Sign, Tone, &'static str) {
    let own = if l.health.verdict == Verdict::Unhealthy { Freshness::Fresh } else { l.health.freshness };
    theme::verdict(l.health.verdict, own.max(state.trust()))
}

pub fn ms_text(ms: u64) -> String {
    text::duration(Duration::from_millis(ms))
}

/// There is no link at all, and that is known: its values are not unknown, they do not exist.
pub fn is_absent(state: &State, l: &LinkSnapshot) -> bool {
    let in_none = |e: &EndSnapshot| trust(state, &e.role) == Freshness::Fresh && e.role.value == Some(None);
    in_none(&l.source) && in_none(&l.target)
}

/// The milestone, and what it leaves open: without a failover group nothing beyond the instance protects the copy.
pub fn milestone(state: &State, l: &LinkSnapshot) -> String {
    plain(state, &l.milestone, |m| match m {
        Milestone::CutOver | Milestone::Unlinked => format!("{}, unprotected", m.as_str()),
        other => other.as_str().to_owned(),
    })
}

/// `4.2s`, `3m05s`, `2h10m`: for narrow columns.
pub fn short_ms(ms: u64) -> String {
    match ms {
        0 => "0s".to_owned(),
        1..1_000 => format!("{ms}ms"),
        1_000..60_000 if ms.is_multiple_of(1000) => format!("{}s", ms / 1000),
        1_000..60_000 => format!("{:.1}s", ms as f64 / 1000.0),
        60_000..3_600_000 => format!("{}m{:02}s", ms / 60_000, ms / 1000 % 60),
        _ => format!("{}h{:02}m", ms / 3_600_000, ms / 60_000 % 60),
    }
}

/// `0:42`, `15:00`, `1:02:03`: a clock that runs.
pub fn clock(d: Duration) -> String {
    let s = d.as_secs();
    if s >= 3600 {
        format!("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
    } else {
        format!("{}:{:02}", s / 60, s % 60)
    }
}

/// `21:04:11` (UTC).
pub fn time_of_day(at: Option<OffsetDateTime>) -> String {
    at.map_or("--:--:--".to_owned(), |t| {
        let t = t.to_offset(time::UtcOffset::UTC);
        format!("{:02}:{:02}:{:02}", t.hour(), t.minute(), t.second())
    })
}

/// `2026-11-21 21:04:11`, from RFC 3339.
pub fn date_time(rfc3339: &str) -> String {
    rfc3339.get(..19).unwrap_or(rfc3339).replace('T', " ")
}

/// Words folded to lines of `width` columns; a word that is longer goes on in the next line, so that nothing is lost.
pub fn fold(text: &str, width: usize) -> Vec<String> {
    use crate::tui::theme::columns;
    if width == 0 {
        return Vec::new();
    }
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && columns(&line) + 1 + columns(word) > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for c in word.chars().filter(|c| !c.is_control()) {
            if !line.is_empty() && columns(&line) + columns(c.encode_utf8(&mut [0; 4])) > width {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// `label     value`
pub fn labelled(theme: Theme, label: &str, width: usize, mut value: Vec<Span<'static>>) -> Line<'static> {
    let mut spans = vec![theme.span(Tone::Faint, theme.fit(label, width))];
    spans.append(&mut value);
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_folds() {
        assert_eq!(short_ms(0), "0s");
        assert_eq!(short_ms(4_210), "4.2s");
        assert_eq!(short_ms(185_000), "3m05s");
        assert_eq!(clock(Duration::from_secs(42)), "0:42");
        assert_eq!(clock(Duration::from_secs(3_723)), "1:02:03");
        assert_eq!(date_time("2026-11-21T21:04:11.5Z"), "2026-11-21 21:04:11");
        assert_eq!(date_time("é"), "é");
        assert_eq!(fold("one two three", 7), ["one two", "three"]);
        assert_eq!(fold("an extraordinary", 5), ["an", "extra", "ordin", "ary"]);
        assert_eq!(fold("x", 0), Vec::<String>::new());
    }
}
