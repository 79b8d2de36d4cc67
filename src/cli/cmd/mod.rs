//! One command a file.

mod app;
pub mod cert;
pub mod check;
pub mod compat;
pub mod completions;
mod create_run;
pub mod cutover;
pub mod cutover_steer;
#[cfg(feature = "lab")]
pub mod demo;
#[cfg(feature = "lab")]
mod demo_screen;
pub mod drill;
pub mod drill_tabletop;
pub mod endpoint;
pub mod estimate;
pub mod explain;
pub mod fog;
mod fog_ask;
pub mod fog_copy_sync;
pub mod fog_lag;
pub mod fog_network;
pub mod fog_protect;
pub mod fog_runbook;
pub mod fog_script;
pub mod fog_secondary;
pub mod init;
#[cfg(feature = "lab")]
pub mod lab;
pub mod link;
pub mod link_delete;
pub mod link_probe;
pub mod listener;
pub mod man;
pub mod objects;
mod plan_text;
pub mod report;
pub mod runs;
pub mod schema;
pub mod serve;
#[cfg(feature = "lab")]
pub mod sim;
pub mod tui;
pub mod watch;
