//! What a watcher reads: an instance in one look, the slower facts beside it, and Azure's list of links.

use super::fact::Fact;
use crate::base::clock::within;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::effects::perform::Effects;
use crate::model::ids::SiteId;
use crate::model::sweep::DatabaseUsers;
use crate::model::sweep::GroupSweep;
use crate::model::sweep::Sweep;
use crate::pki::CertificateFacts;
use crate::sql::query::monitor;
use std::collections::BTreeMap;
use std::time::Duration;
use time::OffsetDateTime;

pub use crate::arm::InstanceRef;

/// Longest wait for one answer: beyond it a watcher has more use of knowing that there is none.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// Databases whose users are asked for in one batch.
const USERS_BATCH: usize = 100;

/// What changes slowly, or needs more rights than the rest.
#[derive(Debug, Clone, Default)]
pub struct Detail {
    /// By lower-case database name.
    pub users: BTreeMap<String, Fact<DatabaseUsers>>,
    /// Newest full backup that is not copy-only, by lower-case database name; not asked for: none.
    pub backups: Option<Fact<BTreeMap<String, Option<OffsetDateTime>>>>,
    /// When links were cut over, as far as the journal knows, by lower-case link name.
    pub switched: BTreeMap<String, OffsetDateTime>,
    /// The failover group of the instance; `None`: the estate names none.
    pub group: Option<GroupSweep>,
}

/// Azure's links of one instance.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AzureSweep {
    /// By lower-case link name.
    pub links: BTreeMap<String, AzureLink>,
    /// End of the instance's own endpoint certificate.
    pub certificate_expires: Option<OffsetDateTime>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AzureLink {
    /// By lower-case database name.
    pub databases: BTreeMap<String, AzureDatabase>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AzureDatabase {
    pub replica_state: Option<String>,
    pub has_failed: bool,
    pub connected: Option<String>,
    pub health: Option<String>,
    pub seeding_percent: Option<f64>,
    pub error: Option<String>,
    /// Of the SQL Server's certificate, as the instance holds it.
    pub partner_certificate_expires: Option<OffsetDateTime>,
}

async fn bounded<T>(what: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
    match within(ANSWER_MAX, work).await {
        Some(result) => result,
        None => {
            Err(Error::new(Kind::TimedOut, format!("no answer within {} s", ANSWER_MAX.as_secs()))
                .during(what.to_owned()))
        }
    }
}

/// One look at an instance.
pub async fn sweep(effects: &Effects, site: &SiteId) -> Result<Sweep> {
    bounded(&format!("watching {site}"), effects.read(site, monitor::sweep())).await
}

/// Newest full backups of every database of an instance.
pub async fn backups(effects: &Effects, site: &SiteId) -> Fact<BTreeMap<String, Option<OffsetDateTime>>> {
    let read = bounded(&format!("backups of {site}"), effects.read(site, monitor::backups())).await;
    read.map(|rows| rows.into_iter().map(|(name, at)| (name.to_lowercase(), at)).collect()).into()
}

/// Who is known inside these databases. One that cannot be entered is unknown by itself and spoils no other: a batch that the
/// server refuses is halved until it stands alone.
pub async fn users(effects: &Effects, site: &SiteId, databases: &[String]) -> BTreeMap<String, Fact<DatabaseUsers>> {
    let mut found = BTreeMap::new();
    let mut open: Vec<&[String]> = databases.chunks(USERS_BATCH).collect();
    while let Some(part) = open.pop() {
        let names: Vec<&str> = part.iter().map(String::as_str).collect();
        match bounded(&format!("users on {site}"), effects.read(site, monitor::users(&names))).await {
            Ok(all) => found.extend(all.into_iter().map(|u| (u.database.to_lowercase(), Fact::Known { value: u }))),
            Err(e) if part.len() > 1 && !matches!(e.kind(), Kind::Unreachable | Kind::TimedOut) => {
                let (a, b) = part.split_at(part.len() / 2);
                open.extend([a, b]);
            }
            Err(e) => {
                let why = e.chain();
                found.extend(part.iter().map(|name| (name.to_lowercase(), Fact::Unknown { why: why.clone() })));
            }
        }
    }
    found
}

/// The links of an instance, as Azure has them.
pub async fn azure(effects: &Effects, instance: &InstanceRef) -> Result<AzureSweep> {
    let arm = effects.arm()?;
    let doing = format!("asking Azure about {}", instance.name);
    let (links, certificate) =
        tokio::join!(bounded(&doing, arm.links(instance)), bounded(&doing, arm.endpoint_certificate(instance)),);
    let mut sweep = AzureSweep {
        // A certificate that cannot be read leaves its end unknown; the links are worth having without it.
        certificate_expires: certificate
            .ok()
            .and_then(|c| c.der())
            .and_then(|der| CertificateFacts::read(&der).ok())
            .map(|facts| facts.not_after),
        ..AzureSweep::default()
    };
    for link in links? {
        let databases = link
            .properties
            .databases
            .iter()
            .filter_map(|d| {
                let name = d.database_name.as_deref()?.to_lowercase();
                let seen = AzureDatabase {
                    replica_state: d.replica_state.clone(),
                    has_failed: d.has_failed(),
                    connected: d.connected_state.as_ref().map(ToString::to_string),
                    health: d.synchronization_health.as_ref().map(ToString::to_string),
                    seeding_percent: d.seeding_percent(),
                    error: d.most_recent_link_error.clone().filter(|e| !e.trim().is_empty()),
                    partner_certificate_expires: d.partner_auth_cert_validity.as_ref().and_then(|c| c.expiry_date),
                };
                Some((name, seen))
            })
            .collect();
        if let Some(name) = &link.name {
            sweep.links.insert(name.to_lowercase(), AzureLink { databases });
        }
    }
    Ok(sweep)
}
