//! The whole server, driven from outside.

mod answer;
mod foreign;
mod hostile;
mod live;
mod raw;
mod stub;
mod wire;
