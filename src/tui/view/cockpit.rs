//! The cutover:
//!
//! ```text
//! cutover-20261121-210411-ab12  ledger  RUNNING  5 of 12 steps
//! L1 switch sent: no   L2 target opened: no   before L1 abort undoes everything
//! outage 0:42 of 15:00 [####--------------------]  server-side estimate
//! ✓ gates    take the lease of ledger                          0.1s
//! ▶ fence    stop the writers of ledger on sql-a               1.2s
//! -- events | Tab: gates, step ----------------------------------
//! 21:04:11 cutover.lease/ledger done: …
//! ```
//!
//! From 120 columns and 24 rows on, gates and the selected step stand beside the tree; below, `Tab` shows one of the three under it.

use super::draw;
use super::fleet::first_row;
use super::fleet::rule;
use super::words;
use super::words::clock;
use super::words::short_ms;
use super::words::time_of_day;
use crate::base::text;
use crate::journal::record::ChangeResult;
use crate::journal::record::Line as Crossing;
use crate::journal::record::RunResult;
use crate::tui::event::Ending;
use crate::tui::state::Pane;
use crate::tui::state::State;
use crate::tui::state::Subject;
use crate::tui::story::Gate;
use crate::tui::story::Standing;
use crate::tui::story::StepStory;
use crate::tui::story::Story;
use crate::tui::story::Weight;
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
use std::time::Duration;
use time::OffsetDateTime;

const WIDE: u16 = 120;
const TALL: u16 = 20;
/// Rows of the pane under the tree, with its title.
const PANE_MIN: u16 = 5;
/// Columns of the longest stage's name.
const STAGE_MAX: usize = 14;
/// Rows of gates and step beside the tree.
const SIDE_MIN: u16 = 20;

pub fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let Some(story) = &state.cockpit.story else {
        return draw::empty(frame, area, &nothing(state));
    };
    let width = usize::from(area.width);
    let heads = vec![headline(state, story, width), lines_line(state, story, width), outage_line(state, story, width)];
    let above = (area.height / 2).min(heads.len() as u16);
    let [head, rest] = Layout::vertical([Constraint::Length(above), Constraint::Min(0)]).areas(area);
    frame.render_widget(Paragraph::new(heads), head);
    if area.width >= WIDE && area.height >= TALL {
        return wide(frame, state, story, rest);
    }
    // The tree gets what it needs as long as the pane keeps its rows; the pane the rest.
    let most = (rest.height * 2 / 3).max(rest.height.saturating_sub(PANE_MIN));
    let steps = (story.steps.len() as u16).min(most);
    let [tree, pane] = Layout::vertical([Constraint::Length(steps), Constraint::Min(0)]).areas(rest);
    frame.render_widget(Paragraph::new(tree_lines(state, story, tree)), tree);
    let others: Vec<_> =
        [Pane::Log, Pane::Gates, Pane::Step].into_iter().filter(|p| *p != state.cockpit.pane).map(Pane::word).collect();
    let title = format!("{} (Tab: {})", state.cockpit.pane.word(), others.join(", "));
    draw_pane(frame, state, story, state.cockpit.pane, &title, pane);
}

fn wide(frame: &mut Frame<'_>, state: &State, story: &Story, area: Rect) {
    let upper = (story.steps.len() as u16).max(SIDE_MIN).min(area.height * 2 / 3);
    let log = area.height.saturating_sub(upper);
    let [upper, lower] = Layout::vertical([Constraint::Min(0), Constraint::Length(log)]).areas(area);
    let [tree, _, side] =
        Layout::horizontal([Constraint::Percentage(55), Constraint::Length(1), Constraint::Fill(1)]).areas(upper);
    let gates = (story.gates.len() as u16 + 1).clamp(2, upper.height / 2 + 1);
    let [gate_area, step_area] = Layout::vertical([Constraint::Length(gates), Constraint::Min(0)]).areas(side);
    frame.render_widget(Paragraph::new(tree_lines(state, story, tree)), tree);
    draw_pane(frame, state, story, Pane::Gates, "gates", gate_area);
    draw_pane(frame, state, story, Pane::Step, "step", step_area);
    draw_pane(frame, state, story, Pane::Log, "events", lower);
}

