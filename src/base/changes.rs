//! "Something changed", told to many in the order in which they began to wait. A `watch` channel wakes its receivers in random
//! order, and then no seed plays the same course twice.
//!
//! A change may have a topic: it wakes those who listen to everything or to that topic, and leaves hundreds of others asleep.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use tokio::sync::Notify;

#[derive(Default)]
struct Topic {
    version: AtomicU64,
    notify: Notify,
}

impl Topic {
    fn bump(&self) {
        self.version.fetch_add(1, Ordering::SeqCst);
        self.notify.notify_waiters();
    }
}

#[derive(Default)]
struct Shared {
    closed: AtomicBool,
    /// For those who listen to everything.
    all: Topic,
    /// By name; a topic nobody has listened to is not kept.
    topics: Mutex<BTreeMap<String, Arc<Topic>>>,
}

impl Shared {
    fn topics(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<Topic>>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn everybody(&self) {
        self.all.bump();
        let topics: Vec<Arc<Topic>> = self.topics().values().cloned().collect();
        for topic in topics {
            topic.bump();
        }
    }
}

/// Tells of changes; dropping it ends every wait.
#[derive(Default)]
pub struct Changes {
    shared: Arc<Shared>,
}

/// The other end is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed;

/// Remembers what it has seen.
pub struct Seen {
    shared: Arc<Shared>,
    topic: Option<Arc<Topic>>,
    version: u64,
}

impl Changes {
    pub fn new() -> Self {
        Self::default()
    }
    /// Wakes everybody.
    pub fn bump(&self) {
        self.shared.everybody();
    }
    /// Wakes those who listen to everything, and those who listen to this topic.
    pub fn bump_topic(&self, name: &str) {
        self.shared.all.bump();
        let topic = self.shared.topics().get(name).cloned();
        if let Some(topic) = topic {
            topic.bump();
        }
    }
    /// What is now counts as seen.
    pub fn subscribe(&self) -> Seen {
        let version = self.shared.all.version.load(Ordering::SeqCst);
        Seen { shared: self.shared.clone(), topic: None, version }
    }
    /// Only changes of this topic, and those that wake everybody. What is now counts as seen.
    pub fn subscribe_to(&self, name: &str) -> Seen {
        let topic = self.shared.topics().entry(name.to_owned()).or_default().clone();
        let version = topic.version.load(Ordering::SeqCst);
        Seen { shared: self.shared.clone(), topic: Some(topic), version }
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        self.shared.everybody();
    }
}

impl Seen {
    fn source(&self) -> &Topic {
        self.topic.as_deref().unwrap_or(&self.shared.all)
    }
    fn current(&self) -> u64 {
        self.source().version.load(Ordering::SeqCst)
    }
    /// What is now counts as seen.
    pub fn mark_unchanged(&mut self) {
        self.version = self.current();
    }
    pub fn has_changed(&self) -> bool {
        self.current() != self.version
    }
    /// Returns at once if something changed since it last looked.
    pub async fn changed(&mut self) -> Result<(), Closed> {
        let (shared, topic) = (self.shared.clone(), self.topic.clone());
        let source = topic.as_deref().unwrap_or(&shared.all);
        loop {
            let told = source.notify.notified();
            tokio::pin!(told);
            // In line before the look: a change in between is not missed.
            told.as_mut().enable();
            if shared.closed.load(Ordering::SeqCst) {
                return Err(Closed);
            }
            let version = source.version.load(Ordering::SeqCst);
            if version != self.version {
                self.version = version;
                return Ok(());
            }
            told.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_change_is_seen_once_and_the_end_is_told() {
        let changes = Changes::new();
        let mut seen = changes.subscribe();
        changes.bump();
        changes.bump();
        assert!(seen.has_changed());
        assert_eq!(seen.changed().await, Ok(()));
        assert!(!seen.has_changed());
        let waits = tokio::spawn(async move { seen.changed().await });
        drop(changes);
        assert_eq!(waits.await.unwrap(), Err(Closed));
    }

    #[tokio::test]
    async fn a_topic_wakes_its_own_and_those_who_hear_everything() {
        let changes = Changes::new();
        let (a, b, all) = (changes.subscribe_to("a"), changes.subscribe_to("b"), changes.subscribe());
        changes.bump_topic("a");
        assert_eq!([a.has_changed(), b.has_changed(), all.has_changed()], [true, false, true]);
        changes.bump();
        assert!(b.has_changed());
    }
}
