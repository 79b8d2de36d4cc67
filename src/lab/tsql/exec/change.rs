//! UPDATE and DELETE: scan, filter, lock, look again until the set of rows stands still.

use crate::lab::tsql::ast::Delete;
use crate::lab::tsql::ast::Expr;
use crate::lab::tsql::ast::Name;
use crate::lab::tsql::ast::Update;
use crate::lab::tsql::ast::With;
use crate::lab::tsql::bind::Binder;
use crate::lab::tsql::bind::binder;
use crate::lab::tsql::bind::expr;
use crate::lab::tsql::bind::scope::Clause;
use crate::lab::tsql::bind::scope::Scope;
use crate::lab::tsql::bind::scope::ScopeTable;
use crate::lab::tsql::bind::tree::Cond;
use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::bind::tree::Kind;
use crate::lab::tsql::bind::tree::Source;
use crate::lab::tsql::bind::types;
use crate::lab::tsql::bind::types::Op;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::compare;
use crate::lab::tsql::eval::convert;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::eval::runtime::Env;
use crate::lab::tsql::eval::runtime::Rt;
use crate::lab::tsql::eval::scalar;
use crate::lab::tsql::exec::Run;
use crate::lab::tsql::exec::frame::Frame;
use crate::lab::tsql::exec::outcome::Outcome;
use crate::lab::tsql::exec::statement;
use crate::lab::tsql::exec::table::Target;
use crate::lab::tsql::host::RowId;
use crate::lab::tsql::query;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use sqlparser::ast::TableWithJoins;
use std::collections::BTreeSet;
use std::collections::HashSet;

/// CurCmd of UPDATE and DELETE.
const UPDATE: u16 = 0xC5;
const DELETE: u16 = 0xC4;
/// Rounds of locking and looking again.
const MAX_ROUNDS: usize = 64;

/// What a SET item assigns.
enum Slot {
    Column(usize),
    Variable(String),
}

/// A bound change.
struct Change {
    source: Source,
    filter: Option<Cond>,
    sets: Vec<(Slot, Ex)>,
    top: Option<Ex>,
    /// Place of the target's columns in the source row; its row id follows them.
    offset: usize,
    width: usize,
    name: Name,
}

/// A row to change: id, values, and the values SET computed.
struct Hit {
    id: RowId,
    old: Row,
    new: Vec<Value>,
}

