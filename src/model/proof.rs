//! What jobs of the two Agents found when they tried the ports of a link, each from its own server (facts: mi-link 13.1, 13.2).

use super::ids::RunId;
use super::ids::SiteId;
use serde::Deserialize;
use serde::Serialize;

/// One connection that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    pub host: String,
    pub port: u16,
    /// `None`: the job did not say.
    pub is_open: Option<bool>,
    /// Address that the name led to, where the job told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Why it is not known, or what the job said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What one server tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub from: SiteId,
    pub to: SiteId,
    /// Clock of milink, Unix time in milliseconds.
    pub at_ms: i64,
    pub tried: Vec<Tried>,
}

impl Attempt {
    pub fn is_open(&self) -> bool {
        !self.tried.is_empty() && self.tried.iter().all(|t| t.is_open == Some(true))
    }
    /// What was found closed.
    pub fn closed(&self) -> impl Iterator<Item = &Tried> {
        self.tried.iter().filter(|t| t.is_open == Some(false))
    }
    /// What nobody knows.
    pub fn unsaid(&self) -> impl Iterator<Item = &Tried> {
        self.tried.iter().filter(|t| t.is_open.is_none())
    }
}

/// The last run that tried the ports between two servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proof {
    pub run: RunId,
    pub to_target: Option<Attempt>,
    pub to_source: Option<Attempt>,
}

impl Proof {
    pub fn attempts(&self) -> impl Iterator<Item = &Attempt> {
        self.to_target.iter().chain(&self.to_source)
    }
    /// Both directions, every port.
    pub fn is_whole(&self) -> bool {
        self.to_target.is_some() && self.to_source.is_some() && self.attempts().all(Attempt::is_open)
    }
    /// The older of the two.
    pub fn at_ms(&self) -> Option<i64> {
        self.attempts().map(|a| a.at_ms).min()
    }
}
