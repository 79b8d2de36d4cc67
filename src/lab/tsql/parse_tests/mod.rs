//! Tests of the parser, by kind of text.

mod batches;
mod ddl;
mod errors;
mod hostile;
mod names;
mod queries;
mod statements;
mod summary;
