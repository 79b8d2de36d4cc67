//! Names and types before the first row.

pub mod aggregate;
pub mod binder;
pub mod call;
pub mod cond;
pub mod datatype;
pub mod expr;
pub mod from;
pub mod grouping;
pub mod refs;
pub mod scope;
pub mod select;
pub mod tree;
pub mod types;
pub mod window;
pub mod with;

pub use binder::Binder;
