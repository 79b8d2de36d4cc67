//! The settled configuration: names typed, defaults filled in, paths absolute. Secrets are still references.

use super::failover_group::FailoverGroup;
use super::schema::Auth;
use super::schema::Cloud;
use super::schema::InitialPrimary;
use super::schema::Intent;
use super::schema::ObjectsSection;
use super::secret::Secret;
use super::server::LogicalServer;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::model::ids::LinkName;
use crate::model::ids::SiteId;
use std::path::PathBuf;
use std::time::Duration;

/// An estate, as a run sees it.
#[derive(Debug, Clone)]
pub struct Config {
    /// The estate file.
    pub path: PathBuf,
    pub azure: Option<Azure>,
    pub sources: Vec<Source>,
    pub targets: Vec<Target>,
    /// Logical servers of Azure SQL Database.
    pub servers: Vec<LogicalServer>,
    pub links: Vec<Link>,
    pub waves: Vec<Wave>,
    pub failover_groups: Vec<FailoverGroup>,
    /// Name server that is asked about listeners; `None`: the system's resolver.
    pub name_server: Option<std::net::SocketAddr>,
    pub objects: ObjectsSection,
    pub reconcile: Vec<Reconcile>,
    pub waivers: Vec<Waiver>,
    pub application: Application,
    /// Where a full backup may be written, as the source's server sees it.
    pub backup_path: Option<String>,
    pub trust: Trust,
    pub monitor: Monitor,
    pub policy: Policy,
    /// What is allowed but unwise, each with its place in the file.
    pub warnings: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Azure {
    pub cloud: Cloud,
    pub endpoint: Option<String>,
    pub subscription: Option<String>,
    pub tenant: Option<String>,
    pub resource_group: Option<String>,
    pub auth: Auth,
    pub token: Option<Secret>,
    pub client_id: Option<String>,
    pub client_secret: Option<Secret>,
}

#[derive(Debug, Clone)]
pub struct Source {
    pub name: SiteId,
    pub host: String,
    pub port: u16,
    pub tls_name: Option<String>,
    pub trust_server_certificate: bool,
    pub strict: bool,
    pub user: String,
    pub password: Secret,
    /// Where the managed instance reaches the mirroring endpoint.
    pub mirroring_host: String,
    pub mirroring_port: u16,
    pub instance: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Target {
    pub name: SiteId,
    pub managed_instance: String,
    /// Its own, else that of `[azure]`.
    pub resource_group: Option<String>,
    /// `None`: that of `[azure]`.
    pub subscription: Option<String>,
    /// `None`: ask Azure for the instance's name.
    pub host: Option<String>,
    pub port: u16,
    pub tls_name: Option<String>,
    pub trust_server_certificate: bool,
    pub login: TargetLogin,
}

#[derive(Debug, Clone)]
pub enum TargetLogin {
    Sql { user: String, password: Secret },
    Entra,
}

#[derive(Debug, Clone)]
pub struct Link {
    pub name: LinkName,
    pub database: String,
    pub source: SiteId,
    pub target: SiteId,
    pub intent: Intent,
    /// Availability group on SQL Server.
    pub ag: String,
    /// Availability group on the managed instance.
    pub instance_ag: String,
    pub initial_primary: InitialPrimary,
}

#[derive(Debug, Clone)]
pub struct Wave {
    pub name: String,
    pub links: Vec<LinkName>,
    pub after: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Reconcile {
    pub name: String,
    pub query: String,
}

/// A check that somebody answers for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    pub check: String,
    pub reason: String,
    /// Empty: every link.
    pub links: Vec<String>,
}

#[derive(Debug, Clone, Default)]
pub struct Application {
    pub alias: Option<String>,
    pub allow_logins: Vec<String>,
    /// What else has to move at a failover of a group, in the user's words.
    pub dependencies: Vec<String>,
    pub repoint: Option<Hook>,
    pub before_fence: Option<Hook>,
    pub after_fence: Option<Hook>,
    pub after_switch: Option<Hook>,
    pub after_open: Option<Hook>,
    pub on_abort: Option<Hook>,
}

impl Application {
    /// The hooks that are named, by point.
    pub fn hooks(&self) -> Vec<(&'static str, &Hook)> {
        let all = [
            ("repoint", &self.repoint),
            ("before-fence", &self.before_fence),
            ("after-fence", &self.after_fence),
            ("after-switch", &self.after_switch),
            ("after-open", &self.after_open),
            ("on-abort", &self.on_abort),
        ];
        all.into_iter().filter_map(|(point, hook)| Some((point, hook.as_ref()?))).collect()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// Program, then arguments; never empty. A program given as a relative path with a separator starts at the estate file.
    pub command: Vec<String>,
    pub timeout: Duration,
}

#[derive(Debug, Clone, Default)]
pub struct Trust {
    pub roots: Vec<PathBuf>,
    pub mirroring_roots: Vec<PathBuf>,
}

#[derive(Debug, Clone)]
pub struct Monitor {
    pub heartbeat: bool,
    pub interval: Duration,
}

#[derive(Debug, Clone)]
pub struct Policy {
    pub budget: Duration,
    pub stability_samples: u32,
    pub stability_window: Duration,
    pub lag_max: Duration,
    pub transaction_max: Duration,
    pub seeding_timeout: Duration,
    pub fence_timeout: Duration,
    pub drain_timeout: Duration,
    /// The fence is tried by a login of milink's own.
    pub canary: bool,
    pub switch_timeout: Duration,
    pub open_timeout: Duration,
    /// A cutover needs a drill younger than this.
    pub drill_within: Option<Duration>,
    pub protect: bool,
    pub second_undo_dir: Option<PathBuf>,
    pub certificate_days: u32,
}

impl Config {
    pub fn source(&self, name: &SiteId) -> Result<&Source> {
        self.sources
            .iter()
            .find(|s| &s.name == name)
            .ok_or_else(|| unknown("source", name.as_str(), self.sources.iter().map(|s| s.name.as_str())))
    }
    pub fn target(&self, name: &SiteId) -> Result<&Target> {
        self.targets
            .iter()
            .find(|t| &t.name == name)
            .ok_or_else(|| unknown("target", name.as_str(), self.targets.iter().map(|t| t.name.as_str())))
    }
    pub fn server(&self, name: &SiteId) -> Result<&LogicalServer> {
        self.servers
            .iter()
            .find(|s| &s.name == name)
            .ok_or_else(|| unknown("server", name.as_str(), self.servers.iter().map(|s| s.name.as_str())))
    }
    pub fn link(&self, name: &str) -> Result<&Link> {
        self.links
            .iter()
            .find(|l| l.name.as_str() == name)
            .ok_or_else(|| unknown("link", name, self.links.iter().map(|l| l.name.as_str())))
    }
    /// The named group, or the only one.
    pub fn failover_group(&self, name: Option<&str>) -> Result<&FailoverGroup> {
        let names = || self.failover_groups.iter().map(|g| g.name.as_str());
        match (name, self.failover_groups.as_slice()) {
            (Some(name), all) => all
                .iter()
                .find(|g| g.name.eq_ignore_ascii_case(name))
                .ok_or_else(|| unknown("failover_group", name, names())),
            (None, [one]) => Ok(one),
            (None, []) => Err(Error::usage("the estate file has no [[failover_group]]")
                .hint("add one: name, primary and secondary (names of two [[target]]s or two [[server]]s)")),
            (None, _) => Err(Error::usage("the estate file has several failover groups: name one")
                .hint(super::problem::quoted_list(&names().collect::<Vec<_>>()))),
        }
    }
    /// The named links in the order of the names; all of them, in the order of the file, if none is named.
    pub fn select(&self, names: &[String]) -> Result<Vec<&Link>> {
        if names.is_empty() {
            return Ok(self.links.iter().collect());
        }
        names.iter().map(|n| self.link(n)).collect()
    }
}

fn unknown<'a>(noun: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Error {
    let known: Vec<&str> = known.collect();
    let error = Error::new(Kind::NotFound, format!("the estate file has no {noun} `{name}`"));
    match super::nearest(name, known.iter().copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None if known.is_empty() => error.hint(format!("add a `[[{noun}]]` to it")),
        None => error.hint(format!("it has {}", super::problem::quoted_list(&known))),
    }
}
