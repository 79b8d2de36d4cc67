//! The state of a session that lives from batch to batch, and how it talks.

use crate::lab::tds::backend::Event;
use crate::lab::tds::backend::Sink;
use crate::lab::tsql::ast::Expr;
use crate::lab::tsql::bind::Binder;
use crate::lab::tsql::bind::scope::Scope;
use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::convert;
use crate::lab::tsql::eval::runtime::Env;
use crate::lab::tsql::eval::runtime::Rt;
use crate::lab::tsql::eval::runtime::Status;
use crate::lab::tsql::eval::scalar;
use crate::lab::tsql::exec::call::Prepared;
use crate::lab::tsql::exec::frame::Frame;
use crate::lab::tsql::exec::frame::View;
use crate::lab::tsql::exec::memory::MemoryTable;
use crate::lab::tsql::exec::outcome::Fail;
use crate::lab::tsql::exec::outcome::Outcome;
use crate::lab::tsql::host::Host;
use crate::lab::tsql::host::SessionCx;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use std::collections::HashMap;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Temp tables as they were when a transaction or savepoint began.
pub(super) struct Snapshot {
    /// `None` for the transaction itself.
    pub(super) name: Option<String>,
    pub(super) temps: HashMap<String, MemoryTable>,
}

/// What a string or procedure gives back when it ends.
pub(super) struct Settings {
    pub(super) database: String,
    cx: SessionCx,
    options: HashMap<String, String>,
}

/// A session between batches.
pub struct Core {
    pub(super) host: Arc<dyn Host>,
    pub(super) cx: SessionCx,
    pub(super) defaults: SessionCx,
    pub(super) killed: CancellationToken,
    pub(super) status: Status,
    pub(super) temps: HashMap<String, MemoryTable>,
    pub(super) snapshots: Vec<Snapshot>,
    pub(super) prepared: HashMap<i32, Arc<Prepared>>,
    pub(super) next_handle: i32,
    pub(super) next_object: i32,
    /// Descriptor of the open transaction, as the client knows it.
    pub(super) descriptor: Option<u64>,
    pub(super) transactions: u32,
    /// TRY blocks around the running statement, over all levels.
    pub(super) tries: u32,
    /// Text of the running batch, for the DMVs.
    pub(super) text: String,
}

impl Core {
    pub fn new(host: Arc<dyn Host>, cx: SessionCx, killed: CancellationToken) -> Self {
        Self {
            host,
            defaults: cx.clone(),
            cx,
            killed,
            status: Status::default(),
            temps: HashMap::new(),
            snapshots: Vec::new(),
            prepared: HashMap::new(),
            next_handle: 1,
            next_object: -1_000_000_000,
            descriptor: None,
            transactions: 0,
            tries: 0,
            text: String::new(),
        }
    }

    /// Number of the session.
    pub fn spid(&self) -> i32 {
        self.cx.spid
    }

    pub fn killed(&self) -> CancellationToken {
        self.killed.clone()
    }

    pub(super) fn in_transaction(&self) -> bool {
        self.host.transaction_state(&self.cx).0 > 0
    }

    /// The id of a new temp object.
    pub(super) fn object_id(&mut self) -> i32 {
        self.next_object = self.next_object.wrapping_sub(1_234_567);
        self.next_object
    }

    pub(super) fn put_temp(&mut self, key: String, table: MemoryTable) {
        self.status.temp_ids.insert(key.clone(), table.object_id);
        self.temps.insert(key, table);
    }

    pub(super) fn drop_temp(&mut self, key: &str) -> bool {
        self.status.temp_ids.remove(key);
        self.temps.remove(key).is_some()
    }

    /// Drops what levels deeper than `level` left behind.
    pub(super) fn drop_deeper(&mut self, level: i32) {
        let gone: Vec<String> = self.temps.iter().filter(|(_, t)| t.level > level).map(|(k, _)| k.clone()).collect();
        for key in gone {
            self.drop_temp(&key);
        }
    }

    pub(super) fn settings(&self) -> Settings {
        Settings { database: self.cx.database.clone(), cx: self.cx.clone(), options: self.status.options.clone() }
    }

    /// SET options as they were; the database needs the host and is the caller's.
    pub(super) fn put_settings(&mut self, s: Settings) {
        self.cx.nocount = s.cx.nocount;
        self.cx.xact_abort = s.cx.xact_abort;
        self.cx.implicit_transactions = s.cx.implicit_transactions;
        self.cx.lock_timeout_ms = s.cx.lock_timeout_ms;
        self.cx.identity_insert = s.cx.identity_insert;
        self.status.options = s.options;
    }

