//! What replication does not bring: logins, jobs, linked servers and the like, as both sides had them when somebody asked.

use super::draw;
use super::words;
use super::words::time_of_day;
use crate::report::objects::ObjectLine;
use crate::report::objects::ObjectWord;
use crate::report::objects::ObjectsReport;
use crate::tui::state::State;
use crate::tui::theme::Sign;
use crate::tui::theme::Tone;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::text::Span;
use ratatui::widgets::Paragraph;
use time::OffsetDateTime;

/// A comparison older than this says nothing any more: the servers may have changed.
const AGE_MAX_S: i64 = 300;
/// Columns of kind and name.
const KIND: usize = 15;
const NAME: usize = 24;
/// Lines of explanation under one object.
const WHY_MAX: usize = 3;

pub fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let Some(link) = state.link_name() else {
        return draw::empty(frame, area, &["no link is selected: `1` shows the fleet".to_owned()]);
    };
    let asked = state.objects.asked.contains(&link);
    let (at, report) = match state.objects.of.get(&link) {
        Some((at, Ok(report))) => (*at, report),
        Some((_, Err(why))) if !asked => {
            let lines = [format!("{link}: not compared: {why}"), "`o` tries again.".to_owned()];
            return draw::empty(frame, area, &lines);
        }
        _ => {
            let lines = [
                format!(
                    "{link}: logins, server roles, Agent jobs, operators, linked servers and credentials are not replicated."
                ),
                if asked { "Both sides are being compared." } else { "`o` compares both sides; it reads only." }
                    .to_owned(),
            ];
            return draw::empty(frame, area, &lines);
        }
    };
    let width = usize::from(area.width);
    let mut lines = vec![head(state, &link, report, at, asked, width)];
    let mut body = Vec::new();
    for line in ordered(report) {
        body.extend(object(state, line, width));
    }
    if body.is_empty() {
        body.push(Line::from(Span::raw("  nothing of this kind is in use by the database")));
    }
    let last = body.len().saturating_sub(usize::from(area.height).saturating_sub(1));
    lines.extend(body.into_iter().skip(state.objects.scroll.min(last)));
    frame.render_widget(Paragraph::new(lines), area);
}

/// What stands in the way first.
fn ordered(report: &ObjectsReport) -> Vec<&ObjectLine> {
    let rank = |o: &ObjectLine| match o.state {
        ObjectWord::Manual => 0,
        ObjectWord::Missing => 1,
        ObjectWord::Differs => 2,
        ObjectWord::Same => 3,
    };
    let mut lines: Vec<&ObjectLine> = report.objects.iter().collect();
    lines.sort_by_key(|o| rank(o));
    lines
}

fn head(
    state: &State,
    link: &str,
    report: &ObjectsReport,
    at: OffsetDateTime,
    asked: bool,
    width: usize,
) -> Line<'static> {
    let t = state.theme;
    let age = (state.now - at).whole_seconds().max(0);
    let (sign, tone) = match (report.manual, report.to_sync) {
        _ if age > AGE_MAX_S => (Sign::Unknown, Tone::Unknown),
        (0, 0) => (Sign::Good, Tone::Good),
        _ => (Sign::Bad, Tone::Bad),
    };
    let same = report.objects.iter().filter(|o| o.state == ObjectWord::Same).count();
    let found = format!(
        "{} {link}: {} to bring over, {} by hand, {same} the same",
        t.sign(sign),
        report.to_sync,
        report.manual
    );
    let age_words = words::short_ms(age.unsigned_abs() * 1000);
    let when = match (asked, age > AGE_MAX_S) {
        (true, _) => " (comparing again)".to_owned(),
        (_, true) => format!(" ({age_words} old: `o` again)"),
        _ => format!(" (at {}Z)", time_of_day(Some(at))),
    };
    let left = width.saturating_sub(crate::tui::theme::columns(&found));
    Line::from(vec![t.span(tone, t.cut(&found, width)), t.span(Tone::Faint, t.cut(&when, left))])
}

/// One line; what is not the same has its reason beside it, and under it what does not fit.
fn object(state: &State, o: &ObjectLine, width: usize) -> Vec<Line<'static>> {
    let t = state.theme;
    let (sign, tone, word) = match o.state {
        ObjectWord::Same => (Sign::Good, Tone::Good, "same"),
        ObjectWord::Missing => (Sign::Bad, Tone::Bad, "missing"),
        ObjectWord::Differs => (Sign::Warn, Tone::Warn, "differs"),
        ObjectWord::Manual => (Sign::Bad, Tone::Bad, "by hand"),
    };
    let mut lines = vec![Line::from(vec![
        t.span(tone, format!("{} ", t.sign(sign))),
        Span::raw(t.fit(&o.kind.replace('_', " "), KIND)),
        Span::raw(t.fit(&o.name, NAME) + " "),
        t.span(tone, word.to_owned()),
    ])];
    let why: Vec<&str> = o.details.iter().chain(&o.notes).map(String::as_str).collect();
    let folded = words::fold(&why.join("; "), width.saturating_sub(4));
    lines.extend(folded.into_iter().take(WHY_MAX).map(|l| Line::from(t.span(Tone::Faint, format!("    {l}")))));
    lines
}
