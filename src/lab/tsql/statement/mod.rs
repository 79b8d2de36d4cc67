//! Statements of a batch, one grammar a file.

pub(super) mod batch;
mod control;
mod declare;
mod dispatch;
mod dml;
mod exec;
mod misc;
mod option;
mod output;
mod select;
mod table;
mod table_column;
mod transaction;
