//! The whole server, driven from outside.

mod foreign;
mod hostile;
mod live;
mod raw;
mod stub;
mod wire;
