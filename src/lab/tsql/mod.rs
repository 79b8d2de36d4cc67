//! A general T-SQL engine. What it cannot do is a loud error, never an empty set.

pub mod ast;
mod cursor;
mod ddl;
mod depth;
mod dialect;
pub mod error;
pub mod host;
mod lex;
pub mod parse;
#[cfg(test)]
mod parse_tests;
mod refine;
mod statement;
mod types;
pub mod value;
mod words;
