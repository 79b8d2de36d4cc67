//! Binding of one SELECT.

use crate::lab::tsql::bind::aggregate;
use crate::lab::tsql::bind::binder;
use crate::lab::tsql::bind::binder::Binder;
use crate::lab::tsql::bind::from;
use crate::lab::tsql::bind::grouping;
use crate::lab::tsql::bind::refs;
use crate::lab::tsql::bind::scope;
use crate::lab::tsql::bind::scope::Clause;
use crate::lab::tsql::bind::scope::Scope;
use crate::lab::tsql::bind::tree::Body;
use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::bind::tree::Kind;
use crate::lab::tsql::bind::tree::Limit;
use crate::lab::tsql::bind::tree::OrderKey;
use crate::lab::tsql::bind::tree::QueryPlan;
use crate::lab::tsql::bind::tree::SelectPlan;
use crate::lab::tsql::bind::with;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::collate::Coll;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::SqlType;
use sqlparser::ast;
use sqlparser::ast::Expr;
use sqlparser::ast::SelectItem;

/// Select items with their columns.
struct Items {
    ex: Vec<Ex>,
    columns: Vec<Column>,
}

impl Binder<'_> {
    pub(crate) fn select(
        &self,
        s: &ast::Select,
        order: &[ast::OrderByExpr],
        limit: Limit,
        outer: Option<&Scope<'_>>,
    ) -> SqlResult<QueryPlan> {
        let (mut source, tables) = match self.from(&s.from, outer)? {
            Some((source, tables)) => (Some(source), tables),
            None => (None, Vec::new()),
        };
        let width = from::width(&tables);
        let scope = Scope::new(tables, outer);
        scope.clause.set(Clause::Where);
        let mut filter = s.selection.as_ref().map(|e| self.cond(e, &scope)).transpose()?;
        if let Some(source) = &mut source {
            filter = refs::push_down(source, filter);
        }
        scope.clause.set(Clause::GroupBy);
        let keys = self.group_keys(&s.group_by, &scope)?;
        scope.clause.set(Clause::Select);
        let items = self.items(&s.projection, &scope)?;
        let limit = self.top(s.top.as_ref(), limit, outer)?;
        scope.clause.set(Clause::Having);
        let having = s.having.as_ref().map(|e| self.cond(e, &scope)).transpose()?;
        scope.clause.set(Clause::OrderBy);
        let distinct = matches!(s.distinct, Some(ast::Distinct::Distinct));
        let order = self.order(order, &items, distinct, &scope)?;
        if limit.ties && order.is_empty() {
            return Err(SqlError::new(
                1062,
                15,
                "The TOP N WITH TIES clause is not allowed without a corresponding ORDER BY clause.",
            ));
        }
        let grouped = keys.is_some() || !scope.aggs.borrow().is_empty() || having.is_some();
        let group = grouped.then(|| keys.unwrap_or_default());
        if let Some(keys) = &group {
            check(keys, &items, having.as_ref(), &order, &scope)?;
        }
        let select = SelectPlan {
            source,
            width,
            filter,
            group,
            aggs: scope.aggs.take(),
            having,
            wins: scope.wins.take(),
            items: items.ex,
            distinct,
            order,
            limit,
        };
        Ok(self.plan(items.columns.into(), Body::Select(Box::new(select))))
    }

    fn group_keys(&self, g: &ast::GroupByExpr, scope: &Scope<'_>) -> SqlResult<Option<Vec<Ex>>> {
        let ast::GroupByExpr::Expressions(list, modifiers) = g else { return Err(fault::syntax("ALL")) };
        if !modifiers.is_empty() {
            return Err(fault::unsupported("GROUP BY ROLLUP/CUBE"));
        }
        if list.is_empty() {
            return Ok(None);
        }
        let mut keys = Vec::with_capacity(list.len());
        for e in list {
            match e {
                Expr::Rollup(_) | Expr::Cube(_) | Expr::GroupingSets(_) => {
                    return Err(fault::unsupported("GROUP BY ROLLUP/CUBE/GROUPING SETS"));
                }
                Expr::Function(f)
                    if ["ROLLUP", "CUBE"].iter().any(|w| binder::name_of(&f.name).object().eq_ignore_ascii_case(w)) =>
                {
                    return Err(fault::unsupported("GROUP BY ROLLUP/CUBE"));
                }
                Expr::Tuple(t) if t.is_empty() => continue,
                _ => {}
            }
            let ex = self.expr(e, scope)?;
            if matches!(ex.kind, Kind::Lit(_)) {
                return Err(SqlError::new(
                    164,
                    15,
                    "Each GROUP BY expression must contain at least one column that is not an outer reference.",
                ));
            }
            keys.push(ex);
        }
        Ok(Some(keys))
    }

    fn top(&self, top: Option<&ast::Top>, mut limit: Limit, outer: Option<&Scope<'_>>) -> SqlResult<Limit> {
        let Some(t) = top else { return Ok(limit) };
        let root = Scope::new(Vec::new(), None);
        let scope = outer.unwrap_or(&root);
        let ex = match &t.quantity {
            Some(ast::TopQuantity::Expr(e)) => self.expr(e, scope)?,
            Some(ast::TopQuantity::Constant(n)) => {
                Ex::lit(crate::lab::tsql::value::Value::BigInt(i64::try_from(*n).unwrap_or(i64::MAX)), SqlType::BigInt)
            }
            None => return Err(fault::syntax("TOP")),
        };
        if limit.offset.is_some() {
            return Err(SqlError::new(10741, 15, "A TOP can not be used in the same query or sub-query as a OFFSET."));
        }
        limit.top = Some(binder::coerce(ex, if t.percent { SqlType::Float } else { SqlType::BigInt })?);
        limit.percent = t.percent;
        limit.ties = t.with_ties;
        Ok(limit)
    }

    /// Items of a list such as OUTPUT's, with their columns.
    pub(crate) fn select_items(&self, list: &[SelectItem], scope: &Scope<'_>) -> SqlResult<(Vec<Ex>, Vec<Column>)> {
        let items = self.items(list, scope)?;
        Ok((items.ex, items.columns))
    }

    fn items(&self, projection: &[SelectItem], scope: &Scope<'_>) -> SqlResult<Items> {
        let mut out = Items { ex: Vec::new(), columns: Vec::new() };
        for item in projection {
            match item {
                SelectItem::UnnamedExpr(e) => {
                    let ex = self.item(e, scope)?;
                    out.push(ex, own_name(e), identity(e, scope));
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    let ex = self.item(expr, scope)?;
                    out.push(ex, alias.value.clone(), identity(expr, scope));
                }
                SelectItem::Wildcard(_) => {
                    if scope.tables.is_empty() {
                        return Err(SqlError::new(263, 16, "Must specify table to select from."));
                    }
                    for t in &scope.tables {
                        self.expand(t, scope, &mut out);
                    }
                }
                SelectItem::QualifiedWildcard(ast::SelectItemQualifiedWildcardKind::ObjectName(n), _) => {
                    let name = binder::name_of(n);
                    let parts: Vec<&str> = name.0.iter().map(String::as_str).collect();
                    let table = scope.tables.iter().find(|t| scope::qualifies(t, &parts)).ok_or_else(|| {
                        SqlError::new(
                            107,
                            15,
                            format!(
                                "The column prefix '{}' does not match with a table name or alias name used in the query.",
                                name.object()
                            ),
                        )
                    })?;
                    self.expand(table, scope, &mut out);
                }
                other => return Err(fault::unsupported(&other.to_string())),
            }
        }
        Ok(out)
    }

    fn item(&self, e: &Expr, scope: &Scope<'_>) -> SqlResult<Ex> {
        self.expr(e, scope)
    }

    fn expand(&self, t: &scope::ScopeTable, scope: &Scope<'_>, out: &mut Items) {
        self.refer(scope.depth);
        for (i, c) in t.visible().iter().enumerate() {
            let ex = Ex {
                kind: Kind::Col { up: 0, idx: t.offset + i },
                ty: c.ty,
                nullable: c.nullable,
                coll: Coll::default(),
            };
            out.push(ex, c.name.clone(), c.identity);
        }
    }

    fn order(
        &self,
        order: &[ast::OrderByExpr],
        items: &Items,
        distinct: bool,
        scope: &Scope<'_>,
    ) -> SqlResult<Vec<(OrderKey, bool)>> {
        let printed: Vec<String> =
            if order.is_empty() { Vec::new() } else { items.ex.iter().map(grouping::print).collect() };
        order
            .iter()
            .map(|o| {
                let key = self.order_key(&o.expr, items, &printed, distinct, scope)?;
                Ok((key, aggregate::descending(o)))
            })
            .collect()
    }

    fn order_key(
        &self,
        e: &Expr,
        items: &Items,
        printed: &[String],
        distinct: bool,
        scope: &Scope<'_>,
    ) -> SqlResult<OrderKey> {
        if let Expr::Value(v) = e {
            return with::ordinal(&v.value, items.ex.len()).map(OrderKey::Item);
        }
        if let Expr::Identifier(id) = e
            && !id.value.starts_with('@')
        {
            let hits: Vec<usize> = (0..items.columns.len())
                .filter(|i| {
                    !items.columns[*i].name.is_empty() && items.columns[*i].name.eq_ignore_ascii_case(&id.value)
                })
                .collect();
            if let [first, rest @ ..] = hits.as_slice() {
                if rest.iter().any(|i| printed[*i] != printed[*first]) {
                    return Err(fault::ambiguous(&id.value));
                }
                return Ok(OrderKey::Item(*first));
            }
        }
        let ex = self.expr(e, scope)?;
        let text = grouping::print(&ex);
        if let Some(i) = printed.iter().position(|p| *p == text)
            && ex.coll == items.ex[i].coll
        {
            return Ok(OrderKey::Item(i));
        }
        if distinct {
            return Err(SqlError::new(
                145,
                15,
                "ORDER BY items must appear in the select list if SELECT DISTINCT is specified.",
            ));
        }
        Ok(OrderKey::Ex(ex))
    }
}

