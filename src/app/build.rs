//! From a configuration to connectors.

use crate::arm::Arm;
use crate::arm::TokenSource;
use crate::arm::Transport;
use crate::base::clock::SharedClock;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::redact::SecretString;
use crate::config::Config;
use crate::config::load::Environment;
use crate::config::secret::Prompt;
use crate::config::server::LogicalServer;
use crate::config::types::Source;
use crate::config::types::Target;
use crate::config::types::TargetLogin;
use crate::effects::fault::Faults;
use crate::effects::sites::Sites;
use crate::inventory::listener::NameServer;
use crate::inventory::listener::Resolve;
use crate::inventory::listener::SystemResolver;
use crate::journal::store::Journal;
use crate::model::ids::SiteId;
use crate::sql::AccessTokens;
use crate::sql::Dialer;
use crate::sql::Login;
use crate::sql::Server;
use crate::sql::Side;
use crate::sql::Tokens;
use crate::workflow::hooks::HookRunner;
use crate::workflow::hooks::Processes;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// For connection, handshake and login together.
const CONNECT_MAX: Duration = Duration::from_secs(15);
/// For one statement; a planned failover is the longest and ends by itself well before.
const STATEMENT_MAX: Duration = Duration::from_secs(120);

/// What a simulation puts in place of the outside world; the default is the outside world.
#[derive(Clone, Default)]
pub struct StandIns {
    /// Instead of HTTPS.
    pub transport: Option<Arc<dyn Transport>>,
    /// Instead of child processes.
    pub hooks: Option<Arc<dyn HookRunner>>,
    /// Instead of a name server.
    pub names: Option<Arc<dyn Resolve>>,
}

/// What a front end hands in.
pub struct Parts {
    pub config: Config,
    pub env: Environment,
    pub prompt: Arc<dyn Prompt>,
    pub clock: SharedClock,
    pub journal: Arc<dyn Journal>,
    pub state_dir: PathBuf,
    pub dialer: Arc<dyn Dialer>,
    pub faults: Arc<dyn Faults>,
    /// Steps left out by a test; empty in a shipped command.
    pub sabotage: Vec<String>,
    pub stand_ins: StandIns,
}

/// An estate within reach.
pub struct App {
    pub config: Config,
    pub env: Environment,
    pub clock: SharedClock,
    pub journal: Arc<dyn Journal>,
    pub state_dir: PathBuf,
    pub(super) arm: Option<Arc<Arm>>,
    pub(super) faults: Arc<dyn Faults>,
    pub(super) sabotage: Vec<String>,
    pub(super) hooks: Arc<dyn HookRunner>,
    pub(super) names: Arc<dyn Resolve>,
    dialer: Arc<dyn Dialer>,
    /// Secrets by server, resolved once.
    logins: BTreeMap<SiteId, Login>,
    /// Hosts of targets, as named in the file or by Azure.
    hosts: BTreeMap<SiteId, String>,
}

impl App {
    /// Resolves secrets and addresses. Connects to no server but, for targets without an address of their own, Azure.
    pub async fn open(parts: Parts) -> Result<Self> {
        let Parts { config, env, prompt, clock, journal, state_dir, dialer, faults, sabotage, stand_ins } = parts;
        let mut logins = BTreeMap::new();
        for source in &config.sources {
            let password = source.password.resolve(prompt.as_ref())?;
            logins.insert(source.name.clone(), Login::Password { user: source.user.clone(), password });
        }
        let arm = match &config.azure {
            Some(azure) => {
                Some(Arc::new(super::facts::arm(azure, &config, prompt.as_ref(), clock.clone(), stand_ins.transport)?))
            }
            None => None,
        };
        let mut hosts = BTreeMap::new();
        for target in &config.targets {
            let login = target_login(&target.name, &target.login, &config, prompt.as_ref(), clock.clone()).await?;
            if let (Some(_), Some(arm), Login::Password { password, .. }) = (&target.create, &arm, &login) {
                arm.know_password(&super::facts::instance_ref(&config, target)?, password.clone());
            }
            logins.insert(target.name.clone(), login);
            let host = if let Some(host) = &target.host {
                host.clone()
            } else {
                let arm = arm.as_ref().ok_or_else(|| {
                    Error::usage(format!("target `{}` has no host, and there is no [azure] to ask", target.name))
                        .hint("add `host` to the [[target]], or [azure] to the estate file")
                })?;
                match arm.instance(&super::facts::instance_ref(&config, target)?).await {
                    // One that is yet to be made has no address: whoever dials it is told so.
                    Err(e) if target.create.is_some() && e.kind() == Kind::NotFound => target.managed_instance.clone(),
                    found => found?.properties.fully_qualified_domain_name.ok_or_else(|| {
                        Error::bug(format!("Azure names no address of `{}`", target.managed_instance))
                    })?,
                }
            };
            hosts.insert(target.name.clone(), host);
        }
        for server in &config.servers {
            let login = target_login(&server.name, &server.login, &config, prompt.as_ref(), clock.clone()).await?;
            logins.insert(server.name.clone(), login);
            let host = if let Some(host) = &server.host {
                host.clone()
            } else {
                let arm = arm.as_ref().ok_or_else(|| {
                    Error::usage(format!("server `{}` has no host, and there is no [azure] to ask", server.name))
                        .hint("add `host` to the [[server]], or [azure] to the estate file")
                })?;
                let found = arm.server(&super::facts::server_ref(&config, server)?).await?;
                found
                    .properties
                    .fully_qualified_domain_name
                    .ok_or_else(|| Error::bug(format!("Azure names no address of `{}`", server.server)))?
            };
            hosts.insert(server.name.clone(), host);
        }
        let hooks = stand_ins.hooks.unwrap_or_else(|| Arc::new(Processes));
        let names: Arc<dyn Resolve> = match (stand_ins.names, config.name_server) {
            (Some(names), _) => names,
            (None, Some(server)) => Arc::new(NameServer(server)),
            (None, None) => Arc::new(SystemResolver),
        };
        Ok(Self { config, env, clock, journal, state_dir, arm, faults, sabotage, hooks, names, dialer, logins, hosts })
    }

