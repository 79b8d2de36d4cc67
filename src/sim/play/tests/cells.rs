//! Many cells of a matrix, side by side.

use crate::base::error::Result;
use crate::sim::play::faults::Blow;
use crate::sim::play::faults::Place;
use std::sync::Mutex;

/// Side by side: each is one thread that never waits.
const THREADS: usize = 2;

/// Plays all; how many were of the kind that `play` tells second. It tells first whether the blow has struck. All that failed are
/// told together.
pub(super) fn sweep(cells: Vec<(Place, Blow)>, play: impl Fn(&Place, Blow) -> Result<(bool, bool)> + Sync) -> usize {
    let total = cells.len();
    let (open, failed, counted) = (Mutex::new(cells), Mutex::new(Vec::new()), Mutex::new(0));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let Some((place, blow)) = open.lock().unwrap().pop() else { return };
                    let name = format!("{} at {place}", blow.name());
                    match play(&place, blow) {
                        // A step that found its work done does not run, so it cannot run twice.
                        Ok((struck, _)) if !struck && blow != Blow::Twice => {
                            failed.lock().unwrap().push(format!("{name}: never struck"));
                        }
                        Ok((_, counts)) => *counted.lock().unwrap() += usize::from(counts),
                        Err(e) => failed.lock().unwrap().push(format!("{name}: {}", e.chain())),
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} of {total} cells:\n{}", failed.len(), failed.join("\n\n"));
    counted.into_inner().unwrap()
}
