//! Logging in: from LOGIN7 to a session.

use super::access::holds_connect;
use super::host::Evaluator;
use super::host::InstanceHost;
use super::instance::Instance;
use super::instance::InstanceState;
use super::messages::error;
use super::security::DEFAULT_TCP_ENDPOINT;
use super::security::ENDPOINT;
use super::security::SERVER;
use super::security::verify_password;
use super::session::SessionState;
use crate::lab::tds::backend::Backend;
use crate::lab::tds::backend::LoginAck;
use crate::lab::tds::backend::LoginFailure;
use crate::lab::tds::backend::LoginRequest;
use crate::lab::tds::backend::RpcCall;
use crate::lab::tds::backend::Session;
use crate::lab::tds::backend::Sink;
use crate::lab::tds::backend::TransactionRequest;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::host::Host;
use crate::lab::tsql::host::SessionCx;
use async_trait::async_trait;
use std::collections::BTreeSet;
use std::sync::Arc;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

/// Makes the engine's session; keeps this side free of the engine.
pub type SessionFactory = Arc<dyn Fn(Arc<dyn Host>, SessionCx, CancellationToken) -> Box<dyn Session> + Send + Sync>;

/// An instance behind a TDS listener.
pub struct InstanceBackend {
    instance: Arc<Instance>,
    host: Arc<InstanceHost>,
    factory: SessionFactory,
}

impl InstanceBackend {
    /// Backend of an instance.
    pub fn new(instance: Arc<Instance>, factory: SessionFactory) -> Self {
        let host = Arc::new(InstanceHost::new(Arc::clone(&instance)));
        Self { instance, host, factory }
    }
    /// With the engine's evaluator for defaults and computed columns.
    #[must_use]
    pub fn evaluating(self, evaluator: Evaluator) -> Self {
        // set once: a second one would be the same
        let _ = self.host.evaluator.set(evaluator);
        self
    }
}

#[async_trait]
impl Backend for InstanceBackend {
    fn server(&self) -> (String, (u8, u8, u16)) {
        (self.instance.config.server_name.clone(), wire_version(&self.instance))
    }

    async fn login(&self, request: LoginRequest) -> Result<(LoginAck, Box<dyn Session>), LoginFailure> {
        let (cx, killed) = open_session(&self.instance, &request)?;
        let ack = LoginAck {
            database: cx.database.clone(),
            language: "us_english".to_owned(),
            collation: wire_collation(&self.instance.config.collation),
            program: "Microsoft SQL Server".to_owned(),
            version: wire_version(&self.instance),
            server_name: self.instance.config.server_name.clone(),
        };
        let guard = SessionGuard { instance: Arc::clone(&self.instance), spid: cx.spid };
        let host: Arc<dyn Host> = Arc::clone(&self.host) as Arc<dyn Host>;
        let inner = (self.factory)(host, cx, killed);
        Ok((ack, Box::new(Guarded { inner, guard })))
    }
}

/// Checks a login and opens its session. The session lives until [`end_session`].
pub fn open_session(
    instance: &Arc<Instance>,
    request: &LoginRequest,
) -> Result<(SessionCx, CancellationToken), LoginFailure> {
    let now = instance.clock.now();
    open_as(instance, request, |s| login(s, request, now))
}

/// A session whose caller the operating system vouches for, as over shared memory: a Windows account, or the owner of a job that the
/// Agent runs.
pub fn open_trusted(
    instance: &Arc<Instance>,
    request: &LoginRequest,
) -> Result<(SessionCx, CancellationToken), LoginFailure> {
    let now = instance.clock.now();
    open_as(instance, request, |s| {
        let identity = trusted(s, &request.user)?;
        admit(s, request, identity, now)
    })
}

type Opened = Result<(SessionCx, CancellationToken), Refused>;

fn open_as(
    instance: &Arc<Instance>,
    request: &LoginRequest,
    open: impl FnOnce(&mut InstanceState) -> Opened,
) -> Result<(SessionCx, CancellationToken), LoginFailure> {
    let now = instance.clock.now();
    let result = instance.with(|s| {
        let result = open(s);
        if let Err(refused) = &result {
            let client = request.client_address.rsplit_once(':').map_or(request.client_address.as_str(), |(h, _)| h);
            let text = format!("Error: {}, Severity: 14, State: {}.", refused.number, refused.state);
            s.error_log.push((now, text));
            s.error_log.push((now, format!("{} Reason: {} [CLIENT: {client}]", refused.text, refused.reason)));
        }
        result
    });
    match result {
        Ok(done) => {
            instance.notify_group(None);
            Ok(done)
        }
        Err(refused) => Err(LoginFailure(refused.errors)),
    }
}