impl Run<'_> {
    pub(super) async fn update(&mut self, frame: &Frame, u: &Update) -> Outcome<()> {
        self.writable()?;
        let change = self.bind(frame, |b| {
            bind_change(b, u.with.as_ref(), &u.target, &u.from, u.selection.as_ref(), u.top.as_ref(), &u.set)
        })?;
        let target = self.target(frame, &change.name)?;
        for (slot, ex) in &change.sets {
            if let Slot::Column(i) = slot {
                changeable(&target, *i)?;
                if !ex.is_bare_null() && ex.ty != target.columns[*i].ty {
                    types::check_implicit(ex.ty, target.columns[*i].ty)?;
                }
            }
        }
        let output = self.bind_output(frame, u.output.as_ref(), &target, (true, true))?;
        let hits = self.settled(frame, &change, &target).await?;
        let mut changed = Vec::with_capacity(hits.len());
        for h in &hits {
            changed.push((h.id, self.new_row(frame, &change, &target, h)?));
        }
        let count = changed.len() as u64;
        let pairs: Vec<(Option<Row>, Option<Row>)> =
            changed.iter().zip(&hits).map(|((_, n), h)| (Some(n.clone()), Some(h.old.clone()))).collect();
        if let Some(key) = target.memory.clone() {
            self.in_memory(frame, &key, |t| t.update(&changed))?;
        } else {
            // also without rows: the host says whether the session may change the table at all
            let host = self.core.host.clone();
            host.update(&mut self.core.cx, &target.name, changed).await?;
        }
        self.put_output(frame, output, &pairs, target.columns.len()).await?;
        self.done(Some(count), UPDATE).await
    }

    pub(super) async fn delete(&mut self, frame: &Frame, d: &Delete) -> Outcome<()> {
        self.writable()?;
        let change = self.bind(frame, |b| {
            bind_change(b, d.with.as_ref(), &d.target, &d.from, d.selection.as_ref(), d.top.as_ref(), &[])
        })?;
        let target = self.target(frame, &change.name)?;
        let output = self.bind_output(frame, d.output.as_ref(), &target, (false, true))?;
        let hits = self.settled(frame, &change, &target).await?;
        let ids: Vec<RowId> = hits.iter().map(|h| h.id).collect();
        let count = ids.len() as u64;
        if let Some(key) = target.memory.clone() {
            self.in_memory(frame, &key, |t| {
                t.delete(&ids);
                Ok(())
            })?;
        } else {
            let host = self.core.host.clone();
            host.delete(&mut self.core.cx, &target.name, ids).await?;
        }
        let pairs: Vec<(Option<Row>, Option<Row>)> = hits.into_iter().map(|h| (None, Some(h.old))).collect();
        self.put_output(frame, output, &pairs, target.columns.len()).await?;
        self.done(Some(count), DELETE).await
    }

    /// Rows that qualify, once every one of them is locked.
    async fn settled(&mut self, frame: &Frame, c: &Change, target: &Target) -> Outcome<Vec<Hit>> {
        if target.memory.is_some() {
            return self.hits(frame, c).await;
        }
        self.implicit().await?;
        let host = self.core.host.clone();
        let mut locked: BTreeSet<RowId> = BTreeSet::new();
        for _ in 0..MAX_ROUNDS {
            let hits = self.hits(frame, c).await?;
            let fresh: Vec<RowId> = hits.iter().map(|h| h.id).filter(|id| !locked.contains(id)).collect();
            if fresh.is_empty() {
                return Ok(hits);
            }
            host.lock_rows(&self.core.cx, &target.name, &fresh).await?;
            locked.extend(fresh);
        }
        Err(SqlError::new(1222, 16, "Lock request time out period exceeded.").state(51).into())
    }

    async fn hits(&self, frame: &Frame, c: &Change) -> Outcome<Vec<Hit>> {
        let view = self.view(frame);
        let rt = self.rt(&view);
        let rows = query::rows_of(&c.source, &rt).await?;
        let mut out: Vec<Hit> = Vec::new();
        let mut seen = HashSet::new();
        let limit = top(c, &rt)?;
        for row in rows {
            rt.step().await?;
            if limit.is_some_and(|n| out.len() >= n) {
                break;
            }
            let env = Env::of(&rt, &row, None);
            if let Some(f) = &c.filter
                && scalar::cond(f, &env)? != Some(true)
            {
                continue;
            }
            // no row of the target in this one (outer join)
            let Some(Value::BigInt(id)) = row.get(c.offset + c.width) else { continue };
            let id = *id as RowId;
            if !seen.insert(id) {
                continue;
            }
            let mut new = Vec::with_capacity(c.sets.len());
            for (slot, ex) in &c.sets {
                let v = scalar::eval(ex, &env)?;
                if let Slot::Variable(name) = slot {
                    frame.set(name, v.clone());
                }
                new.push(v);
            }
            out.push(Hit { id, old: row[c.offset..c.offset + c.width].into(), new });
        }
        Ok(out)
    }

    fn new_row(&self, frame: &Frame, c: &Change, target: &Target, h: &Hit) -> Outcome<Row> {
        let mut row = h.old.to_vec();
        let database = &self.core.cx.database;
        for ((slot, ex), v) in c.sets.iter().zip(&h.new) {
            if let Slot::Column(i) = slot {
                let column = &target.columns[*i];
                target.check_null(*i, v, database, "UPDATE")?;
                row[*i] = convert::store(v, ex.ty, column.ty, Some((&target.shown(database), &column.name)))?;
            }
        }
        if target.memory.is_some() || target.specs.iter().any(|s| s.computed.is_some()) {
            for (i, v) in self.computed(frame, target, &row)? {
                row[i] = v;
            }
        }
        Ok(row.into())
    }
}

fn top(c: &Change, rt: &Rt<'_>) -> SqlResult<Option<usize>> {
    let Some(t) = &c.top else { return Ok(None) };
    let n = compare::integer(&scalar::eval(t, &Env::of(rt, &[], None))?).unwrap_or(0);
    usize::try_from(n)
        .map(Some)
        .map_err(|_| SqlError::new(127, 15, "A TOP N or FETCH rowcount value may not be negative."))
}

fn changeable(target: &Target, i: usize) -> SqlResult<()> {
    let name = &target.columns[i].name;
    if target.specs[i].identity.is_some() {
        return Err(SqlError::new(8102, 16, format!("Cannot update identity column '{name}'.")));
    }
    if target.specs[i].computed.is_some() {
        return Err(SqlError::new(
            271,
            16,
            format!(
                "The column \"{name}\" cannot be modified because it is either a computed column or is the result of a UNION operator."
            ),
        ));
    }
    Ok(())
}

