//! Asking a run to wait at its next barrier.

use crate::base::changes::Changes;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

#[derive(Default)]
struct Inner {
    by: Mutex<Option<String>>,
    changes: Changes,
}

/// Set by `cutover hold`, or a key of the screen. The engine looks at it between two stages only: there every step is at rest.
#[derive(Clone, Default)]
pub struct Hold {
    inner: Arc<Inner>,
}

impl Hold {
    pub fn new() -> Self {
        Self::default()
    }
    /// `by`: who asks, for the journal.
    pub fn ask(&self, by: &str) {
        self.set(Some(by.to_owned()));
    }
    pub fn release(&self) {
        self.set(None);
    }
    pub fn asked_by(&self) -> Option<String> {
        self.inner.by.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// Returns once nobody asks for a hold.
    pub async fn released(&self) {
        let mut seen = self.inner.changes.subscribe();
        while self.asked_by().is_some() {
            if seen.changed().await.is_err() {
                return;
            }
        }
    }
    fn set(&self, by: Option<String>) {
        let mut held = self.inner.by.lock().unwrap_or_else(PoisonError::into_inner);
        if *held != by {
            *held = by;
            drop(held);
            self.inner.changes.bump();
        }
    }
}