/// Ends a session: open work is rolled back, its locks are freed.
pub fn end_session(instance: &Arc<Instance>, spid: i32) {
    instance.with(|s| s.sessions.end(spid));
    instance.notify_group(None);
}

/// A refused login: what the client gets (18456 always as state 1), and what the log gets.
struct Refused {
    errors: Vec<SqlError>,
    number: i32,
    state: u8,
    text: String,
    reason: String,
}

fn refuse(user: &str, state: u8, reason: &str) -> Refused {
    let e = error(18456, &[&user, &"", &""]);
    Refused { text: e.message.clone(), errors: vec![e], number: 18456, state, reason: reason.to_owned() }
}

fn refuse_with(number: i32, user: &str, state: u8, reason: &str) -> Refused {
    let e = error(number, &[&user, &""]);
    Refused { text: e.message.clone(), errors: vec![e], number, state, reason: reason.to_owned() }
}

/// Who logs in.
struct Identity {
    principal_id: i32,
    name: String,
    sid: Vec<u8>,
    default_database: String,
    groups: Vec<i32>,
    contained: Option<(String, i32)>,
}

fn login(
    s: &mut InstanceState,
    r: &LoginRequest,
    now: OffsetDateTime,
) -> Result<(SessionCx, CancellationToken), Refused> {
    if s.server.region_down {
        return Err(refuse_with(40613, &r.database, 1, "The region is down."));
    }
    if s.server.stopped {
        return Err(refuse_with(40613, &r.database, 1, "The instance is stopped."));
    }
    if r.integrated {
        return Err(refuse_with(18452, &r.user, 1, "Integrated authentication from an untrusted domain."));
    }
    if r.access_token.is_some() {
        return Err(refuse("<token-identified principal>", 102, "The access token could not be validated."));
    }
    let identity = match contained(s, r) {
        Some(found) => found?,
        None => authenticate(s, r)?,
    };
    admit(s, r, identity, now)
}

/// Opens the session of who is known by now.
fn admit(s: &mut InstanceState, r: &LoginRequest, identity: Identity, now: OffsetDateTime) -> Opened {
    let spid = s.sessions.free_spid();
    let killed = CancellationToken::new();
    let named = !r.database.is_empty();
    let wanted = if named { r.database.clone() } else { identity.default_database.clone() };
    let mut cx = SessionCx {
        spid,
        database: "master".to_owned(),
        login: identity.name.clone(),
        login_database: wanted.clone(),
        lock_timeout_ms: -1,
        nocount: false,
        xact_abort: false,
        implicit_transactions: false,
        identity_insert: None,
        read_only_intent: r.read_only_intent,
        last_identity: None,
    };
    s.sessions.sessions.insert(spid, session(spid, &identity, r, killed.clone(), now));
    match s.open(&cx, &wanted).map(|d| d.name.clone()) {
        Ok(name) => {
            cx.database.clone_from(&name);
            cx.login_database.clone_from(&name);
            if let Some(x) = s.sessions.get_mut(spid) {
                x.database.clone_from(&name);
                x.login_database = name;
            }
            Ok((cx, killed))
        }
        Err(cause) => {
            s.sessions.end(spid);
            Err(no_database(&identity.name, &wanted, named, cause))
        }
    }
}

/// The cause where it tells more, 4060 (4064 for the default database), 18456 (facts: sql-server-hadr e, f 2).
fn no_database(user: &str, database: &str, named: bool, cause: SqlError) -> Refused {
    let mut errors = Vec::new();
    if !matches!(cause.number, 911 | 916) {
        errors.push(cause);
    }
    errors.push(if named { error(4060, &[&database]) } else { error(4064, &[]) });
    let reason = format!("Failed to open the explicitly specified database '{database}'.");
    let mut refused = refuse(user, if named { 38 } else { 40 }, &reason);
    errors.append(&mut refused.errors);
    refused.errors = errors;
    refused
}

