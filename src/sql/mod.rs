//! T-SQL side: embedded statements, safe rendering, sessions, typed rows.

pub mod dial;
mod embedded;
pub mod error;
pub mod ident;
pub mod query;
pub mod row;
pub mod script;
pub mod session;

pub use dial::AccessTokens;
pub use dial::BoxStream;
pub use dial::Dialer;
pub use dial::Login;
pub use dial::Server;
pub use dial::Side;
pub use dial::TcpDialer;
pub use dial::Tokens;
pub use dial::connect;
pub use query::Query;
pub use query::Statement;
pub use row::ResultSet;
pub use row::Row;
pub use script::Access;
pub use script::Param;
pub use script::Rendered;
pub use script::Script;
pub use session::Session;

#[cfg(test)]
mod tests;
