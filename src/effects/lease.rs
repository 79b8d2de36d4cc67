//! One actor a link: a session-owned application lock, and a fencing number stored on the server that every taking raises.
//!
//! The lock keeps a second actor out while the first lives. The number keeps the first from acting after it was taken for dead:
//! it is read again right before every change, so a laptop that wakes up after another took over changes nothing.

use super::perform::Effects;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::model::ids::RunId;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use crate::sql::Session;
use crate::sql::query::fence;
use crate::sql::query::lease;

/// Code of the error that says so; the engine then touches nothing more, not even to undo.
const LEASE_LOST: &str = "LEASE_LOST";

/// Another process has taken over.
pub fn lease_lost(error: &Error) -> bool {
    error.service_code() == Some(LEASE_LOST)
}

/// Another process goes on with the run.
pub(super) fn replaced(run: &RunId) -> Error {
    Error::refused(format!("another process has taken run {run} up; this one writes and changes nothing more"))
        .code(LEASE_LOST)
        .hint(format!("milink runs show {run}"))
}

/// The session that holds a lock; whoever looks at it waits for the one before.
type Alive = std::sync::Arc<tokio::sync::Mutex<Session>>;

/// Key of a lease on a second server.
fn beside(link: &str, site: &SiteId) -> String {
    format!("{link}@{site}")
}

fn is_of(key: &str, link: &str) -> bool {
    key.strip_prefix(link).is_some_and(|rest| rest.is_empty() || rest.starts_with('@'))
}

/// A lease that was taken just now.
pub struct Taken {
    /// Fencing number.
    pub number: i64,
    /// The run that had it before; `None`: nobody, or an older version that did not say.
    pub before: Option<RunId>,
}

/// A lease that this process took.
pub(super) struct Held {
    session: Option<Session>,
    site: SiteId,
    /// `None`: the server stores no number; then the lock's own session must live.
    number: Option<i64>,
    /// That session.
    alive: Option<Alive>,
}

impl Effects {
    /// Held, as far as is known here.
    pub fn holds_lease(&self, link: &str) -> bool {
        self.held().get(link).is_some_and(|h| match &h.alive {
            // In use: a change looks at it right now.
            Some(session) => session.try_lock().map_or(true, |s| !s.is_broken()),
            None => h.session.as_ref().is_some_and(|s| !s.is_broken()),
        })
    }

    /// Tries to take the lease of a link, and raises its fencing number; `None` if somebody else has it.
    pub async fn take_lease(&self, step: &StepId, site: &SiteId, link: &str) -> Result<Option<Taken>> {
        self.take_numbered(step, site, link, link.to_owned()).await
    }

    /// The same lease on a second server, beside the one that [`take_lease`](Self::take_lease) took: for what may be taken from
    /// either side. Once had, its number counts as well; where it cannot be read the first one's alone does.
    pub async fn take_lease_beside(&self, step: &StepId, site: &SiteId, link: &str) -> Result<Option<Taken>> {
        self.take_numbered(step, site, link, beside(link, site)).await
    }

    /// The lock of a lease; `None`: somebody else has it.
    async fn lock(&self, step: &StepId, site: &SiteId, link: &str) -> Result<Option<Session>> {
        let query = lease::take(&lease::resource(link))?;
        let act = async |_| {
            let mut session = self.sites.dedicated(site).await?;
            let taken = session.read(&query).await?;
            Ok((taken == lease::Taken::Granted).then_some(session))
        };
        self.through_the_door(step, site, query.rendered.id, &query.rendered.shown, act).await
    }

    async fn take_numbered(&self, step: &StepId, site: &SiteId, link: &str, key: String) -> Result<Option<Taken>> {
        // An older one of this process no longer counts: it ended with its session.
        self.held().remove(&key);
        let Some(session) = self.lock(step, site, link).await? else { return Ok(None) };
        let name = fence::name(link);
        let before = self.read(site, fence::read(&name)).await?;
        let number = before.as_ref().map_or(0, |m| m.number) + 1;
        self.change(step, site, &fence::raise(&name, number, self.run())?).await?;
        self.held().insert(key, Held { session: Some(session), site: site.clone(), number: Some(number), alive: None });
        Ok(Some(Taken { number, before: before.and_then(|m| m.run) }))
    }

    /// This run has changed nothing: whoever had the lease before stands beside the number again, so that a run of theirs which
    /// is taken up again is not told that it was replaced.
    pub async fn name_lease(&self, step: &StepId, site: &SiteId, link: &str, run: &RunId) -> Result<()> {
        let raised = {
            let held = self.held();
            let mine = [link.to_owned(), beside(link, site)];
            let found = mine.into_iter().find(|k| held.get(k).is_some_and(|h| h.site == *site && h.number.is_some()));
            found.and_then(|key| Some((key.clone(), held.get(&key)?.number? + 1)))
        };
        let Some((key, number)) = raised else { return Ok(()) };
        self.change(step, site, &fence::raise(&fence::name(link), number, run)?).await?;
        if let Some(held) = self.held().get_mut(&key) {
            held.number = Some(number);
        }
        Ok(())
    }

