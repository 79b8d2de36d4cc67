//! Blocks, errors, TRY … CATCH.

use crate::lab::tds::backend::Event;
use crate::lab::tsql::ast::Declaration;
use crate::lab::tsql::ast::DeclarationKind;
use crate::lab::tsql::ast::Spanned;
use crate::lab::tsql::ast::Stmt;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::exec::Run;
use crate::lab::tsql::exec::frame::Frame;
use crate::lab::tsql::exec::memory::MemoryTable;
use crate::lab::tsql::exec::outcome;
use crate::lab::tsql::exec::outcome::Fail;
use crate::lab::tsql::exec::outcome::Flow;
use crate::lab::tsql::exec::outcome::Outcome;
use crate::lab::tsql::parse;
use crate::lab::tsql::value::Value;
use futures_util::future::BoxFuture;

impl Run<'_> {
    /// A batch of the client.
    pub async fn batch(&mut self, text: &str) {
        text.clone_into(&mut self.core.text);
        self.core.tries = 0;
        self.core.status.nest = 0;
        let frame = Frame::new(0);
        let out = self.text(&frame, text).await;
        // Closed: nobody is there to tell
        if let Err(fail) = self.settle(out).await {
            tracing::debug!(?fail, "answer was not read");
        }
        let _ = self.end_request().await;
    }

    /// Reports what no TRY caught.
    pub(super) async fn settle(&mut self, out: Outcome<Flow>) -> Outcome<()> {
        match out {
            Ok(_) => Ok(()),
            Err(Fail::Sql { error, .. }) => {
                let abort = self.core.cx.xact_abort && self.core.in_transaction();
                self.report(error, true, false).await?;
                if abort { self.roll_back_all().await } else { Ok(()) }
            }
            Err(Fail::Closed) => Err(Fail::Closed),
        }
    }

    /// 3998 for a doomed transaction that outlives its batch; DMV bookkeeping.
    pub(super) async fn end_request(&mut self) -> Outcome<()> {
        self.core.host.note_request(&self.core.cx, None, "");
        self.core.status.nest = 0;
        self.core.status.caught = None;
        if self.core.host.transaction_state(&self.core.cx).1 == -1 {
            self.roll_back_all().await?;
            let error = SqlError::new(
                3998,
                16,
                "Uncommittable transaction is detected at the end of the batch. The transaction is rolled back.",
            );
            self.report(error, true, false).await?;
        }
        Ok(())
    }

    /// Parses and runs text in a frame.
    pub(super) async fn text(&mut self, frame: &Frame, text: &str) -> Outcome<Flow> {
        let stmts =
            parse::parse_batch(text).map_err(|e| Fail::bind(SqlError { class: e.class.max(15), ..e }, frame.level))?;
        self.statements(frame, &stmts).await
    }

    /// Runs parsed statements as the body of a frame.
    pub(super) async fn statements(&mut self, frame: &Frame, stmts: &[Spanned]) -> Outcome<Flow> {
        self.hoist(frame, stmts).map_err(|e| Fail::bind(e, frame.level))?;
        self.precheck(frame, stmts)?;
        self.block(frame, stmts).await
    }

    /// DECLARE works from its place to the end of the batch, whether control reaches it or not.
    fn hoist(&mut self, frame: &Frame, stmts: &[Spanned]) -> SqlResult<()> {
        for s in stmts {
            match &s.stmt {
                Stmt::Declare(list) => {
                    for d in list {
                        self.declare(frame, d).map_err(|e| SqlError { line: s.line, ..e })?;
                    }
                }
                Stmt::Block(body) => self.hoist(frame, body)?,
                Stmt::If { then, otherwise, .. } => {
                    self.hoist(frame, std::slice::from_ref(then))?;
                    if let Some(o) = otherwise {
                        self.hoist(frame, std::slice::from_ref(o))?;
                    }
                }
                Stmt::While { body, .. } => self.hoist(frame, std::slice::from_ref(body))?,
                Stmt::Try { body, catch } => {
                    self.hoist(frame, body)?;
                    self.hoist(frame, catch)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn declare(&mut self, frame: &Frame, d: &Declaration) -> SqlResult<()> {
        match &d.kind {
            DeclarationKind::Scalar { ty, .. } => frame.declare(&d.name, *ty, Value::Null),
            DeclarationKind::Table { columns } => {
                let id = self.core.object_id();
                frame.declare_table(&d.name, MemoryTable::new(&d.name, columns.clone(), &[], &[], id, frame.level)?)
            }
        }
    }

    /// Runs statements until one changes the flow.
    pub(super) fn block<'a>(&'a mut self, frame: &'a Frame, stmts: &'a [Spanned]) -> BoxFuture<'a, Outcome<Flow>> {
        Box::pin(async move {
            for s in stmts {
                match self.one(frame, s).await? {
                    Flow::Next => {}
                    other => return Ok(other),
                }
            }
            Ok(Flow::Next)
        })
    }

    /// One statement, with what its failure does.
    pub(super) fn one<'a>(&'a mut self, frame: &'a Frame, s: &'a Spanned) -> BoxFuture<'a, Outcome<Flow>> {
        Box::pin(async move {
            if self.core.killed.is_cancelled() {
                return Err(Fail::Closed);
            }
            if self.sink.is_closed() {
                return Err(Fail::Closed);
            }
            let out = self.statement(frame, s).await;
            self.follow_host().await?;
            match out {
                Ok(flow) => {
                    if !is_control(&s.stmt) {
                        self.core.status.error = 0;
                    }
                    Ok(flow)
                }
                Err(Fail::Closed) => Err(Fail::Closed),
                Err(Fail::Sql { mut error, compile, thrown }) => {
                    if error.line == 0 {
                        error.line = s.line;
                    }
                    self.failed(frame, error, compile, thrown, &s.stmt).await
                }
            }
        })
    }

    async fn failed(
        &mut self,
        frame: &Frame,
        error: SqlError,
        compile: Option<i32>,
        thrown: bool,
        stmt: &Stmt,
    ) -> Outcome<Flow> {
        self.core.status.error = error.number;
        let raised = matches!(stmt, Stmt::Raiserror { .. });
        let fatal = outcome::ends_batch(error.number) || self.core.cx.xact_abort && !raised || error.class >= 20;
        if compile.is_some_and(|l| l == frame.level) {
            return Err(Fail::Sql { error, compile, thrown });
        }
        if self.core.tries > 0 && error.class < 20 {
            if fatal && self.core.in_transaction() {
                self.core.host.doom(&self.core.cx);
            }
            return Err(Fail::Sql { error, compile, thrown });
        }
        let number = error.number;
        let class = error.class;
        let changes = matches!(stmt, Stmt::Insert(_) | Stmt::Update(_) | Stmt::Delete(_));
        self.report(error, false, changes && !fatal).await?;
        if class >= 20 {
            self.core.killed.cancel();
            return Err(Fail::Closed);
        }
        if fatal {
            if self.core.in_transaction() {
                self.roll_back_all().await?;
            }
            self.core.status.error = number;
            return Ok(Flow::EndBatch);
        }
        Ok(if thrown { Flow::EndBatch } else { Flow::Next })
    }

    /// Sends an error and the end of its statement.
    pub(super) async fn report(&mut self, error: SqlError, _last: bool, terminated: bool) -> Outcome<()> {
        self.core.status.error = error.number;
        self.core.status.rowcount = 0;
        let line = error.line;
        // a denied view says what is missing, then that it is
        let denied = (error.number == 300).then(|| SqlError {
            number: 297,
            class: 16,
            message: "The user does not have permission to perform this action.".to_owned(),
            ..error.clone()
        });
        self.send(Event::Message(error)).await?;
        if let Some(denied) = denied {
            self.core.status.error = denied.number;
            self.send(Event::Message(denied)).await?;
        }
        if terminated {
            let note = SqlError { class: 0, state: 0, ..SqlError::new(3621, 0, "The statement has been terminated.") };
            self.info(note, line).await?;
        }
        self.send(Event::Done { count: None, command: 0, error: true }).await
    }

    pub(super) async fn try_catch(&mut self, frame: &Frame, body: &[Spanned], catch: &[Spanned]) -> Outcome<Flow> {
        self.core.tries += 1;
        let out = self.block(frame, body).await;
        self.core.tries = self.core.tries.saturating_sub(1);
        let error = match out {
            Err(Fail::Sql { error, compile, .. }) if compile.is_none_or(|l| l > frame.level) && error.class < 20 => {
                error
            }
            other => return other,
        };
        self.core.drop_deeper(frame.level);
        self.core.status.nest = frame.level;
        self.core.status.error = error.number;
        let before = self.core.status.caught.replace(error);
        let out = self.block(frame, catch).await;
        self.core.status.caught = before;
        out
    }
}

/// Statements whose own success says nothing about @@ERROR.
fn is_control(s: &Stmt) -> bool {
    matches!(s, Stmt::Block(_) | Stmt::If { .. } | Stmt::While { .. } | Stmt::Try { .. })
}
