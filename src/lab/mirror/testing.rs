//! A SQL Server and a managed instance on an in-memory network, ready for a link.

use crate::lab::mirror;
use crate::lab::mirror::managed;
use crate::lab::mirror::managed::LinkError;
use crate::lab::mirror::managed::LinkSpec;
use crate::lab::mirror::pki::LabPki;
use crate::lab::mirror::x509;
use crate::lab::net::Network;
use crate::lab::tsql::ast::Stmt;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::SessionCx;
use crate::lab::tsql::parse::parse_batch;
use crate::lab::tsql::value::Value;
use crate::lab::world::clock::LabClock;
use crate::lab::world::database::Access;
use crate::lab::world::database::DatabaseState;
use crate::lab::world::hadr_ddl;
use crate::lab::world::hadr_views;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceConfig;
use crate::lab::world::instance::InstanceKind;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::log::Op;
use crate::lab::world::lsn::Lsn;
use crate::lab::world::setup::DatabaseSpec;
use crate::lab::world::storage::Certificate;
use crate::lab::world::storage::MasterKey;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use uuid::Uuid;

pub(crate) const FQDN: &str = "mi-a.abc123.database.windows.net";
pub(crate) const SQL_HOST: &str = "10.0.1.8";
pub(crate) const DB: &str = "Ledger";

pub(crate) struct Estate {
    pub(crate) net: Arc<Network>,
    pub(crate) sql: Arc<Instance>,
    pub(crate) mi: Arc<Instance>,
}

fn origin() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_790_000_000).unwrap()
}

pub(crate) fn cx(database: &str) -> SessionCx {
    SessionCx {
        spid: 51,
        database: database.to_owned(),
        login: "sa".to_owned(),
        login_database: "master".to_owned(),
        lock_timeout_ms: -1,
        nocount: false,
        xact_abort: false,
        implicit_transactions: false,
        identity_insert: None,
        read_only_intent: false,
        last_identity: None,
    }
}

fn certificate(id: i32, name: &str, der: Vec<u8>, key: Option<Vec<u8>>) -> Certificate {
    let s = x509::summary(&der).unwrap();
    Certificate {
        id,
        name: name.to_owned(),
        principal_id: 1,
        private_key: key.clone(),
        key_encryption: if key.is_some() { "MK" } else { "NA" }.to_owned(),
        active_for_dialog: true,
        subject: s.subject,
        issuer: String::new(),
        serial: s.serial,
        start: s.not_before,
        expiry: s.not_after,
        thumbprint: Vec::new(),
        key_bits: 2048,
        last_backup: None,
        issuer_patterns: Vec::new(),
        der,
    }
}

pub(crate) fn add_certificate(sql: &Instance, name: &str, der: Vec<u8>, key: Option<Vec<u8>>, patterns: &[&str]) {
    sql.with(|s| {
        let master = s.database_mut("master").unwrap();
        let id = 256 + master.data.certificates.len() as i32;
        let mut c = certificate(id, name, der, key);
        c.issuer_patterns = patterns.iter().map(|p| (*p).to_owned()).collect();
        master.data.certificates.insert(id, Arc::new(c));
    });
}

pub(crate) fn self_signed(subject: &str) -> (Vec<u8>, Vec<u8>) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CommonName, subject);
    params.not_before = origin() - time::Duration::days(1);
    params.not_after = origin() + time::Duration::days(3650);
    (params.self_signed(&key).unwrap().der().to_vec(), key.serialize_der())
}

pub(crate) fn sql_server(net: &Arc<Network>, host: &str, name: &str, version: &str) -> Arc<Instance> {
    let config = InstanceConfig {
        id: name.to_lowercase(),
        kind: InstanceKind::SqlServer {
            version: version.to_owned(),
            edition: "Enterprise Edition (64-bit)".to_owned(),
            update_level: None,
            update_reference: None,
        },
        server_name: name.to_owned(),
        host: host.to_owned(),
        collation: "SQL_Latin1_General_CP1_CI_AS".to_owned(),
        trace_flags: Vec::new(),
        hadr_enabled: true,
        linux: false,
        installed: crate::lab::world::instance::Installed::default(),
    };
    let clock = LabClock::starting_at(origin());
    let state = InstanceState::new(&config, origin());
    let sql = Instance::new(config, state, net.clone(), clock);
    sql.with(|s| {
        let key = MasterKey {
            password_hash: None,
            by_server: true,
            guid: Uuid::nil(),
            create_date: origin(),
            modify_date: origin(),
        };
        s.database_mut("master").unwrap().data.master_key = Some(Arc::new(key));
    });
    let (der, key) = self_signed(&format!("{name} endpoint"));
    add_certificate(&sql, "Cert_endpoint", der, Some(key), &[]);
    mirror::start(&sql);
    sql
}

