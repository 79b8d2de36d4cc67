//! How log moves: queues, rates, positions, and what follows from them.

use super::aged::Aged;
use super::aged::Reading;
use super::snapshot::Flow;
use super::snapshot::LsnGap;
use super::snapshot::Side;
use super::view::View;
use crate::model::group::ReplicaDatabase;
use crate::model::lsn::Lsn;

fn bytes(kb: Option<i64>) -> Option<u64> {
    kb.and_then(|kb| u64::try_from(kb).ok()).map(|kb| kb.saturating_mul(1024))
}

/// Layout of the number: file, block, slot (facts: sql-server-hadr (b)).
const SLOTS: u128 = 100_000;
const BLOCKS: u128 = 10_000_000_000;

/// From the end of the log here to the end of the log there.
pub(super) fn gap(here: Lsn, there: Lsn) -> LsnGap {
    let part = |lsn: Lsn| (lsn.0 / (SLOTS * BLOCKS), lsn.0 / SLOTS % BLOCKS);
    let ((file, block), (file_there, block_there)) = (part(here), part(there));
    let files = u64::try_from(file.saturating_sub(file_there)).unwrap_or(u64::MAX);
    // Behind is what counts: a secondary that was read later than its primary may be ahead.
    let blocks = (file <= file_there).then(|| {
        if file < file_there { 0 } else { u64::try_from(block.saturating_sub(block_there)).unwrap_or(u64::MAX) }
    });
    LsnGap { files, blocks }
}

/// Time to move so much at that rate; an empty queue needs none, and without a rate nobody knows.
pub(super) fn time_ms(bytes: u64, rate: Option<u64>) -> Option<u64> {
    match (bytes, rate) {
        (0, _) => Some(0),
        (_, None | Some(0)) => None,
        (bytes, Some(rate)) => u64::try_from(u128::from(bytes) * 1000 / u128::from(rate)).ok(),
    }
}

/// Commits that the primary has and the secondary has not, by the primary's clock (facts: sql-server-hadr (b) "Times").
pub(super) fn rpo_ms(own: &ReplicaDatabase, remote: &ReplicaDatabase) -> Option<u64> {
    if own.last_commit_lsn? == remote.last_commit_lsn? {
        return Some(0);
    }
    let behind = own.last_commit_at? - remote.last_commit_at?;
    Some(u64::try_from(behind.whole_milliseconds()).unwrap_or(0))
}

pub(super) fn flow(view: &View<'_>) -> Flow {
    let (link, database) = (view.link.name.as_str(), view.link.database.as_str());
    let send_queue = view.primary_row(false, |r| bytes(r.log_send_queue_kb));
    let send_rate = view.primary_row(false, |r| bytes(r.log_send_rate_kb));
    let redo_queue = view.secondary_row(|r| bytes(r.redo_queue_kb));
    let redo_rate = view.secondary_row(|r| bytes(r.redo_rate_kb));
    let rpo = view.of_primary(|seen| rpo_ms(seen.row(link, database, true)?, seen.row(link, database, false)?));
    let queues: Reading = send_queue.reading().and(&redo_queue.reading());
    let no_rate = "there is no rate to reckon with";
    let drain = match (send_queue.value, redo_queue.value) {
        (Some(send), Some(redo)) => {
            let sent = time_ms(send, send_rate.value);
            let redone = time_ms(send.saturating_add(redo), redo_rate.value);
            queues.or_why(sent.zip(redone).map(|(a, b)| a.max(b)), no_rate)
        }
        _ => queues.of(None),
    };
    let rto = redo_queue.reading().or_why(redo_queue.value.and_then(|q| time_ms(q, redo_rate.value)), no_rate);
    Flow {
        send_queue_bytes: send_queue,
        send_rate_bytes_per_s: send_rate,
        redo_queue_bytes: redo_queue,
        redo_rate_bytes_per_s: redo_rate,
        lsn_gap: lsn_gap(view),
        lag_ms: view
            .primary_row(false, |r| r.secondary_lag_seconds.and_then(|s| u64::try_from(s).ok()).map(|s| s * 1000)),
        rpo_ms: rpo,
        drain_ms: drain,
        rto_ms: rto,
    }
}

fn lsn_gap(view: &View<'_>) -> Aged<LsnGap> {
    let end = |side: Side| {
        view.end(side).seen.and_then(|s| s.row(&view.link.name, &view.link.database, true)?.end_of_log_lsn)
    };
    let positions = view.primary_side().map(|side| match side {
        Side::Source => (end(Side::Source), end(Side::Target)),
        Side::Target => (end(Side::Target), end(Side::Source)),
    });
    let both = match positions {
        Some((Some(here), Some(there))) => Some(gap(here, there)),
        _ => None,
    };
    view.ends_reading().or_why(both, "the end of the log is not known on both sides")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_counts_blocks_within_a_file_and_files_across() {
        let at = |file: u128, block: u128| Lsn(file * SLOTS * BLOCKS + block * SLOTS + 1);
        assert!(gap(at(37, 344), at(37, 344)).is_zero());
        assert_eq!(gap(at(37, 344), at(37, 300)), LsnGap { files: 0, blocks: Some(44) });
        assert_eq!(gap(at(39, 8), at(37, 300)), LsnGap { files: 2, blocks: None });
        assert!(gap(at(37, 300), at(37, 344)).is_zero(), "read later, so ahead");
        assert!(gap(at(36, 300), at(37, 1)).is_zero());
    }

    #[test]
    fn no_rate_is_no_estimate_and_no_queue_needs_none() {
        assert_eq!(time_ms(0, None), Some(0));
        assert_eq!(time_ms(4096, None), None);
        assert_eq!(time_ms(4096, Some(0)), None);
        assert_eq!(time_ms(4096, Some(1024)), Some(4000));
    }
}
