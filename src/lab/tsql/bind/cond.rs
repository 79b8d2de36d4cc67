//! Binding of predicates.

use crate::lab::tsql::bind::binder;
use crate::lab::tsql::bind::binder::Binder;
use crate::lab::tsql::bind::expr;
use crate::lab::tsql::bind::scope::Scope;
use crate::lab::tsql::bind::tree::CmpOp;
use crate::lab::tsql::bind::tree::Cond;
use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::bind::types;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::collate::Coll;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::SqlType;
use sqlparser::ast;
use sqlparser::ast::BinaryOperator;
use sqlparser::ast::Expr;
use sqlparser::ast::UnaryOperator;

impl Binder<'_> {
    /// Binds a predicate. 4145 where a value stands instead.
    pub fn cond(&self, e: &Expr, scope: &Scope<'_>) -> SqlResult<Cond> {
        let _level = self.deeper()?;
        match e {
            Expr::Nested(inner) => self.cond(inner, scope),
            Expr::BinaryOp { op: BinaryOperator::And, .. } => self.chain(e, &BinaryOperator::And, scope).map(Cond::And),
            Expr::BinaryOp { op: BinaryOperator::Or, .. } => self.chain(e, &BinaryOperator::Or, scope).map(Cond::Or),
            Expr::BinaryOp { left, op, right } => match cmp_op(op) {
                Some(op) => compare(op, self.expr(left, scope)?, self.expr(right, scope)?),
                None => Err(not_boolean(e)),
            },
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => Ok(Cond::Not(Box::new(self.cond(expr, scope)?))),
            Expr::IsNull(x) => Ok(Cond::IsNull(Box::new(self.expr(x, scope)?), false)),
            Expr::IsNotNull(x) => Ok(Cond::IsNull(Box::new(self.expr(x, scope)?), true)),
            Expr::IsDistinctFrom(l, r) => self.distinct(l, r, false, scope),
            Expr::IsNotDistinctFrom(l, r) => self.distinct(l, r, true, scope),
            Expr::Between { expr, negated, low, high } => self.between(expr, low, high, *negated, scope),
            Expr::InList { expr, list, negated } => self.in_list(expr, list, *negated, scope),
            Expr::InSubquery { expr, subquery, negated } => self.in_query(expr, subquery, *negated, scope),
            Expr::Exists { subquery, negated } => {
                let c = Cond::Exists(self.subquery(subquery, Some(scope))?);
                Ok(if *negated { Cond::Not(Box::new(c)) } else { c })
            }
            Expr::Like { negated, expr, pattern, escape_char, .. } => {
                self.like(expr, pattern, escape_char.as_deref(), *negated, scope)
            }
            Expr::AnyOp { left, compare_op, right, .. } => self.quantified(left, compare_op, right, false, scope),
            Expr::AllOp { left, compare_op, right } => self.quantified(left, compare_op, right, true, scope),
            _ => Err(not_boolean(e)),
        }
    }

    /// `a AND b AND c …`, flattened.
    fn chain(&self, e: &Expr, word: &BinaryOperator, scope: &Scope<'_>) -> SqlResult<Vec<Cond>> {
        let mut parts = Vec::new();
        let mut cur = e;
        while let Expr::BinaryOp { left, op, right } = cur {
            if op != word {
                break;
            }
            parts.push(&**right);
            cur = left;
        }
        parts.push(cur);
        parts.into_iter().rev().map(|p| self.cond(p, scope)).collect()
    }

    fn distinct(&self, l: &Expr, r: &Expr, negated: bool, scope: &Scope<'_>) -> SqlResult<Cond> {
        let (left, right, coll) = pair(self.expr(l, scope)?, self.expr(r, scope)?)?;
        Ok(Cond::Distinct { left: Box::new(left), right: Box::new(right), negated, coll })
    }

    fn between(&self, x: &Expr, low: &Expr, high: &Expr, negated: bool, scope: &Scope<'_>) -> SqlResult<Cond> {
        let ex = self.expr(x, scope)?;
        let both = Cond::And(vec![
            compare(CmpOp::Ge, ex.clone(), self.expr(low, scope)?)?,
            compare(CmpOp::Le, ex, self.expr(high, scope)?)?,
        ]);
        Ok(if negated { Cond::Not(Box::new(both)) } else { both })
    }

    fn in_list(&self, x: &Expr, list: &[Expr], negated: bool, scope: &Scope<'_>) -> SqlResult<Cond> {
        let ex = self.expr(x, scope)?;
        let mut items = list.iter().map(|i| self.expr(i, scope)).collect::<SqlResult<Vec<_>>>()?;
        let ty = binder::common_type(std::iter::once(&ex).chain(&items))?;
        let coll = items.iter().fold(ex.coll, |c, i| if c == Coll::Ci { i.coll } else { c });
        if !ty.is_string() {
            items = items.into_iter().map(|i| binder::coerce(i, ty)).collect::<SqlResult<_>>()?;
        }
        let ex = if ty.is_string() { ex } else { binder::coerce(ex, ty)? };
        Ok(Cond::In { ex: Box::new(ex), list: items, negated, coll })
    }

    fn in_query(&self, x: &Expr, q: &ast::Query, negated: bool, scope: &Scope<'_>) -> SqlResult<Cond> {
        let ex = self.expr(x, scope)?;
        let plan = self.subquery(q, Some(scope))?;
        let [column] = &plan.columns[..] else { return Err(fault::many_columns()) };
        let ty = if ex.is_bare_null() { column.ty } else { types::common(ex.ty, column.ty) };
        types::check_explicit(column.ty, ty).map_err(|_| fault::clash(column.ty, ex.ty))?;
        let coll = ex.coll;
        Ok(Cond::InQuery { ex: Box::new(binder::coerce(ex, ty)?), plan, ty, negated, coll })
    }

    fn quantified(
        &self,
        left: &Expr,
        op: &BinaryOperator,
        right: &Expr,
        all: bool,
        scope: &Scope<'_>,
    ) -> SqlResult<Cond> {
        let op = cmp_op(op).ok_or_else(|| fault::syntax("ANY"))?;
        let Expr::Subquery(q) = right else { return Err(fault::syntax(if all { "ALL" } else { "ANY" })) };
        let ex = self.expr(left, scope)?;
        let plan = self.subquery(q, Some(scope))?;
        let [column] = &plan.columns[..] else { return Err(fault::many_columns()) };
        let ty = types::common(ex.ty, column.ty);
        let coll = ex.coll;
        Ok(Cond::Quantified { ex: Box::new(binder::coerce(ex, ty)?), op, plan, ty, all, coll })
    }

    fn like(
        &self,
        x: &Expr,
        pattern: &Expr,
        escape: Option<&Expr>,
        negated: bool,
        scope: &Scope<'_>,
    ) -> SqlResult<Cond> {
        let (ex, pattern) = (self.expr(x, scope)?, self.expr(pattern, scope)?);
        let coll = if ex.coll == Coll::Ci { pattern.coll } else { ex.coll };
        let text = |e: Ex, n: usize| -> SqlResult<Ex> {
            if e.ty.is_string() || e.is_bare_null() {
                return Ok(e);
            }
            if matches!(e.ty, SqlType::SqlVariant | SqlType::Xml) || e.ty.is_binary() {
                return Err(fault::bad_argument(e.ty, n, "like"));
            }
            Ok(binder::force(e, SqlType::VarChar(Len::Max)))
        };
        let escape = escape.map(|e| self.expr(e, scope)).transpose()?.map(Box::new);
        Ok(Cond::Like { ex: Box::new(text(ex, 1)?), pattern: Box::new(text(pattern, 2)?), escape, negated, coll })
    }
}