fn authenticate(s: &InstanceState, r: &LoginRequest) -> Result<Identity, Refused> {
    let user = r.user.as_str();
    if s.security.windows_only {
        return Err(refuse(
            user,
            58,
            "An attempt to login using SQL authentication failed. Server is configured for Windows authentication only.",
        ));
    }
    let Some(p) = s.security.by_name(user).filter(|p| !matches!(p.kind, 'R' | 'C')) else {
        return Err(refuse(user, 5, "Could not find a login matching the name provided."));
    };
    if p.kind != 'S' {
        return Err(refuse(user, 6, "Attempting to use an NT account name with SQL Server Authentication."));
    }
    let right = p.password_hash.as_deref().is_some_and(|h| verify_password(&r.password, h));
    match (right, p.disabled) {
        (false, true) => {
            return Err(refuse(user, 7, "An error occurred while evaluating the password. The login is disabled."));
        }
        (false, false) => return Err(refuse(user, 8, "Password did not match that for the login provided.")),
        (true, true) => return Err(refuse_with(18470, user, 1, "The account is disabled.")),
        (true, false) => {}
    }
    if p.must_change {
        return Err(refuse_with(18488, user, 1, "The password of the account must be changed."));
    }
    let validation =
        "Login-based server access validation failed with an infrastructure error. Login lacks Connect SQL permission.";
    if !s.security.has(p.id, "CONNECT SQL") {
        return Err(refuse(user, 12, validation));
    }
    if !s.security.has_on(p.id, ENDPOINT, DEFAULT_TCP_ENDPOINT, "CONNECT") {
        return Err(refuse(
            user,
            12,
            "Login-based server access validation failed with an infrastructure error. Login lacks connect endpoint permission.",
        ));
    }
    Ok(Identity {
        principal_id: p.id,
        name: p.name.clone(),
        sid: p.sid.clone(),
        default_database: p.default_database.clone(),
        groups: Vec::new(),
        contained: None,
    })
}

/// A Windows account: by a login of its own, by those of its groups, or both. What one of them is denied, it is denied.
fn trusted(s: &InstanceState, name: &str) -> Result<Identity, Refused> {
    let account = s.server.domain.iter().find(|a| a.name.eq_ignore_ascii_case(name));
    let own = s.security.by_name(name).filter(|p| !matches!(p.kind, 'R' | 'C' | 'G'));
    let groups: Vec<i32> = account
        .iter()
        .flat_map(|a| &a.groups)
        .filter_map(|g| s.security.by_name(g))
        .filter(|p| p.kind == 'G')
        .map(|p| p.id)
        .collect();
    if own.is_none() && groups.is_empty() {
        return Err(refuse(name, 5, "Could not find a login matching the name provided."));
    }
    if own.is_some_and(|p| p.disabled) {
        return Err(refuse_with(18470, name, 1, "The account is disabled."));
    }
    let logins: Vec<i32> = own.map(|p| p.id).into_iter().chain(groups.iter().copied()).collect();
    let may = |class, id, permission| s.security.any_has_on(&logins, class, id, permission);
    if !may(SERVER, 0, "CONNECT SQL") || !may(ENDPOINT, DEFAULT_TCP_ENDPOINT, "CONNECT") {
        return Err(refuse(
            name,
            11,
            "Token-based server access validation failed with an infrastructure error. Login lacks Connect SQL permission.",
        ));
    }
    Ok(Identity {
        principal_id: own.map_or(0, |p| p.id),
        name: own.map_or_else(|| account.map_or(name, |a| a.name.as_str()), |p| p.name.as_str()).to_owned(),
        sid: own.map(|p| p.sid.clone()).or_else(|| account.map(|a| a.sid.clone())).unwrap_or_default(),
        default_database: own.map_or_else(|| "master".to_owned(), |p| p.default_database.clone()),
        groups,
        contained: None,
    })
}

/// A user with password in the named database, where the database and the server allow it. Server bars do not reach it.
fn contained(s: &InstanceState, r: &LoginRequest) -> Option<Result<Identity, Refused>> {
    if s.server.configured("contained database authentication") == 0 || r.database.is_empty() {
        return None;
    }
    let db = s.database(&r.database).filter(|d| d.options.containment == 1)?;
    let user = db.data.principal(&r.user).filter(|u| u.authentication == 2)?;
    let hash = user.password_hash.as_deref().unwrap_or_default();
    if !verify_password(&r.password, hash) {
        return Some(Err(refuse(&r.user, 8, "Password did not match that for the user provided.")));
    }
    if !holds_connect(&db.data, user.id) {
        return Some(Err(refuse(&r.user, 38, "Failed to open the database specified in the login properties.")));
    }
    Some(Ok(Identity {
        principal_id: 0,
        name: user.name.clone(),
        sid: user.sid.clone(),
        default_database: db.name.clone(),
        groups: Vec::new(),
        contained: Some((db.name.to_lowercase(), user.id)),
    }))
}

