//! Changes to a failover group that take several operations.

pub mod empty;
pub mod end;
pub mod fence;
pub mod gate;
pub mod resize;
pub mod unfence;
