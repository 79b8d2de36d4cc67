//! Batches: control flow, variables, transactions, data changes, procedures.

mod arguments;
mod batch;
mod call;
mod change;
mod column;
mod core;
mod frame;
mod insert;
mod memory;
mod message;
mod option;
mod outcome;
mod output;
mod precheck;
mod select;
mod statement;
mod table;
#[cfg(test)]
mod tests;
mod transaction;

pub use self::column::column_value;
pub use self::core::Core;
pub use self::core::Run;
