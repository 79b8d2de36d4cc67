//! Failover groups: roles and replication of both sides, what the group protects and since when, and the last drill.
//!
//! ```text
//!   group         protection    primary -> secondary  lag  last drill
//! > fog-ledger    ✓ protected   mi-a -> mi-b          1 s  3 d ago, lost 0
//!
//! fog-ledger: Synchronizing (CATCH_UP) on both sides
//!   mi-a  uksouth  primary    CATCH_UP
//!   …
//! ```

use super::draw;
use super::fleet::first_row;
use super::words;
use crate::base::text;
use crate::monitor::aged::Freshness;
use crate::monitor::snapshot::LinkSnapshot;
use crate::report::drill;
use crate::report::fog_notes;
use crate::report::groups::GroupLine;
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
use std::time::Duration;

const NAME: usize = 18;
const PROTECTION: usize = 16;
const SIDES: usize = 20;
const LAG: usize = 8;
/// Rows of the list beside the details of one.
const ROWS_MAX: u16 = 8;

pub fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let groups = &state.groups;
    let Some(current) = groups.current() else {
        return draw::empty(frame, area, &nothing(state));
    };
    let rows = u16::try_from(groups.list.len()).unwrap_or(ROWS_MAX).min(ROWS_MAX).min(area.height / 2).max(1);
    let [head, list, gap, detail] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(rows),
        Constraint::Length(u16::from(area.height > rows + 4)),
        Constraint::Min(0),
    ])
    .areas(area);
    let (t, width) = (state.theme, usize::from(area.width));
    let title = format!(
        "  {}{}{}{}last drill",
        t.fit("group", NAME),
        t.fit("protection", PROTECTION),
        t.fit("primary, secondary", SIDES),
        t.fit("lag", LAG)
    );
    frame.render_widget(Paragraph::new(t.span(Tone::Faint, t.cut(&title, width))), head);
    let at = groups.selected.min(groups.list.len() - 1);
    let height = usize::from(list.height).max(1);
    let top = first_row(at, groups.list.len(), height);
    let lines: Vec<Line<'_>> =
        groups.list.iter().enumerate().skip(top).take(height).map(|(i, g)| row(state, g, i == at, width)).collect();
    frame.render_widget(Paragraph::new(lines), list);
    let words = freshness(state).map_or_else(String::new, |w| format!("  {w}"));
    frame.render_widget(Paragraph::new(t.span(Tone::Warn, t.cut(&words, width))), gap);
    frame.render_widget(Paragraph::new(details(state, current, width)), detail);
}

/// No group is known: why, and what that means.
fn nothing(state: &State) -> Vec<String> {
    let groups = &state.groups;
    let mut lines = vec![match (&groups.error, groups.at) {
        (Some(why), _) => format!("The failover groups could not be read: {why}"),
        (None, Some(_)) => "The estate file names no failover group: add a [[failover_group]].".to_owned(),
        (None, None) => "The failover groups are being read; until then their state is unknown.".to_owned(),
    }];
    lines.push("A link and a failover group exclude each other on one instance: a group is made after the last link of its instance is gone (milestone `unlinked`), and the copy is `protected` only then.".to_owned());
    if let Some(snapshot) = &state.watch.snapshot {
        let bare = |l: &&LinkSnapshot| {
            words::known(state, &l.milestone).is_some_and(|m| *m == crate::monitor::snapshot::Milestone::Unlinked)
        };
        let names: Vec<_> = snapshot.links.iter().filter(bare).map(|l| l.name.as_str()).collect();
        if !names.is_empty() {
            lines.push(format!("Unlinked, and not protected by anything seen here: {}.", names.join(", ")));
        }
    }
    lines
}

/// Said as soon as the last look is late, and while the first words of a failed one count.
fn freshness(state: &State) -> Option<String> {
    let groups = &state.groups;
    let age = groups.at.map(|at| (state.now - at).whole_seconds().max(0).unsigned_abs());
    let age = age.map_or_else(String::new, |s| format!("{} old", words::short_ms(s * 1000)));
    match (groups.trust(state.now), &groups.error) {
        (Freshness::Fresh, None) => None,
        (trust, Some(why)) => Some(format!("{}, {age}: {why}", trust.as_str())),
        (trust, None) => Some(format!("{}, {age}", trust.as_str())),
    }
}

