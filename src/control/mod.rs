//! Speaking to a run that another process drives: a folder of the state directory, a file for each order.

pub mod desk;
pub mod listen;
