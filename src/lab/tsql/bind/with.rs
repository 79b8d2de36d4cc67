//! Binding of whole queries: WITH, set operations, ORDER BY, FOR XML.

use crate::lab::tsql::bind::aggregate;
use crate::lab::tsql::bind::binder;
use crate::lab::tsql::bind::binder::Binder;
use crate::lab::tsql::bind::binder::Cte;
use crate::lab::tsql::bind::scope::Scope;
use crate::lab::tsql::bind::tree::Body;
use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::bind::tree::Kind;
use crate::lab::tsql::bind::tree::Limit;
use crate::lab::tsql::bind::tree::QueryPlan;
use crate::lab::tsql::bind::tree::SetKind;
use crate::lab::tsql::bind::tree::XmlPath;
use crate::lab::tsql::bind::types;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::SqlType;
use sqlparser::ast;
use sqlparser::ast::Expr;
use sqlparser::ast::SetExpr;
use std::ops::ControlFlow;
use std::sync::Arc;

impl Binder<'_> {
    /// Binds a query; `outer` is the level whose columns it may refer to.
    pub fn query(&self, q: &ast::Query, outer: Option<&Scope<'_>>) -> SqlResult<QueryPlan> {
        let _level = self.deeper()?;
        let known = self.ctes.borrow().len();
        let out = self.query_with(q, outer);
        self.ctes.borrow_mut().truncate(known);
        out
    }

    fn query_with(&self, q: &ast::Query, outer: Option<&Scope<'_>>) -> SqlResult<QueryPlan> {
        if let Some(with) = &q.with {
            self.common_tables(with)?;
        }
        let order: &[ast::OrderByExpr] = match &q.order_by {
            None => &[],
            Some(o) => match &o.kind {
                ast::OrderByKind::Expressions(list) => list,
                ast::OrderByKind::All(_) => return Err(fault::syntax("ALL")),
            },
        };
        let limit = self.limit(q, outer)?;
        if limit.offset.is_some() && order.is_empty() {
            return Err(fault::syntax("OFFSET"));
        }
        let mut plan = match &*q.body {
            SetExpr::Select(s) => self.select(s, order, limit, outer)?,
            body => self.set_body(body, order, limit, outer)?,
        };
        Self::for_clause(q, &mut plan)?;
        Ok(plan)
    }

    /// Brings the tables of WITH into sight.
    pub(crate) fn common_tables(&self, with: &ast::With) -> SqlResult<()> {
        with.cte_tables.iter().try_for_each(|cte| self.cte(cte))
    }

    fn limit(&self, q: &ast::Query, outer: Option<&Scope<'_>>) -> SqlResult<Limit> {
        let root = Scope::new(Vec::new(), None);
        let scope = outer.unwrap_or(&root);
        let count = |e: &Expr| -> SqlResult<Ex> { binder::coerce(self.expr(e, scope)?, SqlType::BigInt) };
        let mut limit = Limit::default();
        match &q.limit_clause {
            None => {}
            Some(ast::LimitClause::LimitOffset { limit: None, offset, .. }) => {
                limit.offset = offset.as_ref().map(|o| count(&o.value)).transpose()?;
            }
            Some(_) => return Err(fault::syntax("LIMIT")),
        }
        if let Some(f) = &q.fetch {
            limit.fetch = f.quantity.as_ref().map(count).transpose()?;
        }
        Ok(limit)
    }

    fn set_body(
        &self,
        body: &SetExpr,
        order: &[ast::OrderByExpr],
        limit: Limit,
        outer: Option<&Scope<'_>>,
    ) -> SqlResult<QueryPlan> {
        let mut plan = self.set_expr(body, outer)?;
        let keys = order
            .iter()
            .map(|o| Ok((output_key(o, &plan.columns)?, aggregate::descending(o))))
            .collect::<SqlResult<Vec<_>>>()?;
        match &mut plan.body {
            Body::SetOp { order, limit: l, .. } => {
                *order = keys;
                *l = limit;
                Ok(plan)
            }
            _ if keys.is_empty() && limit.offset.is_none() => Ok(plan),
            _ => {
                let columns = plan.columns.clone();
                let body = Body::Nested { plan: Arc::new(plan), order: keys, limit };
                Ok(self.plan(columns, body))
            }
        }
    }

    pub(crate) fn plan(&self, columns: Arc<[Column]>, body: Body) -> QueryPlan {
        // correlated until the caller knows better: never cached by mistake
        QueryPlan { id: self.next_id(), columns, body, correlated: true, xml: None }
    }

    fn set_expr(&self, body: &SetExpr, outer: Option<&Scope<'_>>) -> SqlResult<QueryPlan> {
        let _level = self.deeper()?;
        match body {
            SetExpr::Select(s) => self.select(s, &[], Limit::default(), outer),
            SetExpr::Query(q) => self.query(q, outer),
            SetExpr::Values(v) => self.values(v, outer),
            SetExpr::SetOperation { .. } => self.set_chain(body, outer),
            other => Err(fault::unsupported(&other.to_string())),
        }
    }

    /// `a UNION ALL b UNION ALL c …` leans left: bound in a loop.
    fn set_chain(&self, body: &SetExpr, outer: Option<&Scope<'_>>) -> SqlResult<QueryPlan> {
        let mut spine = Vec::new();
        let mut cur = body;
        while let SetExpr::SetOperation { left, op, set_quantifier, right } = cur {
            spine.push((set_kind(*op, *set_quantifier)?, &**right));
            cur = left;
            if spine.len() > 256 {
                return Err(fault::too_deep());
            }
        }
        let mut acc = self.set_expr(cur, outer)?;
        for (op, right) in spine.into_iter().rev() {
            let right = self.set_expr(right, outer)?;
            acc = self.combine(op, acc, right)?;
        }
        Ok(acc)
    }

    fn combine(&self, op: SetKind, left: QueryPlan, right: QueryPlan) -> SqlResult<QueryPlan> {
        if left.columns.len() != right.columns.len() {
            return Err(SqlError::new(
                205,
                16,
                "All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.",
            ));
        }
        let mut columns = Vec::with_capacity(left.columns.len());
        for (i, (l, r)) in left.columns.iter().zip(right.columns.iter()).enumerate() {
            let null = |p: &QueryPlan| is_null_item(p, i);
            let ty = match (null(&left), null(&right)) {
                (true, false) => r.ty,
                (false, true) => l.ty,
                _ => {
                    let ty = types::common(l.ty, r.ty);
                    for from in [l.ty, r.ty] {
                        types::check_implicit(from, ty).map_err(|_| fault::clash(from, ty))?;
                    }
                    ty
                }
            };
            let nullable = match op {
                SetKind::Except => l.nullable,
                _ => l.nullable || r.nullable,
            };
            columns.push(Column { name: l.name.clone(), ty, nullable, identity: false });
        }
        let body = Body::SetOp {
            op,
            left: Arc::new(left),
            right: Arc::new(right),
            order: Vec::new(),
            limit: Limit::default(),
        };
        Ok(self.plan(columns.into(), body))
    }

    fn values(&self, v: &ast::Values, outer: Option<&Scope<'_>>) -> SqlResult<QueryPlan> {
        let scope = Scope::new(Vec::new(), outer);
        let mut rows: Vec<Vec<Ex>> = Vec::with_capacity(v.rows.len());
        for row in &v.rows {
            let bound = row.content.iter().map(|e| self.expr(e, &scope)).collect::<SqlResult<Vec<_>>>()?;
            if rows.first().is_some_and(|f| f.len() != bound.len()) {
                return Err(SqlError::new(
                    10709,
                    16,
                    "The number of columns for each row in a table value constructor must be the same.",
                ));
            }
            rows.push(bound);
        }
        let width = rows.first().map_or(0, Vec::len);
        let mut columns = Vec::with_capacity(width);
        for i in 0..width {
            let ty = binder::common_type(rows.iter().map(|r| &r[i]))?;
            let nullable = rows.iter().any(|r| r[i].nullable);
            for row in &mut rows {
                row[i] = binder::coerce(row[i].clone(), ty)?;
            }
            columns.push(Column { name: String::new(), ty, nullable, identity: false });
        }
        Ok(self.plan(columns.into(), Body::Values(rows)))
    }

    fn cte(&self, cte: &ast::Cte) -> SqlResult<()> {
        let name = cte.alias.name.value.clone();
        let recursive = mentions(&cte.query, &name);
        let (plan, correlated) = if recursive {
            self.recursive(&name, cte)?
        } else {
            let (plan, correlated) = self.isolated(0, || self.query(&cte.query, None))?;
            (Self::rename(plan, &cte.alias)?, correlated)
        };
        let mut plan = plan;
        plan.correlated = correlated;
        if let Some(i) = plan.columns.iter().position(|c| c.name.is_empty()) {
            return Err(SqlError::new(
                8155,
                16,
                format!("No column name was specified for column {} of '{name}'.", i + 1),
            )
            .state(2));
        }
        self.ctes.borrow_mut().push(Cte::Plan { name, plan: Arc::new(plan) });
        Ok(())
    }

    fn rename(mut plan: QueryPlan, alias: &ast::TableAlias) -> SqlResult<QueryPlan> {
        if !alias.columns.is_empty() {
            if alias.columns.len() != plan.columns.len() {
                let (number, word) =
                    if alias.columns.len() < plan.columns.len() { (8158, "more") } else { (8159, "fewer") };
                return Err(SqlError::new(
                    number,
                    16,
                    format!("'{}' has {word} columns than were specified in the column list.", alias.name.value),
                ));
            }
            let mut columns = plan.columns.to_vec();
            for (c, a) in columns.iter_mut().zip(&alias.columns) {
                c.name.clone_from(&a.name.value);
            }
            plan.columns = columns.into();
        }
        Ok(plan)
    }

    /// Anchor UNION ALL step; the step sees the rows of the round before.
    fn recursive(&self, name: &str, cte: &ast::Cte) -> SqlResult<(QueryPlan, bool)> {
        let SetExpr::SetOperation { left, op: ast::SetOperator::Union, set_quantifier: ast::SetQuantifier::All, right } =
            &*cte.query.body
        else {
            return Err(SqlError::new(
                252,
                16,
                format!("Recursive common table expression '{name}' does not contain a top-level UNION ALL operator."),
            ));
        };
        let (mut anchor, correlated) = self.isolated(0, || self.set_expr(left, None))?;
        anchor.correlated = correlated;
        let mut anchor = Self::rename(anchor, &cte.alias)?;
        let columns: Vec<Column> =
            anchor.columns.iter().map(|c| Column { nullable: true, identity: false, ..c.clone() }).collect();
        anchor.columns = columns.into();
        let id = self.next_id();
        let columns = anchor.columns.clone();
        self.ctes.borrow_mut().push(Cte::Recursing { name: name.to_owned(), id, columns: columns.clone() });
        let step = self.isolated(0, || self.set_expr(right, None));
        self.ctes.borrow_mut().pop();
        let (step, _) = step?;
        if step.columns.len() != columns.len() {
            return Err(SqlError::new(
                205,
                16,
                "All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.",
            ));
        }
        for (a, s) in columns.iter().zip(step.columns.iter()) {
            let numeric = a.ty.is_integer() && s.ty.is_integer();
            if a.ty != s.ty && !numeric || a.ty.rank() < s.ty.rank() {
                return Err(SqlError::new(
                    240,
                    16,
                    format!(
                        "Types don't match between the anchor and the recursive part in column \"{}\" of recursive query \"{name}\".",
                        a.name
                    ),
                ));
            }
        }
        let body = Body::Recursive { id, name: name.to_owned(), anchor: Arc::new(anchor), step: Arc::new(step) };
        Ok((self.plan(columns, body), correlated))
    }

    fn for_clause(q: &ast::Query, plan: &mut QueryPlan) -> SqlResult<()> {
        match &q.for_clause {
            None | Some(ast::ForClause::Browse) => Ok(()),
            Some(ast::ForClause::Xml {
                for_xml: ast::ForXml::Path(element), root, r#type, elements: false, ..
            }) => {
                let row = element.clone().unwrap_or_else(|| "row".to_owned());
                plan.xml = Some(XmlPath { row, root: root.clone(), columns: plan.columns.clone() });
                let ty = if *r#type { SqlType::Xml } else { SqlType::NVarChar(Len::Max) };
                // the name SQL Server gives the one column of an untyped result
                let name = if *r#type { "" } else { "XML_F52E2B61-18A1-11d1-B105-00805F49916B" };
                plan.columns = vec![Column::new(name, ty)].into();
                Ok(())
            }
            Some(ast::ForClause::Xml { .. }) => Err(fault::unsupported("FOR XML")),
            Some(ast::ForClause::Json { .. }) => Err(fault::unsupported("FOR JSON")),
        }
    }
}

