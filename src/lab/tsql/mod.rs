//! A general T-SQL engine. What it cannot do is a loud error, never an empty set.

pub mod ast;
pub mod error;
pub mod host;
pub mod value;
