//! One statement of any kind.

use crate::lab::tds::backend::Event;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::ast::Declaration;
use crate::lab::tsql::ast::DeclarationKind;
use crate::lab::tsql::ast::Expr;
use crate::lab::tsql::ast::Spanned;
use crate::lab::tsql::ast::Stmt;
use crate::lab::tsql::bind::binder;
use crate::lab::tsql::bind::expr;
use crate::lab::tsql::bind::scope::Scope;
use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::bind::tree::Kind;
use crate::lab::tsql::bind::types::Op;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::compare;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::exec::Run;
use crate::lab::tsql::exec::frame::Frame;
use crate::lab::tsql::exec::outcome::Fail;
use crate::lab::tsql::exec::outcome::Flow;
use crate::lab::tsql::exec::outcome::Outcome;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use std::sync::Arc;

impl Run<'_> {
    pub(super) async fn statement(&mut self, frame: &Frame, s: &Spanned) -> Outcome<Flow> {
        let noexec = self.core.status.options.get("NOEXEC").is_some_and(|v| v == "ON");
        if noexec && !matches!(s.stmt, Stmt::SetOption { .. } | Stmt::Block(_)) {
            return Ok(Flow::Next);
        }
        match &s.stmt {
            Stmt::Block(body) => return self.block(frame, body).await,
            Stmt::If { cond, then, otherwise } => {
                let yes = self.holds(frame, cond)?;
                self.core.status.rowcount = 0;
                let branch = if yes { Some(then) } else { otherwise.as_ref() };
                return match branch {
                    Some(b) => self.one(frame, b).await,
                    None => Ok(Flow::Next),
                };
            }
            Stmt::While { cond, body } => return self.repeat(frame, cond, body).await,
            Stmt::Break => return Ok(Flow::Break),
            Stmt::Continue => return Ok(Flow::Continue),
            Stmt::Try { body, catch } => return self.try_catch(frame, body, catch).await,
            Stmt::Return(e) => return self.leave(frame, e.as_ref()),
            Stmt::Throw(t) => return self.throw(frame, t.as_ref()),
            Stmt::Exec(e) => return self.exec(frame, e, s.line).await,
            Stmt::Declare(list) => {
                for d in list {
                    self.initialise(frame, d)?;
                }
            }
            other => self.action(frame, other, s.line).await?,
        }
        Ok(Flow::Next)
    }

    /// Statements that do something and go on to the next.
    async fn action(&mut self, frame: &Frame, s: &Stmt, line: u32) -> Outcome<()> {
        self.core.host.note_request(&self.core.cx, Some(command(s)), &self.core.text);
        match s {
            Stmt::Print(e) => self.print(frame, e, line).await,
            Stmt::Raiserror { message, severity, state, args, with_log, .. } => {
                self.raiserror(frame, (message, severity, state), args, *with_log, line).await
            }
            Stmt::WaitFor { delay, time } => self.wait_for(frame, *delay, time).await,
            Stmt::SetVariable { name, op, value } => {
                self.set_variable(frame, name, *op, value)?;
                self.done(Some(1), 0).await.map(|()| self.core.status.rowcount = 1)
            }
            Stmt::SetOption { option, value } => {
                self.set_option(frame, option, value)?;
                self.done(None, 0).await
            }
            Stmt::SetIdentityInsert { table, on } => {
                self.set_identity_insert(table, *on)?;
                self.done(None, 0).await
            }
            Stmt::Use(name) => self.use_database(name, frame.level).await,
            Stmt::Select(q) => self.select(frame, q).await,
            Stmt::Insert(i) => self.insert(frame, i, line).await,
            Stmt::Update(u) => self.update(frame, u).await,
            Stmt::Delete(d) => self.delete(frame, d).await,
            Stmt::Begin(name) => self.begin(name.as_deref()).await,
            Stmt::Commit => self.commit().await,
            Stmt::Rollback(name) => self.rollback(name.as_deref()).await,
            Stmt::Save(name) => self.save(name).await,
            Stmt::CreateTable(t) => self.create_table(frame, t).await,
            Stmt::Truncate(_)
            | Stmt::AlterTableAdd { .. }
            | Stmt::AlterTableDropColumn { .. }
            | Stmt::DropTable { .. }
            | Stmt::CreateIndex { .. }
            | Stmt::DropIndex { .. } => self.alter_table(frame, s).await,
            _ => self.server_statement(s, line).await,
        }
    }

    /// Statements that are the host's alone.
    async fn server_statement(&mut self, s: &Stmt, line: u32) -> Outcome<()> {
        let host = self.core.host.clone();
        match s {
            Stmt::Ddl(d) => {
                if let Ddl::Unsupported(words) = &**d {
                    return Err(fault::unsupported(words).into());
                }
                self.writable()?;
                for m in host.ddl(&mut self.core.cx, d).await? {
                    self.info(m, line).await?;
                }
            }
            Stmt::Dbcc { command, args, options } => {
                let out = host.dbcc(&mut self.core.cx, command, args, options).await?;
                for m in out.messages {
                    self.info(m, line).await?;
                }
                for set in out.result_sets {
                    self.result_set(set.columns, &set.rows, 0xC1).await?;
                }
            }
            Stmt::Kill { spid, uow } => {
                if *spid == self.core.cx.spid {
                    return Err(SqlError::new(6104, 16, "Cannot use KILL to kill your own process.").into());
                }
                host.kill(&self.core.cx, *spid, uow.as_deref()).await?;
            }
            Stmt::Checkpoint => host.checkpoint(&self.core.cx).await?,
            Stmt::Reconfigure => host.reconfigure(&self.core.cx).await?,
            Stmt::Shutdown => return Err(fault::unsupported("SHUTDOWN").into()),
            _ => return Err(fault::unsupported("statement").into()),
        }
        self.done(None, 0).await
    }

    async fn repeat(&mut self, frame: &Frame, cond: &Expr, body: &Spanned) -> Outcome<Flow> {
        let mut rounds = 0u64;
        while self.holds(frame, cond)? {
            match self.one(frame, body).await? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => break,
                other => return Ok(other),
            }
            rounds += 1;
            if rounds.is_multiple_of(64) {
                tokio::task::yield_now().await;
            }
        }
        Ok(Flow::Next)
    }

    fn leave(&mut self, frame: &Frame, e: Option<&Expr>) -> Outcome<Flow> {
        let Some(e) = e else { return Ok(Flow::Return(0)) };
        let v = self.value_as(frame, e, SqlType::Int)?;
        Ok(Flow::Return(compare::integer(&v).unwrap_or(0) as i32))
    }

    fn initialise(&mut self, frame: &Frame, d: &Declaration) -> Outcome<()> {
        if let DeclarationKind::Scalar { init: Some(e), .. } = &d.kind {
            self.set_variable(frame, &d.name, None, e)?;
        }
        Ok(())
    }

    pub(super) fn set_variable(&mut self, frame: &Frame, name: &str, op: Option<char>, e: &Expr) -> Outcome<()> {
        let ex = self.bind(frame, |b| {
            let scope = Scope::new(Vec::new(), None);
            assignment(b, name, op, b.expr(e, &scope)?)
        })?;
        let v = self.eval(frame, &ex)?;
        frame.set(name, v);
        Ok(())
    }

    async fn use_database(&mut self, name: &str, level: i32) -> Outcome<()> {
        let host = self.core.host.clone();
        let old = self.core.cx.database.clone();
        host.use_database(&mut self.core.cx, name).map_err(|e| Fail::bind(e, level))?;
        let new = self.core.cx.database.clone();
        self.send(Event::Database { new, old }).await?;
        self.done(None, 0).await
    }

    async fn wait_for(&mut self, frame: &Frame, delay: bool, e: &Expr) -> Outcome<()> {
        let (v, ty) = self.value(frame, e)?;
        let text = crate::lab::tsql::function::strings::plain(&v, ty)?;
        let bad =
            || SqlError::new(148, 15, format!("Incorrect time syntax in time string '{text}' used with WAITFOR."));
        let to = SqlType::Time(3);
        let Value::Time(ticks) = crate::lab::tsql::eval::convert::cast(&v, ty, to, 0).map_err(|_| bad())? else {
            return Err(bad().into());
        };
        let ticks = if delay {
            ticks
        } else {
            let (_, now) = crate::lab::tsql::function::dates::days_ticks(self.core.host.now());
            let day = crate::lab::tsql::eval::calendar::DAY as u64;
            (ticks + day - now) % day
        };
        // at most a day: the type holds no more
        let killed = self.core.killed.clone();
        tokio::select! {
            biased;
            () = killed.cancelled() => return Err(Fail::Closed),
            () = tokio::time::sleep(std::time::Duration::from_nanos(ticks * 100)) => {}
        }
        self.done(None, 0).await
    }
}