fn draw_pane(frame: &mut Frame<'_>, state: &State, story: &Story, pane: Pane, title: &str, area: Rect) {
    if area.height == 0 {
        return;
    }
    let width = usize::from(area.width);
    let mut lines = vec![rule(state, title, area.width)];
    let room = usize::from(area.height) - 1;
    match pane {
        Pane::Log => {
            let all = &story.log;
            let end = all.len().saturating_sub(state.cockpit.back.min(all.len()));
            lines.extend(all[end.saturating_sub(room)..end].iter().map(|e| {
                let tone = match e.weight {
                    Weight::Plain => Tone::Plain,
                    Weight::Good => Tone::Good,
                    Weight::Bad => Tone::Bad,
                    Weight::Strong => Tone::Strong,
                    Weight::Faint => Tone::Faint,
                };
                let t = state.theme;
                let times = if e.times > 1 { format!(" ({} times)", e.times) } else { String::new() };
                Line::from(vec![
                    t.span(Tone::Faint, format!("{} ", time_of_day(e.at))),
                    t.span(tone, t.cut(&format!("{}{times}", e.text), width.saturating_sub(9))),
                ])
            }));
        }
        Pane::Gates => {
            let gates: Vec<&Gate> = story.gates.iter().collect();
            if gates.is_empty() {
                let words = "not judged yet: the run judges them before it touches anything";
                lines.push(Line::from(state.theme.span(Tone::Unknown, state.theme.cut(words, width))));
            }
            lines.extend(gate_lines(state, &gates, width));
        }
        Pane::Step => lines.extend(step_lines(state, story, width)),
    }
    frame.render_widget(Paragraph::new(lines), area);
}

fn nothing(state: &State) -> Vec<String> {
    match &state.cockpit.subject {
        Subject::Nothing => vec![
            "No cutover is planned or shown.".to_owned(),
            "`p` plans one for the marked links, or for the selected one. That reads both sides and changes nothing."
                .to_owned(),
            "`5` lists the runs of the journal; Enter opens one here.".to_owned(),
        ],
        Subject::Planning { links } => vec![format!("planning the cutover of {}: reading both sides", list(links))],
        Subject::NoPlan { links, why } => {
            vec![format!("no plan for {}:", list(links)), why.clone(), "`p` tries again.".to_owned()]
        }
        Subject::Planned { .. } => Vec::new(),
        Subject::Run(run) => vec![format!("reading {run}")],
    }
}

/// The names of few, the number of many.
fn list(links: &[String]) -> String {
    if links.len() <= 3 { links.join(", ") } else { text::count(links.len(), "link") }
}

/// Word and tone of how the subject stands.
fn standing(state: &State, story: &Story) -> (&'static str, Tone) {
    if let Subject::Planned { .. } | Subject::Planning { .. } = state.cockpit.subject {
        return ("PLAN, nothing changed", Tone::Accent);
    }
    if let Some(r) = &state.cockpit.replay
        && r.upto < r.records.len()
    {
        return ("REPLAY", Tone::Accent);
    }
    match (story.end, &state.live, &state.cockpit.ending) {
        (Some(RunResult::Committed), _, _) => ("COMMITTED", Tone::Good),
        (Some(RunResult::RolledBack), _, _) => ("ROLLED BACK", Tone::Bad),
        (None, Some(l), _) if state.drives_shown() && l.stopping => ("STOPPING", Tone::Bad),
        (None, Some(_), _) if state.drives_shown() => ("RUNNING", Tone::Accent),
        (None, None, Some(Ending::Failed { .. })) => ("STOPPED HALF WAY: `R` resumes", Tone::Bad),
        _ => ("OPEN, not driven from here", Tone::Warn),
    }
}

fn headline(state: &State, story: &Story, width: usize) -> Line<'static> {
    let t = state.theme;
    let (word, tone) = standing(state, story);
    let name = match &state.cockpit.subject {
        Subject::Planned { .. } | Subject::Planning { .. } => "cutover".to_owned(),
        _ => story.run.to_string(),
    };
    let replay = match &state.cockpit.replay {
        Some(r) if r.upto < r.records.len() || r.playing => {
            let word = if r.playing { "playing" } else { "paused" };
            format!("  replay {} of {} ({word})", r.upto, r.records.len())
        }
        _ => String::new(),
    };
    let progress = format!("  {} of {}{replay}", story.finished_steps(), text::count(story.steps.len(), "step"));
    let fixed = columns(&name) + word.len() + progress.len() + 4;
    Line::from(vec![
        t.span(Tone::Strong, name),
        Span::raw(format!("  {}  ", t.cut(&list(&story.links), width.saturating_sub(fixed).max(8)))),
        t.span(tone, word),
        Span::raw(progress),
    ])
}