    /// Everything back to the state after login, but for the host's own part.
    pub fn reset(&mut self) {
        if self.in_transaction() {
            let _ = self.host.rollback(&self.cx, None);
        }
        let spid = self.cx.spid;
        self.cx = self.defaults.clone();
        self.cx.spid = spid;
        self.cx.database.clone_from(&self.defaults.login_database);
        self.status = Status::default();
        self.temps.clear();
        self.snapshots.clear();
        self.prepared.clear();
        self.descriptor = None;
        self.tries = 0;
    }

    /// The running request was dropped at an await.
    pub fn interrupted(&mut self) {
        self.tries = 0;
        self.status.nest = 0;
        self.status.caught = None;
        self.drop_deeper(0);
        if self.cx.xact_abort && self.in_transaction() {
            let _ = self.host.rollback(&self.cx, None);
        }
        self.host.note_request(&self.cx, None, "");
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        if self.in_transaction() {
            let _ = self.host.rollback(&self.cx, None);
        }
    }
}

/// One request under way.
pub struct Run<'s> {
    pub(super) core: &'s mut Core,
    pub(super) sink: &'s Sink,
}

impl<'s> Run<'s> {
    pub fn new(core: &'s mut Core, sink: &'s Sink) -> Self {
        Self { core, sink }
    }

    pub(super) async fn send(&self, event: Event) -> Outcome<()> {
        self.sink.send(event).await.map_err(|_| Fail::Closed)
    }

    pub(super) async fn info(&self, mut message: SqlError, line: u32) -> Outcome<()> {
        if message.line == 0 {
            message.line = line;
        }
        self.send(Event::Message(message)).await
    }

    /// End of a statement: its row count, if it has one.
    pub(super) async fn done(&mut self, count: Option<u64>, command: u16) -> Outcome<()> {
        if let Some(n) = count {
            self.core.status.rowcount = i64::try_from(n).unwrap_or(i64::MAX);
        }
        let count = count.filter(|_| !self.core.cx.nocount);
        self.send(Event::Done { count, command, error: false }).await
    }

    pub(super) fn view<'a>(&'a self, frame: &'a Frame) -> View<'a> {
        View { frame, temps: &self.core.temps }
    }

    pub(super) fn rt<'a>(&'a self, view: &'a View<'a>) -> Rt<'a> {
        Rt::new(&*self.core.host, &self.core.cx, view, &self.core.status, &self.core.killed)
    }

    /// Binds something against the names of the frame.
    pub(super) fn bind<T>(&self, frame: &Frame, f: impl FnOnce(&Binder<'_>) -> SqlResult<T>) -> Outcome<T> {
        let view = self.view(frame);
        let binder = Binder::new(&*self.core.host, &self.core.cx, &view);
        f(&binder).map_err(|e| Fail::bind(e, frame.level))
    }

    pub(super) fn bind_expr(&self, frame: &Frame, e: &Expr) -> Outcome<Ex> {
        self.bind(frame, |b| b.expr(e, &Scope::new(Vec::new(), None)))
    }

    pub(super) fn eval(&self, frame: &Frame, ex: &Ex) -> SqlResult<Value> {
        let view = self.view(frame);
        let rt = self.rt(&view);
        scalar::eval(ex, &Env::of(&rt, &[], None))
    }

    /// Value and type of an expression without tables.
    pub(super) fn value(&self, frame: &Frame, e: &Expr) -> Outcome<(Value, SqlType)> {
        let ex = self.bind_expr(frame, e)?;
        Ok((self.eval(frame, &ex)?, ex.ty))
    }

    /// The same, converted.
    pub(super) fn value_as(&self, frame: &Frame, e: &Expr, ty: SqlType) -> Outcome<Value> {
        let (v, from) = self.value(frame, e)?;
        Ok(convert::cast(&v, from, ty, 0)?)
    }

    /// Is a predicate true?
    pub(super) fn holds(&self, frame: &Frame, e: &Expr) -> Outcome<bool> {
        let cond = self.bind(frame, |b| b.cond(e, &Scope::new(Vec::new(), None)))?;
        let view = self.view(frame);
        let rt = self.rt(&view);
        Ok(scalar::cond(&cond, &Env::of(&rt, &[], None))? == Some(true))
    }
}