fn managed_instance(net: &Arc<Network>, pki: &LabPki, format: &str) -> Arc<Instance> {
    let config = InstanceConfig {
        id: "mi-a".to_owned(),
        kind: InstanceKind::Managed {
            database_format: format.to_owned(),
            tier: "GeneralPurpose".to_owned(),
            next_gen: false,
            vcores: 4,
            storage_gb: 256,
            name: "mi-a".to_owned(),
        },
        server_name: FQDN.to_owned(),
        host: FQDN.to_owned(),
        collation: "SQL_Latin1_General_CP1_CI_AS".to_owned(),
        trace_flags: Vec::new(),
        hadr_enabled: true,
        linux: false,
        installed: crate::lab::world::instance::Installed::default(),
    };
    let mut state = InstanceState::new(&config, origin());
    state.hadr.service_identity = Some(pki.issue_mi(FQDN, origin()).unwrap());
    let mi = Instance::new(config, state, net.clone(), LabClock::starting_at(origin()));
    mirror::start(&mi);
    mi
}

impl Estate {
    /// Two instances that know nothing of each other.
    pub(crate) fn bare(version: &str, format: &str) -> (Self, LabPki) {
        let net = Network::in_memory();
        let pki = LabPki::new(origin()).unwrap();
        let sql = sql_server(&net, SQL_HOST, "SQLA", version);
        let mi = managed_instance(&net, &pki, format);
        sql.with(|s| {
            let spec = DatabaseSpec { name: DB.to_owned(), full_backup: true, ..DatabaseSpec::default() };
            s.add_database(&sql.config, &spec, origin());
        });
        (Self { net, sql, mi }, pki)
    }

    /// Certificates exchanged, endpoint and groups made: only the link is missing.
    pub(crate) async fn prepared(version: &str, format: &str) -> Self {
        let (e, pki) = Self::bare(version, format);
        e.trust_sql();
        e.trust_mi(&pki, FQDN);
        e.endpoint().await;
        e.groups().await;
        e
    }

    /// As above, with a link that has caught up.
    pub(crate) async fn linked(version: &str, format: &str) -> Self {
        let e = Self::prepared(version, format).await;
        e.link().await.unwrap();
        e
    }

    pub(crate) fn trust_sql(&self) {
        let der =
            self.sql.with(|s| s.database("master").unwrap().data.certificate("Cert_endpoint").unwrap().der.clone());
        managed::put_trust_certificate(&self.mi, "SQLA", &der).unwrap();
    }

    pub(crate) fn trust_mi(&self, pki: &LabPki, name: &str) {
        let der = managed::endpoint_certificate(&self.mi).unwrap();
        add_certificate(&self.sql, name, der, None, &[]);
        self.trust_roots(pki);
    }

    pub(crate) fn trust_roots(&self, pki: &LabPki) {
        add_certificate(&self.sql, "DigiCertPKI", pki.root_der.clone(), None, &["*.database.windows.net"]);
    }

    pub(crate) async fn endpoint(&self) {
        run(
            &self.sql,
            "CREATE ENDPOINT [ep] STATE = STARTED AS TCP (LISTENER_PORT = 5022, LISTENER_IP = ALL) FOR \
             DATABASE_MIRRORING (ROLE = ALL, AUTHENTICATION = CERTIFICATE [Cert_endpoint], ENCRYPTION = REQUIRED \
             ALGORITHM AES)",
        )
        .await
        .unwrap();
    }

    pub(crate) async fn groups(&self) {
        self.groups_to(&format!("tcp://{FQDN}:5022;Server=[mi-a]")).await;
    }

    pub(crate) async fn groups_to(&self, mi_url: &str) {
        self.groups_for(DB, mi_url).await;
    }

    /// Groups of another database, named after it.
    pub(crate) async fn groups_for(&self, db: &str, mi_url: &str) {
        let ag = format!(
            "CREATE AVAILABILITY GROUP [AG_{db}] WITH (CLUSTER_TYPE = NONE) FOR DATABASE [{db}] REPLICA ON N'SQLA' \
             WITH (ENDPOINT_URL = 'TCP://10.0.1.8:5022', AVAILABILITY_MODE = SYNCHRONOUS_COMMIT, FAILOVER_MODE = \
             MANUAL, SEEDING_MODE = AUTOMATIC)"
        );
        run(&self.sql, &ag).await.unwrap();
        let dag = format!(
            "CREATE AVAILABILITY GROUP [DAG_{db}] WITH (DISTRIBUTED) AVAILABILITY GROUP ON N'AG_{db}' WITH \
             (LISTENER_URL = 'TCP://10.0.1.8:5022', AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT, FAILOVER_MODE = MANUAL, \
             SEEDING_MODE = AUTOMATIC, SESSION_TIMEOUT = 20), N'AG_{db}_MI' WITH (LISTENER_URL = '{mi_url}', \
             AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT, FAILOVER_MODE = MANUAL, SEEDING_MODE = AUTOMATIC)"
        );
        run(&self.sql, &dag).await.unwrap();
    }

