//! The binder: syntax in, typed trees out.

use crate::lab::tsql::ast::Name;
use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::bind::tree::Kind;
use crate::lab::tsql::bind::tree::QueryPlan;
use crate::lab::tsql::bind::types;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::eval::runtime::Names;
use crate::lab::tsql::host::Host;
use crate::lab::tsql::host::SessionCx;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::SqlType;
use sqlparser::ast::ObjectName;
use sqlparser::ast::ObjectNamePart;
use std::cell::Cell;
use std::cell::RefCell;
use std::sync::Arc;

/// Nesting of expressions and queries; hostile input must not exhaust the stack.
const MAX_DEPTH: u16 = 96;

/// A common table expression in sight.
#[derive(Clone)]
pub(crate) enum Cte {
    Plan {
        name: String,
        plan: Arc<QueryPlan>,
    },
    /// The recursive member is being bound.
    Recursing {
        name: String,
        id: usize,
        columns: Arc<[Column]>,
    },
}

impl Cte {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Plan { name, .. } | Self::Recursing { name, .. } => name,
        }
    }
}

/// Binds one statement.
pub struct Binder<'a> {
    pub host: &'a dyn Host,
    pub cx: &'a SessionCx,
    pub names: &'a dyn Names,
    depth: Cell<u16>,
    /// Shallowest query level referred to so far (see [`Binder::isolated`]).
    pub(crate) shallowest: Cell<usize>,
    ids: Cell<usize>,
    pub(crate) ctes: RefCell<Vec<Cte>>,
    /// The table UPDATE or DELETE changes: its FROM entry is read with row ids.
    pub(crate) target: RefCell<Option<Name>>,
}

/// Leaves a nesting level when dropped.
pub(crate) struct Deeper<'b>(&'b Cell<u16>);

impl Drop for Deeper<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl<'a> Binder<'a> {
    /// For one statement of a session.
    pub fn new(host: &'a dyn Host, cx: &'a SessionCx, names: &'a dyn Names) -> Self {
        Self {
            host,
            cx,
            names,
            depth: Cell::new(0),
            shallowest: Cell::new(usize::MAX),
            ids: Cell::new(0),
            ctes: RefCell::default(),
            target: RefCell::new(None),
        }
    }

    pub(crate) fn deeper(&self) -> SqlResult<Deeper<'_>> {
        if self.depth.get() >= MAX_DEPTH {
            return Err(fault::too_deep());
        }
        self.depth.set(self.depth.get() + 1);
        Ok(Deeper(&self.depth))
    }

    pub(crate) fn next_id(&self) -> usize {
        self.ids.set(self.ids.get() + 1);
        self.ids.get()
    }

    /// Notes a reference to a level.
    pub(crate) fn refer(&self, depth: usize) {
        self.shallowest.set(self.shallowest.get().min(depth));
    }

    /// Binds something under the level `depth` and tells whether it refers to that level or those around it.
    pub(crate) fn isolated<T>(&self, depth: usize, f: impl FnOnce() -> SqlResult<T>) -> SqlResult<(T, bool)> {
        let before = self.shallowest.replace(usize::MAX);
        let out = f();
        let inner = self.shallowest.get();
        self.shallowest.set(before.min(inner));
        Ok((out?, inner <= depth))
    }
}

/// The parts of a name.
pub fn name_of(n: &ObjectName) -> Name {
    Name(
        n.0.iter()
            .map(|p| match p {
                ObjectNamePart::Identifier(i) => i.value.clone(),
                ObjectNamePart::Function(f) => f.name.value.clone(),
            })
            .collect(),
    )
}

/// Key of an in-memory table (`#t`, `@t`, `tempdb..#t`), if the name is one.
pub fn memory_key(n: &Name) -> Option<String> {
    let o = n.object();
    let local = o.starts_with('@') && n.0.len() == 1 || o.starts_with('#') && !o.starts_with("##");
    local.then(|| o.to_lowercase())
}

/// Converts an expression, if it must be and may be.
pub fn coerce(ex: Ex, ty: SqlType) -> SqlResult<Ex> {
    if ex.ty == ty {
        return Ok(ex);
    }
    if ex.is_bare_null() {
        return Ok(Ex { ty, ..ex });
    }
    types::check_implicit(ex.ty, ty)?;
    Ok(force(ex, ty))
}

/// Converts without asking whether implicit conversion is allowed.
pub fn force(ex: Ex, ty: SqlType) -> Ex {
    if ex.ty == ty {
        return ex;
    }
    if ex.is_bare_null() {
        return Ex { ty, ..ex };
    }
    let (nullable, coll) = (ex.nullable, ex.coll);
    Ex { kind: Kind::Cast { ex: Box::new(ex), attempt: false, style: None }, ty, nullable, coll }
}

/// The common type of several expressions; bare NULLs have no say.
pub fn common_type<'x>(list: impl IntoIterator<Item = &'x Ex>) -> SqlResult<SqlType> {
    let mut out: Option<SqlType> = None;
    for ex in list {
        if ex.is_bare_null() {
            continue;
        }
        out = Some(match out {
            None => ex.ty,
            Some(t) => {
                let c = types::common(t, ex.ty);
                for from in [t, ex.ty] {
                    types::check_explicit(from, c).map_err(|_| fault::clash(from, c))?;
                }
                c
            }
        });
    }
    Ok(out.unwrap_or(SqlType::Int))
}
