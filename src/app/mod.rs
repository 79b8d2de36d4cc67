//! Use cases over the layers below; connectors, journal and clock are handed in.

mod alone;
pub mod build;
pub mod check;
pub mod copy_sync;
pub mod cutover;
pub mod facts;
pub mod find;
pub mod fog;
mod fog_closer;
pub mod fog_network;
pub mod fog_notes;
pub mod fog_runbook;
pub mod history;
mod judge;
pub mod links;
pub mod objects;
pub mod outage;
pub mod plan;
pub mod proof;
pub mod protection;
pub mod run;
pub mod steer;
pub mod trust;
pub mod watch;
pub mod wave;
pub mod way_back;
