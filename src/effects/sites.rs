//! Sessions to every server of an estate, kept between uses, bounded per server.

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::model::ids::SiteId;
use crate::sql::Dialer;
use crate::sql::Server;
use crate::sql::Session;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;

/// Sessions per server at a time, all of them kept for the next use: a batch of eight steps reads up to four things at once, and
/// signing on anew within an outage would cost more round trips than the read itself.
const SESSIONS_MAX: usize = 32;

struct Site {
    server: Server,
    idle: Mutex<Vec<Session>>,
    slots: Arc<Semaphore>,
}

/// All servers of an estate.
pub struct Sites {
    sites: BTreeMap<SiteId, Site>,
    dialer: Arc<dyn Dialer>,
}

/// A session on loan; goes back when [`Loan::done`] is called, is closed otherwise.
pub struct Loan<'a> {
    site: &'a Site,
    pub session: Session,
    _slot: OwnedSemaphorePermit,
}

impl Loan<'_> {
    /// The session is whole and may be used again.
    pub fn done(self) {
        if self.session.is_broken() {
            return;
        }
        self.site.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(self.session);
    }
}

impl Sites {
    pub fn new(servers: Vec<Server>, dialer: Arc<dyn Dialer>) -> Self {
        let sites = servers
            .into_iter()
            .map(|server| {
                let slots = Arc::new(Semaphore::new(SESSIONS_MAX));
                (server.site.clone(), Site { server, idle: Mutex::new(Vec::new()), slots })
            })
            .collect();
        Self { sites, dialer }
    }

    fn site(&self, id: &SiteId) -> Result<&Site> {
        self.sites.get(id).ok_or_else(|| Error::new(Kind::NotFound, format!("the estate has no server `{id}`")))
    }

    pub fn server(&self, id: &SiteId) -> Result<&Server> {
        Ok(&self.site(id)?.server)
    }

    /// A session, idle or new.
    pub async fn lend(&self, id: &SiteId) -> Result<Loan<'_>> {
        let site = self.site(id)?;
        let slot = site
            .slots
            .clone()
            .acquire_owned()
            .await
            .map_err(|e| Error::bug("the session slots are closed").caused_by(e))?;
        let kept = site.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
        let session = match kept {
            Some(session) => session,
            None => crate::sql::connect(&site.server, self.dialer.as_ref()).await?,
        };
        Ok(Loan { site, session, _slot: slot })
    }

    /// A session of its own, outside of the pool (for a lease).
    pub async fn dedicated(&self, id: &SiteId) -> Result<Session> {
        crate::sql::connect(&self.site(id)?.server, self.dialer.as_ref()).await
    }

    /// A session at another address with a site's login: through a listener. `name` is what the certificate must bear.
    pub async fn at(&self, like: &SiteId, host: &str, port: u16, name: &str) -> Result<Session> {
        let own = self.site(like)?.server.clone();
        let tls_name = (host != name).then(|| name.to_owned());
        let server = Server { host: host.to_owned(), port, tls_name, ..own };
        crate::sql::connect(&server, self.dialer.as_ref()).await
    }

    /// Forgets idle sessions of a server: after a role change they may be dead.
    pub fn forget(&self, id: &SiteId) {
        if let Some(site) = self.sites.get(id) {
            site.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
        }
    }

    pub fn program_name(&self, id: &SiteId) -> Option<&str> {
        self.sites.get(id).map(|s| s.server.program_name.as_str())
    }
}
