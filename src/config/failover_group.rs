//! `[[failover_group]]` and `[dns]`: their shape, their checks, their settled values.

use super::duration::Span;
use super::problem::Problem;
use super::schema::EstateFile;
use crate::model::ids::SiteId;
use crate::model::network::Path;
use schemars::JsonSchema;
use serde::Deserialize;
use std::net::SocketAddr;
use std::time::Duration;
use toml::Spanned;

/// Azure takes no shorter grace period (facts: failover-groups 2.2).
const GRACE_MIN: Duration = Duration::from_secs(3600);

/// Figures that groups are designed for (facts: failover-groups 10.1): targets, never results.
const RPO_TARGET: Duration = Duration::from_secs(5);
const RTO_TARGET: Duration = Duration::from_secs(3600);

/// Two managed instances, or databases of two logical servers, that protect each other.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FailoverGroupSection {
    /// Name of the group; its listeners are named after it.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// Name of the `[[target]]` or `[[server]]` that is primary when the group is made.
    #[schemars(with = "String")]
    pub primary: Spanned<String>,
    /// Name of the `[[target]]` (empty when the group is made) or `[[server]]` in the other region.
    #[schemars(with = "String")]
    pub secondary: Spanned<String>,
    /// Databases of a `[[server]]` that the group takes. Default: all that are in no other group. Not for managed instances.
    #[schemars(with = "Option<Vec<String>>")]
    pub databases: Option<Spanned<Vec<String>>>,
    /// Who fails over. Default: manual (only you).
    #[serde(default)]
    pub policy: GroupPolicy,
    /// What `policy = "automatic"` costs, accepted word by word: delegate, an-hour-down, any-time-later, all-databases,
    /// other-services, unknown-loss, equal-objectives (`milink explain microsoft-managed`). All seven are needed.
    #[serde(default)]
    pub accept: Vec<Acceptance>,
    /// How long Microsoft waits before it forces a failover with data loss; only with `policy = "automatic"`, at least 1h.
    #[schemars(with = "Option<Span>")]
    pub grace: Option<Spanned<Span>>,
    /// The read-only listener follows to the primary after a forced failover by Microsoft. Default: false.
    #[serde(default)]
    pub read_only_failover: bool,
    /// The secondary serves no reads and needs no licence. Default: false.
    #[serde(default)]
    pub standby: bool,
    /// What the path between the regions carries, for the estimate of the first copy.
    pub gb_per_hour: Option<f64>,
    /// How the two subnets reach each other. Default: peering, which Azure recommends. Not for logical servers.
    #[serde(default)]
    pub path: GroupPath,
    /// How much may be lost where a region is: drills and reports tell what was measured beside it. Default: 5s.
    pub rpo_target: Option<Span>,
    /// How long until the application writes again. Default: 1h.
    pub rto_target: Option<Span>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GroupPath {
    #[default]
    Peering,
    ExpressRoute,
    Vpn,
}

/// One thing that is accepted with the automatic policy (facts: failover-groups 2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Acceptance {
    /// Disaster recovery is delegated to Microsoft.
    Delegate,
    /// An hour or more without service.
    AnHourDown,
    /// The failover may come at any time after the grace period.
    AnyTimeLater,
    /// Healthy and zone-redundant databases fail over too.
    AllDatabases,
    /// Dependencies on other services are ignored.
    OtherServices,
    /// An unknown amount of data is lost.
    UnknownLoss,
    /// Both members keep the same tier, kind of compute and size.
    EqualObjectives,
}

