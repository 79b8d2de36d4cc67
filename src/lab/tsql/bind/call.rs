//! Binding of function calls.

use crate::lab::tsql::ast::Name;
use crate::lab::tsql::bind::binder;
use crate::lab::tsql::bind::binder::Binder;
use crate::lab::tsql::bind::expr;
use crate::lab::tsql::bind::scope::Scope;
use crate::lab::tsql::bind::tree::Cond;
use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::bind::tree::Kind;
use crate::lab::tsql::bind::types;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::function;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use sqlparser::ast;
use sqlparser::ast::Expr;
use sqlparser::ast::FunctionArg;
use sqlparser::ast::FunctionArgExpr;
use sqlparser::ast::FunctionArguments;

/// Functions whose first argument is a date part.
const DATE_PART: &[&str] = &["DATEADD", "DATEDIFF", "DATEDIFF_BIG", "DATEPART", "DATENAME", "DATETRUNC"];

impl Binder<'_> {
    /// Binds `f(…)`, with or without OVER.
    pub fn function(&self, f: &ast::Function, scope: &Scope<'_>) -> SqlResult<Ex> {
        let full = binder::name_of(&f.name);
        let name = full.object().to_uppercase();
        let plain = full.0.len() == 1 || full.schema().is_some_and(|s| s.eq_ignore_ascii_case("sys"));
        if plain && let Some(over) = &f.over {
            return self.window(&name, f, over, scope);
        }
        if full.0.len() == 1
            && let Some(kind) = crate::lab::tsql::bind::aggregate::kind(&name)
        {
            return self.aggregate(kind, &name, f, scope);
        }
        let args = arguments(f)?;
        if full.0.len() == 1 {
            if DATE_PART.contains(&name.as_str()) {
                return self.date_call(&name, &args, scope);
            }
            match name.as_str() {
                "IIF" => return self.iif(&args, scope),
                "COALESCE" => return self.coalesce(&args, scope),
                "NULLIF" => return self.nullif(&args, scope),
                _ => {}
            }
            if function::find(&name).is_some() && (name != "OBJECT_ID" || temp_object(&args)) {
                return self.named(&name, &args, scope);
            }
        }
        let bound = args.iter().map(|a| self.expr(a, scope)).collect::<SqlResult<Vec<_>>>()?;
        self.host_call(full, bound)
    }

    /// A function of the engine by its upper-case name, over syntax.
    pub(crate) fn named(&self, name: &str, args: &[&Expr], scope: &Scope<'_>) -> SqlResult<Ex> {
        let bound = args.iter().map(|a| self.expr(a, scope)).collect::<SqlResult<Vec<_>>>()?;
        self.call_bound(name, bound)
    }

    /// The same, over bound arguments; server-aware names go to the host.
    pub(crate) fn call(&self, name: &str, args: &[Ex], _scope: &Scope<'_>) -> SqlResult<Ex> {
        self.call_bound(name, args.to_vec())
    }

    pub(crate) fn call_bound(&self, name: &str, mut args: Vec<Ex>) -> SqlResult<Ex> {
        let Some(b) = function::find(name) else {
            return self.host_call(Name(vec![name.to_owned()]), args);
        };
        if args.len() < b.min || args.len() > b.max {
            return Err(if b.min == b.max {
                fault::argument_count(name, b.min)
            } else {
                fault::argument_range(name, b.min, b.max)
            });
        }
        let coll = args.first().map_or_else(Default::default, |a| a.coll);
        let (ty, nullable) = (b.bind)(b.name, &mut args)?;
        Ok(Ex { kind: Kind::Call(b, args.into()), ty, nullable, coll })
    }

    fn host_call(&self, name: Name, args: Vec<Ex>) -> SqlResult<Ex> {
        let Some(ty) = self.host.scalar_type(&name, args.len()) else {
            let o = name.object();
            if o.starts_with("@@") {
                return Err(fault::undeclared(o));
            }
            return Err(if name.0.len() > 1 {
                crate::lab::tsql::error::SqlError::new(
                    4121,
                    16,
                    format!(
                        "Cannot find either column \"{}\" or the user-defined function or aggregate \"{}\", or the name is ambiguous.",
                        name.0[0],
                        name.0.join(".")
                    ),
                )
            } else {
                fault::unknown_function(o)
            });
        };
        Ok(Ex::new(Kind::Host(name, args.into()), ty))
    }

    fn date_call(&self, name: &str, args: &[&Expr], scope: &Scope<'_>) -> SqlResult<Ex> {
        let (Some(first), n) = (args.first(), args.len()) else {
            return Err(fault::argument_count(name, 3));
        };
        let Expr::Identifier(part) = first else {
            return Err(crate::lab::tsql::error::SqlError::new(
                1023,
                15,
                format!("Invalid parameter 1 specified for {}.", name.to_lowercase()),
            ));
        };
        let word = function::dates::part(&part.value).ok_or_else(|| {
            crate::lab::tsql::error::SqlError::new(
                155,
                15,
                format!("'{}' is not a recognized {} option.", part.value, name.to_lowercase()),
            )
        })?;
        let mut bound = vec![Ex::lit(Value::str(word), types::varchar(false, Some(word.len())))];
        for a in &args[1..n] {
            bound.push(self.expr(a, scope)?);
        }
        self.call_bound(name, bound)
    }

    fn iif(&self, args: &[&Expr], scope: &Scope<'_>) -> SqlResult<Ex> {
        let [when, then, otherwise] = args else { return Err(fault::argument_count("iif", 3)) };
        let arm = (self.cond(when, scope)?, self.expr(then, scope)?);
        expr::build_case(vec![arm], Some(self.expr(otherwise, scope)?))
    }

    fn coalesce(&self, args: &[&Expr], scope: &Scope<'_>) -> SqlResult<Ex> {
        if args.len() < 2 {
            return Err(fault::syntax(")"));
        }
        let mut bound = args.iter().map(|a| self.expr(a, scope)).collect::<SqlResult<Vec<_>>>()?;
        if bound.iter().all(Ex::is_bare_null) {
            return Err(crate::lab::tsql::error::SqlError::new(
                4127,
                16,
                "At least one of the arguments to COALESCE must be an expression that is not the NULL constant.",
            ));
        }
        let nullable = bound.iter().all(|b| b.nullable);
        let last = bound.pop();
        let arms = bound.into_iter().map(|e| (Cond::IsNull(Box::new(e.clone()), true), e)).collect();
        Ok(expr::build_case(arms, last)?.nullable(nullable))
    }

    fn nullif(&self, args: &[&Expr], scope: &Scope<'_>) -> SqlResult<Ex> {
        let [a, b] = args else { return Err(fault::syntax(")")) };
        let (a, b) = (self.expr(a, scope)?, self.expr(b, scope)?);
        let same = crate::lab::tsql::bind::cond::compare(crate::lab::tsql::bind::tree::CmpOp::Eq, a.clone(), b)?;
        let ty = a.ty;
        Ok(Ex::new(Kind::Case(vec![(same, Ex::lit(Value::Null, ty))], Some(Box::new(a))), ty))
    }
}

