//! What a grouped query may select.

use crate::lab::tsql::bind::scope::Scope;
use crate::lab::tsql::bind::tree::Cond;
use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::bind::tree::Kind;
use crate::lab::tsql::bind::tree::Win;
use crate::lab::tsql::bind::tree::WinKind;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::fault;

/// Checks expressions against the keys of GROUP BY: 8120 and its kin.
pub struct Check<'a> {
    keys: Vec<String>,
    scope: &'a Scope<'a>,
    clause: &'static str,
}

/// A text equal for expressions that are the same.
pub fn print(ex: &Ex) -> String {
    format!("{:?}", ex.kind)
}

impl<'a> Check<'a> {
    pub fn new(keys: &[Ex], scope: &'a Scope<'a>, clause: &'static str) -> Self {
        Self { keys: keys.iter().map(print).collect(), scope, clause }
    }

    /// Refuses columns that are neither keys nor within aggregates.
    pub fn ex(&self, ex: &Ex) -> SqlResult<()> {
        if !self.keys.is_empty() && self.keys.contains(&print(ex)) {
            return Ok(());
        }
        match &ex.kind {
            Kind::Col { up: 0, idx } => Err(fault::not_grouped(&self.scope.describe(*idx), self.clause)),
            Kind::Cast { ex, style, .. } => {
                self.ex(ex)?;
                style.as_ref().map_or(Ok(()), |s| self.ex(s))
            }
            Kind::Arith(_, l, r) => {
                self.ex(l)?;
                self.ex(r)
            }
            Kind::Neg(e) | Kind::BitNot(e) => self.ex(e),
            Kind::Case(arms, otherwise) => {
                for (c, e) in arms {
                    self.cond(c)?;
                    self.ex(e)?;
                }
                otherwise.as_ref().map_or(Ok(()), |e| self.ex(e))
            }
            Kind::Call(_, args) | Kind::Host(_, args) => args.iter().try_for_each(|a| self.ex(a)),
            _ => Ok(()),
        }
    }

    /// The same within a predicate.
    pub fn cond(&self, c: &Cond) -> SqlResult<()> {
        match c {
            Cond::Const(_) | Cond::Exists(_) => Ok(()),
            Cond::And(l) | Cond::Or(l) => l.iter().try_for_each(|c| self.cond(c)),
            Cond::Not(c) => self.cond(c),
            Cond::Cmp(_, l, r, _) | Cond::Distinct { left: l, right: r, .. } => {
                self.ex(l)?;
                self.ex(r)
            }
            Cond::IsNull(e, _) => self.ex(e),
            Cond::Like { ex, pattern, escape, .. } => {
                self.ex(ex)?;
                self.ex(pattern)?;
                escape.as_ref().map_or(Ok(()), |e| self.ex(e))
            }
            Cond::In { ex, list, .. } => {
                self.ex(ex)?;
                list.iter().try_for_each(|e| self.ex(e))
            }
            Cond::InQuery { ex, .. } | Cond::Quantified { ex, .. } => self.ex(ex),
        }
    }

    /// The same within a window function.
    pub fn win(&self, w: &Win) -> SqlResult<()> {
        w.partition.iter().try_for_each(|e| self.ex(e))?;
        w.order.iter().try_for_each(|(e, _)| self.ex(e))?;
        match &w.kind {
            WinKind::Ntile(e) | WinKind::First(e) | WinKind::Last(e) => self.ex(e),
            WinKind::Shift { ex, .. } => self.ex(ex),
            WinKind::Agg(a) => a.arg.as_ref().map_or(Ok(()), |e| self.ex(e)),
            _ => Ok(()),
        }
    }
}