/// The value of `@x op= e`, of the variable's type.
pub(super) fn assignment(
    b: &crate::lab::tsql::bind::Binder<'_>,
    name: &str,
    op: Option<char>,
    value: Ex,
) -> SqlResult<Ex> {
    let key = name.to_lowercase();
    let ty = b.names.variable_type(&key).ok_or_else(|| fault::undeclared(name))?;
    let value = match op {
        None => value,
        Some(op) => {
            let op = match op {
                '+' => Op::Add,
                '-' => Op::Sub,
                '*' => Op::Mul,
                '/' => Op::Div,
                '%' => Op::Mod,
                '&' => Op::And,
                '|' => Op::Or,
                _ => Op::Xor,
            };
            expr::arithmetic(op, Ex::new(Kind::Var(Arc::from(key)), ty), value)?
        }
    };
    // text that is too long for a variable is cut without a word
    binder::coerce(value, ty)
}

/// What DMVs show as the command.
fn command(s: &Stmt) -> &'static str {
    match s {
        Stmt::Select(_) => "SELECT",
        Stmt::Insert(_) => "INSERT",
        Stmt::Update(_) => "UPDATE",
        Stmt::Delete(_) => "DELETE",
        Stmt::WaitFor { .. } => "WAITFOR",
        Stmt::Begin(_) => "BEGIN TRANSACTION",
        Stmt::Commit => "COMMIT TRANSACTION",
        Stmt::Rollback(_) => "ROLLBACK TRANSACTION",
        Stmt::CreateTable(_) => "CREATE TABLE",
        Stmt::AlterTableAdd { .. } | Stmt::AlterTableDropColumn { .. } => "ALTER TABLE",
        Stmt::DropTable { .. } => "DROP TABLE",
        Stmt::Truncate(_) => "TRUNCATE TABLE",
        Stmt::Ddl(_) => "DDL",
        Stmt::Dbcc { .. } => "DBCC",
        Stmt::Use(_) => "USE DATABASE",
        _ => "CONDITIONAL",
    }
}
