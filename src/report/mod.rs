//! What is shown: public JSON types and pure renderers.

pub mod dto;
pub mod run;
pub mod table;
pub mod text;

#[cfg(test)]
mod tests;
