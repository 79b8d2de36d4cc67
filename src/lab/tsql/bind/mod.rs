//! Names and types before the first row.

pub mod aggregate;
pub mod binder;
pub mod call;
pub mod cond;
pub mod datatype;
pub mod expr;
pub mod from;
pub mod refs;
pub mod grouping;
pub mod select;
pub mod scope;
pub mod tree;
pub mod types;
pub mod window;
pub mod with;

pub use binder::Binder;