impl Items {
    fn push(&mut self, ex: Ex, name: String, identity: bool) {
        self.columns.push(Column { name, ty: ex.ty, nullable: ex.nullable, identity });
        self.ex.push(ex);
    }
}

/// The name a bare column keeps.
fn own_name(e: &Expr) -> String {
    match e {
        Expr::Identifier(i) if i.quote_style.is_some() || !i.value.starts_with('@') && !is_word(&i.value) => {
            i.value.clone()
        }
        Expr::CompoundIdentifier(p) => p.last().map_or_else(String::new, |i| i.value.clone()),
        Expr::Nested(inner) => own_name(inner),
        Expr::Collate { expr, .. } => own_name(expr),
        _ => String::new(),
    }
}

fn is_word(s: &str) -> bool {
    ["CURRENT_TIMESTAMP", "CURRENT_USER", "SESSION_USER", "SYSTEM_USER", "USER"]
        .iter()
        .any(|w| s.eq_ignore_ascii_case(w))
}

fn identity(e: &Expr, scope: &Scope<'_>) -> bool {
    let parts: Vec<&str> = match e {
        Expr::Identifier(i) => vec![&i.value],
        Expr::CompoundIdentifier(p) => p.iter().map(|i| i.value.as_str()).collect(),
        _ => return false,
    };
    scope.resolve(&parts).is_ok_and(|f| f.column.identity)
}

/// 8120 and its kin over every clause that is computed after grouping.
fn check(
    keys: &[Ex],
    items: &Items,
    having: Option<&crate::lab::tsql::bind::tree::Cond>,
    order: &[(OrderKey, bool)],
    scope: &Scope<'_>,
) -> SqlResult<()> {
    let select = grouping::Check::new(keys, scope, "SELECT");
    items.ex.iter().try_for_each(|e| select.ex(e))?;
    scope.wins.borrow().iter().try_for_each(|w| select.win(w))?;
    if let Some(h) = having {
        grouping::Check::new(keys, scope, "HAVING").cond(h)?;
    }
    let last = grouping::Check::new(keys, scope, "ORDER BY");
    order.iter().try_for_each(|(k, _)| match k {
        OrderKey::Item(_) => Ok(()),
        OrderKey::Ex(e) => last.ex(e),
    })
}
