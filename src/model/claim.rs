//! Logins and jobs that a run has set apart on a server, so that no other run lets them in, or takes them shut for their normal state.

use super::ids::LinkName;
use super::ids::RunId;
use super::login::ConnectSql;
use crate::base::hex;
use serde::Deserialize;
use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;
use uuid::Uuid;

/// How a login is kept out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bar {
    /// `ALTER LOGIN … DISABLE`.
    Disable,
    /// `DENY CONNECT SQL`: Windows and Entra groups answer 15151 to DISABLE (facts: cutover-night 2.4).
    Deny,
}

/// A login as it was before anything was barred.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BarredLogin {
    pub name: String,
    pub sid: String,
    pub bar: Bar,
    /// CONNECT SQL before.
    pub connect_sql: ConnectSql,
}

/// A job that was enabled before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotedJob {
    pub job_id: Uuid,
    pub name: String,
}

/// An endpoint that was started before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotedEndpoint {
    pub name: String,
}

/// A user without a login, or guest, that could connect to its database before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BarredUser {
    pub database: String,
    pub user: String,
    pub is_guest: bool,
    /// CONNECT of its own before; none: a role carried it.
    #[serde(default = "granted")]
    pub connect: ConnectSql,
}

/// Runs of older versions noted only those that held a grant.
fn granted() -> ConnectSql {
    ConnectSql::Granted
}

/// What is set apart, as it was before anything was shut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    Login(BarredLogin),
    Job(NotedJob),
    User(BarredUser),
    Endpoint(NotedEndpoint),
}

impl Kept {
    /// Name of its property on the server. A login is known by its SID: a name can change.
    pub fn property(&self) -> String {
        match self {
            Kept::Login(login) => property("login", &login.sid),
            Kept::Job(job) => property("job", &job.job_id.to_string()),
            Kept::Endpoint(endpoint) => property("endpoint", &endpoint.name),
            Kept::User(user) => property("user", &format!("{}/{}", user.database, user.user)),
        }
    }
}

impl std::fmt::Display for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Kept::Login(login) => write!(f, "login `{}`", login.name),
            Kept::Job(job) => write!(f, "job `{}`", job.name),
            Kept::Endpoint(endpoint) => write!(f, "endpoint `{}`", endpoint.name),
            Kept::User(user) => write!(f, "user `{}` of {}", user.user, user.database),
        }
    }
}

/// Name of the property of a login with this SID.
pub fn login_property(sid: &str) -> String {
    property("login", sid)
}

/// Name of the property of a job.
pub fn job_property(job: Uuid) -> String {
    property("job", &job.to_string())
}

fn property(kind: &str, id: &str) -> String {
    format!("milink_bar_{}", digest(&format!("{kind}:{}", id.to_ascii_lowercase()), 24))
}

fn digest(text: &str, len: usize) -> String {
    let mut hex = hex::encode(&Sha256::digest(text.as_bytes()));
    hex.truncate(len);
    hex
}

/// Most links that are written into one property: 7,500 bytes hold no more (`sp_addextendedproperty`, `sql_variant`).
const LINKS_MAX: usize = 100;

/// What stands in the property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    pub run: RunId,
    /// The link whose step wrote it.
    pub link: LinkName,
    /// Digests of all links of that run; empty if there are too many to write down.
    pub of: Vec<String>,
    pub kept: Kept,
}

impl Claim {
    pub fn new(run: &RunId, link: &LinkName, together: &[LinkName], kept: Kept) -> Self {
        let of = if together.len() > LINKS_MAX { Vec::new() } else { together.iter().map(short).collect() };
        Self { run: run.clone(), link: link.clone(), of, kept }
    }

    /// A run that holds the leases of all its links may go on from it: whoever wrote it can no longer act.
    pub fn is_inherited_by(&self, together: &[LinkName]) -> bool {
        !self.of.is_empty() && self.of.iter().all(|l| together.iter().any(|t| short(t) == *l))
    }
}

fn short(link: &LinkName) -> String {
    digest(link.as_str(), 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(together: &[LinkName]) -> Claim {
        let kept = Kept::Login(BarredLogin {
            name: "app".to_owned(),
            sid: "0x0A".to_owned(),
            bar: Bar::Disable,
            connect_sql: ConnectSql::Granted,
        });
        Claim::new(&"cutover-1".into(), &together[0], together, kept)
    }

    fn links(names: &[&str]) -> Vec<LinkName> {
        names.iter().map(|n| LinkName::from(*n)).collect()
    }

    #[test]
    fn only_a_run_of_all_its_links_inherits_a_claim() {
        let pair = claim(&links(&["a", "b"]));
        assert!(pair.is_inherited_by(&links(&["b", "a", "c"])));
        assert!(!pair.is_inherited_by(&links(&["a"])), "b may still be under way");
        assert!(!pair.is_inherited_by(&[]));
        let many: Vec<_> = (0..=LINKS_MAX).map(|n| LinkName::new(format!("l{n}"))).collect();
        assert!(!claim(&many).is_inherited_by(&many), "not written down, so not known");
    }

    #[test]
    fn the_longest_claim_fits_into_a_property() {
        let many: Vec<_> = (0..LINKS_MAX).map(|n| LinkName::new(format!("{n:0>128}"))).collect();
        let mut c = claim(&many);
        if let Kept::Login(login) = &mut c.kept {
            login.name = "n".repeat(128);
            login.sid = format!("0x{}", "F".repeat(170));
        }
        let text = serde_json::to_string(&c).unwrap();
        assert!(text.len() * 2 <= 7_500, "{} characters", text.len());
    }

    #[test]
    fn a_login_is_known_by_its_sid_however_it_is_spelt() {
        assert_eq!(login_property("0x0A"), login_property("0X0a"));
        assert_eq!(claim(&links(&["a"])).kept.property(), login_property("0x0A"));
        assert_ne!(login_property("x"), job_property(Uuid::nil()));
        assert!(login_property("0x0A").len() <= 128);
    }
}
