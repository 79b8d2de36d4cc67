//! What can go wrong in a night, and where in the run it does.

use crate::base::random::Random;
use crate::base::random::Seeded;
use crate::effects::fault::Point;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mishap {
    /// The change (or the step) fails.
    Fail,
    /// The process ends.
    Crash,
    /// Somebody asks the run to stop.
    Abort,
    /// The laptop sleeps; its sessions die; another process aborts the run meanwhile, and the sleeper wakes up.
    SleepAndAbort,
    /// The same, and the other process goes on with the run.
    SleepAndResume,
    /// Somebody else, on another laptop, starts a cutover of the same links.
    SecondOperator,
    /// The same, at once, from the operator's own laptop: `resume` of the run that is alive.
    DoubleResume,
    CutSource,
    CutTarget,
    CutAzure,
    /// No log passes between the two sides.
    CutLink,
    /// The application does not reach its server.
    CutApplication,
    ArmThrottled,
    ArmUnavailable,
    ArmAnswerLost,
    ArmDropped,
    /// A batch of rows at once.
    Burst,
    /// The server stops and starts again: its sessions and what they had not committed are gone, and for a while nobody gets in.
    RestartSource,
    RestartTarget,
    /// Of failover groups: the region of that member is lost, and comes back.
    LoseSource,
    LoseTarget,
    /// Of failover groups: the next operation is accepted and ends in failure, having done nothing.
    OperationFails,
}

impl Mishap {
    pub const ALL: [Mishap; 19] = [
        Mishap::Fail,
        Mishap::Crash,
        Mishap::Abort,
        Mishap::SleepAndAbort,
        Mishap::SleepAndResume,
        Mishap::SecondOperator,
        Mishap::DoubleResume,
        Mishap::CutSource,
        Mishap::CutTarget,
        Mishap::CutAzure,
        Mishap::CutLink,
        Mishap::CutApplication,
        Mishap::ArmThrottled,
        Mishap::ArmUnavailable,
        Mishap::ArmAnswerLost,
        Mishap::ArmDropped,
        Mishap::Burst,
        Mishap::RestartSource,
        Mishap::RestartTarget,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Mishap::Fail => "fail",
            Mishap::Crash => "crash",
            Mishap::Abort => "abort",
            Mishap::SleepAndAbort => "sleep-abort",
            Mishap::SleepAndResume => "sleep-resume",
            Mishap::SecondOperator => "second",
            Mishap::DoubleResume => "double",
            Mishap::CutSource => "cut-source",
            Mishap::CutTarget => "cut-target",
            Mishap::CutAzure => "cut-azure",
            Mishap::CutLink => "cut-link",
            Mishap::CutApplication => "cut-app",
            Mishap::ArmThrottled => "arm-429",
            Mishap::ArmUnavailable => "arm-503",
            Mishap::ArmAnswerLost => "arm-lost",
            Mishap::ArmDropped => "arm-drop",
            Mishap::Burst => "burst",
            Mishap::RestartSource => "restart-source",
            Mishap::RestartTarget => "restart-target",
            Mishap::LoseSource => "lose-source",
            Mishap::LoseTarget => "lose-target",
            Mishap::OperationFails => "arm-fails",
        }
    }
}

/// A mishap and its moment: when a step of that kind passes that point, or at the latest when it is done.
#[derive(Debug, Clone)]
pub struct Due {
    pub mishap: Mishap,
    pub kind: String,
    pub point: Point,
    /// Passings of the point let by first.
    pub skip: u32,
    /// From the moment to the mishap; not for those that strike the process itself.
    pub delay: Duration,
    /// How long it lasts, where it does.
    pub lasts: Duration,
}

/// Moments to choose from.
const POINTS: [Point; 5] =
    [Point::StepStarted, Point::BeforeAct, Point::AfterAct, Point::AfterOutcome, Point::StepDone];
/// Longest loss of a path or sleep of a process, milliseconds: longer than every session timeout (20 s) and login limit (15 s).
const LASTS_MAX_MS: u64 = 60_000;

impl Due {
    pub fn draw(rng: &mut Seeded, mishap: Mishap, kind: &str) -> Self {
        let point = POINTS[rng.below(POINTS.len() as u64) as usize];
        let delay = if rng.percent(50) { 0 } else { rng.below(1_500) };
        let lasts = if rng.percent(60) { rng.below(3_000) } else { rng.below(LASTS_MAX_MS) };
        let skip = if rng.percent(70) { 0 } else { rng.next() as u32 % 3 };
        Self {
            mishap,
            kind: kind.to_owned(),
            point,
            skip,
            delay: Duration::from_millis(delay),
            lasts: Duration::from_millis(lasts),
        }
    }
}