impl Acceptance {
    pub fn word(self) -> &'static str {
        match self {
            Self::Delegate => "delegate",
            Self::AnHourDown => "an-hour-down",
            Self::AnyTimeLater => "any-time-later",
            Self::AllDatabases => "all-databases",
            Self::OtherServices => "other-services",
            Self::UnknownLoss => "unknown-loss",
            Self::EqualObjectives => "equal-objectives",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GroupPolicy {
    #[default]
    Manual,
    Automatic,
}

/// How names are resolved for the checks of listeners.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DnsSection {
    /// `address:port` of the name server that the application's network uses. Default: the system's resolver.
    #[schemars(with = "Option<String>")]
    pub server: Option<Spanned<String>>,
}

/// A group as the estate wants it.
#[derive(Debug, Clone, PartialEq)]
pub struct FailoverGroup {
    pub name: String,
    pub primary: SiteId,
    pub secondary: SiteId,
    /// Between logical servers of Azure SQL Database, not managed instances.
    pub between_servers: bool,
    /// Of logical servers: what the group takes; `None`: all that are in no other group.
    pub databases: Option<Vec<String>>,
    /// `None`: manual.
    pub automatic_after: Option<Duration>,
    /// Words that are accepted with the automatic policy.
    pub accept: Vec<&'static str>,
    pub read_only_failover: bool,
    pub standby: bool,
    pub gb_per_hour: Option<f64>,
    /// Between the subnets of two instances.
    pub path: Path,
    pub rpo_target: Duration,
    pub rto_target: Duration,
}

pub(super) fn validate(file: &EstateFile, problems: &mut Vec<Problem>) {
    let mut taken: Vec<&str> = Vec::new();
    for group in &file.failover_group {
        if !is_group_name(group.name.get_ref()) {
            problems.push(Problem::error(
                group.name.span(),
                format!(
                    "expected a group name of 1 to 63 lowercase letters, digits and inner hyphens, found `{}`",
                    group.name.get_ref()
                ),
            ));
        }
        let (primary, secondary) = (group.primary.get_ref(), group.secondary.get_ref());
        if primary == secondary {
            problems.push(Problem::error(
                group.secondary.span(),
                format!("expected two members for a failover group, found `{primary}` twice"),
            ));
        }
        // Logical servers hold several groups.
        let of_instances = !super::server::is_between_servers(group, &file.server);
        for member in [&group.primary, &group.secondary].into_iter().filter(|_| of_instances) {
            // An instance is in one group at most (facts: failover-groups 12).
            if taken.contains(&member.get_ref().as_str()) && primary != secondary {
                problems.push(Problem::error(
                    member.span(),
                    format!("expected each target in one failover group, found `{}` again", member.get_ref()),
                ));
            }
            taken.push(member.get_ref());
        }
        grace(group, problems);
    }
    if let Some(server) = &file.dns.server
        && server.get_ref().parse::<SocketAddr>().is_err()
    {
        problems.push(Problem::error(
            server.span(),
            format!("expected `address:port` of a name server, found `{}`", server.get_ref()),
        ));
    }
}

fn grace(group: &FailoverGroupSection, problems: &mut Vec<Problem>) {
    match (group.policy, &group.grace) {
        (GroupPolicy::Manual, Some(grace)) => {
            let message = "expected no `grace` with the manual policy, found one";
            problems.push(Problem::error(grace.span(), message).hint(
                "Azure refuses a grace period with the manual policy: remove it, or say `policy = \"automatic\"`",
            ));
        }
        (GroupPolicy::Automatic, None) => problems.push(
            Problem::error(group.name.span(), "expected `grace` with `policy = \"automatic\"`, found none")
                .hint("add `grace = \"1h\"` or longer"),
        ),
        (GroupPolicy::Automatic, Some(grace)) if grace.get_ref().0 < GRACE_MIN => {
            problems.push(Problem::error(grace.span(), "expected a grace period of at least 1h"));
        }
        _ => {}
    }
    if group.standby && group.read_only_failover {
        // A group has one secondary: readable, or for disaster recovery only (facts: failover-groups 2.5).
        let message = "expected `standby` or `read_only_failover`, found both";
        problems.push(
            Problem::error(group.name.span(), message)
                .hint("nothing may be read on a standby, so no reader is to be moved: `milink explain standby`"),
        );
    }
    if group.policy == GroupPolicy::Manual && !group.accept.is_empty() {
        let message = "`accept` does nothing with the manual policy";
        problems.push(Problem::warning(group.name.span(), message.to_owned()));
    }
    if group.policy == GroupPolicy::Manual && group.read_only_failover {
        problems.push(Problem::warning(
            group.name.span(),
            "`read_only_failover` does nothing with the manual policy".to_owned(),
        ));
    }
}

pub(super) fn resolve(section: FailoverGroupSection, between_servers: bool) -> FailoverGroup {
    FailoverGroup {
        name: section.name.into_inner(),
        primary: SiteId(section.primary.into_inner()),
        secondary: SiteId(section.secondary.into_inner()),
        between_servers,
        databases: section.databases.map(Spanned::into_inner),
        automatic_after: match section.policy {
            GroupPolicy::Manual => None,
            GroupPolicy::Automatic => Some(section.grace.map_or(GRACE_MIN, |g| g.into_inner().0)),
        },
        accept: section.accept.into_iter().map(Acceptance::word).collect(),
        read_only_failover: section.read_only_failover,
        standby: section.standby,
        gb_per_hour: section.gb_per_hour,
        path: match section.path {
            GroupPath::Peering => Path::Peering,
            GroupPath::ExpressRoute => Path::ExpressRoute,
            GroupPath::Vpn => Path::Vpn,
        },
        rpo_target: section.rpo_target.map_or(RPO_TARGET, |s| s.0),
        rto_target: section.rto_target.map_or(RTO_TARGET, |s| s.0),
    }
}

/// Length and characters (facts: failover-groups P20).
fn is_group_name(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&name.len()) && name.bytes().all(inner) && !name.starts_with('-') && !name.ends_with('-')
}