    /// Sessions for one purpose; `program` shows in the servers' session lists.
    pub fn sites(&self, program: &str) -> Result<Arc<Sites>> {
        let mut servers = Vec::new();
        for source in &self.config.sources {
            servers.push(self.source_server(source, program)?);
        }
        for target in &self.config.targets {
            servers.push(self.target_server(target, program)?);
        }
        for server in &self.config.servers {
            servers.push(self.logical_server(server, program)?);
        }
        Ok(Arc::new(Sites::new(servers, self.dialer.clone())))
    }

    fn logical_server(&self, server: &LogicalServer, program: &str) -> Result<Server> {
        Ok(Server {
            site: server.name.clone(),
            side: Side::Target,
            host: self.hosts.get(&server.name).cloned().unwrap_or_default(),
            port: server.port,
            tls_name: server.tls_name.clone(),
            trust_server_certificate: server.trust_server_certificate,
            roots: self.config.trust.roots.clone(),
            strict: false,
            login: self.login(&server.name)?,
            database: None,
            program_name: program.to_owned(),
            connect_timeout: CONNECT_MAX,
            statement_timeout: STATEMENT_MAX,
        })
    }

    fn login(&self, site: &SiteId) -> Result<Login> {
        self.logins.get(site).cloned().ok_or_else(|| Error::bug(format!("no credentials were resolved for {site}")))
    }

    fn source_server(&self, source: &Source, program: &str) -> Result<Server> {
        Ok(Server {
            site: source.name.clone(),
            side: Side::Source,
            host: source.host.clone(),
            port: source.port,
            tls_name: source.tls_name.clone(),
            trust_server_certificate: source.trust_server_certificate,
            roots: self.config.trust.roots.clone(),
            strict: source.strict,
            login: self.login(&source.name)?,
            database: None,
            program_name: program.to_owned(),
            connect_timeout: CONNECT_MAX,
            statement_timeout: STATEMENT_MAX,
        })
    }

    fn target_server(&self, target: &Target, program: &str) -> Result<Server> {
        let host = self.hosts.get(&target.name).cloned().unwrap_or_default();
        Ok(Server {
            site: target.name.clone(),
            side: Side::Target,
            host,
            port: target.port,
            tls_name: target.tls_name.clone(),
            trust_server_certificate: target.trust_server_certificate,
            roots: self.config.trust.roots.clone(),
            strict: false,
            login: self.login(&target.name)?,
            database: None,
            program_name: program.to_owned(),
            connect_timeout: CONNECT_MAX,
            statement_timeout: STATEMENT_MAX,
        })
    }
}

/// Tokens of the cloud's database audience; the source keeps one until shortly before it ends.
struct ForSql {
    source: Arc<dyn TokenSource>,
    scope: String,
}

#[async_trait]
impl AccessTokens for ForSql {
    async fn token(&self) -> Result<SecretString> {
        Ok(self.source.token(&self.scope).await?.secret)
    }
}

async fn target_login(
    name: &SiteId,
    login: &TargetLogin,
    config: &Config,
    prompt: &dyn Prompt,
    clock: SharedClock,
) -> Result<Login> {
    match login {
        TargetLogin::Sql { user, password } => {
            let password = password.resolve(prompt)?;
            Ok(Login::Password { user: user.clone(), password })
        }
        TargetLogin::Entra => {
            let azure = config.azure.as_ref().ok_or_else(|| {
                Error::usage(format!("`{name}` logs in with Entra, and there is no [azure]"))
                    .hint("add [azure] to the estate file")
            })?;
            let source = super::facts::tokens(azure, prompt, clock)?;
            let scope = super::facts::cloud(azure)?.sql_scope;
            // Refused credentials are told now, not at the first login.
            source.token(&scope).await?;
            Ok(Login::Tokens(Tokens(Arc::new(ForSql { source, scope }))))
        }
    }
}