fn session(
    spid: i32,
    identity: &Identity,
    r: &LoginRequest,
    killed: CancellationToken,
    now: OffsetDateTime,
) -> SessionState {
    SessionState {
        spid,
        principal_id: identity.principal_id,
        login: identity.name.clone(),
        sid: identity.sid.clone(),
        groups: identity.groups.clone(),
        contained: identity.contained.clone(),
        host_name: r.host_name.clone(),
        program_name: r.program_name.clone(),
        client_interface: r.client_interface.clone(),
        client_address: r.client_address.clone(),
        client_pid: r.client_pid,
        encrypted: r.encrypted,
        packet_size: r.packet_size,
        connection_id: crate::base::random::uuid(),
        login_time: now,
        request_start: now,
        request_end: None,
        request: None,
        last_text: String::new(),
        database: "master".to_owned(),
        login_database: String::new(),
        read_only_intent: r.read_only_intent,
        lock_timeout_ms: -1,
        trace_flags: BTreeSet::new(),
        transaction: None,
        waiting: None,
        requests: 0,
        writes: 0,
        reads: 0,
        dead: false,
        killed,
    }
}

/// Five bytes of the collation (facts: tds-server).
fn wire_collation(name: &str) -> [u8; 5] {
    match name {
        n if n.starts_with("SQL_Latin1_General_CP1_CI_AS") => [0x09, 0x04, 0xD0, 0x00, 0x34],
        n if n.contains("_100_") => [0x09, 0x04, 0xD0, 0x20, 0x00],
        _ => [0x09, 0x04, 0xD0, 0x00, 0x00],
    }
}

fn wire_version(instance: &Instance) -> (u8, u8, u16) {
    match &instance.config.kind {
        super::instance::InstanceKind::SqlServer { version, .. } => {
            let mut p = version.split('.').map(|x| x.parse::<u16>().unwrap_or(0));
            (p.next().unwrap_or(0) as u8, p.next().unwrap_or(0) as u8, p.next().unwrap_or(0))
        }
        super::instance::InstanceKind::Managed { .. } => (12, 0, 2000),
    }
}

/// Ends the session when its connection goes away.
struct SessionGuard {
    instance: Arc<Instance>,
    spid: i32,
}

impl Drop for SessionGuard {
    fn drop(&mut self) {
        end_session(&self.instance, self.spid);
    }
}

impl SessionGuard {
    /// `Batch Requests/sec` counts what a client sends, not the statements in it.
    fn count(&self) {
        self.instance.with(|s| s.server.batches += 1);
    }
}

/// The engine's session and the guard of its place on the server.
struct Guarded {
    inner: Box<dyn Session>,
    guard: SessionGuard,
}

#[async_trait]
impl Session for Guarded {
    fn spid(&self) -> u16 {
        self.inner.spid()
    }
    async fn batch(&mut self, text: &str, sink: &Sink) {
        self.guard.count();
        self.inner.batch(text, sink).await;
    }
    async fn rpc(&mut self, call: RpcCall, sink: &Sink) {
        self.guard.count();
        self.inner.rpc(call, sink).await;
    }
    async fn transaction(&mut self, request: TransactionRequest, sink: &Sink) {
        self.inner.transaction(request, sink).await;
    }
    async fn reset(&mut self) {
        self.inner.reset().await;
        let spid = self.guard.spid;
        self.guard.instance.with(|s| {
            s.sessions.rollback(spid);
            s.sessions.locks.release_all(spid);
            if let Some(x) = s.sessions.get_mut(spid) {
                x.database.clone_from(&x.login_database);
                x.trace_flags.clear();
            }
        });
        self.guard.instance.notify_group(None);
    }
    async fn cancelled(&mut self) {
        self.inner.cancelled().await;
        let spid = self.guard.spid;
        self.guard.instance.with(|s| {
            let statement = |x: &SessionState| x.transaction.as_ref().is_some_and(|t| t.nesting == 0);
            if s.sessions.get(spid).is_some_and(statement) {
                s.sessions.rollback(spid);
            }
            if let Some(x) = s.sessions.get_mut(spid) {
                x.request = None;
                x.waiting = None;
            }
        });
        self.guard.instance.notify_group(None);
    }
    fn killed(&self) -> CancellationToken {
        self.inner.killed()
    }
}
