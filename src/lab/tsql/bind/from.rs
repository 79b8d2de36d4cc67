//! Binding of FROM.

use crate::lab::tsql::ast::Name;
use crate::lab::tsql::bind::binder;
use crate::lab::tsql::bind::binder::Binder;
use crate::lab::tsql::bind::binder::Cte;
use crate::lab::tsql::bind::call;
use crate::lab::tsql::bind::refs;
use crate::lab::tsql::bind::scope::Clause;
use crate::lab::tsql::bind::scope::Scope;
use crate::lab::tsql::bind::scope::ScopeTable;
use crate::lab::tsql::bind::tree::Cond;
use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::bind::tree::Join;
use crate::lab::tsql::bind::tree::JoinKind;
use crate::lab::tsql::bind::tree::Source;
use crate::lab::tsql::bind::tree::TableFunction;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::SqlType;
use sqlparser::ast;
use sqlparser::ast::Expr;
use sqlparser::ast::JoinConstraint;
use sqlparser::ast::JoinOperator;
use sqlparser::ast::TableFactor;
use std::sync::Arc;

/// A FROM item: where its rows come from and what can be named in it.
pub type Bound = (Source, Vec<ScopeTable>);

/// Words that stand in parentheses after a table and are hints.
const HINTS: &[&str] = &[
    "NOLOCK",
    "READUNCOMMITTED",
    "UPDLOCK",
    "HOLDLOCK",
    "ROWLOCK",
    "PAGLOCK",
    "TABLOCK",
    "TABLOCKX",
    "XLOCK",
    "READPAST",
    "READCOMMITTED",
    "READCOMMITTEDLOCK",
    "REPEATABLEREAD",
    "SERIALIZABLE",
    "SNAPSHOT",
    "NOWAIT",
    "NOEXPAND",
    "FORCESEEK",
    "FORCESCAN",
];

pub(crate) fn width(tables: &[ScopeTable]) -> usize {
    tables.iter().map(|t| t.columns.len()).sum()
}

fn shift(tables: &mut [ScopeTable], by: usize) {
    for t in tables {
        t.offset += by;
    }
}

fn weaken(tables: &mut [ScopeTable]) {
    for c in tables.iter_mut().flat_map(|t| &mut t.columns) {
        c.nullable = true;
    }
}