    /// The run that last took the lease of a link, where the server says so.
    pub async fn last_holder(&self, site: &SiteId, link: &str) -> Result<Option<RunId>> {
        Ok(self.read(site, fence::read(&fence::name(link))).await?.and_then(|m| m.run))
    }

    /// A lease without a number, for a server that stores none (the `master` of a logical server takes no writes): the session
    /// that holds the lock is asked before each change, and a process whose session died changes nothing more.
    pub async fn take_plain_lease(&self, step: &StepId, site: &SiteId, link: &str) -> Result<bool> {
        self.held().remove(link);
        let Some(session) = self.lock(step, site, link).await? else { return Ok(false) };
        let alive = Some(std::sync::Arc::new(tokio::sync::Mutex::new(session)));
        self.held().insert(link.to_owned(), Held { session: None, site: site.clone(), number: None, alive });
        Ok(true)
    }

    /// The same on a second server: it keeps others out, and is not asked for before a change.
    pub async fn take_plain_lease_beside(&self, step: &StepId, site: &SiteId, link: &str) -> Result<bool> {
        self.held().remove(&beside(link, site));
        let Some(session) = self.lock(step, site, link).await? else { return Ok(false) };
        let held = Held { session: Some(session), site: site.clone(), number: None, alive: None };
        self.held().insert(beside(link, site), held);
        Ok(true)
    }

    /// The lock is the session's, so it is held as long as the session answers.
    async fn still_alive(link: &str, session: Alive) -> Result<()> {
        let resource = lease::resource(link);
        // In a task of its own: a caller that is given up half way must not leave the session broken, and the lease lost with it.
        let asked = tokio::spawn(async move { session.lock_owned().await.read(&lease::take(&resource)?).await });
        match asked.await {
            Ok(Ok(lease::Taken::Granted)) => Ok(()),
            other => {
                let why = match other {
                    Ok(Err(e)) => e.chain(),
                    Ok(Ok(_)) => "another holds it".to_owned(),
                    Err(e) => e.to_string(),
                };
                Err(Error::refused(format!("the lease of failover group {link} is lost: {why}"))
                    .code(LEASE_LOST)
                    .hint("this process has changed nothing more; the same command takes the run up again"))
            }
        }
    }

    /// Gives it back; a lock dies with its session in any case. The number stays: it only ever grows.
    pub async fn release_lease(&self, link: &str) {
        let all: Vec<Held> = {
            let mut held = self.held();
            let mine: Vec<String> = held.keys().filter(|k| is_of(k, link)).cloned().collect();
            mine.iter().filter_map(|k| held.remove(k)).collect()
        };
        for held in all {
            if let Some(session) = held.session {
                session.close().await;
            }
            if let Some(session) = held.alive.and_then(std::sync::Arc::into_inner) {
                session.into_inner().close().await;
            }
        }
    }

    /// Right before a change: is this still the process that may act on the step's link?
    pub(super) async fn fenced(&self, step: &StepId) -> Result<()> {
        let Some((_, of)) = step.as_str().split_once('/') else { return Ok(()) };
        // Behind `#` stands the act of a run of several; the lease is the same.
        let link = of.split_once('#').map_or(of, |(link, _)| link);
        let all: Vec<_> = {
            let held = self.held();
            let mine = held.iter().filter(|(key, _)| is_of(key, link));
            mine.map(|(key, h)| (key != link, h.site.clone(), h.number, h.alive.clone())).collect()
        };
        for (is_beside, site, number, alive) in all {
            if let Some(session) = alive {
                Self::still_alive(link, session).await?;
            }
            if let Some(number) = number {
                self.still_numbered(link, &site, number, is_beside).await?;
            }
        }
        Ok(())
    }

    /// The number on that server is the one that this process raised.
    async fn still_numbered(&self, link: &str, site: &SiteId, number: i64, is_beside: bool) -> Result<()> {
        #[cfg(feature = "lab")]
        if self.faults().mutant() == Some(super::fault::Mutant::NoFenceCheck) {
            return Ok(());
        }
        let stored = match self.read(site, fence::read(&fence::name(link))).await {
            Ok(stored) => stored,
            // The application is on the target for good: a source that burns down now must not hold up the end. Nor does the
            // second of two, which is the one that may be lost.
            Err(e) if (self.is_open() || is_beside) && matches!(e.kind(), Kind::Unreachable | Kind::TimedOut) => {
                return Ok(());
            }
            Err(e) => return Err(e.during(format!("reading the fencing number of {link} on {site}"))),
        };
        if stored.as_ref().is_some_and(|m| m.number == number) {
            return Ok(());
        }
        let found = stored.map_or("none".to_owned(), |m| m.number.to_string());
        let holder = self.read(site, lease::read(&lease::resource(link))).await.ok().and_then(|h| h.into_iter().next());
        let who = holder.map_or("nobody now".to_owned(), |h| h.to_string());
        Err(Error::refused(format!(
            "the lease of link {link} was taken over: fencing number {found} stands on {site}, this process has {number}; held by {who}"
        ))
        .code(LEASE_LOST)
        .hint("this process has changed nothing more; look at `milink cutover status` where the other run goes on"))
    }

    pub(super) fn held(&self) -> std::sync::MutexGuard<'_, std::collections::BTreeMap<String, Held>> {
        self.leases.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
