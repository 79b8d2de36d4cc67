//! The table of functions.

use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::runtime::Rt;
use crate::lab::tsql::function::dates;
use crate::lab::tsql::function::format;
use crate::lab::tsql::function::math;
use crate::lab::tsql::function::misc;
use crate::lab::tsql::function::strings;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;

/// A function call at run time.
pub struct Call<'a> {
    pub name: &'static str,
    pub args: &'a [Value],
    /// Bound arguments, for their types.
    pub ex: &'a [Ex],
    /// Type of the result.
    pub ty: SqlType,
    pub rt: &'a Rt<'a>,
}

/// Types a call; may convert its arguments first. Result type and nullability.
pub(super) type Bind = fn(&'static str, &mut [Ex]) -> SqlResult<(SqlType, bool)>;

/// A function: arity, typing, meaning.
pub struct Builtin {
    pub name: &'static str,
    pub min: usize,
    pub max: usize,
    /// Result type and nullability; may convert arguments first.
    pub(crate) bind: Bind,
    pub call: fn(&Call<'_>) -> SqlResult<Value>,
}

impl std::fmt::Debug for Builtin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Looks a function up by its upper-case name.
pub fn find(name: &str) -> Option<&'static Builtin> {
    [strings::TABLE, dates::TABLE, math::TABLE, misc::TABLE, format::TABLE]
        .into_iter()
        .flatten()
        .find(|b| b.name == name)
}
