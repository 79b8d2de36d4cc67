//! Events of the engine as tokens: which DONE flavour, which MORE bit, which order.

use super::backend::Event;
use super::backend::RpcCall;
use super::token;
use super::token::done;
use super::token::env;
use super::types::WireType;
use super::value;
use super::value::Unfit;
use super::wire::put_b_varchar;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use bytes::BufMut;
use bytes::BytesMut;
use std::sync::Arc;

/// What all tokens of a session share.
#[derive(Debug, Clone)]
pub(super) struct Dialect {
    pub(super) server: String,
    pub(super) collation: [u8; 5],
}

/// A DONE held back until it is known whether more follows.
#[derive(Debug, Clone, Copy)]
struct Held {
    token: u8,
    status: u16,
    command: u16,
    count: u64,
}

/// An output parameter of the call, and where it stands in it.
#[derive(Debug)]
struct Output {
    ordinal: u16,
    name: String,
}

/// The answer to one batch, one RPC call or one transaction request.
#[derive(Debug)]
pub(super) struct Answer {
    /// `None` outside of RPC.
    outputs: Option<Vec<Output>>,
    held: Option<Held>,
    columns: Arc<[Column]>,
    types: Vec<WireType>,
    /// An error went out after the last DONE.
    failed: bool,
    /// In a batch: RETURNSTATUS went out and the procedure's DONEPROC is due.
    in_procedure: bool,
    status: Option<i32>,
    values: Vec<(String, SqlType, Value)>,
}

impl Answer {
    /// To a batch or a transaction request.
    pub(super) fn to_batch() -> Self {
        Self {
            outputs: None,
            held: None,
            columns: Arc::new([]),
            types: Vec::new(),
            failed: false,
            in_procedure: false,
            status: None,
            values: Vec::new(),
        }
    }

    /// To one RPC call.
    pub(super) fn to_call(call: &RpcCall) -> Self {
        let outputs = call.params.iter().enumerate().filter(|(_, p)| p.output);
        let outputs = outputs.map(|(i, p)| Output { ordinal: i as u16, name: bare(&p.name) }).collect();
        Self { outputs: Some(outputs), ..Self::to_batch() }
    }

    /// Appends what an event becomes; a DONE waits for its successor.
    pub(super) fn put(&mut self, out: &mut BytesMut, event: Event, dialect: &Dialect) {
        match event {
            Event::Done { count, command, error } => return self.done(out, count, command, error),
            // RETURNSTATUS comes after the last statement and before the values (facts: tds-server 6).
            Event::ReturnStatus(status) if self.outputs.is_some() => {
                self.status = Some(status);
                return;
            }
            Event::ReturnValue { name, ty, value } if self.outputs.is_some() => {
                self.values.push((name, ty, value));
                return;
            }
            _ => {}
        }
        self.release(out, done::MORE);
        match event {
            Event::Columns(columns) => self.start_rows(out, columns, dialect),
            Event::Row(row) => self.row(out, &row, dialect),
            Event::Message(message) => self.message(out, &message, dialect),
            Event::ReturnStatus(status) => {
                put_status(out, status);
                self.in_procedure = true;
            }
            Event::ReturnValue { name, ty, value } => self.value(out, 0, &name, ty, &value, dialect),
            Event::Done { .. } => {}
            event => put_change(out, &event, dialect),
        }
    }

    fn done(&mut self, out: &mut BytesMut, count: Option<u64>, command: u16, error: bool) {
        self.release(out, done::MORE);
        let failed = std::mem::take(&mut self.failed) || error;
        let token = match (&self.outputs, std::mem::take(&mut self.in_procedure)) {
            (Some(_), _) => token::DONEINPROC,
            (None, true) => token::DONEPROC,
            (None, false) => token::DONE,
        };
        let status = if count.is_some() { done::COUNT } else { 0 } | if failed { done::ERROR } else { 0 };
        self.held = Some(Held { token, status, command, count: count.unwrap_or(0) });
    }

    fn release(&mut self, out: &mut BytesMut, more: u16) {
        if let Some(held) = self.held.take() {
            token::put_done(out, held.token, held.status | more, held.command, held.count);
        }
    }

    fn message(&mut self, out: &mut BytesMut, message: &SqlError, dialect: &Dialect) {
        self.failed |= !message.is_info();
        token::put_message(out, message, &dialect.server);
    }

    fn start_rows(&mut self, out: &mut BytesMut, columns: Arc<[Column]>, dialect: &Dialect) {
        self.types = columns.iter().map(|c| WireType::new(c.ty, c.nullable, dialect.collation)).collect();
        token::put_columns(out, &columns, &self.types);
        self.columns = columns;
    }

