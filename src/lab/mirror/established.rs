//! Links that stand when a lab comes up: groups by the statements that make them, the link by what its request makes, and each
//! copy as a seeding leaves it.

use super::managed;
use super::managed::LinkSpec;
use super::manager::MANAGED_PORT;
use super::pki::LabPki;
use super::roles;
use crate::lab::tsql::ast::Stmt;
use crate::lab::tsql::host::SessionCx;
use crate::lab::tsql::parse::parse_batch;
use crate::lab::world::ddl::certificate_of;
use crate::lab::world::ddl::server_identity;
use crate::lab::world::hadr::Progress;
use crate::lab::world::hadr_ddl;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceKind;
use crate::lab::world::storage::Certificate;
use crate::lab::world::storage::MasterKey;
use std::sync::Arc;
use time::Duration;

/// Port of the SQL Servers' endpoints.
const PORT: u16 = 5022;
/// How long the SQL Servers' certificates live; they were made a month before.
const CERTIFICATE_DAYS: i64 = 365;
const MADE_DAYS_AGO: i64 = 30;

/// What a link is called, and its database.
pub struct LinkName {
    pub link: String,
    pub database: String,
}

fn said(e: impl std::fmt::Display) -> String {
    e.to_string()
}

/// Makes the links of one source. Call before [`super::start`]: the connections are dialled then.
pub async fn establish(
    source: &Arc<Instance>,
    target: &Arc<Instance>,
    pki: &LabPki,
    links: &[LinkName],
) -> Result<(), String> {
    let InstanceKind::Managed { name, .. } = &target.config.kind else {
        return Err(format!("{} is no managed instance", target.config.id));
    };
    trust(source, target, pki)?;
    run(
        source,
        &format!(
            "CREATE ENDPOINT [mirroring] STATE = STARTED AS TCP (LISTENER_PORT = {PORT}, LISTENER_IP = ALL) FOR \
             DATABASE_MIRRORING (ROLE = ALL, AUTHENTICATION = CERTIFICATE [{CERTIFICATE}], ENCRYPTION = REQUIRED \
             ALGORITHM AES)"
        ),
    )
    .await?;
    let own = format!("tcp://{}:{PORT}", source.config.host);
    let partner = format!("tcp://{}:{MANAGED_PORT};Server=[{name}]", target.config.host);
    for link in links {
        let (group, instance_group) = (format!("AG_{}", link.database), format!("AG_{}_MI", link.database));
        let database = link.database.replace(']', "]]");
        run(
            source,
            &format!(
                "CREATE AVAILABILITY GROUP [AG_{database}] WITH (CLUSTER_TYPE = NONE) FOR DATABASE [{database}] REPLICA ON \
                 N'{}' WITH (ENDPOINT_URL = '{own}', AVAILABILITY_MODE = SYNCHRONOUS_COMMIT, FAILOVER_MODE = MANUAL, \
                 SEEDING_MODE = AUTOMATIC)",
                source.config.server_name
            ),
        )
        .await?;
        run(
            source,
            &format!(
                "CREATE AVAILABILITY GROUP [{}] WITH (DISTRIBUTED) AVAILABILITY GROUP ON N'{group}' WITH (LISTENER_URL = \
                 '{own}', AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT, FAILOVER_MODE = MANUAL, SEEDING_MODE = AUTOMATIC, \
                 SESSION_TIMEOUT = 20), N'{instance_group}' WITH (LISTENER_URL = '{partner}', AVAILABILITY_MODE = \
                 ASYNCHRONOUS_COMMIT, FAILOVER_MODE = MANUAL, SEEDING_MODE = AUTOMATIC)",
                link.link
            ),
        )
        .await?;
        let spec = LinkSpec {
            name: link.link.clone(),
            databases: vec![link.database.clone()],
            partner_endpoint: own.clone(),
            partner_availability_group: group,
            instance_availability_group: instance_group,
            instance_link_role: "Secondary".to_owned(),
            failover_mode: if source.config.major() >= 16 { "Manual" } else { "None" }.to_owned(),
            seeding_mode: "Automatic".to_owned(),
        };
        managed::accept_link(target, &spec).map_err(said)?;
        put_copy(source, target, link)?;
    }
    target.with(|s| roles::refresh_access(s, &target.config));
    Ok(())
}

/// Name of the endpoint's certificate on SQL Server.
const CERTIFICATE: &str = "mirroring_certificate";