impl Binder<'_> {
    /// The whole FROM list as one source; `filter` conjuncts that can be used for a join are taken.
    pub(crate) fn from(&self, list: &[ast::TableWithJoins], outer: Option<&Scope<'_>>) -> SqlResult<Option<Bound>> {
        let mut acc: Option<Bound> = None;
        for item in list {
            let right = self.joined(item, outer)?;
            acc = Some(match acc {
                None => right,
                Some(left) => join(JoinKind::Inner, left, right, None),
            });
        }
        if let Some((_, tables)) = &acc {
            distinct_names(tables)?;
        }
        Ok(acc)
    }

    fn joined(&self, item: &ast::TableWithJoins, outer: Option<&Scope<'_>>) -> SqlResult<Bound> {
        let mut acc = self.factor(&item.relation, outer)?;
        for j in &item.joins {
            acc = self.join(acc, j, outer)?;
        }
        Ok(acc)
    }

    fn join(&self, left: Bound, j: &ast::Join, outer: Option<&Scope<'_>>) -> SqlResult<Bound> {
        let (kind, constraint) = match &j.join_operator {
            JoinOperator::Join(c) | JoinOperator::Inner(c) => (JoinKind::Inner, c),
            JoinOperator::Left(c) | JoinOperator::LeftOuter(c) => (JoinKind::Left, c),
            JoinOperator::Right(c) | JoinOperator::RightOuter(c) => (JoinKind::Right, c),
            JoinOperator::FullOuter(c) => (JoinKind::Full, c),
            JoinOperator::CrossJoin(JoinConstraint::None) => {
                let right = self.factor(&j.relation, outer)?;
                return Ok(join(JoinKind::Inner, left, right, None));
            }
            JoinOperator::CrossApply => return self.apply(left, &j.relation, false, outer),
            JoinOperator::OuterApply => return self.apply(left, &j.relation, true, outer),
            _ => return Err(fault::unsupported("JOIN")),
        };
        let JoinConstraint::On(on) = constraint else { return Err(fault::syntax("JOIN")) };
        let right = self.factor(&j.relation, outer)?;
        let mut tables = left.1.clone();
        let mut shifted = right.1.clone();
        shift(&mut shifted, width(&left.1));
        tables.extend(shifted);
        let scope = Scope::new(tables, outer);
        scope.clause.set(Clause::On);
        let on = self.cond(on, &scope)?;
        Ok(join(kind, left, right, Some(on)))
    }

    fn apply(
        &self,
        left: Bound,
        right: &TableFactor,
        outer_apply: bool,
        outer: Option<&Scope<'_>>,
    ) -> SqlResult<Bound> {
        let (source, mut tables) = left;
        let scope = Scope::new(tables.clone(), outer);
        let (right, mut right_tables) = self.factor(right, Some(&scope))?;
        let right_width = width(&right_tables);
        shift(&mut right_tables, width(&tables));
        if outer_apply {
            weaken(&mut right_tables);
        }
        tables.extend(right_tables);
        let applied = Source::Apply { left: Box::new(source), right: Box::new(right), right_width, outer: outer_apply };
        Ok((applied, tables))
    }

    fn factor(&self, f: &TableFactor, outer: Option<&Scope<'_>>) -> SqlResult<Bound> {
        let _level = self.deeper()?;
        match f {
            TableFactor::Table { name, alias, args, .. } => {
                let name = binder::name_of(name);
                match args {
                    Some(a) if !is_hint(&a.args) => self.table_function(&name, &a.args, alias.as_ref(), outer),
                    _ => self.table(&name, alias.as_ref()),
                }
            }
            TableFactor::Function { name, args, alias, .. } => {
                self.table_function(&binder::name_of(name), args, alias.as_ref(), outer)
            }
            TableFactor::Derived { subquery, alias, .. } => {
                let plan = self.subquery(subquery, outer)?;
                let alias = alias.as_ref().ok_or_else(|| fault::syntax(")"))?;
                let columns = renamed(&plan.columns, Some(alias))?;
                if let Some(i) = columns.iter().position(|c| c.name.is_empty()) {
                    return Err(SqlError::new(
                        8155,
                        16,
                        format!("No column name was specified for column {} of '{}'.", i + 1, alias.name.value),
                    )
                    .state(2));
                }
                Ok((Source::Query(plan), vec![table_of(&alias.name.value, Vec::new(), columns)]))
            }
            TableFactor::NestedJoin { table_with_joins, .. } => self.joined(table_with_joins, outer),
            TableFactor::Pivot { .. } => Err(fault::unsupported("PIVOT")),
            TableFactor::Unpivot { .. } => Err(fault::unsupported("UNPIVOT")),
            TableFactor::OpenJsonTable { .. } => Err(fault::unsupported("OPENJSON")),
            other => Err(fault::unsupported(&other.to_string())),
        }
    }

    fn table(&self, name: &Name, alias: Option<&ast::TableAlias>) -> SqlResult<Bound> {
        let shown = alias.map_or_else(|| name.object().to_owned(), |a| a.name.value.clone());
        let path = if alias.is_some() { Vec::new() } else { name.0[..name.0.len().saturating_sub(1)].to_vec() };
        if name.0.len() == 1
            && let Some(cte) = self.find_cte(name.object())
        {
            let (source, columns) = match cte {
                Cte::Plan { plan, .. } => (Source::Query(plan.clone()), plan.columns.clone()),
                Cte::Recursing { id, columns, .. } => {
                    // never cached: its rows change with every round
                    self.refer(0);
                    (Source::Previous(id), columns)
                }
            };
            return Ok((source, vec![table_of(&shown, path, renamed(&columns, alias)?)]));
        }
        let wanted = self.target.borrow().as_ref().is_some_and(|t| {
            t.0.len() == 1 && t.object().eq_ignore_ascii_case(&shown) || t.object().eq_ignore_ascii_case(name.object())
        });
        let (source, columns): (Source, Arc<[Column]>) = match binder::memory_key(name) {
            Some(key) => {
                let columns = self.names.table(&key).ok_or_else(|| {
                    if key.starts_with('@') {
                        fault::undeclared_table(name.object())
                    } else {
                        fault::no_object(name.object())
                    }
                })?;
                let key: Arc<str> = Arc::from(key);
                (if wanted { Source::MemoryRowIds(key) } else { Source::Memory(key) }, columns)
            }
            None if wanted => (Source::RowIds(name.clone()), self.host.table(self.cx, name)?.columns),
            None => (Source::Table(name.clone()), self.host.describe(self.cx, name)?),
        };
        let mut table = table_of(&shown, path, renamed(&columns, alias)?);
        if wanted {
            table.columns.push(Column {
                name: "\u{0}row".into(),
                ty: SqlType::BigInt,
                nullable: true,
                identity: false,
            });
            table.hidden = 1;
        }
        Ok((source, vec![table]))
    }

    /// The table UPDATE or DELETE changes, by itself.
    pub(crate) fn target_table(&self, name: &Name) -> SqlResult<Bound> {
        self.table(name, None)
    }

    pub(crate) fn find_cte(&self, name: &str) -> Option<Cte> {
        self.ctes.borrow().iter().rev().find(|c| c.name().eq_ignore_ascii_case(name)).cloned()
    }

    fn table_function(
        &self,
        name: &Name,
        args: &[ast::FunctionArg],
        alias: Option<&ast::TableAlias>,
        outer: Option<&Scope<'_>>,
    ) -> SqlResult<Bound> {
        let root = Scope::new(Vec::new(), None);
        let scope = outer.unwrap_or(&root);
        let mut bound = Vec::with_capacity(args.len());
        for a in args {
            let e = call::argument(a)?;
            // DEFAULT as an argument
            bound.push(match e {
                Expr::Identifier(i) if i.value.eq_ignore_ascii_case("default") => {
                    Ex::lit(crate::lab::tsql::value::Value::Null, SqlType::Int)
                }
                e => self.expr(e, scope)?,
            });
        }
        let shown = alias.map_or_else(|| name.object().to_owned(), |a| a.name.value.clone());
        if name.0.len() == 1
            && let Some((function, columns)) = builtin_table(name.object(), &mut bound)?
        {
            let source = Source::Builtin { function, args: bound };
            return Ok((source, vec![table_of(&shown, Vec::new(), renamed(&columns, alias)?)]));
        }
        let columns = self.host.describe_function(self.cx, name)?;
        let path = if alias.is_some() { Vec::new() } else { name.0[..name.0.len().saturating_sub(1)].to_vec() };
        let source = Source::Function { name: name.clone(), args: bound };
        Ok((source, vec![table_of(&shown, path, renamed(&columns, alias)?)]))
    }
}

