//! A general T-SQL engine. What it cannot do is a loud error, never an empty set.

pub mod ast;
pub mod bind;
mod cursor;
mod ddl;
mod depth;
mod dialect;
pub mod error;
pub mod eval;
pub mod exec;
pub mod function;
pub mod host;
mod lex;
pub mod parse;
#[cfg(test)]
mod parse_tests;
pub mod query;
mod refine;
pub mod session;
mod statement;
#[cfg(test)]
pub(crate) mod testing;
mod types;
pub mod value;
mod words;
