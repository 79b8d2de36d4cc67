//! EXEC of strings and procedures, prepared statements, remote procedure calls.

use crate::lab::tds::backend::Event;
use crate::lab::tds::backend::RpcCall;
use crate::lab::tds::backend::RpcName;
use crate::lab::tsql::ast::Exec;
use crate::lab::tsql::ast::ExecTarget;
use crate::lab::tsql::ast::Name;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::eval::compare;
use crate::lab::tsql::eval::convert;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::exec::Run;
use crate::lab::tsql::exec::arguments;
pub(crate) use crate::lab::tsql::exec::arguments::Argument;
use crate::lab::tsql::exec::arguments::Parameter;
use crate::lab::tsql::exec::core::Settings;
use crate::lab::tsql::exec::frame::Frame;
use crate::lab::tsql::exec::outcome::Fail;
use crate::lab::tsql::exec::outcome::Flow;
use crate::lab::tsql::exec::outcome::Outcome;
use crate::lab::tsql::function::strings;
use crate::lab::tsql::host::ProcArg;
use crate::lab::tsql::parse;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use futures_util::future::BoxFuture;
use std::sync::Arc;

/// Levels of EXEC (facts: the documented limit, error 217).
const MAX_NESTING: i32 = 32;

/// A prepared statement.
pub(super) struct Prepared {
    declaration: String,
    parameters: Vec<Parameter>,
    text: String,
}

/// What a call gave back.
pub(super) struct Answer {
    status: i32,
    /// Argument position, parameter name, type, value.
    outputs: Vec<(usize, String, SqlType, Value)>,
    flow: Flow,
}

impl Answer {
    fn of(status: i32) -> Self {
        Self { status, outputs: Vec::new(), flow: Flow::Next }
    }
}

/// Columns and rows of a captured result set.
type ResultSet = (Arc<[Column]>, Vec<Row>);

