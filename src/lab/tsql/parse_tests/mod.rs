//! Tests of the parser, by kind of text.

mod batches;
mod ddl;
mod errors;
mod groups;
mod hostile;
mod names;
mod options;
mod queries;
mod statements;
mod summary;
