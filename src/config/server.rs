//! `[[server]]`: logical servers of Azure SQL Database.

use super::failover_group::FailoverGroupSection;
use super::problem::Problem;
use super::schema::EstateFile;
use super::schema::Port;
use super::secret::Secret;
use super::secret::SecretRef;
use super::types::TargetLogin;
use crate::model::ids::SiteId;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use toml::Spanned;

/// Default port of SQL connections.
const SQL_PORT: u16 = 1433;
/// Most characters of a logical server's name: one label of a host name.
const NAME_MAX: usize = 63;

/// A logical server of Azure SQL Database.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerSection {
    /// Name that failover groups and commands use.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// Name of the server in Azure (the first label of its host name).
    #[schemars(with = "String")]
    pub server: Spanned<String>,
    /// Resource group, if not that of `[azure]`.
    pub resource_group: Option<String>,
    /// Subscription, if not that of `[azure]`.
    pub subscription: Option<String>,
    /// Host for SQL connections. Default: the server's own name as Azure tells it.
    pub host: Option<String>,
    /// Port for SQL connections. Default: 1433.
    pub port: Option<Port>,
    /// Name that the server's TLS certificate must carry. Default: the host.
    pub tls_name: Option<String>,
    /// Accept any TLS certificate of this server. Default: false.
    #[serde(default)]
    pub trust_server_certificate: bool,
    /// SQL login; or `entra = true`.
    pub user: Option<String>,
    pub password: Option<SecretRef>,
    /// Log in with the Azure identity of `[azure]`. Default: false.
    #[serde(default)]
    pub entra: bool,
}

/// A logical server, settled.
#[derive(Debug, Clone)]
pub struct LogicalServer {
    pub name: SiteId,
    /// Its name in Azure.
    pub server: String,
    pub resource_group: Option<String>,
    /// `None`: that of `[azure]`.
    pub subscription: Option<String>,
    /// `None`: ask Azure for the server's name.
    pub host: Option<String>,
    pub port: u16,
    pub tls_name: Option<String>,
    pub trust_server_certificate: bool,
    pub login: TargetLogin,
}

pub(super) fn validate(file: &EstateFile, problems: &mut Vec<Problem>) {
    for server in &file.server {
        let name = server.name.get_ref();
        match (server.entra, &server.user, &server.password) {
            (true, None, None) if file.azure.is_none() => problems.push(Problem::error(
                server.name.span(),
                "expected an `[azure]` section for `entra = true`, found none".to_owned(),
            )),
            (true, None, None) | (false, Some(_), Some(_)) => {}
            (true, _, _) => problems.push(Problem::error(
                server.name.span(),
                format!("expected either `entra` or a login for server `{name}`, found both"),
            )),
            (false, user, _) => {
                let key = if user.is_none() { "user" } else { "password" };
                problems.push(
                    Problem::error(
                        server.name.span(),
                        format!("expected key `{key}` or `entra = true` for server `{name}`, found neither"),
                    )
                    .hint("a server is entered with `user` and `password`, or with `entra = true`"),
                );
            }
        }
        let azure = server.server.get_ref();
        let is_label = (1..=NAME_MAX).contains(&azure.len())
            && azure.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !azure.starts_with('-')
            && !azure.ends_with('-');
        if azure.contains('.') {
            let label = azure.split('.').next().unwrap_or_default();
            problems.push(
                Problem::error(
                    server.server.span(),
                    format!("expected the server's short name, found a host name `{azure}`"),
                )
                .hint(format!("write `server = \"{label}\"`, and `host` if it must be reached by another name")),
            );
        } else if !is_label {
            problems.push(Problem::error(
                server.server.span(),
                format!("expected a server name of lowercase letters, digits and inner hyphens, found `{azure}`"),
            ));
        }
    }
    groups(file, problems);
}

/// Is the group one between logical servers? By its primary.
pub(super) fn is_between_servers(group: &FailoverGroupSection, servers: &[ServerSection]) -> bool {
    let name = group.primary.get_ref();
    servers.iter().any(|s| s.name.get_ref() == name)
}

fn groups(file: &EstateFile, problems: &mut Vec<Problem>) {
    let is_server = |name: &str| file.server.iter().any(|s| s.name.get_ref() == name);
    // A database is in one group only (facts: failover-groups 9.2).
    let mut taken: BTreeMap<(&str, String), &str> = BTreeMap::new();
    // Groups that take whatever the server holds.
    let mut whole: BTreeMap<&str, &str> = BTreeMap::new();
    for group in &file.failover_group {
        let (primary, secondary) = (group.primary.get_ref().as_str(), group.secondary.get_ref().as_str());
        if is_server(primary) != is_server(secondary) {
            problems.push(
                Problem::error(
                    group.secondary.span(),
                    format!("expected two targets or two servers, found `{primary}` and `{secondary}`"),
                )
                .hint("a failover group stands between two managed instances ([[target]]) or two logical servers ([[server]])"),
            );
            continue;
        }
        let name = group.name.get_ref().as_str();
        let Some(databases) = &group.databases else {
            if is_server(primary)
                && let Some(other) = whole.insert(primary, name)
            {
                problems.push(
                    Problem::error(
                        group.name.span(),
                        format!(
                            "expected one group that takes every database of `{primary}`, found `{other}` and `{name}`"
                        ),
                    )
                    .hint("name the `databases` of each"),
                );
            }
            continue;
        };
        if !is_server(primary) {
            problems.push(
                Problem::error(
                    databases.span(),
                    "expected no `databases` for a group of managed instances, found some",
                )
                .hint("such a group always takes every user database of its primary"),
            );
            continue;
        }
        if databases.get_ref().is_empty() {
            problems.push(
                Problem::error(databases.span(), "expected at least one database, found an empty list")
                    .hint("leave `databases` out to take every user database that is in no other group"),
            );
        }
        for database in databases.get_ref() {
            let key = (primary, database.to_lowercase());
            match taken.insert(key, name) {
                Some(other) if other == name => problems.push(Problem::error(
                    databases.span(),
                    format!("expected each database once, found `{database}` again"),
                )),
                Some(other) => problems.push(
                    Problem::error(
                        databases.span(),
                        format!("expected each database in one failover group, found `{database}` in `{other}` too"),
                    )
                    .hint("a database of a logical server is in one failover group at most"),
                ),
                None => {}
            }
        }
    }
}

pub(super) fn resolve(s: ServerSection, dir: &Path, group: Option<&String>) -> LogicalServer {
    let name = s.name.into_inner();
    let login = match (s.user, s.password) {
        (Some(user), Some(password)) => {
            let password = Secret::new(password, dir, format!("password of `{user}` on `{name}`"));
            TargetLogin::Sql { user, password }
        }
        _ => TargetLogin::Entra,
    };
    LogicalServer {
        name: SiteId(name),
        server: s.server.into_inner(),
        resource_group: s.resource_group.or_else(|| group.cloned()),
        subscription: s.subscription,
        host: s.host,
        port: s.port.map_or(SQL_PORT, |p| p.0),
        tls_name: s.tls_name,
        trust_server_certificate: s.trust_server_certificate,
        login,
    }
}