impl Run<'_> {
    pub(super) async fn exec(&mut self, frame: &Frame, e: &Exec, line: u32) -> Outcome<Flow> {
        match &e.target {
            ExecTarget::Text { text, at: None } => {
                let (v, ty) = self.value(frame, text)?;
                let body = strings::plain(&v, ty)?;
                let level = deeper(frame)?;
                let inner = Frame::new(level);
                let flow = self.nested(&inner, &body).await?;
                Ok(if flow == Flow::EndBatch { flow } else { Flow::Next })
            }
            ExecTarget::Text { at: Some(server), .. } => Err(SqlError::new(
                7202,
                11,
                format!("Could not find server '{server}' in sys.servers. Verify that the correct server name was specified. If necessary, execute the stored procedure sp_addlinkedserver to add the server to sys.servers."),
            )
            .state(2)
            .into()),
            ExecTarget::Procedure(name) => self.exec_procedure(frame, name, e, line).await,
        }
    }

    async fn exec_procedure(&mut self, frame: &Frame, name: &Name, e: &Exec, line: u32) -> Outcome<Flow> {
        let mut args = Vec::with_capacity(e.args.len());
        for a in &e.args {
            let (value, ty) = match &a.value {
                None => (Value::Null, SqlType::NVarChar(Len::N(1))),
                Some(x) => self.value(frame, x)?,
            };
            args.push(Argument { name: a.name.clone(), value, ty, output: a.output, default: a.value.is_none() });
        }
        let answer = self.procedure(frame, name, args, line).await?;
        for (i, _, ty, v) in &answer.outputs {
            // an OUTPUT argument is a variable
            if let Some(crate::lab::tsql::ast::Expr::Identifier(id)) = e.args.get(*i).and_then(|a| a.value.as_ref())
                && let Some((to, _)) = frame.scalar(&id.value)
            {
                frame.set(&id.value, convert::cast(v, *ty, to, 0)?);
            }
        }
        if let Some(rc) = &e.return_into {
            let (to, _) = frame.scalar(rc).ok_or_else(|| Fail::bind(fault::undeclared(rc), frame.level))?;
            frame.set(rc, convert::cast(&Value::Int(answer.status), SqlType::Int, to, 0)?);
        }
        if frame.level == 0 {
            self.send(Event::ReturnStatus(answer.status)).await?;
            self.send(Event::Done { count: None, command: 0, error: false }).await?;
        }
        Ok(answer.flow)
    }

    /// Runs text one level down. An error that nothing catches is sent here, and the caller goes on.
    fn nested<'a>(&'a mut self, inner: &'a Frame, text: &'a str) -> BoxFuture<'a, Outcome<Flow>> {
        Box::pin(async move {
            self.core.status.nest = inner.level;
            let before = self.core.settings();
            let out = self.text(inner, text).await;
            self.restore_settings(before).await?;
            self.core.status.nest = inner.level - 1;
            self.core.drop_deeper(inner.level - 1);
            match out {
                Err(Fail::Sql { error, compile, thrown }) => {
                    if self.core.tries > 0 {
                        return Err(Fail::Sql { error, compile, thrown });
                    }
                    let abort = self.core.cx.xact_abort && self.core.in_transaction();
                    self.report(error, false, false).await?;
                    if abort {
                        self.roll_back_all().await?;
                        return Ok(Flow::EndBatch);
                    }
                    Ok(Flow::Next)
                }
                other => other,
            }
        })
    }

    /// USE and SET within a string last until it ends.
    async fn restore_settings(&mut self, before: Settings) -> Outcome<()> {
        let database = before.database.clone();
        self.core.put_settings(before);
        if self.core.cx.database == database {
            return Ok(());
        }
        let old = self.core.cx.database.clone();
        let host = self.core.host.clone();
        host.use_database(&mut self.core.cx, &database)?;
        let new = self.core.cx.database.clone();
        self.send(Event::Database { new, old }).await
    }

    /// Calls a procedure by name.
    pub(super) fn procedure<'a>(
        &'a mut self,
        frame: &'a Frame,
        name: &'a Name,
        args: Vec<Argument>,
        line: u32,
    ) -> BoxFuture<'a, Outcome<Answer>> {
        Box::pin(async move {
            match name.object().to_ascii_lowercase().as_str() {
                "sp_executesql" => self.executesql_in(frame, name, args).await,
                "sp_prepare" => self.prepare(args).await,
                "sp_execute" => self.execute(frame, args).await,
                "sp_prepexec" => self.prepexec(frame, args).await,
                "sp_unprepare" => self.unprepare(args),
                _ => self.host_procedure(name, args, line).await,
            }
        })
    }

    async fn host_procedure(&mut self, name: &Name, args: Vec<Argument>, line: u32) -> Outcome<Answer> {
        let host = self.core.host.clone();
        host.note_request(&self.core.cx, Some("EXECUTE"), &self.core.text);
        let passed: Vec<ProcArg> =
            args.iter().map(|a| ProcArg { name: a.name.clone(), value: a.value.clone(), output: a.output }).collect();
        let database = self.core.cx.database.clone();
        let Some(out) = host.procedure(&mut self.core.cx, name, &passed).await else {
            return Err(SqlError::new(2812, 16, format!("Could not find stored procedure '{}'.", name.0.join(".")))
                .state(62)
                .into());
        };
        let out = out?;
        if self.core.cx.database != database {
            let new = self.core.cx.database.clone();
            self.send(Event::Database { new, old: database }).await?;
        }
        for m in out.messages {
            self.info(m, line).await?;
        }
        for set in out.result_sets {
            self.result_set(set.columns, &set.rows, 0xC1).await?;
        }
        let mut answer = Answer::of(out.return_code);
        for (i, a) in args.iter().enumerate().filter(|(_, a)| a.output) {
            let wanted = a.name.as_deref().unwrap_or("").to_lowercase();
            let hit = out.outputs.iter().find(|(n, _)| n.eq_ignore_ascii_case(&wanted)).or_else(|| {
                // positional: the n-th output of the procedure
                let nth = args[..i].iter().filter(|b| b.output).count();
                if wanted.is_empty() { out.outputs.get(nth) } else { None }
            });
            if let Some((n, v)) = hit {
                answer.outputs.push((i, n.clone(), a.ty, v.clone()));
            }
        }
        Ok(answer)
    }

    /// `db.sys.sp_executesql` runs its statement in that database; the client's own does not change.
    async fn executesql_in(&mut self, frame: &Frame, name: &Name, args: Vec<Argument>) -> Outcome<Answer> {
        let there = if name.0.len() == 3 { name.0[0].clone() } else { String::new() };
        let here = self.core.cx.database.clone();
        if there.is_empty() || there.eq_ignore_ascii_case(&here) {
            return self.executesql(frame, args).await;
        }
        let host = self.core.host.clone();
        host.use_database(&mut self.core.cx, &there)?;
        let answer = self.executesql(frame, args).await;
        host.use_database(&mut self.core.cx, &here)?;
        answer
    }

    async fn executesql(&mut self, frame: &Frame, mut args: Vec<Argument>) -> Outcome<Answer> {
        let before = args.len();
        let text = arguments::statement_text(arguments::take(&mut args, &["stmt", "statement"]), "@statement")?;
        let declaration = if args.is_empty() {
            String::new()
        } else {
            arguments::statement_text(arguments::take(&mut args, &["params", "parameters"]), "@parameters")?
                .unwrap_or_default()
        };
        let parameters = parse::parse_parameter_declarations(&declaration)?;
        let taken = before - args.len();
        let Some(text) = text else { return Ok(Answer::of(0)) };
        self.parameterised(frame, &Prepared { declaration, parameters, text }, &args, taken).await
    }

    /// Runs a statement with parameters one level down; `shift`: arguments before the first value.
    async fn parameterised(&mut self, frame: &Frame, p: &Prepared, args: &[Argument], shift: usize) -> Outcome<Answer> {
        let level = deeper(frame)?;
        let inner = Frame::new(level);
        let places = arguments::bind(&inner, &p.parameters, &p.declaration, &p.text, args)?;
        let (count, _) = self.core.host.transaction_state(&self.core.cx);
        self.core.status.error = 0;
        let flow = self.nested(&inner, &p.text).await?;
        let mut answer = Answer::of(match flow {
            Flow::Return(n) => n,
            _ => self.core.status.error,
        });
        if flow == Flow::EndBatch {
            answer.flow = flow;
        } else {
            let (now, _) = self.core.host.transaction_state(&self.core.cx);
            if now != count {
                let e = SqlError::new(
                    266,
                    16,
                    format!("Transaction count after EXECUTE indicates a mismatching number of BEGIN and COMMIT statements. Previous count = {count}, current count = {now}."),
                )
                .state(2);
                self.send(Event::Message(SqlError { line: 0, ..e })).await?;
                self.core.status.error = 266;
            }
        }
        for (i, at) in places.iter().enumerate().filter(|(i, _)| args[*i].output) {
            let (name, ty, _) = &p.parameters[*at];
            let value = inner.scalar(name).map_or(Value::Null, |s| s.1);
            answer.outputs.push((i + shift, name.clone(), *ty, value));
        }
        Ok(answer)
    }

    fn keep(&mut self, declaration: Option<String>, text: Option<String>) -> Outcome<i32> {
        let declaration = declaration.unwrap_or_default();
        let parameters = parse::parse_parameter_declarations(&declaration)?;
        let text = text
            .ok_or_else(|| SqlError::new(8004, 16, "Procedure expects parameter '@stmt', which was not supplied."))?;
        let handle = self.core.next_handle;
        self.core.next_handle += 1;
        self.core.prepared.insert(handle, Arc::new(Prepared { declaration, parameters, text }));
        Ok(handle)
    }

    async fn prepare(&mut self, mut args: Vec<Argument>) -> Outcome<Answer> {
        let handle = arguments::take(&mut args, &["handle"]);
        let declaration = arguments::statement_text(arguments::take(&mut args, &["params"]), "@params")?;
        let text = arguments::statement_text(arguments::take(&mut args, &["stmt"]), "@stmt")?;
        if let Some(t) = &text
            && let Err(e) = parse::parse_batch(t)
        {
            let line = e.line;
            self.report(e, false, false).await?;
            return Err(SqlError { line, ..SqlError::new(8180, 16, "Statement(s) could not be prepared.") }.into());
        }
        let n = self.keep(declaration, text)?;
        Ok(handle_answer(handle.as_ref(), n))
    }

    async fn execute(&mut self, frame: &Frame, mut args: Vec<Argument>) -> Outcome<Answer> {
        let before = args.len();
        let n = arguments::take(&mut args, &["handle"]).and_then(|a| compare::integer(&a.value)).unwrap_or(0);
        let p = self.prepared_by(n)?;
        self.parameterised(frame, &p, &args, before - args.len()).await
    }

    async fn prepexec(&mut self, frame: &Frame, mut args: Vec<Argument>) -> Outcome<Answer> {
        let before = args.len();
        let handle = arguments::take(&mut args, &["handle"]);
        let declaration = arguments::statement_text(arguments::take(&mut args, &["params"]), "@params")?;
        let text = arguments::statement_text(arguments::take(&mut args, &["stmt"]), "@stmt")?;
        let shift = before - args.len();
        let n = self.keep(declaration, text)?;
        let p = self.prepared_by(n.into())?;
        let mut answer = self.parameterised(frame, &p, &args, shift).await?;
        answer.outputs.splice(0..0, handle_answer(handle.as_ref(), n).outputs);
        Ok(answer)
    }

    fn prepared_by(&self, n: i64) -> Outcome<Arc<Prepared>> {
        i32::try_from(n).ok().and_then(|n| self.core.prepared.get(&n).cloned()).ok_or_else(|| {
            SqlError::new(8179, 16, format!("Could not find prepared statement with handle {n}.")).state(4).into()
        })
    }

    fn unprepare(&mut self, mut args: Vec<Argument>) -> Outcome<Answer> {
        let n = arguments::take(&mut args, &["handle"]).and_then(|a| compare::integer(&a.value)).unwrap_or(0);
        self.prepared_by(n)?;
        self.core.prepared.remove(&(n as i32));
        Ok(Answer::of(0))
    }

    /// Runs EXEC and keeps its result sets; messages go to the client.
    pub(super) async fn capture(&mut self, frame: &Frame, e: &Exec, line: u32) -> Outcome<Vec<ResultSet>> {
        let (tx, mut rx) = tokio::sync::mpsc::channel(256);
        let sink = self.sink;
        let core = &mut *self.core;
        let run = async move {
            let mut inner = Run { core, sink: &tx };
            let boxed: BoxFuture<'_, Outcome<Flow>> = Box::pin(inner.exec(frame, e, line));
            boxed.await
        };
        let drain = async {
            let mut sets: Vec<ResultSet> = Vec::new();
            while let Some(event) = rx.recv().await {
                match event {
                    Event::Columns(c) => sets.push((c, Vec::new())),
                    Event::Row(r) => sets.last_mut().map_or((), |s| s.1.push(r)),
                    Event::Done { .. } | Event::ReturnStatus(_) | Event::ReturnValue { .. } => {}
                    other => sink.send(other).await.map_err(|_| Fail::Closed)?,
                }
            }
            Ok::<_, Fail>(sets)
        };
        let (out, sets) = tokio::join!(run, drain);
        out?;
        sets
    }

    /// A remote procedure call of the client.
    pub async fn rpc(&mut self, call: RpcCall) {
        self.core.tries = 0;
        self.core.status.nest = 0;
        let out = self.remote(call).await;
        if let Err(fail) = out {
            tracing::debug!(?fail, "answer was not read");
        }
        let _ = self.end_request().await;
    }

    async fn remote(&mut self, call: RpcCall) -> Outcome<()> {
        let name = match call.procedure {
            RpcName::Id(n) => well_known(n).map(|s| Name(vec![s.to_owned()])),
            RpcName::Name(s) => Some(parse::parse_name(&s).unwrap_or(Name(vec![s]))),
        };
        let args: Vec<Argument> = call
            .params
            .into_iter()
            .map(|p| Argument {
                name: (!p.name.is_empty()).then_some(p.name),
                ty: p.ty.unwrap_or(SqlType::NVarChar(Len::N(4000))),
                value: p.value,
                output: p.output,
                default: p.default,
            })
            .collect();
        let Some(name) = name else {
            self.report(fault::unsupported("remote procedure call by this id"), true, false).await?;
            return Ok(());
        };
        self.core.text = args
            .iter()
            .find_map(|a| match &a.value {
                Value::Str(s) => Some(s.to_string()),
                _ => None,
            })
            .unwrap_or_else(|| name.0.join("."));
        let names: Vec<Option<String>> = args.iter().map(|a| a.name.clone()).collect();
        let frame = Frame::new(0);
        let answer = match self.procedure(&frame, &name, args, 1).await {
            Ok(a) => a,
            Err(Fail::Closed) => return Err(Fail::Closed),
            Err(Fail::Sql { mut error, .. }) => {
                error.line = error.line.max(1);
                let number = error.number;
                if error.procedure.is_empty() && name.object().to_ascii_lowercase().starts_with("sp_") && number == 214
                {
                    name.object().clone_into(&mut error.procedure);
                }
                self.report(error, true, false).await?;
                Answer::of(number)
            }
        };
        self.follow_host().await?;
        self.send(Event::ReturnStatus(answer.status)).await?;
        for (i, parameter, ty, value) in answer.outputs {
            let name = names.get(i).cloned().flatten().unwrap_or(parameter);
            self.send(Event::ReturnValue { name, ty, value }).await?;
        }
        Ok(())
    }
}

fn deeper(frame: &Frame) -> Outcome<i32> {
    if frame.level >= MAX_NESTING {
        return Err(SqlError::new(
            217,
            16,
            "Maximum stored procedure, function, trigger, or view nesting level exceeded (limit 32).",
        )
        .into());
    }
    Ok(frame.level + 1)
}

fn handle_answer(handle: Option<&Argument>, n: i32) -> Answer {
    let mut a = Answer::of(0);
    if handle.is_some_and(|h| h.output) {
        a.outputs.push((0, "@handle".to_owned(), SqlType::Int, Value::Int(n)));
    }
    a
}

/// Well-known procedure ids (MS-TDS 2.2.6.6).
fn well_known(n: u16) -> Option<&'static str> {
    Some(match n {
        10 => "sp_executesql",
        11 => "sp_prepare",
        12 => "sp_execute",
        13 => "sp_prepexec",
        15 => "sp_unprepare",
        _ => return None,
    })
}
