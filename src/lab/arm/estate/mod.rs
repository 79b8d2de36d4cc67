//! The real provider: ARM in front of the lab's managed instances.

mod convert;
mod group;
mod managed;
mod newcomer;
mod provider;
#[cfg(test)]
mod tests;

pub use managed::Managed;
pub use provider::Estate;
