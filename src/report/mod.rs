//! What is shown: public JSON types and pure renderers.

pub mod check;
pub mod compat;
pub mod cutovers;
pub mod demo_text;
pub mod drill;
pub mod dto;
pub mod estimate;
pub mod evidence;
pub mod evidence_html;
pub mod evidence_md;
pub mod explain;
pub mod fog;
pub mod fog_notes;
pub mod fog_runbook;
pub mod groups;
pub mod listener;
pub mod objects;
pub mod outage;
pub mod probe;
mod recovery;
pub mod run;
pub mod table;
pub mod text;
pub mod trust;
pub mod watch;

#[cfg(test)]
mod tests;
