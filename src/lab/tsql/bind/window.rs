//! Binding of OVER.

use crate::lab::tsql::bind::aggregate;
use crate::lab::tsql::bind::binder;
use crate::lab::tsql::bind::binder::Binder;
use crate::lab::tsql::bind::call;
use crate::lab::tsql::bind::scope::Clause;
use crate::lab::tsql::bind::scope::Scope;
use crate::lab::tsql::bind::tree::Bound;
use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::bind::tree::Frame;
use crate::lab::tsql::bind::tree::Kind;
use crate::lab::tsql::bind::tree::Win;
use crate::lab::tsql::bind::tree::WinKind;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::value::SqlType;
use sqlparser::ast;
use sqlparser::ast::Expr;
use sqlparser::ast::WindowFrameBound;
use sqlparser::ast::WindowFrameUnits;
use sqlparser::ast::WindowType;

impl Binder<'_> {
    pub(crate) fn window(&self, name: &str, f: &ast::Function, over: &WindowType, scope: &Scope<'_>) -> SqlResult<Ex> {
        if !matches!(scope.clause.get(), Clause::Select | Clause::OrderBy) {
            return Err(SqlError::new(
                4108,
                15,
                "Windowed functions can only appear in the SELECT or ORDER BY clauses.",
            ));
        }
        let WindowType::WindowSpec(spec) = over else { return Err(fault::unsupported("WINDOW")) };
        let (kind, ty) = self.window_kind(name, f, scope)?;
        let partition = spec.partition_by.iter().map(|e| self.expr(e, scope)).collect::<SqlResult<Vec<_>>>()?;
        let order = spec
            .order_by
            .iter()
            .map(|o| Ok((self.window_order(&o.expr, scope)?, aggregate::descending(o))))
            .collect::<SqlResult<Vec<_>>>()?;
        let is_agg = matches!(kind, WinKind::Agg(_));
        if order.is_empty() && !is_agg {
            return Err(SqlError::new(
                4112,
                15,
                format!("The function '{name}' must have an OVER clause with ORDER BY."),
            ));
        }
        let frame = spec.window_frame.as_ref().map(frame).transpose()?;
        let mut wins = scope.wins.borrow_mut();
        wins.push(Win { kind, partition, order, frame, ty });
        Ok(Ex::new(Kind::Win(wins.len() - 1), ty))
    }

    /// `ORDER BY (SELECT NULL)` keeps the order of arrival; a constant is 5308.
    fn window_order(&self, e: &Expr, scope: &Scope<'_>) -> SqlResult<Ex> {
        let ex = self.expr(e, scope)?;
        if matches!(ex.kind, Kind::Lit(_)) {
            return Err(SqlError::new(
                5308,
                16,
                "Windowed functions, aggregates and NEXT VALUE FOR functions do not support integer indices as ORDER BY clause expressions.",
            ));
        }
        Ok(ex)
    }

    fn window_kind(&self, name: &str, f: &ast::Function, scope: &Scope<'_>) -> SqlResult<(WinKind, SqlType)> {
        if let Some(kind) = aggregate::kind(name) {
            let agg = self.aggregate_of(kind, name, f, scope, Clause::Select)?;
            if agg.distinct {
                return Err(SqlError::new(10759, 15, "Use of DISTINCT is not allowed with the OVER clause."));
            }
            let ty = agg.ty;
            return Ok((WinKind::Agg(agg), ty));
        }
        let args = call::arguments(f)?.into_iter().map(|a| self.expr(a, scope)).collect::<SqlResult<Vec<_>>>()?;
        let mut args = args.into_iter();
        let mut first = || args.next().ok_or_else(|| fault::argument_count(name, 1));
        Ok(match name {
            "ROW_NUMBER" => (WinKind::RowNumber, SqlType::BigInt),
            "RANK" => (WinKind::Rank, SqlType::BigInt),
            "DENSE_RANK" => (WinKind::DenseRank, SqlType::BigInt),
            "PERCENT_RANK" => (WinKind::PercentRank, SqlType::Float),
            "CUME_DIST" => (WinKind::CumeDist, SqlType::Float),
            "NTILE" => (WinKind::Ntile(binder::coerce(first()?, SqlType::BigInt)?), SqlType::BigInt),
            "LAG" | "LEAD" => {
                let ex = first()?;
                let ty = ex.ty;
                let by = args.next().map(|b| binder::coerce(b, SqlType::BigInt)).transpose()?;
                let default = args.next().map(|d| binder::coerce(d, ty)).transpose()?;
                (WinKind::Shift { ex, by, default, back: name == "LAG" }, ty)
            }
            "FIRST_VALUE" => {
                let ex = first()?;
                let ty = ex.ty;
                (WinKind::First(ex), ty)
            }
            "LAST_VALUE" => {
                let ex = first()?;
                let ty = ex.ty;
                (WinKind::Last(ex), ty)
            }
            _ => return Err(fault::unknown_function(name)),
        })
    }
}

fn frame(f: &ast::WindowFrame) -> SqlResult<Frame> {
    let rows = match f.units {
        WindowFrameUnits::Rows => true,
        WindowFrameUnits::Range => false,
        WindowFrameUnits::Groups => return Err(fault::syntax("GROUPS")),
    };
    let start = bound(&f.start_bound, true)?;
    let end = f.end_bound.as_ref().map_or(Ok(Bound::Current), |b| bound(b, false))?;
    if !rows && [start, end].iter().any(|b| matches!(b, Bound::Preceding(_) | Bound::Following(_))) {
        return Err(SqlError::new(
            4194,
            16,
            "RANGE is only supported with UNBOUNDED and CURRENT ROW window frame delimiters.",
        ));
    }
    Ok(Frame { rows, start, end })
}

fn bound(b: &WindowFrameBound, start: bool) -> SqlResult<Bound> {
    let count = |e: &Expr| match e {
        Expr::Value(v) => match &v.value {
            ast::Value::Number(n, _) => n.parse::<usize>().map_err(|_| fault::syntax(n)),
            other => Err(fault::syntax(&other.to_string())),
        },
        other => Err(fault::syntax(&other.to_string())),
    };
    Ok(match b {
        WindowFrameBound::CurrentRow => Bound::Current,
        WindowFrameBound::Preceding(None) if start => Bound::UnboundedPreceding,
        WindowFrameBound::Following(None) if !start => Bound::UnboundedFollowing,
        WindowFrameBound::Preceding(Some(e)) => Bound::Preceding(count(e)?),
        WindowFrameBound::Following(Some(e)) => Bound::Following(count(e)?),
        _ => return Err(fault::syntax("UNBOUNDED")),
    })
}
