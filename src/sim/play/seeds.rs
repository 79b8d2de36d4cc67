//! Many nights, and what they covered.

use super::fog_night;
use super::fog_night::deed::Deed;
use super::mishap::Mishap;
use super::night;
use super::night::Twist;
use super::watch::Coverage;
use serde::Serialize;
use std::sync::Mutex;
use std::sync::MutexGuard;
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
    /// The same of the nights of failover groups.
    pub groups: Covered,
    pub violations: Vec<Violation>,
}

/// How often what happened where.
#[derive(Debug, Clone, Serialize)]
pub struct Covered {
    pub nights: u64,
    pub steps: Vec<String>,
    pub coverage: Vec<(String, Vec<u64>)>,
    pub least_per_cell: u64,
    pub wanted_per_cell: u64,
}

impl Covered {
    fn of(nights: u64, mishaps: &[Mishap], steps: Vec<String>, found: &Coverage) -> Self {
        let row = |m: &Mishap| {
            let cells: Vec<u64> = steps.iter().map(|s| found.get(&(*m, s.clone())).copied().unwrap_or(0)).collect();
            (m.name().to_owned(), cells)
        };
        let coverage: Vec<_> = mishaps.iter().map(row).collect();
        Self {
            nights,
            wanted_per_cell: nights / (2 * (mishaps.len() * steps.len()).max(1) as u64),
            least_per_cell: coverage.iter().flat_map(|(_, cells)| cells).copied().min().unwrap_or(0),
            steps,
            coverage,
        }
    }
    fn holds(&self) -> bool {
        self.least_per_cell >= self.wanted_per_cell
    }
    fn bare(&self) -> impl Iterator<Item = String> {
        let rows = self.coverage.iter();
        let cells = rows.flat_map(|(mishap, cells)| self.steps.iter().zip(cells).map(move |(s, n)| (mishap, s, *n)));
        let bare = cells.filter(|(_, _, n)| *n < self.wanted_per_cell);
        bare.map(|(mishap, step, n)| format!("{mishap} at {step}: {n}"))
    }
}

impl Summary {
    /// The nights of links.
    fn links(&self) -> Covered {
        Covered {
            nights: self.passed + self.failed - self.groups.nights,
            steps: self.steps.clone(),
            coverage: self.coverage.clone(),
            least_per_cell: self.least_per_cell,
            wanted_per_cell: self.wanted_per_cell,
        }
    }
    /// Every night ended well, and every mishap happened at every step as often as it should have.
    pub fn holds(&self) -> bool {
        self.failed == 0 && self.links().holds() && self.groups.holds()
    }
    /// Cells below the minimum, as `mishap at step`.
    pub fn bare(&self) -> Vec<String> {
        self.links().bare().chain(self.groups.bare()).collect()
    }
}

/// One night in so many is of a failover group.
const GROUPS_EVERY: u64 = 4;

/// What a seed plays: the nights of links and those of groups each count for themselves, so that each take every turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Night {
    Link(u64),
    Group(u64),
}

impl Night {
    pub fn of(seed: u64) -> Self {
        let groups = seed / GROUPS_EVERY;
        if seed % GROUPS_EVERY == GROUPS_EVERY - 1 { Self::Group(groups) } else { Self::Link(seed - groups) }
    }
    /// All that happens in it.
    pub fn trace(self) -> Vec<String> {
        match self {
            Self::Link(seed) => night::run(seed, &Twist::default()).trace,
            Self::Group(seed) => fog_night::night::run(seed, &fog_night::night::Twist::default()).trace,
        }
    }
}

/// Lines of a trace that are kept.
const TRACE_MAX: usize = 80;

#[derive(Default)]
struct Sum {
    passed: u64,
    groups: u64,
    coverage: Coverage,
    of_groups: Coverage,
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
                    let (violation, trace) = match Night::of(seed) {
                        Night::Link(seed) => {
                            let told = night::run(seed, &Twist::default());
                            let mut sum = lock(&sum);
                            add(&mut sum.coverage, told.coverage);
                            if told.steps.len() > sum.steps.len() {
                                sum.steps = told.steps;
                            }
                            (told.violation, told.trace)
                        }
                        Night::Group(seed) => {
                            let told = fog_night::night::run(seed, &fog_night::night::Twist::default());
                            let mut sum = lock(&sum);
                            sum.groups += 1;
                            add(&mut sum.of_groups, told.coverage);
                            (told.violation, told.trace)
                        }
                    };
                    heard(seed, violation.as_deref());
                    let mut sum = lock(&sum);
                    match violation {
                        None => sum.passed += 1,
                        Some(why) => sum.violations.push(Violation {
                            seed,
                            why,
                            command: format!("milink lab sim --seeds 1 --seed {seed} --trace"),
                            trace: trace[trace.len().saturating_sub(TRACE_MAX)..].to_vec(),
                        }),
                    }
                }
            });
        }
    });
    let mut sum = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    sum.violations.sort_by_key(|v| v.seed);
    let links = Covered::of(count - sum.groups, &Mishap::ALL, std::mem::take(&mut sum.steps), &sum.coverage);
    let mishaps: Vec<Mishap> = fog_night::night::mishaps().collect();
    let kinds = Deed::all_kinds().into_iter().map(str::to_owned).collect();
    Summary {
        passed: sum.passed,
        failed: sum.violations.len() as u64,
        wanted_per_cell: links.wanted_per_cell,
        least_per_cell: links.least_per_cell,
        steps: links.steps,
        coverage: links.coverage,
        groups: Covered::of(sum.groups, &mishaps, kinds, &sum.of_groups),
        violations: sum.violations,
    }
}

fn lock(sum: &Mutex<Sum>) -> MutexGuard<'_, Sum> {
    sum.lock().unwrap_or_else(PoisonError::into_inner)
}

fn add(into: &mut Coverage, found: Coverage) {
    for (cell, n) in found {
        *into.entry(cell).or_default() += n;
    }
}
