//! Sessions to every server of an estate, kept between uses, bounded per server.

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::redact::SecretString;
use crate::model::ids::SiteId;
use crate::sql::Dialer;
use crate::sql::Login;
use crate::sql::Server;
use crate::sql::Session;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;

/// Sessions per server at a time, all of them kept for the next use: a step reads up to four things at once, and forty links do so
/// side by side while their application stands still. A server takes 32,767 (`user connections`), and an idle one costs it no worker.
const SESSIONS_MAX: usize = 160;
/// Things that one step reads at once.
const READS_OF_A_STEP: usize = 4;

struct Site {
    server: Server,
    idle: Mutex<Vec<Session>>,
    slots: Arc<Semaphore>,
}

impl Site {
    fn new(server: Server) -> Arc<Self> {
        Arc::new(Self { server, idle: Mutex::new(Vec::new()), slots: Arc::new(Semaphore::new(SESSIONS_MAX)) })
    }
}

/// All servers of an estate.
pub struct Sites {
    sites: BTreeMap<SiteId, Arc<Site>>,
    /// Doors to single databases, made when first used: `server/database`.
    doors: Mutex<BTreeMap<SiteId, Arc<Site>>>,
    dialer: Arc<dyn Dialer>,
}

/// A session on loan; goes back when [`Loan::done`] is called, is closed otherwise.
pub struct Loan {
    site: Arc<Site>,
    pub session: Session,
    _slot: OwnedSemaphorePermit,
}

impl Loan {
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
        let sites = servers.into_iter().map(|server| (server.site.clone(), Site::new(server))).collect();
        Self { sites, doors: Mutex::default(), dialer }
    }

    /// A server by its own name, or the server behind the door to one of its databases.
    fn base(&self, id: &SiteId) -> Result<(&Arc<Site>, Option<String>)> {
        if let Some(site) = self.sites.get(id) {
            return Ok((site, None));
        }
        let door = id
            .0
            .split_once('/')
            .and_then(|(server, database)| Some((self.sites.get(&SiteId::from(server))?, Some(database.to_owned()))));
        door.ok_or_else(|| Error::new(Kind::NotFound, format!("the estate has no server `{id}`")))
    }

    fn site(&self, id: &SiteId) -> Result<Arc<Site>> {
        let (base, database) = self.base(id)?;
        if database.is_none() {
            return Ok(base.clone());
        }
        let mut doors = self.doors.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let door = doors.entry(id.clone()).or_insert_with(|| Site::new(Server { database, ..base.server.clone() }));
        Ok(door.clone())
    }

    pub fn server(&self, id: &SiteId) -> Result<&Server> {
        Ok(&self.base(id)?.0.server)
    }

    /// A session, idle or new.
    pub async fn lend(&self, id: &SiteId) -> Result<Loan> {
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

    /// Signs on before an outage begins, so that nobody has to within it. What fails here is told by the first who needs it.
    pub async fn warm(&self, id: &SiteId, steps: usize) {
        let wanted = (steps * READS_OF_A_STEP).min(SESSIONS_MAX);
        let loans = futures_util::future::join_all((0..wanted).map(|_| self.lend(id))).await;
        loans.into_iter().flatten().for_each(Loan::done);
    }

    /// A session of its own, outside of the pool (for a lease).
    pub async fn dedicated(&self, id: &SiteId) -> Result<Session> {
        crate::sql::connect(&self.site(id)?.server, self.dialer.as_ref()).await
    }

    /// Whether a login gets into a database of a server. The session is closed at once.
    pub async fn try_login(&self, id: &SiteId, user: &str, password: &SecretString, database: &str) -> Result<()> {
        let login = Login::Password { user: user.to_owned(), password: password.clone() };
        let server = Server { login, database: Some(database.to_owned()), ..self.site(id)?.server.clone() };
        crate::sql::connect(&server, self.dialer.as_ref()).await?.close().await;
        Ok(())
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
        let clear = |site: &Site| site.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
        if let Some(site) = self.sites.get(id) {
            clear(site);
        }
        let doors = self.doors.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let of = format!("{}/", id.0);
        for (_, door) in doors.iter().filter(|(door, _)| **door == *id || door.0.starts_with(&of)) {
            clear(door);
        }
    }

    pub fn program_name(&self, id: &SiteId) -> Option<&str> {
        self.base(id).ok().map(|(s, _)| s.server.program_name.as_str())
    }
}