fn lines_line(state: &State, story: &Story, width: usize) -> Line<'static> {
    let t = state.theme;
    let crossed = |at: Option<OffsetDateTime>| match at {
        Some(at) => t.span(Tone::Strong, time_of_day(Some(at))),
        None => t.span(Tone::Faint, "not crossed"),
    };
    if !story.is_cutover() {
        return Line::default();
    }
    let mut spans = vec![Span::raw("L1 (switch) "), crossed(story.l1), Span::raw(" | L2 (open) "), crossed(story.l2)];
    let mut left = width.saturating_sub(spans.iter().map(Span::width).sum());
    let mut add = |words: String, least: usize, tone: Tone| {
        // Not cut to nonsense: the way back is in the dialogue of `a` too.
        if left >= least {
            let words = t.cut(&format!(" | {words}"), left);
            left -= columns(&words);
            spans.push(t.span(tone, words));
        }
    };
    if state.cockpit.replay.is_none() || story.end.is_some() {
        add(milestone(state, story), 14, Tone::Strong);
        add(story.way_back().to_owned(), 44, Tone::Faint);
    }
    Line::from(spans)
}

/// The milestone that is reached least, of the links of this run, as the monitor sees it now.
fn milestone(state: &State, story: &Story) -> String {
    let Some(snapshot) = &state.watch.snapshot else { return "milestone ?".to_owned() };
    let mine = snapshot.links.iter().filter(|l| story.links.contains(&l.name));
    match mine.min_by_key(|l| l.milestone.known().copied()) {
        Some(l) => words::milestone(state, l),
        None => "milestone ?".to_owned(),
    }
}

fn outage_line(state: &State, story: &Story, width: usize) -> Line<'static> {
    let t = state.theme;
    let now = match &state.cockpit.replay {
        Some(_) => story.last_at.unwrap_or(state.now),
        None => state.now,
    };
    let budget = story.budget.map_or(String::new(), |b| format!(" of {}", clock(b)));
    let Some(lasted) = story.outage.lasted(now) else {
        let words = if story.is_cutover() { format!("outage not begun{budget}") } else { String::new() };
        return Line::from(t.span(Tone::Faint, words));
    };
    let share = story.budget.map(|b| lasted.as_secs_f64() / b.as_secs_f64().max(0.001));
    let tone = match (share, story.outage.to) {
        (Some(s), _) if s > 1.0 => Tone::Bad,
        (Some(s), None) if s > 0.8 => Tone::Bad,
        (Some(s), None) if s > 0.5 => Tone::Warn,
        (_, None) => Tone::Accent,
        (_, Some(_)) => Tone::Good,
    };
    let word = if story.outage.to.is_some() { "outage was" } else { "outage" };
    let words = if story.outage.to.is_some() {
        format!("{word} {}{budget} ", text::duration(lasted))
    } else {
        format!("{word} {}{budget} ", clock(lasted))
    };
    let note = " server-side estimate";
    let bar = width.saturating_sub(words.len() + note.len()).min(40);
    let mut spans = vec![t.span(tone, words)];
    if bar >= 8 {
        spans.push(t.span(tone, t.bar(share.or(Some(0.0)), bar)));
    }
    spans.push(t.span(Tone::Faint, note));
    Line::from(spans)
}

fn tree_lines(state: &State, story: &Story, area: Rect) -> Vec<Line<'static>> {
    let t = state.theme;
    let width = usize::from(area.width);
    let height = usize::from(area.height).max(1);
    let stage_width = story.steps.iter().map(|s| columns(&s.stage)).max().unwrap_or(0).min(STAGE_MAX) + 1;
    let at = state.cockpit.cursor();
    let top = first_row(at, story.steps.len(), height);
    let mut lines = Vec::new();
    for (i, s) in story.steps.iter().enumerate().skip(top).take(height) {
        let begins = i == top || story.steps[i - 1].stage != s.stage;
        let (sign, tone) = sign_of(s.standing);
        let base = t.style(if i == at { Tone::Selected } else { Tone::Plain });
        let stage = if begins { s.stage.as_str() } else { "" };
        let left = width.saturating_sub(2 + stage_width + 8);
        let words = t.fit(&told(state, s, width), left);
        lines.push(Line::from(vec![
            Span::styled(format!("{} ", t.sign(sign)), t.style(tone).patch(base)),
            Span::styled(t.fit(stage, stage_width), t.style(Tone::Faint).patch(base)),
            Span::styled(words, base),
            Span::styled(format!("{:>8}", took(state, s)), base),
        ]));
    }
    lines
}

fn sign_of(standing: Standing) -> (Sign, Tone) {
    match standing {
        Standing::Waiting => (Sign::Waiting, Tone::Faint),
        Standing::Running => (Sign::Running, Tone::Accent),
        Standing::Done | Standing::AlreadyDone => (Sign::Good, Tone::Good),
        Standing::Skipped => (Sign::Skipped, Tone::Faint),
        Standing::Failed => (Sign::Bad, Tone::Bad),
        Standing::Undoing => (Sign::Undone, Tone::Accent),
        Standing::Undone => (Sign::Undone, Tone::Plain),
    }
}

