//! A session whose answers are one line of text.

use crate::lab::tds::backend::Event;
use crate::lab::tds::backend::RpcCall;
use crate::lab::tds::backend::Session;
use crate::lab::tds::backend::TransactionRequest;
use crate::lab::tsql::function::strings;
use crate::lab::tsql::host::SessionCx;
use crate::lab::tsql::session::EngineSession;
use crate::lab::tsql::testing::MemoryHost;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::Value;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

pub(crate) struct Bench {
    pub(crate) session: EngineSession,
}

fn cx() -> SessionCx {
    SessionCx {
        spid: 51,
        database: "db".into(),
        login: "sa".into(),
        login_database: "db".into(),
        lock_timeout_ms: -1,
        nocount: false,
        xact_abort: false,
        implicit_transactions: false,
        identity_insert: None,
        read_only_intent: false,
        last_identity: None,
    }
}

/// `int`, `nvarchar(5)`, `numeric(5,2)`, with `!` for NOT NULL.
pub(crate) fn type_text(c: &Column) -> String {
    use crate::lab::tsql::value::SqlType as T;
    let base = match c.ty {
        T::Decimal(p, s) => format!("numeric({p},{s})"),
        T::DateTime2(n) | T::Time(n) | T::DateTimeOffset(n) => format!("{}({n})", c.ty.base_name()),
        t => t.length().map_or_else(|| t.base_name().to_owned(), |n| format!("{}({n})", t.base_name())),
    };
    format!("{}:{base}{}", c.name, if c.nullable { "" } else { "!" })
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self { session: EngineSession::new(Arc::new(MemoryHost::new()), cx(), CancellationToken::new()) }
    }

    /// Events of a batch.
    pub(crate) async fn events(&mut self, sql: &str) -> Vec<Event> {
        let (tx, mut rx) = tokio::sync::mpsc::channel(64);
        let run = async {
            self.session.batch(sql, &tx).await;
            drop(tx);
        };
        let drain = async {
            let mut all = Vec::new();
            while let Some(e) = rx.recv().await {
                all.push(e);
            }
            all
        };
        tokio::join!(run, drain).1
    }

    pub(crate) async fn rpc(&mut self, call: RpcCall) -> String {
        let (tx, mut rx) = tokio::sync::mpsc::channel(1024);
        self.session.rpc(call, &tx).await;
        drop(tx);
        let mut all = Vec::new();
        while let Some(e) = rx.recv().await {
            all.push(e);
        }
        text(&all)
    }

    pub(crate) async fn request(&mut self, r: TransactionRequest) -> String {
        let (tx, mut rx) = tokio::sync::mpsc::channel(1024);
        self.session.transaction(r, &tx).await;
        drop(tx);
        let mut all = Vec::new();
        while let Some(e) = rx.recv().await {
            all.push(e);
        }
        text(&all)
    }

    /// Rows as `a,b; c,d`, errors as `!number`, messages as `#text`, transaction marks.
    pub(crate) async fn run(&mut self, sql: &str) -> String {
        text(&self.events(sql).await)
    }

    /// Columns of the first result set.
    pub(crate) async fn shape(&mut self, sql: &str) -> String {
        let events = self.events(sql).await;
        for e in &events {
            if let Event::Columns(c) = e {
                return c.iter().map(type_text).collect::<Vec<_>>().join(" ");
            }
        }
        text(&events)
    }
}

pub(crate) fn text(events: &[Event]) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut columns: Arc<[Column]> = Arc::from([]);
    for e in events {
        match e {
            Event::Columns(c) => columns = c.clone(),
            Event::Row(r) => out.push(
                r.iter()
                    .zip(columns.iter())
                    .map(|(v, c)| if v.is_null() { "NULL".into() } else { strings::plain(v, c.ty).unwrap() })
                    .collect::<Vec<_>>()
                    .join(","),
            ),
            Event::Message(m) if m.is_info() => out.push(format!("#{}", m.message)),
            Event::Message(m) => out.push(format!("!{}", m.number)),
            Event::TransactionBegun(_) => out.push("+tran".into()),
            Event::TransactionCommitted(_) => out.push("=tran".into()),
            Event::TransactionRolledBack(_) => out.push("-tran".into()),
            Event::ReturnStatus(n) => out.push(format!("rc={n}")),
            Event::ReturnValue { name, value, ty } => {
                let v = if matches!(value, Value::Null) { "NULL".into() } else { strings::plain(value, *ty).unwrap() };
                out.push(format!("{name}={v}"));
            }
            Event::Database { new, .. } => out.push(format!("db={new}")),
            Event::Done { .. } => {}
        }
    }
    out.join("; ")
}