    pub(crate) fn spec(&self) -> LinkSpec {
        self.spec_for(DB)
    }

    /// Link of another database, named after it.
    pub(crate) fn spec_for(&self, db: &str) -> LinkSpec {
        LinkSpec {
            name: format!("DAG_{db}"),
            databases: vec![db.to_owned()],
            partner_endpoint: format!("tcp://{SQL_HOST}:5022"),
            partner_availability_group: format!("AG_{db}"),
            instance_availability_group: format!("AG_{db}_MI"),
            instance_link_role: "Secondary".to_owned(),
            failover_mode: if self.sql.config.major() >= 16 { "Manual" } else { "None" }.to_owned(),
            seeding_mode: "Automatic".to_owned(),
        }
    }

    pub(crate) async fn link(&self) -> Result<(), LinkError> {
        managed::create_link(&self.mi, self.spec()).await
    }
}

/// Runs one DDL statement as `sa` in master.
pub(crate) async fn run(instance: &Arc<Instance>, text: &str) -> SqlResult<Vec<SqlError>> {
    let batch = parse_batch(text)?;
    let [one] = batch.as_slice() else { panic!("one statement: {text}") };
    let Stmt::Ddl(ddl) = &one.stmt else { panic!("DDL: {text}") };
    hadr_ddl::execute(instance, &cx("master"), ddl).await
}

/// Rows of a view of the availability layer.
pub(crate) fn view(instance: &Arc<Instance>, name: &str) -> Vec<BTreeMap<&'static str, Value>> {
    instance.with(|s| hadr_views::provide(instance, s, name)).unwrap()
}

/// A text column.
pub(crate) fn text(row: &BTreeMap<&'static str, Value>, column: &'static str) -> String {
    match row.get(column) {
        Some(Value::Str(s)) => s.to_string(),
        other => panic!("{column}: {other:?}"),
    }
}

/// A write as a session's commit does it: refused unless the database takes writes; acknowledged once the synchronous
/// partner has hardened it.
pub(crate) async fn commit(instance: &Arc<Instance>, key: &str) -> Option<Lsn> {
    let now = instance.clock.now();
    let end = instance.with(|s| {
        let db = s.database_mut(DB)?;
        if db.access != Access::ReadWrite || db.state != DatabaseState::Online {
            return None;
        }
        let op = Op::ExtendedProperty {
            class: 0,
            major_id: 0,
            minor_id: 0,
            name: key.to_owned(),
            value: Some(Value::str("x")),
        };
        Some(db.append(vec![op], 51, true, now).end)
    })?;
    instance.notify();
    let mut changed = instance.changed.subscribe();
    loop {
        changed.mark_unchanged();
        let done = instance.with(|s| s.database(DB).is_none_or(|d| !d.sync.wait || d.sync.hardened >= end));
        if done {
            return Some(end);
        }
        changed.changed().await.ok()?;
    }
}

/// Has this instance redone the write?
pub(crate) fn has(instance: &Instance, key: &str) -> bool {
    instance.with(|s| s.database(DB).is_some_and(|d| d.data.database_property(key).is_some()))
}

/// Waits (virtual time) until `done`; fails after ten minutes.
pub(crate) async fn eventually(instance: &Instance, what: &str, done: impl Fn(&InstanceState) -> bool) {
    let mut changed = instance.changed.subscribe();
    let wait = async {
        loop {
            changed.mark_unchanged();
            if instance.with(|s| done(s)) {
                return;
            }
            changed.changed().await.unwrap();
        }
    };
    let met = tokio::time::timeout(Duration::from_secs(600), wait).await.is_ok();
    assert!(met, "never: {what}\n{}", instance.with(|s| log_text(s)));
}

pub(crate) fn log_text(state: &InstanceState) -> String {
    state.error_log.iter().map(|(_, l)| l.as_str()).collect::<Vec<_>>().join("\n")
}

/// Replica row of the DAG: the remote one on a primary.
pub(crate) fn connected(instance: &Instance) -> bool {
    instance.with(|s| s.hadr.group("DAG_Ledger").is_some_and(|g| g.replicas.iter().any(|r| r.connected)))
}
