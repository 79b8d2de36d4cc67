//! The same operations in the words of other tools: the Azure CLI, PowerShell.

pub mod group;
pub mod quote;
pub mod samples;
pub mod secondary;
pub mod server;
