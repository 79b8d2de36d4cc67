//! What is judged of a link: conditions from the monitor, each with what was expected and found, then the gates of a cutover.
//! Unknown is never a pass.

use super::cockpit::gate_lines;
use super::draw;
use super::fleet::rule;
use super::link::is_primary;
use super::verdict;
use super::words;
use super::words::plain;
use crate::base::text;
use crate::model::database::DatabaseState;
use crate::model::group::Connected;
use crate::model::group::SyncState;
use crate::monitor::aged::Aged;
use crate::monitor::aged::Freshness;
use crate::monitor::snapshot::LinkSnapshot;
use crate::monitor::snapshot::Milestone;
use crate::monitor::snapshot::SeedingPhase;
use crate::tui::state::State;
use crate::tui::theme::Sign;
use crate::tui::theme::Tone;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::text::Span;
use ratatui::widgets::Paragraph;

/// One condition.
pub struct Check {
    pub name: &'static str,
    /// `None`: unknown.
    pub pass: Option<bool>,
    pub expected: &'static str,
    pub found: String,
}

/// Log use from which a cutover is not begun.
const LOG_MAX: f64 = 0.8;
const CERTIFICATE_DAYS: i64 = 30;

fn check<T>(
    state: &State,
    name: &'static str,
    aged: &Aged<T>,
    expected: &'static str,
    pass: impl Fn(&T) -> bool,
    say: impl Fn(&T) -> String,
) -> Check {
    let fresh = words::trust(state, aged) == Freshness::Fresh;
    let found = match words::why(state, aged) {
        why if why.is_empty() => plain(state, aged, say),
        why => format!("{} {why}", plain(state, aged, say)),
    };
    Check { name, pass: aged.value.as_ref().filter(|_| fresh).map(pass), expected, found }
}

/// The conditions, in the order in which they are mended.
pub fn checks(state: &State, l: &LinkSnapshot) -> Vec<Check> {
    if past(l) {
        return after(state, l);
    }
    let online = |s: &Option<DatabaseState>| s.as_ref() == Some(&DatabaseState::Online);
    let database = |s: &Option<DatabaseState>| s.as_ref().map_or("no such database".to_owned(), ToString::to_string);
    let days = |w: &crate::monitor::aged::When| (w.0 - state.now).whole_days();
    let ends = |w: &crate::monitor::aged::When| format!("ends {} ({} d)", w.0.date(), days(w));
    let optional = |s: &Option<String>| s.clone().unwrap_or_else(|| "none".to_owned());
    let mut list = vec![
        check(state, "one-writable-copy", &l.writable_copies, "at most 1", |n| *n <= 1, ToString::to_string),
        check(
            state,
            "link-in-azure",
            &l.azure.exists,
            "the link is there",
            |e| *e,
            |e| if *e { "there" } else { "no such link" }.to_owned(),
        ),
        check(state, "azure-error", &l.azure.error, "none", Option::is_none, optional),
        check(state, "connected", &l.connected, "CONNECTED", |c| *c == Connected::Connected, ToString::to_string),
        check(state, "source-online", &l.source.state, "ONLINE", online, database),
        check(state, "target-online", &l.target.state, "ONLINE", online, database),
        check(
            state,
            "seeded",
            &l.seeding.phase,
            "done",
            |p| *p == SeedingPhase::Done,
            |p| p.as_str().replace('_', " "),
        ),
        check(
            state,
            "synchronizing",
            &l.sync_state,
            "SYNCHRONIZING or SYNCHRONIZED",
            |s| matches!(s, SyncState::Synchronizing | SyncState::Synchronized),
            ToString::to_string,
        ),
        check(state, "data-moves", &l.suspended, "not suspended", Option::is_none, optional),
        check(
            state,
            "log-space",
            &l.log.used_ratio,
            "under 80 % used",
            |r| *r < LOG_MAX,
            |r| format!("{:.0} % used", r * 100.0),
        ),
        check(
            state,
            "source-cert",
            &l.source.certificate_expires,
            "30 days left",
            |w| days(w) >= CERTIFICATE_DAYS,
            ends,
        ),
        check(
            state,
            "target-cert",
            &l.target.certificate_expires,
            "30 days left",
            |w| days(w) >= CERTIFICATE_DAYS,
            ends,
        ),
    ];
    // Both ends at once is the one thing that must never pass for "unknown".
    if is_primary(&l.source) && is_primary(&l.target) {
        let found = "both sides are primary".to_owned();
        list.insert(0, Check { name: "one-primary", pass: Some(false), expected: "one side", found });
    }
    list
}