    /// A row that its columns cannot carry is an error of the engine: said loudly, never sent crooked.
    fn row(&mut self, out: &mut BytesMut, row: &[Value], dialect: &Dialect) {
        let start = out.len();
        out.put_u8(token::ROW);
        let mut wrong = (row.len() != self.types.len()).then(|| "the number of values".to_owned());
        for ((column, ty), value) in self.columns.iter().zip(&self.types).zip(row) {
            if wrong.is_none() && value::put(out, ty, value).is_err() {
                wrong = Some(format!("{value:?} as {:?} in column \"{}\"", column.ty, column.name));
            }
        }
        if let Some(what) = wrong {
            out.truncate(start);
            self.unfit(out, &what, dialect);
        }
    }

    fn unfit(&mut self, out: &mut BytesMut, what: &str, dialect: &Dialect) {
        let text: String = what.chars().take(200).collect();
        tracing::error!(what = %text, "the engine gave a value that its type cannot carry");
        self.message(out, &SqlError::new(8630, 16, format!("Internal error of the lab: cannot send {text}.")), dialect);
    }

    fn value(&mut self, out: &mut BytesMut, ordinal: u16, name: &str, ty: SqlType, value: &Value, dialect: &Dialect) {
        const OUTPUT: u8 = 1;
        let start = out.len();
        let wire = WireType::new(ty, true, dialect.collation);
        out.put_u8(token::RETURNVALUE);
        out.put_u16_le(ordinal);
        put_b_varchar(out, name);
        out.put_u8(OUTPUT);
        token::put_user_type_and_flags(out, true, false);
        wire.put(out);
        if value::put(out, &wire, value) == Err(Unfit) {
            out.truncate(start);
            self.unfit(out, &format!("{value:?} as {ty:?} in parameter \"{name}\""), dialect);
        }
    }

    /// Ends the answer; `more` if another call of the same message follows.
    pub(super) fn finish(mut self, out: &mut BytesMut, more: bool, dialect: &Dialect) {
        let more = if more { done::MORE } else { 0 };
        if self.outputs.is_some() {
            self.release(out, done::MORE);
            put_status(out, self.status.unwrap_or(0));
            for (name, ty, value) in std::mem::take(&mut self.values) {
                let ordinal = self.ordinal(&name);
                self.value(out, ordinal, &name, ty, &value, dialect);
            }
            let status = if self.failed { done::ERROR } else { 0 };
            return token::put_done(out, token::DONEPROC, status | more, 0xE0, 0);
        }
        if self.failed || self.in_procedure || self.held.is_none() {
            // A batch without a statement, or one that broke off, still ends with one DONE.
            let failed = self.failed;
            self.done(out, None, 0, failed);
        }
        self.release(out, more);
    }

    /// Position of an output parameter in the call: by name, else the next one not yet answered.
    fn ordinal(&mut self, name: &str) -> u16 {
        let Some(outputs) = &mut self.outputs else { return 0 };
        let name = bare(name);
        let at = outputs.iter().position(|o| !name.is_empty() && o.name == name).unwrap_or(0);
        if outputs.is_empty() { 0 } else { outputs.remove(at).ordinal }
    }

    /// Ends an answer that an attention cut: changes of the session that already happened are still told,
    /// then one plain DONE (facts: tds-server 6).
    pub(super) fn cut(mut self, out: &mut BytesMut, rest: impl Iterator<Item = Event>, dialect: &Dialect) {
        self.release(out, done::MORE);
        for event in rest {
            put_change(out, &event, dialect);
        }
        token::put_done(out, token::DONE, 0, 0, 0);
    }
}

/// Name of a parameter without its `@`, for comparing.
fn bare(name: &str) -> String {
    name.trim_start_matches('@').to_lowercase()
}

fn put_status(out: &mut BytesMut, status: i32) {
    out.put_u8(token::RETURNSTATUS);
    out.put_i32_le(status);
}

/// Events that change the session, as ENVCHANGE; for 9 and 10 the descriptor is the old value (facts: tds-server 8).
fn put_change(out: &mut BytesMut, event: &Event, dialect: &Dialect) {
    match event {
        Event::Database { new, old } => {
            token::put_env_text(out, env::DATABASE, new, old);
            token::put_message(out, &context_changed(new, 1), &dialect.server);
        }
        Event::TransactionBegun(id) => token::put_env_bytes(out, env::BEGIN, &id.to_le_bytes(), &[]),
        Event::TransactionCommitted(id) => token::put_env_bytes(out, env::COMMIT, &[], &id.to_le_bytes()),
        Event::TransactionRolledBack(id) => token::put_env_bytes(out, env::ROLLBACK, &[], &id.to_le_bytes()),
        _ => {}
    }
}

/// INFO 5701; state 1 for USE, 2 for a login.
pub(super) fn context_changed(database: &str, state: u8) -> SqlError {
    SqlError::new(5701, 0, format!("Changed database context to '{database}'.")).state(state)
}
