//! Many nights, and what they covered.

use super::mishap::Mishap;
use super::night;
use super::night::Twist;
use super::watch::Coverage;
use serde::Serialize;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

/// A night that did not end as promised.
#[derive(Debug, Clone, Serialize)]
pub struct Violation {
    pub seed: u64,
    pub why: String,
    /// Plays it again.
    pub command: String,
    /// The end of what happened.
    pub trace: Vec<String>,
}

/// Of all nights.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    pub passed: u64,
    pub failed: u64,
    pub steps: Vec<String>,
    /// Mishap, then how often at each of `steps`.
    pub coverage: Vec<(String, Vec<u64>)>,
    pub least_per_cell: u64,
    /// Half of the turns that the seeds give each cell: below it the coverage counts as a failure.
    pub wanted_per_cell: u64,
    pub violations: Vec<Violation>,
}

impl Summary {
    /// Every night ended well, and every mishap happened at every step as often as it should have.
    pub fn holds(&self) -> bool {
        self.failed == 0 && self.least_per_cell >= self.wanted_per_cell
    }
    /// Cells below the minimum, as `mishap at step`.
    pub fn bare(&self) -> Vec<String> {
        let rows = self.coverage.iter();
        let cells = rows.flat_map(|(mishap, cells)| self.steps.iter().zip(cells).map(move |(s, n)| (mishap, s, *n)));
        let bare = cells.filter(|(_, _, n)| *n < self.wanted_per_cell);
        bare.map(|(mishap, step, n)| format!("{mishap} at {step}: {n}")).collect()
    }
}

/// Lines of a trace that are kept.
const TRACE_MAX: usize = 80;

#[derive(Default)]
struct Sum {
    passed: u64,
    coverage: Coverage,
    /// In the order of the plan.
    steps: Vec<String>,
    violations: Vec<Violation>,
}

/// Plays `count` nights from `first` on, `threads` at a time. `heard` is told of each.
pub fn play(first: u64, count: u64, threads: usize, heard: &(dyn Fn(u64, Option<&str>) + Sync)) -> Summary {
    let next = AtomicU64::new(first);
    let sum = Mutex::new(Sum::default());
    let end = first.saturating_add(count);
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= end {
                        return;
                    }
                    let told = night::run(seed, &Twist::default());
                    heard(seed, told.violation.as_deref());
                    let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
                    for (cell, n) in told.coverage {
                        *sum.coverage.entry(cell).or_default() += n;
                    }
                    if told.steps.len() > sum.steps.len() {
                        sum.steps = told.steps;
                    }
                    match told.violation {
                        None => sum.passed += 1,
                        Some(why) => sum.violations.push(Violation {
                            seed,
                            why,
                            command: format!("milink lab sim --seeds 1 --seed {seed} --trace"),
                            trace: told.trace[told.trace.len().saturating_sub(TRACE_MAX)..].to_vec(),
                        }),
                    }
                }
            });
        }
    });
    let mut sum = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    sum.violations.sort_by_key(|v| v.seed);
    let steps = std::mem::take(&mut sum.steps);
    let row = |m: Mishap| {
        let cells = steps.iter().map(|s| sum.coverage.get(&(m, s.clone())).copied().unwrap_or(0)).collect::<Vec<_>>();
        (m.name().to_owned(), cells)
    };
    let coverage: Vec<_> = Mishap::ALL.into_iter().map(row).collect();
    Summary {
        passed: sum.passed,
        failed: sum.violations.len() as u64,
        wanted_per_cell: count / (2 * (Mishap::ALL.len() * steps.len()).max(1) as u64),
        least_per_cell: coverage.iter().flat_map(|(_, cells)| cells).copied().min().unwrap_or(0),
        steps,
        coverage,
        violations: sum.violations,
    }
}
