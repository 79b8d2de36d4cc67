//! What people ask about failover groups, in plain words (`topics.toml`).

pub mod page;
pub mod search;
pub mod table;

#[cfg(test)]
mod tests;
