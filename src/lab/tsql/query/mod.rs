//! Running bound queries.

mod group;
mod join;
mod limit;
mod plan;
mod select;
mod source;
#[cfg(test)]
mod tests;
mod window;
mod xml;

pub use plan::run;
pub use select::assign;
pub use source::rows_of;
