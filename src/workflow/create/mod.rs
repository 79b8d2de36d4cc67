//! A link from nothing: certificates both ways, endpoint, groups, the link in Azure, seeding.

pub mod certificate;
pub mod distributed;
pub mod endpoint;
pub mod group;
pub mod link;
pub mod master_key;
pub mod pair_step;
pub mod seed;
pub mod trust_instance;
pub mod trust_roots;
pub mod trust_source;
