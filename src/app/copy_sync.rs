//! The statement with which an application waits until a commit has reached the other region (facts: failover-groups 7.4).

use super::build::App;
use super::fog::FogLook;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::sql::query::geo;
use serde::Serialize;

/// What it waits for, and what it does not.
pub const PROMISES: [&str; 6] = [
    "waits until the last committed transaction is hardened in the log of the secondary",
    "does not wait for redo: a read on the secondary may not see it yet",
    "is scoped to this one replication link: after a failover the server is the other one",
    "any user who may connect to the database may call it; the reference asks for a login that is a user in both copies, so an error of permission means that",
    "can take long: it depends on how much log is not sent yet; for critical transactions only",
    "is no substitute for a planned failover",
];

#[derive(Debug, Clone, Serialize)]
pub struct CopySync {
    pub schema_version: u32,
    pub group: String,
    pub database: String,
    /// Where the application runs it.
    pub primary: String,
    /// Short name of the secondary in Azure: what the statement names.
    pub secondary_server: String,
    pub statement: String,
    pub promises: Vec<&'static str>,
}

impl App {
    /// For one database of a group that stands.
    pub fn copy_sync(&self, look: &FogLook, database: &str) -> Result<CopySync> {
        let show = format!("milink fog show {}", look.facts.name);
        let primary = look.standing.primary().ok_or_else(|| {
            Error::refused(format!("which side is secondary is not known: {}", look.standing.sentence()))
                .hint(show.clone())
        })?;
        let all = &look.facts.databases;
        let found = all.iter().find(|d| d.name.eq_ignore_ascii_case(database)).ok_or_else(|| {
            let names: Vec<&str> = all.iter().map(|d| d.name.as_str()).collect();
            Error::usage(format!("failover group {} holds no database `{database}`", look.facts.name))
                .hint(format!("it holds: {}", names.join(", ")))
        })?;
        let (p, s) = (look.facts.member(primary), look.facts.member(primary.other()));
        let query = geo::wait_copy_sync(&s.instance, &found.name)?;
        Ok(CopySync {
            schema_version: 1,
            group: look.facts.name.clone(),
            database: found.name.clone(),
            primary: p.site.0.clone(),
            secondary_server: s.instance.clone(),
            statement: query.rendered.shown.trim_end().to_owned(),
            promises: PROMISES.to_vec(),
        })
    }
}
