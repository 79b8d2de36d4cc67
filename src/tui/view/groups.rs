//! The place for failover groups. Until they are read, nothing is claimed about them.

use super::draw;
use crate::monitor::snapshot::Milestone;
use crate::tui::state::State;
use ratatui::Frame;
use ratatui::layout::Rect;

pub fn draw(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let mut lines = vec![
        "Failover groups are not read by this screen: their state is unknown here.".to_owned(),
        "A link and a failover group exclude each other on one instance: a group is made after the last link of its instance is gone (milestone `unlinked`), and the copy is `protected` only then.".to_owned(),
    ];
    if let Some(snapshot) = &state.watch.snapshot {
        let ready = |l: &&crate::monitor::snapshot::LinkSnapshot| {
            l.milestone.fresh().is_some_and(|m| *m >= Milestone::Unlinked)
        };
        let names: Vec<_> = snapshot.links.iter().filter(ready).map(|l| l.name.as_str()).collect();
        lines.push(match names.as_slice() {
            [] => "No link has reached `unlinked`.".to_owned(),
            some => format!("Unlinked, and not protected by anything seen here: {}.", some.join(", ")),
        });
    }
    draw::empty(frame, area, &lines);
}