/// Sign, tone and word: never better than the last look is young.
fn verdict(state: &State, g: &GroupLine) -> (Sign, Tone, &'static str) {
    match (state.groups.trust(state.now), g.holds) {
        (Freshness::Unknown, _) | (_, None) => (Sign::Unknown, Tone::Unknown, "unknown"),
        (_, Some(false)) => (Sign::Bad, Tone::Bad, "NOT protected"),
        (Freshness::Stale, Some(true)) => (Sign::Stale, Tone::Warn, "was protected"),
        (Freshness::Fresh, Some(true)) => (Sign::Good, Tone::Good, "protected"),
    }
}

/// A value of the last look, `~value` when it is late, `?` when it says nothing any more.
fn aged(state: &State, value: Option<String>) -> String {
    let t = state.theme;
    match (state.groups.trust(state.now), value) {
        (Freshness::Fresh, Some(v)) => v,
        (Freshness::Stale, Some(v)) => format!("{}{v}", t.sign(Sign::Stale)),
        _ => t.sign(Sign::Unknown).to_owned(),
    }
}

/// `2 s`, `3 min 05 s`, `2 h 10 min`, `20 d`: whole seconds, as the server tells them.
fn seconds(n: i64) -> String {
    match n.max(0) {
        n @ ..60 => format!("{n} s"),
        n if n < 2 * 86_400 => text::duration(Duration::from_secs(n.unsigned_abs())),
        n => format!("{} d", n / 86_400),
    }
}

fn sides(g: &GroupLine) -> Option<String> {
    let primary = g.group.primary.as_ref()?;
    let other = g.group.members.iter().find(|m| m.site != *primary)?;
    Some(format!("{primary}, {}", other.site))
}

fn row(state: &State, g: &GroupLine, selected: bool, width: usize) -> Line<'static> {
    let t = state.theme;
    let (sign, tone, word) = verdict(state, g);
    let base = t.style(if selected { Tone::Selected } else { Tone::Plain });
    let cursor = if selected { t.sign(Sign::Cursor) } else { " " };
    let lag = aged(state, g.group.lag_s.map(seconds));
    let due = g.drill_due() != Some(false);
    let rest = format!("{}{}", t.fit(&aged(state, sides(g)), SIDES), t.fit(&lag, LAG));
    let left = width.saturating_sub(2 + NAME + PROTECTION + SIDES + LAG);
    let drill_tone = if due { Tone::Warn } else { Tone::Plain };
    Line::from(vec![
        Span::styled(format!("{cursor} {}", t.fit(&g.group.group, NAME)), base),
        Span::styled(t.fit(&format!("{} {word}", t.sign(sign)), PROTECTION), t.style(tone).patch(base)),
        Span::styled(rest, base),
        Span::styled(t.fit(&drilled(g), left), t.style(drill_tone).patch(base)),
    ])
}

fn drilled(g: &GroupLine) -> String {
    match (&g.drill, g.drill_due()) {
        (None, _) => "never".to_owned(),
        (Some(d), due) => {
            let age = d.age_s.map_or_else(|| "?".to_owned(), |s| format!("{} ago", seconds(s)));
            if due == Some(false) { age } else { format!("{age}, DUE") }
        }
    }
}

