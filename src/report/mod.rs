//! What is shown: public JSON types and pure renderers.

pub mod check;
pub mod compat;
pub mod dto;
pub mod estimate;
pub mod explain;
pub mod objects;
pub mod run;
pub mod table;
pub mod text;

#[cfg(test)]
mod tests;