/// The link has done its work: conditions of a link are not asked of what is left.
fn past(l: &LinkSnapshot) -> bool {
    l.milestone.fresh().is_some_and(|m| *m >= Milestone::Unlinked)
}

/// What must hold once the link is gone.
fn after(state: &State, l: &LinkSnapshot) -> Vec<Check> {
    let online = |s: &Option<DatabaseState>| s.as_ref() == Some(&DatabaseState::Online);
    let database = |s: &Option<DatabaseState>| s.as_ref().map_or("no such database".to_owned(), ToString::to_string);
    let said = |w: &bool| if *w { "open to the app" } else { "barred or read-only" }.to_owned();
    vec![
        check(state, "one-writable-copy", &l.writable_copies, "at most 1", |n| *n <= 1, ToString::to_string),
        check(state, "target-online", &l.target.state, "ONLINE", online, database),
        check(state, "target-open", &l.target.writable, "open to the app", |w| *w, said),
        check(state, "source-closed", &l.source.writable, "barred or read-only", |w| !*w, said),
        check(state, "first-full-backup", &l.first_full_backup, "there is one", Option::is_some, |b| {
            b.as_ref().map_or("none yet".to_owned(), |w| format!("{} {}Z", w.0.date(), words::time_of_day(Some(w.0))))
        }),
    ]
}

pub fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let t = state.theme;
    let Some(link) = state.link() else {
        let lines = ["no link is selected: `1` shows the fleet".to_owned()];
        return draw::empty(frame, area, &lines);
    };
    if let Some((at, found)) = state.verdicts.of.get(&link.name) {
        return verdict::draw(frame, state, area, *at, found);
    }
    let list = checks(state, link);
    let bad = list.iter().filter(|c| c.pass == Some(false)).count();
    let unknown = list.iter().filter(|c| c.pass.is_none()).count();
    let (sign, tone, word) = match (bad, unknown) {
        (0, 0) => (Sign::Good, Tone::Good, "the watched conditions hold".to_owned()),
        (0, n) => (Sign::Unknown, Tone::Unknown, format!("unknown ({n} of {})", list.len())),
        (b, n) => (Sign::Bad, Tone::Bad, format!("{b} not met, {n} unknown")),
    };
    let mut lines = vec![Line::from(vec![
        t.span(Tone::Strong, format!("{}: ", link.name)),
        t.span(tone, format!("{} {word}", t.sign(sign))),
        t.span(
            Tone::Faint,
            if state.verdicts.asked.contains(&link.name) { "  judging" } else { "  no verdict yet: `c` judges" },
        ),
    ])];
    let width = usize::from(area.width);
    for c in &list {
        lines.push(line(state, c, width));
    }
    lines.push(rule(state, "gates of a cutover", area.width));
    let gates: Vec<_> =
        state.cockpit.story.iter().flat_map(|s| s.gates.iter().filter(|g| g.link == link.name)).collect();
    if gates.is_empty() {
        let lag = words::plain(state, &link.flow.send_queue_bytes, |b| text::bytes(*b));
        for words in words::fold(
            &format!(
                "not judged yet: `p` plans a cutover of this link, its run judges them first and stops at one that does not pass. Waiting to be sent now: {lag}"
            ),
            width,
        ) {
            lines.push(Line::from(t.span(Tone::Unknown, words)));
        }
    } else {
        let at = words::time_of_day(state.cockpit.story.as_ref().and_then(|s| s.gates_at));
        lines.push(Line::from(t.span(Tone::Faint, format!("as judged at {at}Z"))));
        lines.extend(gate_lines(state, &gates, width));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

fn line(state: &State, c: &Check, width: usize) -> Line<'static> {
    let t = state.theme;
    let (sign, tone) = match c.pass {
        Some(true) => (Sign::Good, Tone::Good),
        Some(false) => (Sign::Bad, Tone::Bad),
        None => (Sign::Unknown, Tone::Unknown),
    };
    let wide = width >= 100;
    let expected = if wide { t.fit(c.expected, 32) } else { String::new() };
    let used = 2 + 20 + if wide { 32 } else { 0 };
    let found =
        if !wide && c.pass != Some(true) { format!("{} (expected {})", c.found, c.expected) } else { c.found.clone() };
    Line::from(vec![
        t.span(tone, format!("{} ", t.sign(sign))),
        Span::raw(t.fit(c.name, 20)),
        t.span(Tone::Faint, expected),
        t.span(if c.pass == Some(true) { Tone::Plain } else { tone }, t.cut(&found, width.saturating_sub(used))),
    ])
}
