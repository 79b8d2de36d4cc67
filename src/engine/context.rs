//! All a step may touch.

use super::cancel::Cancel;
use super::event::Event;
use super::event::SharedObserver;
use crate::base::clock::SharedClock;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::effects::perform::Effects;
use crate::journal::record::Record;
use crate::model::ids::StepId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

/// Values that steps leave for later steps, by (step, name); all of them are in the journal.
pub type Evidence = BTreeMap<(StepId, String), serde_json::Value>;

/// Things that live as long as the run and end with it (the kill loop of a fence).
#[derive(Default)]
pub struct Guards {
    tasks: Mutex<BTreeMap<String, tokio::task::JoinHandle<()>>>,
}

impl Guards {
    /// Keeps a background task; one of the same name that was there is ended.
    pub fn keep(&self, name: &str, task: tokio::task::JoinHandle<()>) {
        if let Some(old) = self.lock().insert(name.to_owned(), task) {
            old.abort();
        }
    }
    pub fn end(&self, name: &str) {
        if let Some(task) = self.lock().remove(name) {
            task.abort();
        }
    }
    pub fn end_all(&self) {
        for (_, task) in std::mem::take(&mut *self.lock()) {
            task.abort();
        }
    }
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, tokio::task::JoinHandle<()>>> {
        self.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Drop for Guards {
    fn drop(&mut self) {
        self.end_all();
    }
}

#[derive(Clone)]
pub struct Context {
    pub effects: Arc<Effects>,
    pub clock: SharedClock,
    pub observer: SharedObserver,
    pub cancel: Cancel,
    pub guards: Arc<Guards>,
    evidence: Arc<Mutex<Evidence>>,
}

impl Context {
    pub fn new(
        effects: Arc<Effects>,
        clock: SharedClock,
        observer: SharedObserver,
        cancel: Cancel,
        evidence: Evidence,
    ) -> Self {
        effects.heed(cancel.token());
        Self {
            effects,
            clock,
            observer,
            cancel,
            guards: Arc::new(Guards::default()),
            evidence: Arc::new(Mutex::new(evidence)),
        }
    }

    /// The same run, asked to stop by another hand: beyond L1 and during undo nothing may interrupt.
    #[must_use]
    pub fn with_cancel(&self, cancel: Cancel) -> Self {
        self.effects.heed(cancel.token());
        Self { cancel, ..self.clone() }
    }

    /// For a background task of the run. It must not hold the guards that hold it: else neither would ever end, and a run
    /// whose driver is gone would go on killing sessions under its lease.
    #[must_use]
    pub fn for_guard(&self) -> Self {
        Self { guards: Arc::new(Guards::default()), ..self.clone() }
    }

    /// Writes a measured or proven value down, durably, and keeps it for later steps.
    pub fn prove(&self, step: &StepId, name: &str, value: &impl Serialize) -> Result<()> {
        let value = serde_json::to_value(value)
            .map_err(|e| Error::bug(format!("evidence `{name}` of {step} cannot be written")).caused_by(e))?;
        self.effects.record(&Record::Evidence { step: step.clone(), name: name.to_owned(), value: value.clone() })?;
        self.lock().insert((step.clone(), name.to_owned()), value);
        Ok(())
    }

    /// A value an earlier step proved; `None` if it never did.
    pub fn proven<T: DeserializeOwned>(&self, step: &StepId, name: &str) -> Result<Option<T>> {
        let Some(value) = self.lock().get(&(step.clone(), name.to_owned())).cloned() else { return Ok(None) };
        serde_json::from_value(value)
            .map(Some)
            .map_err(|e| Error::bug(format!("evidence `{name}` of {step} cannot be read back")).caused_by(e))
    }

    pub fn progress(&self, step: &StepId, text: impl Into<String>, fraction: Option<f64>) {
        self.observer.on(&Event::Progress { step: step.clone(), text: text.into(), fraction });
    }

    /// Looks again and again until `look` gives a value; ends with [`Kind::TimedOut`] after `limit`, or when the run is asked to stop.
    /// Reads that fail for the world's reasons are looked at again until the limit ends; the last one becomes the cause.
    pub async fn until<T, F, Fut>(&self, what: &str, limit: Duration, mut backoff: Backoff, mut look: F) -> Result<T>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<Option<T>>>,
    {
        let end = self.clock.monotonic() + limit;
        let mut last: Option<Error>;
        loop {
            match look().await {
                Ok(Some(value)) => return Ok(value),
                Ok(None) => last = None,
                Err(e) if matches!(e.kind(), Kind::Unreachable | Kind::TimedOut | Kind::Server) => last = Some(e),
                Err(e) => return Err(e),
            }
            if self.clock.monotonic() >= end {
                let e = Error::new(
                    Kind::TimedOut,
                    format!("waited {} for {what}, in vain", crate::base::text::duration(limit)),
                );
                return Err(match last {
                    Some(cause) => {
                        e.hint(cause.get_hint().unwrap_or("look at the servers, then `resume`")).caused_by(cause)
                    }
                    None => e,
                });
            }
            tokio::select! {
                biased;
                () = self.cancel.wait() => {
                    return Err(Error::new(Kind::Interrupted, format!("asked to stop while waiting for {what}")));
                }
                () = backoff.wait() => {}
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Evidence> {
        self.evidence.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
