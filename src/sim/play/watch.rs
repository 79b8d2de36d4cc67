//! The fault points of one process during a night: what is due strikes there, or is handed to the world.

use super::mishap::Due;
use super::mishap::Mishap;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::effects::fault::Faults;
use crate::effects::fault::Mutant;
use crate::effects::fault::Point;
use crate::model::ids::StepId;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use tokio::sync::mpsc;
use tokio::sync::watch;

/// Mishap × kind of step: how often it happened.
pub type Coverage = BTreeMap<(Mishap, String), u64>;

/// What is still to happen, shared by the processes of a night.
pub struct Agenda {
    due: Mutex<Vec<Due>>,
    happened: Mutex<Coverage>,
    world: mpsc::UnboundedSender<Due>,
    pub mutant: Option<Mutant>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Agenda {
    pub fn new(due: Vec<Due>, mutant: Option<Mutant>) -> (Arc<Self>, mpsc::UnboundedReceiver<Due>) {
        let (world, heard) = mpsc::unbounded_channel();
        (Arc::new(Self { due: Mutex::new(due), happened: Mutex::default(), world, mutant }), heard)
    }
    pub fn happened(&self) -> Coverage {
        lock(&self.happened).clone()
    }
    /// Nothing more goes wrong from now on.
    pub fn clear(&self) {
        lock(&self.due).clear();
    }

    fn take(&self, point: Point, kind: &str) -> Option<Due> {
        let mut due = lock(&self.due);
        let at = due.iter_mut().position(|d| {
            if d.kind != kind {
                return false;
            }
            let now = d.point == point && d.skip == 0;
            d.skip -= u32::from(d.point == point && d.skip > 0);
            now || point == Point::StepDone || point == Point::UndoDone
        })?;
        let taken = due.remove(at);
        *lock(&self.happened).entry((taken.mishap, kind.to_owned())).or_default() += 1;
        Some(taken)
    }
}

/// One process's share.
pub struct Watch {
    agenda: Option<Arc<Agenda>>,
    died: watch::Sender<bool>,
}

impl Watch {
    /// A process to which things happen.
    pub fn over(agenda: &Arc<Agenda>) -> Arc<Self> {
        Arc::new(Self { agenda: Some(agenda.clone()), died: watch::channel(false).0 })
    }
    /// A process that is left in peace; the mutant stays in it.
    pub fn calm() -> Arc<Self> {
        Arc::new(Self { agenda: None, died: watch::channel(false).0 })
    }
}

#[async_trait]
impl super::operator::Mortal for Watch {
    async fn death(&self) {
        let mut died = self.died.subscribe();
        if died.wait_for(|d| *d).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Faults for Watch {
    async fn at(&self, point: Point, step: &StepId) -> Result<()> {
        let Some(agenda) = &self.agenda else { return Ok(()) };
        let Some(due) = agenda.take(point, step.kind()) else { return Ok(()) };
        match due.mishap {
            Mishap::Fail if point == Point::AfterAct => {
                Err(Error::new(Kind::AnswerLost, "the answer was lost (injected)"))
            }
            Mishap::Fail => Err(Error::new(Kind::Server, "failed (injected)")),
            Mishap::Crash => {
                self.died.send_replace(true);
                std::future::pending().await
            }
            _ => {
                let now = due.delay.is_zero();
                let _ = agenda.world.send(due);
                if now {
                    // The world moves before the run goes on.
                    tokio::task::yield_now().await;
                    tokio::task::yield_now().await;
                }
                Ok(())
            }
        }
    }

    fn mutant(&self) -> Option<Mutant> {
        self.agenda.as_ref().and_then(|a| a.mutant)
    }
}