/// What is done, and after a dash what came of it or how far it is.
fn told(state: &State, s: &StepStory, width: usize) -> String {
    // Where there is no room for both, a finished step shows what came of it.
    if width < 100 && !s.note.is_empty() && !s.standing.is_busy() {
        let name = s.id.as_str().split_once('.').map_or(s.id.as_str(), |(_, name)| name).replace('_', " ");
        return format!("{name}: {}", s.note);
    }
    let line = match s.crosses {
        Some(Crossing::L1) => "L1 ",
        Some(Crossing::L2) => "L2 ",
        None => "",
    };
    let live = state.live.as_ref().and_then(|l| l.progress.get(&s.id)).filter(|_| s.standing.is_busy());
    let after = match live {
        Some((text, Some(f))) => format!(" - {text} ({:.0} %)", f * 100.0),
        Some((text, None)) => format!(" - {text}"),
        None if s.note.is_empty() => String::new(),
        None => format!(" - {}", s.note),
    };
    format!("{line}{}{after}", s.summary)
}

fn took(state: &State, s: &StepStory) -> String {
    match (s.standing, s.took, s.started) {
        (Standing::Running, _, Some(from)) if state.cockpit.replay.is_none() => {
            let so_far = Duration::try_from(state.now - from).unwrap_or_default();
            clock(so_far)
        }
        (_, Some(d), _) => short_ms(d.as_millis() as u64),
        _ => String::new(),
    }
}

/// A line a gate; what does not pass has its expectation and its hint under it.
pub(super) fn gate_lines(state: &State, gates: &[&Gate], width: usize) -> Vec<Line<'static>> {
    let t = state.theme;
    let mut sorted = gates.to_vec();
    sorted.sort_by_key(|g| match g.pass {
        Some(false) => 0,
        None => 1,
        Some(true) => 2,
    });
    let many = sorted.windows(2).any(|w| w[0].link != w[1].link);
    let mut lines = Vec::new();
    for g in sorted {
        let (sign, tone) = match g.pass {
            Some(true) => (Sign::Good, Tone::Good),
            Some(false) => (Sign::Bad, Tone::Bad),
            None => (Sign::Unknown, Tone::Unknown),
        };
        let link = if many { format!("{} ", g.link) } else { String::new() };
        lines.push(Line::from(vec![
            t.span(tone, format!("{} ", t.sign(sign))),
            Span::raw(t.fit(&format!("{link}{}", g.gate), 27)),
            t.span(if g.pass == Some(true) { Tone::Faint } else { tone }, t.cut(&g.found, width.saturating_sub(29))),
        ]));
        if g.pass != Some(true) {
            lines.push(Line::from(t.cut(&format!("    expected {}", g.expected), width)));
            lines.push(Line::from(t.cut(&format!("    next: {}", g.hint), width)));
        }
    }
    lines
}

fn step_lines(state: &State, story: &Story, width: usize) -> Vec<Line<'static>> {
    let t = state.theme;
    let Some(s) = story.steps.get(state.cockpit.cursor()) else { return Vec::new() };
    let mut lines = vec![Line::from(vec![
        t.span(Tone::Strong, t.cut(&format!("{} ", s.id), width)),
        Span::raw(format!("on {}  {}", s.site, s.standing.word())),
    ])];
    if s.attempts > 1 {
        lines.push(Line::from(format!("attempt {}", s.attempts)));
    }
    let mut push = |label: &str, words: &str, most: usize, tone: Tone| {
        let folded = words::fold(words, width.saturating_sub(6));
        for (n, line) in folded.into_iter().take(most).enumerate() {
            lines.push(words::labelled(t, if n == 0 { label } else { "" }, 6, vec![t.span(tone, line)]));
        }
    };
    if !s.note.is_empty() {
        let tone = if s.standing == Standing::Failed { Tone::Bad } else { Tone::Plain };
        push("found", &s.note, 4, tone);
    }
    push("undo", &s.undo, 2, Tone::Plain);
    for (name, value) in s.evidence.iter().filter(|(name, _)| name != "gates") {
        push("proof", &format!("{name} {value}"), 3, Tone::Plain);
    }
    if s.sent.is_empty() {
        for call in s.preview.iter().take(8) {
            push("will", call, 3, Tone::Faint);
        }
    }
    for sent in &s.sent {
        let (word, tone) = match &sent.result {
            Some(ChangeResult::Ok) => ("sent", Tone::Plain),
            Some(ChangeResult::Failed { .. }) => ("no", Tone::Bad),
            Some(ChangeResult::Unknown { .. }) => ("lost", Tone::Bad),
            None => ("out", Tone::Unknown),
        };
        push(word, &format!("{}: {}", sent.site, sent.shown), 3, tone);
    }
    lines
}
