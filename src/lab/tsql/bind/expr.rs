//! Binding of scalar expressions.

use crate::lab::tsql::bind::binder;
use crate::lab::tsql::bind::binder::Binder;
use crate::lab::tsql::bind::datatype;
use crate::lab::tsql::bind::scope::Scope;
use crate::lab::tsql::bind::tree::Cond;
use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::bind::tree::Kind;
use crate::lab::tsql::bind::types;
use crate::lab::tsql::bind::types::Op;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::collate::Coll;
use crate::lab::tsql::eval::decimal;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::eval::text;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use sqlparser::ast;
use sqlparser::ast::BinaryOperator;
use sqlparser::ast::Expr;
use sqlparser::ast::UnaryOperator;
use std::sync::Arc;

/// Operators in a row that are computed left to right (`a + b + c …`).
const MAX_CHAIN: usize = 400;

impl Binder<'_> {
    /// Binds a scalar expression.
    pub fn expr(&self, e: &Expr, scope: &Scope<'_>) -> SqlResult<Ex> {
        let _level = self.deeper()?;
        match e {
            Expr::Value(v) => literal(&v.value),
            Expr::Nested(inner) => self.expr(inner, scope),
            Expr::Identifier(i) => self.identifier(i, scope),
            Expr::CompoundIdentifier(parts) => {
                self.column(&parts.iter().map(|p| p.value.as_str()).collect::<Vec<_>>(), scope)
            }
            Expr::BinaryOp { .. } => self.binary(e, scope),
            Expr::UnaryOp { op, expr } => self.unary(*op, expr, scope),
            Expr::Cast { kind, expr, data_type, .. } => {
                self.cast(expr, data_type, None, !matches!(kind, ast::CastKind::Cast), scope)
            }
            Expr::Convert { is_try, expr, data_type: Some(ty), styles, .. } => {
                self.cast(expr, ty, styles.first(), *is_try, scope)
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref(), scope)
            }
            Expr::Collate { expr, collation } => self.collate(expr, collation, scope),
            Expr::Function(f) => self.function(f, scope),
            Expr::Subquery(q) => self.scalar_query(q, scope),
            Expr::Ceil { expr, .. } => self.named("CEILING", &[expr], scope),
            Expr::Floor { expr, .. } => self.named("FLOOR", &[expr], scope),
            Expr::Substring { expr, substring_from, substring_for, .. } => {
                let args: Vec<&Expr> =
                    std::iter::once(&**expr).chain(substring_from.as_deref()).chain(substring_for.as_deref()).collect();
                self.named("SUBSTRING", &args, scope)
            }
            Expr::Trim { expr, trim_where: None, trim_what, trim_characters: None } => match trim_what {
                None => self.named("TRIM", &[expr], scope),
                Some(what) => self.named("TRIM", &[expr, what], scope),
            },
            Expr::AtTimeZone { timestamp, time_zone } => self.named("AT TIME ZONE", &[timestamp, time_zone], scope),
            Expr::TypedString(t) => {
                let inner = literal(&t.value.value)?;
                let ty = datatype::sql_type(&t.data_type, 30)?;
                Ok(binder::force(inner, if t.uses_odbc_syntax { SqlType::DateTime } else { ty }))
            }
            Expr::Prefixed { prefix, value } if prefix.value.eq_ignore_ascii_case("N") => self.expr(value, scope),
            _ if is_predicate(e) => Err(fault::syntax(near(e))),
            other => Err(fault::unsupported(&other.to_string())),
        }
    }

    fn identifier(&self, i: &ast::Ident, scope: &Scope<'_>) -> SqlResult<Ex> {
        if i.quote_style.is_some() {
            return self.column(&[&i.value], scope);
        }
        if i.value.starts_with("@@") {
            return self.call(&i.value.to_uppercase(), &[], scope);
        }
        if i.value.starts_with('@') {
            let key = i.value.to_lowercase();
            let ty = self.names.variable_type(&key).ok_or_else(|| fault::undeclared(&i.value))?;
            return Ok(Ex::new(Kind::Var(Arc::from(key)), ty));
        }
        let word = i.value.to_uppercase();
        if matches!(
            word.as_str(),
            "CURRENT_TIMESTAMP" | "CURRENT_USER" | "SESSION_USER" | "SYSTEM_USER" | "USER" | "CURRENT_DATE"
        ) {
            return self.call(&word, &[], scope);
        }
        self.column(&[&i.value], scope)
    }

    fn column(&self, parts: &[&str], scope: &Scope<'_>) -> SqlResult<Ex> {
        let found = scope.resolve(parts)?;
        self.refer(found.depth);
        Ok(Ex {
            kind: Kind::Col { up: found.up, idx: found.idx },
            ty: found.column.ty,
            nullable: found.column.nullable,
            coll: Coll::Ci,
        })
    }

    /// Long chains lean left: bound in a loop, not by recursion.
    fn binary(&self, e: &Expr, scope: &Scope<'_>) -> SqlResult<Ex> {
        let mut spine = Vec::new();
        let mut cur = e;
        while let Expr::BinaryOp { left, op, right } = cur {
            spine.push((operator(op, e)?, &**right));
            cur = left;
            if spine.len() > MAX_CHAIN {
                return Err(fault::too_deep());
            }
        }
        let mut acc = self.expr(cur, scope)?;
        for (op, right) in spine.into_iter().rev() {
            let r = self.expr(right, scope)?;
            acc = arithmetic(op, acc, r)?;
        }
        Ok(acc)
    }

    fn unary(&self, op: UnaryOperator, inner: &Expr, scope: &Scope<'_>) -> SqlResult<Ex> {
        let ex = self.expr(inner, scope)?;
        match op {
            UnaryOperator::Plus => Ok(ex),
            UnaryOperator::Minus => {
                if let (Kind::Lit(Value::Decimal { unscaled, scale: 0 }), 1) = (&ex.kind, 1)
                    && *unscaled == -i128::from(i32::MIN)
                {
                    return Ok(Ex::lit(Value::Int(i32::MIN), SqlType::Int));
                }
                if !ex.ty.is_number() || ex.ty == SqlType::Bit {
                    return Err(fault::bad_operand(ex.ty, "minus"));
                }
                let (ty, nullable) = (ex.ty, ex.nullable);
                // a negative literal stays a literal, so that its digits keep their meaning in decimal typing
                if let Kind::Lit(v) = &ex.kind {
                    return Ok(Ex::lit(crate::lab::tsql::eval::arith::negate(v, ty)?, ty).nullable(nullable));
                }
                Ok(Ex::new(Kind::Neg(Box::new(ex)), ty))
            }
            UnaryOperator::BitwiseNot => {
                if !ex.ty.is_integer() {
                    return Err(fault::bad_operand(ex.ty, "'~'"));
                }
                let ty = ex.ty;
                Ok(Ex::new(Kind::BitNot(Box::new(ex)), ty))
            }
            _ => Err(fault::syntax("NOT")),
        }
    }

    fn cast(
        &self,
        inner: &Expr,
        ty: &ast::DataType,
        style: Option<&Expr>,
        attempt: bool,
        scope: &Scope<'_>,
    ) -> SqlResult<Ex> {
        let ex = self.expr(inner, scope)?;
        let to = datatype::sql_type(ty, 30)?;
        if !ex.is_bare_null() {
            types::check_explicit(ex.ty, to)?;
        }
        let style = style.map(|s| self.expr(s, scope)).transpose()?.map(Box::new);
        let nullable = ex.nullable || attempt || style.as_ref().is_some_and(|s| s.nullable);
        let coll = ex.coll;
        Ok(Ex { kind: Kind::Cast { ex: Box::new(ex), attempt, style }, ty: to, nullable, coll })
    }

    fn case(
        &self,
        operand: Option<&Expr>,
        arms: &[ast::CaseWhen],
        otherwise: Option<&Expr>,
        scope: &Scope<'_>,
    ) -> SqlResult<Ex> {
        let subject = operand.map(|o| self.expr(o, scope)).transpose()?;
        let mut bound = Vec::with_capacity(arms.len());
        for arm in arms {
            let when = match &subject {
                None => self.cond(&arm.condition, scope)?,
                Some(s) => {
                    let v = self.expr(&arm.condition, scope)?;
                    super::cond::compare(crate::lab::tsql::bind::tree::CmpOp::Eq, s.clone(), v)?
                }
            };
            bound.push((when, self.expr(&arm.result, scope)?));
        }
        let otherwise = otherwise.map(|o| self.expr(o, scope)).transpose()?;
        build_case(bound, otherwise)
    }

    fn collate(&self, inner: &Expr, collation: &ast::ObjectName, scope: &Scope<'_>) -> SqlResult<Ex> {
        let name = collation.to_string();
        let coll = Coll::named(&name).ok_or_else(|| SqlError::new(448, 16, format!("Invalid collation '{name}'.")))?;
        let ex = self.expr(inner, scope)?;
        if !ex.ty.is_string() {
            return Err(SqlError::new(
                447,
                16,
                format!("Expression type {} is invalid for COLLATE clause.", ex.ty.base_name()),
            ));
        }
        Ok(Ex { coll, ..ex })
    }

    fn scalar_query(&self, q: &ast::Query, scope: &Scope<'_>) -> SqlResult<Ex> {
        let plan = self.subquery(q, Some(scope))?;
        let [column] = &plan.columns[..] else { return Err(fault::many_columns()) };
        let ty = column.ty;
        Ok(Ex::new(Kind::Scalar(plan), ty))
    }

    /// A query inside an expression.
    pub fn subquery(
        &self,
        q: &ast::Query,
        scope: Option<&Scope<'_>>,
    ) -> SqlResult<Arc<crate::lab::tsql::bind::tree::QueryPlan>> {
        let depth = scope.map_or(0, |s| s.depth);
        let (mut plan, correlated) = self.isolated(depth, || self.query(q, scope))?;
        plan.correlated = correlated;
        Ok(Arc::new(plan))
    }
}

