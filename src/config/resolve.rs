//! Flag > environment > file > default. Pure.

use super::duration::Span;
use super::load::Environment;
use super::schema;
use super::schema::EstateFile;
use super::schema::HookSection;
use super::secret::Secret;
use super::types::Application;
use super::types::Azure;
use super::types::Config;
use super::types::Hook;
use super::types::Link;
use super::types::Monitor;
use super::types::Policy;
use super::types::Reconcile;
use super::types::Source;
use super::types::Target;
use super::types::TargetLogin;
use super::types::Trust;
use super::types::Waiver;
use super::types::Wave;
use crate::model::ids::LinkName;
use crate::model::ids::SiteId;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

/// Default port of SQL connections.
const SQL_PORT: u16 = 1433;
/// Default port of the mirroring endpoint (facts: mi-link 5.1).
const MIRRORING_PORT: u16 = 5022;

/// `path` is the estate file's absolute path; the file has passed validation.
pub(super) fn resolve(file: EstateFile, path: &Path, env: &Environment, warnings: Vec<String>) -> Config {
    let dir = path.parent().unwrap_or(Path::new("."));
    let azure = file.azure.map(|a| azure(a, dir, env));
    let group = azure.as_ref().and_then(|a| a.resource_group.clone());
    Config {
        path: path.to_owned(),
        sources: file.source.into_iter().map(|s| source(s, dir)).collect(),
        targets: file.target.into_iter().map(|t| target(t, dir, group.as_ref())).collect(),
        failover_groups: file
            .failover_group
            .into_iter()
            .map(|g| {
                let between_servers = super::server::is_between_servers(&g, &file.server);
                super::failover_group::resolve(g, between_servers)
            })
            .collect(),
        servers: file.server.into_iter().map(|s| super::server::resolve(s, dir, group.as_ref())).collect(),
        links: file.link.into_iter().map(link).collect(),
        waves: file.wave.into_iter().map(wave).collect(),
        name_server: file.dns.server.and_then(|s| s.into_inner().parse().ok()),
        objects: file.objects,
        reconcile: file
            .reconcile
            .into_iter()
            .map(|r| Reconcile { name: r.name.into_inner(), query: r.query })
            .collect(),
        waivers: file.waiver.into_iter().map(waiver).collect(),
        application: application(file.application, dir),
        backup_path: file.backup.path,
        trust: Trust {
            roots: absolute(file.trust.roots, dir),
            mirroring_roots: absolute(file.trust.mirroring_roots, dir),
        },
        monitor: Monitor {
            heartbeat: file.monitor.heartbeat,
            interval: span(file.monitor.interval, Duration::from_secs(5)),
        },
        policy: policy(file.policy, dir),
        azure,
        warnings,
    }
}

fn absolute(paths: Vec<PathBuf>, dir: &Path) -> Vec<PathBuf> {
    paths.into_iter().map(|p| dir.join(p)).collect()
}

fn span(value: Option<Span>, default: Duration) -> Duration {
    value.map_or(default, |s| s.0)
}

fn azure(a: schema::AzureSection, dir: &Path, env: &Environment) -> Azure {
    Azure {
        cloud: a.cloud,
        endpoint: a.endpoint.map(toml::Spanned::into_inner),
        subscription: env.subscription.clone().or(a.subscription),
        tenant: env.tenant.clone().or(a.tenant),
        resource_group: a.resource_group,
        auth: a.auth.map(toml::Spanned::into_inner).unwrap_or_default(),
        token: a.token.map(|s| Secret::new(s, dir, "Azure token")),
        client_secret: a.client_secret.map(|s| Secret::new(s, dir, "Azure client secret")),
        client_id: a.client_id,
    }
}

fn source(s: schema::SourceSection, dir: &Path) -> Source {
    let name = s.name.into_inner();
    let (mirroring_host, mirroring_port) = s.mirroring.map_or((None, None), |m| (m.host, m.port));
    Source {
        password: Secret::new(s.password, dir, format!("password of `{}` on `{name}`", s.user)),
        mirroring_host: mirroring_host.unwrap_or_else(|| s.host.clone()),
        mirroring_port: mirroring_port.map_or(MIRRORING_PORT, |p| p.0),
        name: SiteId(name),
        host: s.host,
        port: s.port.map_or(SQL_PORT, |p| p.0),
        tls_name: s.tls_name,
        trust_server_certificate: s.trust_server_certificate,
        strict: s.strict,
        user: s.user,
        instance: s.instance,
    }
}

