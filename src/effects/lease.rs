//! One actor a link: a session-owned application lock on a session of its own.

use super::perform::Effects;
use crate::base::error::Result;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use crate::sql::query::lease;

impl Effects {
    pub fn holds_lease(&self, resource: &str) -> bool {
        self.held().get(resource).is_some_and(|s| !s.is_broken())
    }

    /// Tries to take it; `false` if somebody else has it.
    pub async fn take_lease(&self, step: &StepId, site: &SiteId, resource: &str) -> Result<bool> {
        let query = lease::take(resource)?;
        let act = async |_| {
            let mut session = self.sites.dedicated(site).await?;
            let taken = session.read(&query).await?;
            Ok((taken == lease::Taken::Granted).then_some(session))
        };
        let session = self.through_the_door(step, site, query.rendered.id, &query.rendered.shown, act).await?;
        let granted = session.is_some();
        if let Some(session) = session {
            self.held().insert(resource.to_owned(), session);
        }
        Ok(granted)
    }

    /// Gives it back; a lock dies with its session in any case.
    pub async fn release_lease(&self, resource: &str) {
        let session = self.held().remove(resource);
        if let Some(session) = session {
            session.close().await;
        }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, std::collections::BTreeMap<String, crate::sql::Session>> {
        self.leases.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