/// Builds CASE over arms already bound.
pub fn build_case(arms: Vec<(Cond, Ex)>, otherwise: Option<Ex>) -> SqlResult<Ex> {
    let all_null = arms.iter().all(|(_, e)| e.is_bare_null()) && otherwise.as_ref().is_none_or(Ex::is_bare_null);
    if all_null && !arms.is_empty() && otherwise.is_some() {
        return Err(SqlError::new(
            8133,
            16,
            "At least one of the result expressions in a CASE specification must be an expression other than the NULL constant.",
        ));
    }
    let ty = binder::common_type(arms.iter().map(|(_, e)| e).chain(&otherwise))?;
    let nullable = otherwise.as_ref().is_none_or(|e| e.nullable) || arms.iter().any(|(_, e)| e.nullable);
    let arms = arms.into_iter().map(|(c, e)| Ok((c, binder::coerce(e, ty)?))).collect::<SqlResult<Vec<_>>>()?;
    let otherwise = otherwise.map(|e| binder::coerce(e, ty)).transpose()?.map(Box::new);
    Ok(Ex::new(Kind::Case(arms, otherwise), ty).nullable(nullable))
}

/// Types and converts the operands of an operator.
pub fn arithmetic(op: Op, l: Ex, r: Ex) -> SqlResult<Ex> {
    let (l, r) = match (l.is_bare_null(), r.is_bare_null()) {
        (true, false) => (Ex { ty: r.ty, ..l }, r),
        (false, true) => {
            let ty = l.ty;
            (l, Ex { ty, ..r })
        }
        _ => (l, r),
    };
    let typing = types::arithmetic(op, l.ty, r.ty, (digits(&l), digits(&r)))?;
    let nullable = l.nullable || r.nullable || !typing.result.is_string();
    let coll = if l.coll == Coll::Ci { r.coll } else { l.coll };
    let l = binder::coerce(l, typing.left)?;
    let r = binder::coerce(r, typing.right)?;
    Ok(Ex { kind: Kind::Arith(op, Box::new(l), Box::new(r)), ty: typing.result, nullable, coll })
}

