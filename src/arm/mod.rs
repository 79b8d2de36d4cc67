//! Azure Resource Manager: transport, pipeline, long-running operations, the resources of a link.

mod activity;
mod any;
pub mod auth;
pub mod change;
pub mod client;
pub mod cloud;
pub mod error;
mod kept;
pub mod network;
pub mod operation;
pub mod pipeline;
pub mod resource;
mod servers;
pub mod transport;

pub use auth::Credential;
pub use auth::TokenSource;
pub use change::ArmChange;
pub use change::FailoverType;
pub use change::LinkBody;
pub use change::Preview;
pub use client::Arm;
pub use client::ArmConfig;
pub use client::InstanceRef;
pub use operation::Begun;
pub use operation::Continuation;
pub use operation::Polled;
pub use transport::HttpTransport;
pub use transport::Transport;

#[cfg(test)]
mod tests;
