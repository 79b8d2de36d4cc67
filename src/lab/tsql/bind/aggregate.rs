//! Binding of aggregates.

use crate::lab::tsql::bind::binder;
use crate::lab::tsql::bind::binder::Binder;
use crate::lab::tsql::bind::scope::Clause;
use crate::lab::tsql::bind::scope::Scope;
use crate::lab::tsql::bind::tree::Agg;
use crate::lab::tsql::bind::tree::AggKind;
use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::bind::tree::Kind;
use crate::lab::tsql::bind::types;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::value::SqlType;
use sqlparser::ast;
use sqlparser::ast::Expr;
use sqlparser::ast::FunctionArg;
use sqlparser::ast::FunctionArgExpr;
use sqlparser::ast::FunctionArguments;

/// The aggregate of that upper-case name.
pub fn kind(name: &str) -> Option<AggKind> {
    Some(match name {
        "COUNT" | "COUNT_BIG" | "APPROX_COUNT_DISTINCT" => AggKind::Count,
        "SUM" => AggKind::Sum,
        "AVG" => AggKind::Avg,
        "MIN" => AggKind::Min,
        "MAX" => AggKind::Max,
        "STDEV" => AggKind::Stdev,
        "STDEVP" => AggKind::StdevP,
        "VAR" => AggKind::Var,
        "VARP" => AggKind::VarP,
        "STRING_AGG" => AggKind::StringAgg,
        "CHECKSUM_AGG" => AggKind::ChecksumAgg,
        _ => return None,
    })
}

impl Binder<'_> {
    /// An aggregate of the query level it stands in.
    pub(crate) fn aggregate(&self, kind: AggKind, name: &str, f: &ast::Function, scope: &Scope<'_>) -> SqlResult<Ex> {
        match scope.clause.get() {
            Clause::Where | Clause::On => {
                return Err(SqlError::new(
                    147,
                    15,
                    "An aggregate may not appear in the WHERE clause unless it is in a subquery contained in a HAVING clause or a select list, and the column being aggregated is an outer reference.",
                ));
            }
            Clause::GroupBy => {
                return Err(SqlError::new(
                    144,
                    15,
                    "Cannot use an aggregate or a subquery in an expression used for the group by list of a GROUP BY clause.",
                ));
            }
            Clause::Aggregate => {
                return Err(SqlError::new(
                    130,
                    16,
                    "Cannot perform an aggregate function on an expression containing an aggregate or a subquery.",
                ));
            }
            _ => {}
        }
        let agg = self.aggregate_of(kind, name, f, scope, Clause::Aggregate)?;
        let (ty, nullable) = (agg.ty, agg.nullable);
        let mut list = scope.aggs.borrow_mut();
        list.push(agg);
        Ok(Ex::new(Kind::Agg(list.len() - 1), ty).nullable(nullable))
    }

    /// The aggregate itself; OVER uses it too, where the argument may hold plain aggregates (`inside`).
    pub(crate) fn aggregate_of(
        &self,
        kind: AggKind,
        name: &str,
        f: &ast::Function,
        scope: &Scope<'_>,
        inside: Clause,
    ) -> SqlResult<Agg> {
        let FunctionArguments::List(list) = &f.args else { return Err(fault::syntax(")")) };
        let mut distinct = matches!(list.duplicate_treatment, Some(ast::DuplicateTreatment::Distinct));
        let star = matches!(list.args.as_slice(), [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)]);
        let before = scope.clause.replace(inside);
        let bound = self.aggregate_args(kind, star, f, scope);
        let order = f
            .within_group
            .iter()
            .map(|o| Ok((self.expr(&o.expr, scope)?, descending(o))))
            .collect::<SqlResult<Vec<_>>>();
        scope.clause.set(before);
        let (mut args, order) = (bound?, order?);
        let wanted = if kind == AggKind::StringAgg { 2 } else { 1 };
        if !star && args.len() != wanted || star && kind != AggKind::Count {
            return Err(fault::argument_count(name, wanted));
        }
        let separator = if wanted == 2 { args.pop() } else { None };
        let arg = args.pop();
        let ty = arg.as_ref().map_or(SqlType::Int, |a| a.ty);
        if name == "APPROX_COUNT_DISTINCT" {
            distinct = true;
        }
        let (cast, result) = typing(kind, name, ty)?;
        let arg = match (arg, cast) {
            (Some(a), Some(t)) => Some(binder::force(a, t)),
            (a, _) => a,
        };
        Ok(Agg { kind, arg, distinct, separator, order, ty: result, nullable: true })
    }

    fn aggregate_args(&self, kind: AggKind, star: bool, f: &ast::Function, scope: &Scope<'_>) -> SqlResult<Vec<Ex>> {
        if star && kind == AggKind::Count {
            return Ok(Vec::new());
        }
        crate::lab::tsql::bind::call::arguments(f)?.into_iter().map(|a: &Expr| self.expr(a, scope)).collect()
    }
}

/// DESC was written.
pub(crate) fn descending(o: &ast::OrderByExpr) -> bool {
    use sqlparser::ast::OrderBySort;
    matches!(o.options.sort, Some(OrderBySort::Desc))
}

/// Type the argument is converted to, and the result's.
fn typing(kind: AggKind, name: &str, ty: SqlType) -> SqlResult<(Option<SqlType>, SqlType)> {
    use SqlType as T;
    let lower = name.to_lowercase();
    Ok(match kind {
        AggKind::Count => (None, if name == "COUNT" { T::Int } else { T::BigInt }),
        AggKind::Sum | AggKind::Avg => match ty {
            T::TinyInt | T::SmallInt | T::Int => (Some(T::Int), T::Int),
            T::BigInt => (None, T::BigInt),
            T::Decimal(_, s) if kind == AggKind::Sum => (None, T::Decimal(38, s)),
            T::Decimal(_, s) => (None, T::Decimal(38, s.max(6))),
            T::Money | T::SmallMoney => (Some(T::Money), T::Money),
            T::Real | T::Float => (Some(T::Float), T::Float),
            t => return Err(fault::bad_operand(t, &lower)),
        },
        AggKind::Min | AggKind::Max => match ty {
            T::Bit | T::Xml => return Err(fault::bad_operand(ty, &lower)),
            t => (None, t),
        },
        AggKind::Stdev | AggKind::StdevP | AggKind::Var | AggKind::VarP => {
            if !ty.is_number() || ty == T::Bit {
                return Err(fault::bad_operand(ty, &lower));
            }
            (Some(T::Float), T::Float)
        }
        AggKind::StringAgg => {
            let uni = ty.is_unicode();
            let result = match ty.length() {
                None if ty.is_string() => types::varchar(uni, None),
                _ => types::varchar(uni || !ty.is_string(), Some(if uni || !ty.is_string() { 4000 } else { 8000 })),
            };
            let arg = if ty.is_string() { None } else { Some(types::varchar(true, Some(4000))) };
            (arg, result)
        }
        AggKind::ChecksumAgg => (Some(T::Int), T::Int),
    })
}