fn not_boolean(e: &Expr) -> SqlError {
    let near = match e {
        Expr::Identifier(i) => i.value.clone(),
        Expr::CompoundIdentifier(p) => p.last().map_or_else(String::new, |i| i.value.clone()),
        _ => ")".to_owned(),
    };
    SqlError::new(
        4145,
        15,
        format!(
            "An expression of non-boolean type specified in a context where a condition is expected, near '{near}'."
        ),
    )
}

fn cmp_op(op: &BinaryOperator) -> Option<CmpOp> {
    Some(match op {
        BinaryOperator::Eq => CmpOp::Eq,
        BinaryOperator::NotEq => CmpOp::Ne,
        BinaryOperator::Lt => CmpOp::Lt,
        BinaryOperator::LtEq => CmpOp::Le,
        BinaryOperator::Gt => CmpOp::Gt,
        BinaryOperator::GtEq => CmpOp::Ge,
        // `!<` and `!>`, where the tokens come so
        BinaryOperator::Custom(s) if s == "!<" => CmpOp::Ge,
        BinaryOperator::Custom(s) if s == "!>" => CmpOp::Le,
        _ => return None,
    })
}

/// Brings two operands of a comparison to one type.
pub fn pair(l: Ex, r: Ex) -> SqlResult<(Ex, Ex, Coll)> {
    let coll = if l.coll == Coll::Ci { r.coll } else { l.coll };
    let free = l.ty == r.ty
        || l.ty.is_string() && r.ty.is_string()
        || l.ty.is_binary() && r.ty.is_binary()
        || l.ty.is_integer() && r.ty.is_integer()
        || matches!((l.ty, r.ty), (SqlType::Decimal(..), SqlType::Decimal(..)));
    if l.ty == SqlType::Xml || r.ty == SqlType::Xml {
        return Err(SqlError::new(
            305,
            16,
            "The XML data type cannot be compared or sorted, except when using the IS NULL operator.",
        ));
    }
    if free || l.is_bare_null() || r.is_bare_null() {
        return Ok((l, r, coll));
    }
    let ty = types::common(l.ty, r.ty);
    let side = |e: Ex| -> SqlResult<Ex> {
        // an exact number meets a decimal with its own digits
        if let (SqlType::Decimal(..), Some((p, s))) = (ty, e.ty.as_decimal()) {
            return Ok(binder::force(e, SqlType::Decimal(p, s)));
        }
        binder::coerce(e, ty)
    };
    let (a, b) = (l.ty, r.ty);
    let clash = |e: SqlError| if e.number == 206 { fault::clash(a, b) } else { e };
    Ok((side(l).map_err(clash)?, side(r).map_err(clash)?, coll))
}

/// A comparison.
pub fn compare(op: CmpOp, l: Ex, r: Ex) -> SqlResult<Cond> {
    let (l, r, coll) = pair(l, r)?;
    Ok(Cond::Cmp(op, Box::new(l), Box::new(r), coll))
}

/// Used by IIF and CASE built from values.
pub fn is_predicate(e: &Expr) -> bool {
    expr::is_predicate(e)
}
