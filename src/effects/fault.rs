//! Named points of every change at which a test may fail it, lose its answer, hang, or end the process.

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::model::ids::StepId;
use async_trait::async_trait;

/// Where in the life of a change (or a step) the fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Point {
    /// The step has been journaled as started; nothing else has happened.
    StepStarted,
    /// Before the intent of a change is written.
    BeforeIntent,
    /// The intent is durable, the change is not sent.
    BeforeAct,
    /// The change was made, its outcome is not written.
    AfterAct,
    /// The outcome is durable.
    AfterOutcome,
    /// The step is about to be journaled as finished.
    StepDone,
    /// The step's undo has been journaled as started.
    UndoStarted,
    /// It is about to be journaled as finished.
    UndoDone,
}

impl Point {
    pub const ALL: [Point; 8] = [
        Point::StepStarted,
        Point::BeforeIntent,
        Point::BeforeAct,
        Point::AfterAct,
        Point::AfterOutcome,
        Point::StepDone,
        Point::UndoStarted,
        Point::UndoDone,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Point::StepStarted => "step-started",
            Point::BeforeIntent => "before-intent",
            Point::BeforeAct => "before-act",
            Point::AfterAct => "after-act",
            Point::AfterOutcome => "after-outcome",
            Point::StepDone => "step-done",
            Point::UndoStarted => "undo-started",
            Point::UndoDone => "undo-done",
        }
    }
}

/// Asked at every point; `Err` becomes the result of the change.
#[async_trait]
pub trait Faults: Send + Sync {
    async fn at(&self, point: Point, step: &StepId) -> Result<()>;

    /// A safeguard that is left out, so that the oracle can be seen to notice.
    #[cfg(feature = "lab")]
    fn mutant(&self) -> Option<Mutant> {
        None
    }

    /// True, once, where a step that has just run is to be run again at once.
    fn again(&self, step: &StepId) -> bool {
        let _ = step;
        false
    }
}

/// Safeguards of the door that a simulation can leave out. Only builds with the lab know them.
#[cfg(feature = "lab")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mutant {
    /// A change is made before its intent is written down.
    ActFirst,
    /// The fencing number is not read again before a change.
    NoFenceCheck,
}

/// Production: never.
pub struct NoFaults;

#[async_trait]
impl Faults for NoFaults {
    async fn at(&self, _: Point, _: &StepId) -> Result<()> {
        Ok(())
    }
}

/// What a scripted fault does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strike {
    /// The change fails; at [`Point::AfterAct`] the answer is lost instead.
    Fail,
    /// Stays there until the process is killed from outside.
    Hang,
}

/// One fault, written `fail:cutover.switch:after-act` or `hang:cutover.fence:before-act`;
/// the step may be a kind (`cutover.fence`) or one link's (`cutover.fence/ledger`).
/// Strikes once.
pub struct Scripted {
    strike: Strike,
    step: String,
    point: Point,
    struck: std::sync::atomic::AtomicBool,
    told: Option<Told>,
}

/// Hears where a fault struck.
pub type Told = Box<dyn Fn(&str) + Send + Sync>;

impl Scripted {
    pub fn new(strike: Strike, step: impl Into<String>, point: Point) -> Self {
        Self { strike, step: step.into(), point, struck: std::sync::atomic::AtomicBool::new(false), told: None }
    }

    /// Says when it strikes: who waits for it outside of the process must not guess.
    #[must_use]
    pub fn telling(mut self, told: Told) -> Self {
        self.told = Some(told);
        self
    }

    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            Error::usage(format!("fault `{text}` is not `fail|hang:<step>:<point>`"))
                .hint(format!("points are {}", Point::ALL.map(Point::name).join(", ")))
        };
        let mut parts = text.splitn(3, ':');
        let (Some(strike), Some(step), Some(point)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(wrong());
        };
        let strike = match strike {
            "fail" => Strike::Fail,
            "hang" => Strike::Hang,
            _ => return Err(wrong()),
        };
        let point = Point::ALL.into_iter().find(|p| p.name() == point).ok_or_else(wrong)?;
        Ok(Self::new(strike, step, point))
    }

    /// Whether the fault has happened.
    pub fn struck(&self) -> bool {
        self.struck.load(std::sync::atomic::Ordering::SeqCst)
    }
}

#[async_trait]
impl Faults for Scripted {
    async fn at(&self, point: Point, step: &StepId) -> Result<()> {
        if point != self.point || (step.kind() != self.step && step.as_str() != self.step) {
            return Ok(());
        }
        if self.struck.swap(true, std::sync::atomic::Ordering::SeqCst) {
            return Ok(());
        }
        if let Some(told) = &self.told {
            told(&format!("fault: {} at {step}", point.name()));
        }
        match self.strike {
            Strike::Fail if point == Point::AfterAct => {
                Err(Error::new(Kind::AnswerLost, "the answer was lost (injected)"))
            }
            Strike::Fail => Err(Error::new(Kind::Server, "failed (injected)")),
            Strike::Hang => {
                std::future::pending::<()>().await;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn strikes_once_at_its_point_only() {
        let f = Scripted::parse("fail:cutover.fence:after-act").expect("parses");
        let fence = StepId::from("cutover.fence/ledger");
        assert!(f.at(Point::BeforeAct, &fence).await.is_ok());
        assert!(f.at(Point::AfterAct, &"cutover.drain/ledger".into()).await.is_ok());
        assert_eq!(f.at(Point::AfterAct, &fence).await.expect_err("strikes").kind(), Kind::AnswerLost);
        assert!(f.at(Point::AfterAct, &fence).await.is_ok());
        assert!(f.struck());
    }

    #[test]
    fn refuses_nonsense() {
        for bad in ["", "fail", "fail:x", "boom:x:after-act", "fail:x:never"] {
            assert_eq!(Scripted::parse(bad).err().map(|e| e.kind()), Some(Kind::Usage), "{bad}");
        }
    }
}
