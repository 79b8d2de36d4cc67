//! `Microsoft.Network`, as far as an instance's subnet needs it: networks, subnets, peerings, security groups, route tables
//! (facts: arm-api 10). The lab's own wires obey them: what a rule denies does not get through.

pub mod address;
pub mod cidr;
mod dispatch;
mod flow;
pub mod seed;
mod shape;
mod show;
mod state;
#[cfg(test)]
mod tests;
mod write;

pub(super) use dispatch::dispatch;
pub use state::Networks;