fn details(state: &State, g: &GroupLine, width: usize) -> Vec<Line<'static>> {
    let t = state.theme;
    let r = &g.group;
    let trust = state.groups.trust(state.now);
    let known = trust != Freshness::Unknown;
    let (_, tone, _) = verdict(state, g);
    let said = if known { r.standing.sentence() } else { "nothing is known of it now".to_owned() };
    let mut lines = vec![Line::from(t.span(tone, t.cut(&format!("{}: {said}", r.group), width)))];
    let mut say = |tone: Tone, text: &str| lines.push(Line::from(t.span(tone, t.cut(text, width))));
    if let Some(why) = g.why.as_ref().filter(|why| known && **why != said) {
        say(Tone::Warn, &format!("  {why}"));
    }
    if let Some(action) = r.notes.action.as_ref().filter(|_| known) {
        say(Tone::Bad, &format!("  {}: {}", action.advised.replace('_', " "), action.command));
    }
    if let Some(open) = r.notes.reminder.as_ref().filter(|_| known) {
        let long = open.for_s.map_or_else(|| "for an unknown time".to_owned(), |s| format!("for {}", seconds(s)));
        say(Tone::Warn, &format!("  OPEN: failed over to {} {long}; fail back by hand:", open.primary_now));
        say(Tone::Warn, &format!("  {}", open.command));
        if let Some(smaller) = &open.smaller {
            say(Tone::Warn, &format!("  {} is smaller: {smaller}", open.primary_now));
        }
    }
    for m in &r.members {
        let role = m.role.unwrap_or("no role");
        let unknown = m.unknown.as_ref().map(|why| format!("unknown: {why}"));
        let tone = if unknown.is_some() { Tone::Unknown } else { Tone::Plain };
        let words = unknown.or_else(|| m.replication_state.clone()).unwrap_or_else(|| "no state".to_owned());
        let region = m.location.clone().unwrap_or_else(|| "region unknown".to_owned());
        let line = format!("  {}{}{}{words}", t.fit(&m.site, NAME), t.fit(&region, PROTECTION), t.fit(role, 11));
        say(tone, &if known { line } else { format!("  {}{}", t.fit(&m.site, NAME), t.sign(Sign::Unknown)) });
    }
    for d in r.databases.iter().filter(|_| known) {
        let state_word = d.replication_state.clone().unwrap_or_else(|| "NOT REPLICATED".to_owned());
        let number = |n: Option<i64>| n.map_or_else(|| "unknown".to_owned(), seconds);
        let (tone, words) = match &d.unknown {
            Some(why) => (Tone::Unknown, format!("unknown: {why}")),
            None => (
                if d.replication_state.is_some() { Tone::Plain } else { Tone::Bad },
                format!(
                    "{}lag {}, acknowledged {} ago",
                    t.fit(&state_word, PROTECTION),
                    number(d.lag_s),
                    number(d.last_acknowledged_s_ago)
                ),
            ),
        };
        say(tone, &format!("  {}{words}", t.fit(&d.name, NAME)));
    }
    if !r.missing.is_empty() {
        say(Tone::Bad, &format!("  not in the group, not protected: {}", r.missing.join(", ")));
    }
    for (word, name) in [("read-write", &r.read_write_listener), ("read-only", &r.read_only_listener)] {
        if let Some(name) = name {
            say(Tone::Plain, &format!("  {} {name}", t.fit(word, 11)));
        }
    }
    for row in r.notes.advice.iter().filter(|_| known) {
        say(Tone::Warn, &format!("  {}", fog_notes::advice(row)));
    }
    if r.settings_fit == Some(false) {
        say(Tone::Warn, "  the settings in Azure are not those of the estate file: `milink fog update`");
    }
    for d in r.drift.iter().filter(|_| known) {
        say(Tone::Warn, &format!("  {}: {}", d.id, d.found));
    }
    for line in windows(state, g) {
        say(Tone::Plain, &line);
    }
    for (tone, line) in last_drill(g) {
        say(tone, &line);
    }
    lines
}

/// The links that end on a member, with their milestones, and the window of the migration.
fn windows(state: &State, g: &GroupLine) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(snapshot) = &state.watch.snapshot {
        for l in snapshot.links.iter().filter(|l| l.group.as_deref() == Some(g.group.group.as_str())) {
            let open = words::known(state, &l.protection).and_then(Option::as_ref);
            let since = open.and_then(|p| p.unprotected_ms).map(words::ms_text);
            let words = match (open.and_then(|p| p.holds), since) {
                (Some(true), Some(lasted)) => format!(", was unprotected for {lasted}"),
                (_, Some(lasted)) if open.is_some() => format!(", unprotected for {lasted} so far"),
                _ => String::new(),
            };
            lines.push(format!("  link {}: {}{words}", l.name, words::milestone(state, l)));
        }
    }
    if let Some(w) = &g.window {
        let lasted = w.lasted().map_or_else(|| "an unknown time".to_owned(), text::duration);
        let at = w.closed_at.to_offset(time::UtcOffset::UTC);
        lines.push(format!(
            "  protected since {} {:02}:{:02}Z; was unprotected for {lasted}",
            at.date(),
            at.hour(),
            at.minute()
        ));
    }
    lines
}

fn last_drill(g: &GroupLine) -> Vec<(Tone, String)> {
    let mut lines = Vec::new();
    if let Some(run) = &g.open_drill {
        lines.push((Tone::Bad, format!("  drill {run} has not ended: `milink drill resume`")));
    }
    lines.push(match &g.drill {
        None => (Tone::Warn, "  never drilled, as far as this journal knows".to_owned()),
        Some(d) => {
            let tone = if g.drill_due() == Some(false) { Tone::Plain } else { Tone::Warn };
            let words =
                format!("  last drill {}: over {}; back {}", drilled(g), drill::way(&d.over), drill::way(&d.back));
            (tone, words)
        }
    });
    lines
}