fn builtin_table(name: &str, args: &mut [Ex]) -> SqlResult<Option<(TableFunction, Vec<Column>)>> {
    if name.eq_ignore_ascii_case("string_split") {
        if !(2..=3).contains(&args.len()) {
            return Err(fault::argument_range(name, 2, 3));
        }
        let uni = args[0].ty.is_unicode();
        call::convert_argument(args, 0, crate::lab::tsql::bind::types::varchar(uni, None))?;
        let value = crate::lab::tsql::bind::types::varchar(uni, if uni { Some(4000) } else { Some(8000) });
        let mut columns = vec![Column { name: "value".into(), ty: value, nullable: false, identity: false }];
        if args.len() == 3 {
            columns.push(Column::new("ordinal", SqlType::BigInt));
        }
        return Ok(Some((TableFunction::StringSplit, columns)));
    }
    if name.eq_ignore_ascii_case("generate_series") {
        if !(2..=3).contains(&args.len()) {
            return Err(fault::argument_range(name, 2, 3));
        }
        let ty = args[0].ty;
        if !ty.is_integer() {
            return Err(fault::bad_argument(ty, 1, name));
        }
        return Ok(Some((TableFunction::GenerateSeries, vec![Column::new("value", ty)])));
    }
    if name.eq_ignore_ascii_case("openjson") {
        return Err(fault::unsupported("OPENJSON"));
    }
    let _ = Len::Max;
    Ok(None)
}

fn is_hint(args: &[ast::FunctionArg]) -> bool {
    !args.is_empty()
        && args.iter().all(|a| {
            matches!(call::argument(a), Ok(Expr::Identifier(i)) if HINTS.iter().any(|h| i.value.eq_ignore_ascii_case(h)))
        })
}

fn table_of(alias: &str, path: Vec<String>, columns: Vec<Column>) -> ScopeTable {
    ScopeTable { alias: alias.to_owned(), path, columns, hidden: 0, offset: 0 }
}

/// Columns under the names an alias list gives them.
fn renamed(columns: &[Column], alias: Option<&ast::TableAlias>) -> SqlResult<Vec<Column>> {
    let mut out = columns.to_vec();
    let Some(a) = alias.filter(|a| !a.columns.is_empty()) else { return Ok(out) };
    if a.columns.len() != out.len() {
        let (number, word) = if a.columns.len() < out.len() { (8158, "more") } else { (8159, "fewer") };
        return Err(SqlError::new(
            number,
            16,
            format!("'{}' has {word} columns than were specified in the column list.", a.name.value),
        ));
    }
    for (c, n) in out.iter_mut().zip(&a.columns) {
        c.name.clone_from(&n.name.value);
    }
    Ok(out)
}

/// 1013 for two tables under one name.
fn distinct_names(tables: &[ScopeTable]) -> SqlResult<()> {
    for (i, t) in tables.iter().enumerate() {
        let twin = tables[..i].iter().any(|o| {
            o.alias.eq_ignore_ascii_case(&t.alias)
                && o.path.iter().map(|p| p.to_lowercase()).eq(t.path.iter().map(|p| p.to_lowercase()))
        });
        if twin && !t.alias.is_empty() {
            return Err(SqlError::new(
                1013,
                16,
                format!(
                    "The objects \"{0}\" and \"{0}\" in the FROM clause have the same exposed names. Use correlation names to distinguish them.",
                    t.alias
                ),
            ));
        }
    }
    Ok(())
}

/// Joins two items; equalities between the sides become hash keys.
pub(crate) fn join(kind: JoinKind, left: Bound, right: Bound, on: Option<Cond>) -> Bound {
    let (left, mut tables) = left;
    let (right, mut right_tables) = right;
    let (left_width, right_width) = (width(&tables), width(&right_tables));
    shift(&mut right_tables, left_width);
    if matches!(kind, JoinKind::Right | JoinKind::Full) {
        weaken(&mut tables);
    }
    if matches!(kind, JoinKind::Left | JoinKind::Full) {
        weaken(&mut right_tables);
    }
    tables.extend(right_tables);
    let (equal, rest) = refs::split_equalities(on, left_width);
    (Source::Join(Box::new(Join { kind, left, right, left_width, right_width, equal, rest })), tables)
}