fn is_null_item(p: &QueryPlan, i: usize) -> bool {
    match &p.body {
        Body::Select(s) => {
            s.items.get(i).is_some_and(|e| matches!(e.kind, Kind::Lit(crate::lab::tsql::value::Value::Null)))
        }
        _ => false,
    }
}

fn set_kind(op: ast::SetOperator, q: ast::SetQuantifier) -> SqlResult<SetKind> {
    use ast::SetOperator as O;
    use ast::SetQuantifier as Q;
    match (op, q) {
        (O::Union, Q::All) => Ok(SetKind::UnionAll),
        (O::Union, Q::None) => Ok(SetKind::Union),
        (O::Except, Q::None) => Ok(SetKind::Except),
        (O::Intersect, Q::None) => Ok(SetKind::Intersect),
        _ => Err(fault::syntax("ALL")),
    }
}

/// ORDER BY of a set operation: ordinal or output name only.
fn output_key(o: &ast::OrderByExpr, columns: &[Column]) -> SqlResult<usize> {
    match &o.expr {
        Expr::Value(v) => ordinal(&v.value, columns.len()),
        Expr::Identifier(i) => {
            columns.iter().position(|c| c.name.eq_ignore_ascii_case(&i.value)).ok_or_else(|| fault::no_column(&i.value))
        }
        _ => Err(SqlError::new(
            104,
            16,
            "ORDER BY items must appear in the select list if the statement contains a UNION, INTERSECT or EXCEPT operator.",
        )),
    }
}

/// ORDER BY 2.
pub(crate) fn ordinal(v: &ast::Value, count: usize) -> SqlResult<usize> {
    let n = match v {
        ast::Value::Number(n, _) => n.parse::<usize>().ok(),
        _ => None,
    };
    match n {
        Some(n) if (1..=count).contains(&n) => Ok(n - 1),
        Some(n) => Err(SqlError::new(
            108,
            15,
            format!("The ORDER BY position number {n} is out of range of the number of items in the select list."),
        )),
        None => Err(SqlError::new(408, 16, "A constant expression was encountered in the ORDER BY list, position 1.")),
    }
}

/// Does the query read a table of this one-part name?
fn mentions(q: &ast::Query, name: &str) -> bool {
    struct Finder<'n>(&'n str);
    impl ast::Visitor for Finder<'_> {
        type Break = ();
        fn pre_visit_relation(&mut self, r: &ast::ObjectName) -> ControlFlow<()> {
            let n = binder::name_of(r);
            if n.0.len() == 1 && n.object().eq_ignore_ascii_case(self.0) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        }
    }
    ast::Visit::visit(q, &mut Finder(name)).is_break()
}
