//! What the server refuses when it compiles a batch, before its first statement runs.
//!
//! Objects that are not there yet are left for later (deferred name resolution), and so is everything after a
//! statement that may change what names mean.

use crate::lab::tsql::ast::DeclarationKind;
use crate::lab::tsql::ast::InsertSource;
use crate::lab::tsql::ast::Spanned;
use crate::lab::tsql::ast::Stmt;
use crate::lab::tsql::bind::Binder;
use crate::lab::tsql::bind::scope::Scope;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::exec::Run;
use crate::lab::tsql::exec::frame::Frame;
use crate::lab::tsql::exec::outcome::Fail;
use crate::lab::tsql::exec::outcome::Outcome;
use std::ops::ControlFlow;

/// Errors of names, counts and clauses; those of objects and permissions wait for the statement.
fn is_compile_time(number: i32) -> bool {
    matches!(
        number,
        107 | 108
            | 109
            | 110
            | 116
            | 120
            | 121
            | 130
            | 137
            | 144
            | 145
            | 147
            | 155
            | 164
            | 174
            | 189
            | 191
            | 195
            | 205
            | 207
            | 209
            | 213
            | 263
            | 1013
            | 1087
            | 4104
            | 4108
            | 4112
            | 4145
            | 8120
            | 8121
            | 8127
            | 8133
            | 8155
            | 8158
            | 8159
    )
}

impl Run<'_> {
    /// Binds what can be bound; the first compile error ends the batch before it began.
    pub(super) fn precheck(&self, frame: &Frame, stmts: &[Spanned]) -> Outcome<()> {
        match self.check_list(frame, stmts) {
            ControlFlow::Break(Some(e)) => Err(Fail::bind(e, frame.level)),
            _ => Ok(()),
        }
    }

    fn check_list(&self, frame: &Frame, stmts: &[Spanned]) -> ControlFlow<Option<SqlError>> {
        stmts.iter().try_for_each(|s| self.check_one(frame, s))
    }

    fn check_one(&self, frame: &Frame, s: &Spanned) -> ControlFlow<Option<SqlError>> {
        let nothing = || Scope::new(Vec::new(), None);
        match &s.stmt {
            Stmt::Block(body) => self.check_list(frame, body),
            Stmt::If { cond, then, otherwise } => {
                self.judge(frame, s.line, |b| b.cond(cond, &nothing()).map(drop))?;
                self.check_one(frame, then)?;
                otherwise.as_ref().map_or(ControlFlow::Continue(()), |o| self.check_one(frame, o))
            }
            Stmt::While { cond, body } => {
                self.judge(frame, s.line, |b| b.cond(cond, &nothing()).map(drop))?;
                self.check_one(frame, body)
            }
            Stmt::Try { body, catch } => {
                self.check_list(frame, body)?;
                self.check_list(frame, catch)
            }
            Stmt::Print(e) => self.judge(frame, s.line, |b| b.expr(e, &nothing()).map(drop)),
            Stmt::SetVariable { value, .. } => self.judge(frame, s.line, |b| b.expr(value, &nothing()).map(drop)),
            Stmt::Declare(list) => list.iter().try_for_each(|d| match &d.kind {
                DeclarationKind::Scalar { init: Some(e), .. } => {
                    self.judge(frame, s.line, |b| b.expr(e, &nothing()).map(drop))
                }
                _ => ControlFlow::Continue(()),
            }),
            Stmt::Select(q) => {
                self.judge(frame, s.line, |b| b.query(&q.query, None).map(drop))?;
                if q.into.is_some() { ControlFlow::Break(None) } else { ControlFlow::Continue(()) }
            }
            Stmt::Insert(i) => match &i.source {
                InsertSource::Query(q) if !matches!(&*q.body, sqlparser::ast::SetExpr::Values(_)) => {
                    self.judge(frame, s.line, |b| b.query(q, None).map(drop))
                }
                InsertSource::Exec(_) => ControlFlow::Break(None),
                _ => ControlFlow::Continue(()),
            },
            Stmt::Update(_) | Stmt::Delete(_) | Stmt::SetOption { .. } | Stmt::SetIdentityInsert { .. } => {
                ControlFlow::Continue(())
            }
            Stmt::Begin(_) | Stmt::Commit | Stmt::Rollback(_) | Stmt::Save(_) | Stmt::WaitFor { .. } => {
                ControlFlow::Continue(())
            }
            Stmt::Break | Stmt::Continue | Stmt::Return(_) | Stmt::Raiserror { .. } | Stmt::Throw(_) => {
                ControlFlow::Continue(())
            }
            // names may mean something else from here on
            _ => ControlFlow::Break(None),
        }
    }

    fn judge(
        &self,
        frame: &Frame,
        line: u32,
        f: impl FnOnce(&Binder<'_>) -> SqlResult<()>,
    ) -> ControlFlow<Option<SqlError>> {
        match self.bind(frame, f) {
            Err(Fail::Sql { mut error, .. }) if is_compile_time(error.number) => {
                if error.line == 0 {
                    error.line = line;
                }
                ControlFlow::Break(Some(error))
            }
            _ => ControlFlow::Continue(()),
        }
    }
}