fn bind_change(
    b: &Binder<'_>,
    with: Option<&With>,
    target: &Name,
    from: &[TableWithJoins],
    selection: Option<&Expr>,
    top: Option<&Expr>,
    set: &[(String, Option<char>, Expr)],
) -> SqlResult<Change> {
    if let Some(w) = with {
        b.common_tables(w)?;
        if target.0.len() == 1 && b.find_cte(target.object()).is_some() {
            return Err(fault::unsupported("UPDATE or DELETE of a common table expression"));
        }
    }
    *b.target.borrow_mut() = Some(target.clone());
    let bound = b.from(from, None)?;
    let (mut source, mut tables) = match bound {
        Some((source, tables)) if tables.iter().any(|t| t.hidden > 0) => (source, tables),
        other => {
            let own = b.target_table(target)?;
            match other {
                None => own,
                Some(rest) => {
                    crate::lab::tsql::bind::from::join(crate::lab::tsql::bind::tree::JoinKind::Inner, own, rest, None)
                }
            }
        }
    };
    *b.target.borrow_mut() = None;
    let table: ScopeTable =
        tables.iter().find(|t| t.hidden > 0).cloned().ok_or_else(|| fault::no_object(target.object()))?;
    let name = target_name(&source, 0, table.offset).ok_or_else(|| fault::no_object(target.object()))?;
    let offset = table.offset;
    let width = table.visible().len();
    // the target can be named by its own name as well, if it stands alone
    if from.is_empty() {
        target.object().clone_into(&mut tables[0].alias);
    }
    let scope = Scope::new(tables, None);
    scope.clause.set(Clause::Where);
    let filter = selection.map(|e| b.cond(e, &scope)).transpose()?;
    let filter = crate::lab::tsql::bind::refs::push_down(&mut source, filter);
    let mut sets = Vec::with_capacity(set.len());
    for (name, op, e) in set {
        let value = b.expr(e, &scope)?;
        if name.starts_with('@') {
            sets.push((Slot::Variable(name.clone()), statement::assignment(b, name, *op, value)?));
            continue;
        }
        let column = name.rsplit('.').next().unwrap_or(name).trim_matches(['[', ']']);
        let i = table
            .visible()
            .iter()
            .position(|c| c.name.eq_ignore_ascii_case(column))
            .ok_or_else(|| fault::no_column(column))?;
        if sets.iter().any(|(s, _)| matches!(s, Slot::Column(o) if *o == i)) {
            return Err(SqlError::new(
                264,
                16,
                format!(
                    "The column name '{column}' is specified more than once in the SET clause or column list of an INSERT. A column cannot be assigned more than one value in the same clause. Modify the clause to make sure that a column is updated only once. If this statement updates or inserts columns into a view, column aliasing can conceal the duplication in your code."
                ),
            ));
        }
        let value = match op {
            None => value,
            Some(op) => {
                let c = &table.columns[i];
                let current = Ex { nullable: c.nullable, ..Ex::new(Kind::Col { up: 0, idx: offset + i }, c.ty) };
                expr::arithmetic(operator(*op), current, value)?
            }
        };
        sets.push((Slot::Column(i), value));
    }
    let top = top
        .map(|t| b.expr(t, &Scope::new(Vec::new(), None)).and_then(|e| binder::coerce(e, SqlType::BigInt)))
        .transpose()?;
    Ok(Change { source, filter, sets, top, offset, width, name })
}

fn operator(op: char) -> Op {
    match op {
        '+' => Op::Add,
        '-' => Op::Sub,
        '*' => Op::Mul,
        '/' => Op::Div,
        '%' => Op::Mod,
        '&' => Op::And,
        '|' => Op::Or,
        _ => Op::Xor,
    }
}

/// Name of the table whose rows carry ids at this place of the source row.
fn target_name(s: &Source, base: usize, offset: usize) -> Option<Name> {
    match s {
        Source::RowIds(n) if base == offset => Some(n.clone()),
        Source::MemoryRowIds(k) if base == offset => Some(Name(vec![k.to_string()])),
        Source::Join(j) => {
            target_name(&j.left, base, offset).or_else(|| target_name(&j.right, base + j.left_width, offset))
        }
        Source::Apply { left, .. } => target_name(left, base, offset),
        _ => None,
    }
}