fn target(t: schema::TargetSection, dir: &Path, group: Option<&String>) -> Target {
    let name = t.name.into_inner();
    let login = match (t.user, t.password) {
        (Some(user), Some(password)) => {
            let password = Secret::new(password, dir, format!("password of `{user}` on `{name}`"));
            TargetLogin::Sql { user, password }
        }
        _ => TargetLogin::Entra,
    };
    Target {
        name: SiteId(name),
        managed_instance: t.managed_instance.into_inner(),
        resource_group: t.resource_group.or_else(|| group.cloned()),
        subscription: t.subscription,
        host: t.host,
        port: t.port.map_or(SQL_PORT, |p| p.0),
        tls_name: t.tls_name,
        trust_server_certificate: t.trust_server_certificate,
        login,
    }
}

fn link(l: schema::LinkSection) -> Link {
    let database = l.database.into_inner();
    Link {
        name: LinkName(l.name.into_inner()),
        source: SiteId(l.source.into_inner()),
        target: SiteId(l.target.into_inner()),
        intent: l.intent,
        // The documented convention (facts: mi-link 5.1).
        ag: l.ag.unwrap_or_else(|| format!("AG_{database}")),
        instance_ag: l.instance_ag.unwrap_or_else(|| format!("AG_{database}_MI")),
        initial_primary: l.initial_primary,
        database,
    }
}

fn wave(w: schema::WaveSection) -> Wave {
    Wave {
        name: w.name.into_inner(),
        links: w.links.into_iter().map(|l| LinkName(l.into_inner())).collect(),
        after: w.after.into_iter().map(toml::Spanned::into_inner).collect(),
    }
}

fn waiver(w: schema::WaiverSection) -> Waiver {
    Waiver {
        check: w.check.into_inner(),
        reason: w.reason.into_inner(),
        links: w.links.into_iter().map(toml::Spanned::into_inner).collect(),
    }
}

fn application(a: schema::ApplicationSection, dir: &Path) -> Application {
    let hook = |h: Option<HookSection>| h.map(|h| hook(h, dir));
    Application {
        alias: a.alias,
        allow_logins: a.allow_logins,
        dependencies: a.dependencies,
        repoint: hook(a.repoint),
        before_fence: hook(a.before_fence),
        after_fence: hook(a.after_fence),
        after_switch: hook(a.after_switch),
        after_open: hook(a.after_open),
        on_abort: hook(a.on_abort),
    }
}

fn hook(h: HookSection, dir: &Path) -> Hook {
    let mut command = h.command.into_inner();
    // `./repoint.sh` means beside the estate file; a bare `curl` is looked up by the system.
    if let Some(program) = command.first_mut()
        && program.contains(std::path::is_separator)
    {
        *program = dir.join(&*program).to_string_lossy().into_owned();
    }
    Hook { command, timeout: span(h.timeout, Duration::from_secs(10)) }
}

fn policy(p: schema::PolicySection, dir: &Path) -> Policy {
    const MINUTE: Duration = Duration::from_secs(60);
    Policy {
        budget: span(p.budget, 15 * MINUTE),
        stability_samples: p.stability_samples.map_or(3, toml::Spanned::into_inner),
        stability_window: span(p.stability_window, Duration::from_secs(1)),
        lag_max: span(p.lag_max, Duration::from_secs(10)),
        transaction_max: span(p.transaction_max, MINUTE),
        // Creation is cancelled by Azure after 6 days (facts: mi-link 6).
        seeding_timeout: span(p.seeding_timeout, 6 * 24 * 60 * MINUTE),
        fence_timeout: span(p.fence_timeout, 2 * MINUTE),
        drain_timeout: span(p.drain_timeout, 5 * MINUTE),
        canary: p.canary.unwrap_or(true),
        switch_timeout: span(p.switch_timeout, 15 * MINUTE),
        open_timeout: span(p.open_timeout, 2 * MINUTE),
        drill_within: p.drill_within.map(|s| s.0),
        protect: p.protect,
        second_undo_dir: p.second_undo_dir.map(|d| dir.join(d)),
        // Ten years: an expired certificate breaks the link.
        certificate_days: p.certificate_days.map_or(3650, toml::Spanned::into_inner),
    }
}