/// Digits of an integer literal.
fn digits(e: &Ex) -> Option<u8> {
    match &e.kind {
        Kind::Lit(Value::Int(n)) => Some(n.unsigned_abs().to_string().len() as u8),
        _ => None,
    }
}

fn operator(op: &BinaryOperator, whole: &Expr) -> SqlResult<Op> {
    Ok(match op {
        BinaryOperator::Plus => Op::Add,
        BinaryOperator::Minus => Op::Sub,
        BinaryOperator::Multiply => Op::Mul,
        BinaryOperator::Divide => Op::Div,
        BinaryOperator::Modulo => Op::Mod,
        BinaryOperator::BitwiseAnd => Op::And,
        BinaryOperator::BitwiseOr => Op::Or,
        BinaryOperator::BitwiseXor => Op::Xor,
        _ => return Err(fault::syntax(near(whole))),
    })
}

/// A predicate where a value must stand.
pub fn is_predicate(e: &Expr) -> bool {
    match e {
        Expr::BinaryOp { op, .. } => operator(op, e).is_err(),
        Expr::UnaryOp { op: UnaryOperator::Not, .. }
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::InList { .. }
        | Expr::InSubquery { .. }
        | Expr::Between { .. }
        | Expr::Like { .. }
        | Expr::Exists { .. }
        | Expr::AnyOp { .. }
        | Expr::AllOp { .. } => true,
        Expr::Nested(inner) => is_predicate(inner),
        _ => false,
    }
}

