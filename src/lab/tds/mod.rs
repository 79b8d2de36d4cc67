//! Server half of TDS.

pub mod backend;
pub mod serve;

mod codepage;
mod handshake;
mod headers;
mod login;
mod packet;
mod param;
mod prelogin;
mod response;
mod rpc;
mod session;
mod temporal;
mod tls;
mod token;
mod transaction;
mod types;
mod value;
mod variant;
mod wire;
mod writer;

#[cfg(test)]
mod tests;
