//! Faults at chosen points of those that a run passes, and the list of the points it passed.

use super::operator::Mortal;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::effects::fault::Faults;
use crate::effects::fault::Point;
use crate::model::ids::StepId;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use tokio::sync::watch;

/// A point of a run: the `nth` time (from 0) that this step passes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub step: String,
    pub point: Point,
    pub nth: u32,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.step, self.point.name(), self.nth)
    }
}

/// What happens there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blow {
    /// The change fails; after the act, its answer is lost.
    Fail,
    /// The process ends there.
    Die,
    /// The step is run a second time, as if nobody remembered the first. Its place is the step's end.
    Twice,
}

impl Blow {
    pub fn name(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Die => "die",
            Self::Twice => "twice",
        }
    }
}

#[derive(Default)]
struct Seen {
    passed: Vec<Place>,
    counts: BTreeMap<(String, Point), u32>,
    struck: usize,
    twice: BTreeSet<String>,
}

/// Each strikes once.
pub struct Blows {
    blows: Vec<(Place, Blow)>,
    seen: Mutex<Seen>,
    died: watch::Sender<bool>,
}

impl Blows {
    /// Only watches.
    pub fn none() -> Arc<Self> {
        Self::new(Vec::new())
    }
    pub fn new(blows: Vec<(Place, Blow)>) -> Arc<Self> {
        Arc::new(Self { blows, seen: Mutex::default(), died: watch::channel(false).0 })
    }
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Points passed so far, in order.
    pub fn passed(&self) -> Vec<Place> {
        self.seen().passed.clone()
    }
    /// All of them have struck.
    pub fn struck(&self) -> bool {
        self.seen().struck == self.blows.len()
    }

    fn strikes(&self, point: Point, step: &StepId) -> Option<Blow> {
        let mut seen = self.seen();
        let count = seen.counts.entry((step.as_str().to_owned(), point)).or_default();
        let place = Place { step: step.as_str().to_owned(), point, nth: *count };
        *count += 1;
        seen.passed.push(place.clone());
        let blow = self.blows.iter().find(|(at, b)| *at == place && *b != Blow::Twice).map(|(_, blow)| *blow)?;
        seen.struck += 1;
        Some(blow)
    }
}

#[async_trait]
impl Mortal for Blows {
    async fn death(&self) {
        let mut died = self.died.subscribe();
        if died.wait_for(|d| *d).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Faults for Blows {
    async fn at(&self, point: Point, step: &StepId) -> Result<()> {
        match self.strikes(point, step) {
            None | Some(Blow::Twice) => Ok(()),
            Some(Blow::Fail) if point == Point::AfterAct => {
                Err(Error::new(Kind::AnswerLost, "the answer was lost (injected)"))
            }
            Some(Blow::Fail) => Err(Error::new(Kind::Server, "failed (injected)")),
            Some(Blow::Die) => {
                self.died.send_replace(true);
                std::future::pending().await
            }
        }
    }

    fn again(&self, step: &StepId) -> bool {
        let mut seen = self.seen();
        let place = Place { step: step.as_str().to_owned(), point: Point::StepDone, nth: 0 };
        let wanted = self.blows.contains(&(place, Blow::Twice)) && seen.twice.insert(step.as_str().to_owned());
        seen.struck += usize::from(wanted);
        wanted
    }
}