/// The word a syntax error points at.
pub fn near(e: &Expr) -> &'static str {
    match e {
        Expr::BinaryOp { op, .. } => match op {
            BinaryOperator::Eq => "=",
            BinaryOperator::NotEq => "<",
            BinaryOperator::Lt | BinaryOperator::LtEq => "<",
            BinaryOperator::Gt | BinaryOperator::GtEq => ">",
            BinaryOperator::And => "and",
            BinaryOperator::Or => "or",
            _ => "operator",
        },
        Expr::IsNull(_) | Expr::IsNotNull(_) => "is",
        Expr::InList { .. } | Expr::InSubquery { .. } => "in",
        Expr::Between { .. } => "between",
        Expr::Like { .. } => "like",
        Expr::Exists { .. } => "exists",
        _ => "expression",
    }
}

/// Type and value of a literal.
pub fn literal(v: &ast::Value) -> SqlResult<Ex> {
    use ast::Value as V;
    Ok(match v {
        V::Null => Ex::lit(Value::Null, SqlType::Int),
        V::Number(n, _) => number(n)?,
        V::SingleQuotedString(s) => Ex::lit(Value::str(s), types::varchar(false, Some(text::units(s)))).nullable(false),
        V::NationalStringLiteral(s) => Ex::lit(Value::str(s), types::varchar(true, Some(text::units(s)))),
        // QUOTED_IDENTIFIER OFF
        V::DoubleQuotedString(s) => Ex::lit(Value::str(s), types::varchar(false, Some(text::units(s)))),
        V::HexStringLiteral(h) => {
            let b = text::unhex(h).ok_or_else(|| fault::syntax(h))?;
            let ty = if b.len() > 8000 { Len::Max } else { Len::N(b.len().max(1) as u16) };
            Ex::lit(Value::bytes(b), SqlType::VarBinary(ty))
        }
        V::Placeholder(p) if p.starts_with('$') => money(p)?,
        other => return Err(fault::syntax(&other.to_string())),
    })
}

fn money(p: &str) -> SqlResult<Ex> {
    let body = p.trim_start_matches('$');
    let (u, s) = if body.is_empty() { (0, 0) } else { decimal::parse(body).ok_or_else(|| fault::syntax(p))? };
    let units =
        decimal::rescale(u, s, 4).and_then(|u| i64::try_from(u).ok()).ok_or_else(|| fault::overflow(SqlType::Money))?;
    Ok(Ex::lit(Value::Money(units), SqlType::Money))
}

fn number(n: &str) -> SqlResult<Ex> {
    if n.starts_with('$') {
        return money(n);
    }
    if let Some(h) = n.strip_prefix("0x").or_else(|| n.strip_prefix("0X")) {
        let b = text::unhex(h).ok_or_else(|| fault::syntax(n))?;
        return Ok(Ex::lit(Value::bytes(&b), SqlType::VarBinary(Len::N(b.len().max(1) as u16))));
    }
    if n.contains(['e', 'E']) {
        let f: f64 = n.trim_end_matches(['e', 'E']).parse().map_err(|_| fault::syntax(n))?;
        return if f.is_finite() {
            Ok(Ex::lit(Value::Float(f), SqlType::Float))
        } else {
            Err(fault::overflow(SqlType::Float))
        };
    }
    if let Ok(i) = n.parse::<i32>() {
        return Ok(Ex::lit(Value::Int(i), SqlType::Int));
    }
    let (unscaled, scale) = decimal::parse(n).ok_or_else(|| {
        SqlError::new(
            1007,
            15,
            format!("The number '{n}' is out of the range for numeric representation (maximum precision 38)."),
        )
    })?;
    let digits = unscaled.unsigned_abs().to_string().len().max(usize::from(scale)).max(1);
    Ok(Ex::lit(Value::Decimal { unscaled, scale }, SqlType::Decimal(digits as u8, scale)))
}