/// Is OBJECT_ID asked about a temp table?
fn temp_object(args: &[&Expr]) -> bool {
    match args.first() {
        Some(Expr::Value(v)) => match &v.value {
            ast::Value::SingleQuotedString(s) | ast::Value::NationalStringLiteral(s) => {
                s.to_lowercase().trim_start_matches("tempdb").contains('#')
            }
            _ => false,
        },
        _ => false,
    }
}

/// The plain arguments of a call.
pub(crate) fn arguments(f: &ast::Function) -> SqlResult<Vec<&Expr>> {
    match &f.args {
        FunctionArguments::None => Ok(Vec::new()),
        FunctionArguments::Subquery(_) => Err(fault::syntax("SELECT")),
        FunctionArguments::List(l) => l.args.iter().map(argument).collect(),
    }
}

/// One argument, which must be an expression.
pub(crate) fn argument(a: &FunctionArg) -> SqlResult<&Expr> {
    match a {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(e)) => Ok(e),
        FunctionArg::Unnamed(_) => Err(fault::syntax("*")),
        FunctionArg::Named { .. } | FunctionArg::ExprNamed { .. } => Err(fault::syntax("=")),
    }
}

/// Lets a binder convert an argument in place.
pub fn convert_argument(args: &mut [Ex], i: usize, ty: SqlType) -> SqlResult<()> {
    if let Some(a) = args.get_mut(i) {
        *a = binder::coerce(a.clone(), ty)?;
    }
    Ok(())
}
