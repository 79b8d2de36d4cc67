//! The past of each link, kept beside the journal.

use crate::journal::history::History;
use crate::journal::history::HistoryRow;
use crate::monitor::history::POINTS_MAX;
use crate::monitor::history::Point;
use crate::monitor::run::HistoryStore;

impl HistoryStore for History {
    fn load(&self, link: &str) -> Vec<Point> {
        // A past that cannot be read is an empty one: charts begin now.
        let rows = self.newest(link, POINTS_MAX).unwrap_or_default();
        rows.into_iter().map(|r| point(&r)).collect()
    }

    fn keep(&self, points: &[(String, Point)]) {
        let rows: Vec<HistoryRow> = points.iter().map(|(link, p)| row(link, p)).collect();
        // Watching goes on without its past; the file says why when it is opened next.
        let _ = self.add(&rows);
    }
}

fn row(link: &str, p: &Point) -> HistoryRow {
    HistoryRow {
        link: link.to_owned(),
        at_ms: p.at_ms,
        lag_ms: p.lag_ms,
        rpo_ms: p.rpo_ms,
        send_queue_bytes: p.send_queue_bytes,
        redo_queue_bytes: p.redo_queue_bytes,
        log_used_ratio: p.log_used_ratio,
        seeding_percent: p.seeding_percent,
    }
}

fn point(r: &HistoryRow) -> Point {
    Point {
        at_ms: r.at_ms,
        lag_ms: r.lag_ms,
        rpo_ms: r.rpo_ms,
        send_queue_bytes: r.send_queue_bytes,
        redo_queue_bytes: r.redo_queue_bytes,
        log_used_ratio: r.log_used_ratio,
        seeding_percent: r.seeding_percent,
    }
}
