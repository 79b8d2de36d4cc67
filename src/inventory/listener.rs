//! Does a listener lead where it should? Resolved, logged in through, and asked who answers (facts: failover-groups 4.5).

use super::fog_servers::door;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::effects::perform::Effects;
use crate::model::ids::SiteId;
use crate::sql::query::geo;
use serde::Deserialize;
use serde::Serialize;

pub use crate::probe::dns::NameServer;
pub use crate::probe::dns::Resolve;
pub use crate::probe::dns::Resolved;
pub use crate::probe::dns::SystemResolver;

/// SQL's port: listeners do not answer on another.
const PORT: u16 = 1433;

/// A listener and where it should lead.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    pub name: &'a str,
    /// Full name of the instance that should answer.
    pub fqdn: &'a str,
    pub site: &'a SiteId,
    /// Full name and site of the other member.
    pub other: (&'a str, &'a SiteId),
    pub is_read_write: bool,
    pub databases: &'a [String],
    /// Of a logical server: each database is logged in to by itself.
    pub per_database: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Landing {
    Right,
    /// The other instance answers: an old answer of a name server is still in use.
    StaleName,
    /// The right instance, whose role switch is not finished.
    NotYetWritable,
    /// A read-only listener that landed on a primary.
    Writable,
    /// The name does not resolve.
    NoName,
    /// Something in between failed: see `why`.
    Unknown,
}

/// What was found behind a listener.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Landed {
    pub listener: String,
    pub landing: Landing,
    pub chain: Vec<String>,
    pub addresses: Vec<String>,
    pub ttl_s: Option<u32>,
    /// `@@SERVERNAME` of who answered.
    pub server: Option<String>,
    /// By database: `READ_WRITE`, `READ_ONLY`.
    pub updateability: Vec<(String, Option<String>)>,
    pub why: Option<String>,
}

impl Landed {
    fn new(name: &str, landing: Landing) -> Self {
        Self {
            listener: name.to_owned(),
            landing,
            chain: Vec::new(),
            addresses: Vec::new(),
            ttl_s: None,
            server: None,
            updateability: Vec::new(),
            why: None,
        }
    }
    fn unknown(mut self, e: &Error) -> Self {
        self.landing = Landing::Unknown;
        self.why = Some(e.chain());
        self
    }
}

fn label(name: &str) -> String {
    name.split('.').next().unwrap_or_default().to_lowercase()
}

/// Looks once.
pub async fn check(effects: &Effects, names: &dyn Resolve, wanted: &Wanted<'_>) -> Landed {
    let mut landed = Landed::new(wanted.name, Landing::NoName);
    let resolved = match names.resolve(wanted.name).await {
        Ok(Some(resolved)) => resolved,
        Ok(None) => {
            landed.why = Some(format!("{} knows no such name", names.describe()));
            return landed;
        }
        Err(e) => return landed.unknown(&e),
    };
    landed.chain.clone_from(&resolved.chain);
    landed.addresses = resolved.addresses.iter().map(ToString::to_string).collect();
    landed.ttl_s = resolved.ttl_s;
    match log_in(effects, wanted, &resolved).await {
        Ok((server, updateability)) => {
            landed.landing = judge(wanted, server.as_deref(), &updateability);
            landed.server = server;
            landed.updateability = updateability;
            landed
        }
        Err(e) => landed.unknown(&e),
    }
}

/// The estate file may name an address of its own for an instance (a tunnel, a forwarded port): a chain that ends at that
/// instance goes there. Otherwise the listener's own name is dialled.
async fn log_in(
    effects: &Effects,
    wanted: &Wanted<'_>,
    resolved: &Resolved,
) -> Result<(Option<String>, Vec<(String, Option<String>)>)> {
    let end = resolved.chain.last().map(|n| label(n));
    let members = [(wanted.fqdn, wanted.site), wanted.other];
    let member = members.iter().find(|(fqdn, _)| end.as_deref() == Some(&label(fqdn)));
    let own = match member {
        Some((fqdn, site)) => effects.address(site).filter(|(host, _)| host != fqdn || resolved.addresses.is_empty()),
        None => None,
    };
    let (host, port) = own.unwrap_or_else(|| (wanted.name.to_owned(), PORT));
    if wanted.per_database {
        let (mut server, mut updateability) = (None, Vec::new());
        for database in wanted.databases {
            let door = door(wanted.site, database);
            let mut session = effects.session_at(&door, &host, port, wanted.name).await?;
            let (name, word) = session.read(&geo::landed(database)?).await?;
            session.close().await;
            server = name;
            updateability.push((database.clone(), word));
        }
        return Ok((server, updateability));
    }
    let mut session = effects.session_at(wanted.site, &host, port, wanted.name).await?;
    let (mut server, mut updateability) = (None, Vec::new());
    for database in wanted.databases {
        let (name, word) = session.read(&geo::landed(database)?).await?;
        server = name;
        updateability.push((database.clone(), word));
    }
    session.close().await;
    Ok((server, updateability))
}

fn judge(wanted: &Wanted<'_>, server: Option<&str>, updateability: &[(String, Option<String>)]) -> Landing {
    let Some(server) = server else { return Landing::Unknown };
    if label(server) != label(wanted.fqdn) {
        return Landing::StaleName;
    }
    let all = |word: &str| updateability.iter().all(|(_, u)| u.as_deref() == Some(word));
    match wanted.is_read_write {
        _ if updateability.is_empty() => Landing::Unknown,
        true if all("READ_WRITE") => Landing::Right,
        true if updateability.iter().any(|(_, u)| u.as_deref() == Some("READ_ONLY")) => Landing::NotYetWritable,
        false if all("READ_ONLY") => Landing::Right,
        false if updateability.iter().any(|(_, u)| u.as_deref() == Some("READ_WRITE")) => Landing::Writable,
        _ => Landing::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn landing(is_read_write: bool, server: &str, word: Option<&str>) -> Landing {
        let (site, other) = (SiteId::from("mi-a"), SiteId::from("mi-b"));
        let databases = ["ledger".to_owned()];
        let wanted = Wanted {
            name: "fog.zone.suffix",
            fqdn: "mi-a.zone.suffix",
            site: &site,
            other: ("mi-b.zone.suffix", &other),
            is_read_write,
            databases: &databases,
            per_database: false,
        };
        judge(&wanted, Some(server), &[("ledger".to_owned(), word.map(str::to_owned))])
    }

    #[test]
    fn who_answers_and_what_may_be_done_there() {
        assert_eq!(landing(true, "MI-A.zone.suffix", Some("READ_WRITE")), Landing::Right);
        assert_eq!(landing(true, "mi-b.zone.suffix", Some("READ_WRITE")), Landing::StaleName);
        assert_eq!(landing(true, "mi-a", Some("READ_ONLY")), Landing::NotYetWritable);
        assert_eq!(landing(false, "mi-a", Some("READ_ONLY")), Landing::Right);
        assert_eq!(landing(false, "mi-a", Some("READ_WRITE")), Landing::Writable);
        assert_eq!(landing(true, "mi-a", None), Landing::Unknown);
    }
}
