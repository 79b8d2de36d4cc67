//! The lock table: who holds what, who waits for whom.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// What can be locked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// Database id, object id.
    Table(i32, u32),
    /// Database id, object id, row.
    Row(i32, u32, u64),
    /// Database id, object id, index, key.
    Key(i32, u32, i32, Vec<u8>),
    /// Application lock: database id, database principal, name.
    App(i32, i32, String),
}

/// Modes of the lab's locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockMode {
    IntentShared,
    IntentExclusive,
    Shared,
    Update,
    Exclusive,
}

impl LockMode {
    /// As `sys.dm_tran_locks.request_mode` writes it.
    pub fn short(self) -> &'static str {
        match self {
            Self::IntentShared => "IS",
            Self::IntentExclusive => "IX",
            Self::Shared => "S",
            Self::Update => "U",
            Self::Exclusive => "X",
        }
    }
    /// As `APPLOCK_MODE` writes it.
    pub fn long(self) -> &'static str {
        match self {
            Self::IntentShared => "IntentShared",
            Self::IntentExclusive => "IntentExclusive",
            Self::Shared => "Shared",
            Self::Update => "Update",
            Self::Exclusive => "Exclusive",
        }
    }
    /// From the word of `sp_getapplock`.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::IntentShared, Self::IntentExclusive, Self::Shared, Self::Update, Self::Exclusive]
            .into_iter()
            .find(|m| m.long().eq_ignore_ascii_case(word))
    }
    /// May two owners hold these at once?
    pub fn compatible(self, other: Self) -> bool {
        use LockMode::{IntentExclusive as IX, IntentShared as IS, Shared as S, Update as U};
        matches!((self, other), (IS, IS | IX | S | U) | (IX, IS | IX) | (S, IS | S | U) | (U, IS | S))
    }
}

/// How long a lock lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockOwner {
    Transaction,
    Session,
}

/// A held lock.
#[derive(Debug, Clone)]
pub struct Lock {
    pub spid: i32,
    pub mode: LockMode,
    pub owner: LockOwner,
    /// Times it was taken (applocks are counted).
    pub count: u32,
}

/// A request in the queue of a resource.
#[derive(Debug, Clone)]
pub struct Waiter {
    pub ticket: u64,
    pub spid: i32,
    pub mode: LockMode,
    pub owner: LockOwner,
}

/// Answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Granted,
    /// Blocked by this session.
    Blocked(i32),
    /// Waiting would close a circle.
    Deadlock,
}

/// Locks and queues of an instance.
#[derive(Debug, Default)]
pub struct LockTable {
    pub held: BTreeMap<Resource, Vec<Lock>>,
    pub queues: BTreeMap<Resource, Vec<Waiter>>,
    next_ticket: u64,
}

impl LockTable {
    /// A place in a queue.
    pub fn ticket(&mut self) -> u64 {
        self.next_ticket += 1;
        self.next_ticket
    }
    /// Grants the request, or queues it under its ticket. First come, first served; who holds a lock already goes ahead.
    pub fn request(&mut self, resource: &Resource, waiter: &Waiter) -> Outcome {
        let Waiter { ticket, spid, mode, owner } = *waiter;
        match self.blockers(resource, spid, mode, ticket).first() {
            None => {
                self.leave(resource, ticket);
                self.grant(resource, spid, mode, owner);
                Outcome::Granted
            }
            Some(first) => {
                let first = *first;
                let queue = self.queues.entry(resource.clone()).or_default();
                if !queue.iter().any(|w| w.ticket == ticket) {
                    queue.push(waiter.clone());
                }
                if self.circle(spid) {
                    self.leave(resource, ticket);
                    return Outcome::Deadlock;
                }
                Outcome::Blocked(first)
            }
        }
    }
    /// Would a request be granted now?
    pub fn test(&self, resource: &Resource, spid: i32, mode: LockMode) -> bool {
        self.blockers(resource, spid, mode, u64::MAX).is_empty()
    }
    /// Gives a place up.
    pub fn leave(&mut self, resource: &Resource, ticket: u64) {
        if let Some(q) = self.queues.get_mut(resource) {
            q.retain(|w| w.ticket != ticket);
            if q.is_empty() {
                self.queues.remove(resource);
            }
        }
    }
    /// Strongest mode a session holds.
    pub fn mode_of(&self, resource: &Resource, spid: i32, owner: LockOwner) -> Option<LockMode> {
        self.held.get(resource)?.iter().filter(|l| l.spid == spid && l.owner == owner).map(|l| l.mode).max()
    }
    /// Gives back one count of an application lock; false if it was not held.
    pub fn release_one(&mut self, resource: &Resource, spid: i32, owner: LockOwner) -> bool {
        let Some(locks) = self.held.get_mut(resource) else { return false };
        let Some(at) = locks.iter().position(|l| l.spid == spid && l.owner == owner) else { return false };
        locks[at].count -= 1;
        if locks[at].count == 0 {
            locks.remove(at);
        }
        if locks.is_empty() {
            self.held.remove(resource);
        }
        true
    }
    /// Frees what a transaction locked.
    pub fn release_transaction(&mut self, spid: i32) {
        self.retain(|l| l.spid != spid || l.owner == LockOwner::Session);
    }
    /// Frees everything of a session, its places in queues too.
    pub fn release_all(&mut self, spid: i32) {
        self.retain(|l| l.spid != spid);
        self.queues.retain(|_, q| {
            q.retain(|w| w.spid != spid);
            !q.is_empty()
        });
    }
    fn retain(&mut self, keep: impl Fn(&Lock) -> bool) {
        self.held.retain(|_, locks| {
            locks.retain(&keep);
            !locks.is_empty()
        });
    }
    fn grant(&mut self, resource: &Resource, spid: i32, mode: LockMode, owner: LockOwner) {
        let locks = self.held.entry(resource.clone()).or_default();
        match locks.iter_mut().find(|l| l.spid == spid && l.owner == owner) {
            Some(l) => {
                l.count += 1;
                l.mode = l.mode.max(mode);
            }
            None => locks.push(Lock { spid, mode, owner, count: 1 }),
        }
    }
    /// Sessions in the way: holders, then earlier waiters unless the session already holds something here.
    fn blockers(&self, resource: &Resource, spid: i32, mode: LockMode, ticket: u64) -> Vec<i32> {
        let holders = self.held.get(resource).map_or(&[][..], Vec::as_slice);
        let mut out: Vec<i32> =
            holders.iter().filter(|l| l.spid != spid && !mode.compatible(l.mode)).map(|l| l.spid).collect();
        if !holders.iter().any(|l| l.spid == spid) {
            let queue = self.queues.get(resource).map_or(&[][..], Vec::as_slice);
            out.extend(
                queue
                    .iter()
                    .filter(|w| w.spid != spid && w.ticket < ticket && !mode.compatible(w.mode))
                    .map(|w| w.spid),
            );
        }
        out
    }
    /// Does the session wait, over others, for itself?
    fn circle(&self, spid: i32) -> bool {
        let (mut seen, mut todo) = (BTreeSet::new(), vec![spid]);
        while let Some(s) = todo.pop() {
            for (resource, queue) in &self.queues {
                for w in queue.iter().filter(|w| w.spid == s) {
                    for b in self.blockers(resource, s, w.mode, w.ticket) {
                        if b == spid {
                            return true;
                        }
                        if seen.insert(b) {
                            todo.push(b);
                        }
                    }
                }
            }
        }
        false
    }
}