/// Certificates as after an exchange.
fn trust(source: &Arc<Instance>, target: &Arc<Instance>, pki: &LabPki) -> Result<(), String> {
    let now = source.clock.now();
    let start = now - Duration::days(MADE_DAYS_AGO);
    let (der, key) = server_identity(&source.config, CERTIFICATE, start, start + Duration::days(CERTIFICATE_DAYS))
        .ok_or("no certificate")?;
    let service = managed::endpoint_certificate(target).ok_or("the managed instance has no certificate")?;
    let read = |der: &[u8]| certificate_of(der).ok_or_else(|| "a certificate cannot be read".to_owned());
    let own = Certificate {
        private_key: Some(key),
        key_encryption: "MK".to_owned(),
        last_backup: Some(start),
        name: CERTIFICATE.to_owned(),
        ..read(&der)?
    };
    let partner = Certificate { name: target.config.host.clone(), ..read(&service)? };
    let root = Certificate {
        name: "mirroring_root".to_owned(),
        issuer_patterns: vec!["*.database.windows.net".to_owned()],
        ..read(&pki.root_der)?
    };
    source.with(|s| {
        let Some(master) = s.database_mut("master") else { return };
        master.data.master_key = Some(Arc::new(MasterKey {
            password_hash: None,
            by_server: true,
            guid: crate::base::random::uuid(),
            create_date: start,
            modify_date: start,
        }));
        for (id, certificate) in (256..).zip([own, partner, root]) {
            master.data.certificates.insert(id, Arc::new(Certificate { id, ..certificate }));
        }
    });
    managed::put_trust_certificate(target, &source.config.server_name, &der).map_err(said)
}

async fn run(instance: &Arc<Instance>, text: &str) -> Result<(), String> {
    let cx = SessionCx {
        spid: 1,
        database: "master".to_owned(),
        login: "sa".to_owned(),
        login_database: "master".to_owned(),
        lock_timeout_ms: -1,
        nocount: false,
        xact_abort: false,
        implicit_transactions: false,
        identity_insert: None,
        read_only_intent: false,
        last_identity: None,
    };
    for one in parse_batch(text).map_err(|e| e.message)? {
        let Stmt::Ddl(ddl) = &one.stmt else { return Err(format!("no DDL: {text}")) };
        hadr_ddl::execute(instance, &cx, ddl).await.map_err(|e| format!("{}: {text}", e.message))?;
    }
    Ok(())
}

/// The copy, and what both sides remember of the seeding.
fn put_copy(source: &Instance, target: &Instance, link: &LinkName) -> Result<(), String> {
    let now = source.clock.now();
    let (image, forks) = source.with(|s| {
        let forks = roles::forks(s, &link.database);
        let image = s.database(&link.database).map(super::super::world::database::Database::seed_image);
        (image, forks)
    });
    let image = image.ok_or_else(|| format!("no database {}", link.database))?;
    let at = Some((image.lsn, now));
    source.with(|s| {
        let Some(g) = s.hadr.group_mut(&link.link) else { return };
        let local = g.primary.clone().unwrap_or_default();
        let remote = g.replicas.iter().find(|r| !r.name.eq_ignore_ascii_case(&local)).map(|r| r.replica_id);
        if let Some(remote) = remote {
            let p = g.progress_of(remote, &link.database);
            (p.seeded, p.last_hardened) = (true, at);
        }
    });
    target.with(|s| {
        s.create_restoring(&link.database, now).map_err(|e| e.message)?.load_seed(image);
        s.hadr.forks.insert(link.database.to_lowercase(), forks);
        let Some(g) = s.hadr.group(&link.link) else { return Err(format!("no group {}", link.link)) };
        let Some(ag) = s.hadr.local_ag_of(g).map(|a| a.name.clone()) else { return Err("no local group".to_owned()) };
        if let Some(ag) = s.hadr.group_mut(&ag) {
            ag.databases.push(link.database.clone());
            ag.database_id(&link.database);
        }
        if let Some(g) = s.hadr.group_mut(&link.link)
            && let Some(own) = g.own(&ag).map(|r| r.replica_id)
        {
            let id = g.database_id(&link.database);
            let unknown = Progress::unknown(&link.database, id, own);
            *g.progress_of(own, &link.database) =
                Progress { seeded: true, last_received: at, last_hardened: at, last_redone: at, ..unknown };
        }
        Ok(())
    })
}

/// Is every link of an instance connected, with its database open and caught up?
pub fn all_stand(instance: &Instance) -> bool {
    instance.with(|s| s.hadr.links.values().all(|l| l.replica_state == "LinkSynchronizing"))
}
