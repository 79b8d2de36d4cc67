//! System procedures.

use super::host::InstanceHost;
use super::instance::InstanceConfig;
use super::messages::error;
use super::values;
use crate::lab::tsql::ast::Name;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::ProcArg;
use crate::lab::tsql::host::ProcOutcome;
use crate::lab::tsql::host::SessionCx;
use crate::lab::tsql::value::Value;

mod agent;
mod applock;
mod certificate;
mod configuration;
mod error_log;
mod job;
mod linked_server;
mod login_info;
mod property;
mod role;
#[cfg(test)]
mod tests;
mod who;

pub(crate) use configuration::reconfigure;

/// On which servers a procedure exists.
type Exists = fn(&InstanceConfig) -> bool;

fn always(_: &InstanceConfig) -> bool {
    true
}

/// Builds that know the managed instance link (facts: mi-link 1.1).
pub fn link_capable(c: &InstanceConfig) -> bool {
    match c.major() {
        13 => c.at_least((13, 0, 7000, 253)),
        14 => c.at_least((14, 0, 3490, 10)),
        15 => c.at_least((15, 0, 4312, 2)),
        16 => c.at_least((16, 0, 1000, 6)),
        _ => c.at_least((17, 0, 1000, 7)),
    }
}

/// 2022 CU5 and later (facts: mi-link 3.4).
fn validates_chains(c: &InstanceConfig) -> bool {
    c.at_least((16, 0, 4045, 3))
}

/// Multi-database links (facts: mi-link 1.1).
fn multi_database(c: &InstanceConfig) -> bool {
    !c.is_managed() && (c.major() == 16 && c.at_least((16, 0, 4295, 3)) || c.at_least((17, 0, 5005, 3)))
}

/// It asks a Windows domain, which a managed instance has none of.
fn with_domain(c: &InstanceConfig) -> bool {
    !c.is_managed()
}

fn issuers(c: &InstanceConfig) -> bool {
    !c.is_managed() && link_capable(c)
}

/// Procedures in `sys`, and where they exist. Those of msdb's Agent are in [`AGENT`].
pub const NAMES: [(&str, Exists); 27] = [
    ("sp_getapplock", always),
    ("sp_releaseapplock", always),
    ("sp_configure", always),
    ("sp_addextendedproperty", always),
    ("sp_updateextendedproperty", always),
    ("sp_dropextendedproperty", always),
    ("sp_certificate_add_issuer", issuers),
    ("sp_get_endpoint_certificate", link_capable),
    ("sp_validate_certificate_ca_chain", validates_chains),
    ("sp_multidb_milink", multi_database),
    ("sp_addlinkedserver", always),
    ("sp_dropserver", always),
    ("sp_serveroption", always),
    ("sp_addlinkedsrvlogin", always),
    ("sp_droplinkedsrvlogin", always),
    ("sp_query_store_flush_db", always),
    ("sp_flush_log", always),
    ("sp_who", always),
    ("sp_readerrorlog", always),
    ("xp_readerrorlog", always),
    ("sp_cycle_errorlog", always),
    ("sp_addrolemember", always),
    ("sp_droprolemember", always),
    ("sp_addsrvrolemember", always),
    ("sp_dropsrvrolemember", always),
    ("sp_changedbowner", always),
    ("xp_logininfo", with_domain),
];

/// Procedures of the Agent, in `msdb.dbo`.
pub const AGENT: [&str; 17] = [
    "sp_add_alert",
    "sp_delete_alert",
    "sp_add_proxy",
    "sp_delete_proxy",
    "sysmail_add_profile_sp",
    "sysmail_delete_profile_sp",
    "sp_add_job",
    "sp_add_jobstep",
    "sp_add_jobserver",
    "sp_add_schedule",
    "sp_attach_schedule",
    "sp_add_operator",
    "sp_update_job",
    "sp_delete_job",
    "sp_start_job",
    "sp_stop_job",
    "sp_update_jobstep",
];

/// Runs a procedure; `None` if the server has none of this name.
pub async fn call(
    host: &InstanceHost,
    cx: &mut SessionCx,
    name: &Name,
    args: &[ProcArg],
) -> Option<SqlResult<ProcOutcome>> {
    let object = name.object().to_lowercase();
    let schema = name.schema().unwrap_or("sys").to_lowercase();
    let database = name.database().unwrap_or(&cx.database).to_lowercase();
    let now = host.instance.clock.now();
    host.with(|s| s.server.settle_jobs(now));
    if AGENT.contains(&object.as_str()) {
        let here = database == "msdb" && (schema == "dbo" || name.schema().is_none());
        return if here { Some(agent::call(host, cx, &object, args)) } else { None };
    }
    let exists = NAMES.iter().find(|(n, _)| *n == object).is_some_and(|(_, e)| e(&host.instance.config));
    if !exists || !matches!(schema.as_str(), "sys" | "dbo") {
        return None;
    }
    let own = cx.database.clone();
    if name.database().is_some() {
        let opened = host.with(|s| s.open(cx, &database).map(|d| d.name.clone()));
        match opened {
            Ok(n) => cx.database = n,
            Err(e) => return Some(Err(e)),
        }
    }
    let result = dispatch(host, cx, &object, args).await;
    cx.database = own;
    Some(result)
}

async fn dispatch(host: &InstanceHost, cx: &SessionCx, object: &str, args: &[ProcArg]) -> SqlResult<ProcOutcome> {
    match object {
        "sp_getapplock" => applock::get(host, cx, args).await,
        "sp_releaseapplock" => applock::release(host, cx, args),
        "sp_configure" => configuration::configure(host, cx, args),
        "sp_multidb_milink" => configuration::multi_database(host, cx, args),
        "sp_addextendedproperty" | "sp_updateextendedproperty" | "sp_dropextendedproperty" => {
            property::change(host, cx, object, args).await
        }
        "sp_certificate_add_issuer" => certificate::add_issuer(host, cx, args).await,
        "sp_get_endpoint_certificate" => certificate::endpoint_certificate(host, cx, args),
        "sp_validate_certificate_ca_chain" => certificate::validate(host, cx, args),
        "sp_addlinkedserver"
        | "sp_dropserver"
        | "sp_serveroption"
        | "sp_addlinkedsrvlogin"
        | "sp_droplinkedsrvlogin" => linked_server::change(host, cx, object, args),
        "xp_logininfo" => login_info::ask(host, cx, args),
        "sp_who" => who::who(host, cx, args),
        "sp_readerrorlog" | "xp_readerrorlog" => error_log::read(host, cx, object, args),
        "sp_cycle_errorlog" => error_log::cycle(host, cx),
        "sp_query_store_flush_db" | "sp_flush_log" => {
            host.with(|s| s.open_for_write(cx, &cx.database).map(|_| ()))?;
            Ok(ProcOutcome::default())
        }
        other => role::change(host, cx, other, args).await,
    }
}

/// Arguments of a call by parameter name.
pub(crate) struct Args<'a> {
    procedure: &'a str,
    names: &'a [&'a str],
    values: Vec<Option<Value>>,
}

impl<'a> Args<'a> {
    /// Binds positional and named arguments; 8144 and 8145 for what does not fit.
    pub(crate) fn bind(procedure: &'a str, names: &'a [&'a str], args: &[ProcArg]) -> SqlResult<Self> {
        let mut bound = vec![None; names.len()];
        for (i, a) in args.iter().enumerate() {
            let at = match &a.name {
                None if i < names.len() => i,
                None => return Err(error(8144, &[&procedure]).state(2)),
                Some(n) => {
                    let found = names.iter().position(|x| x.eq_ignore_ascii_case(n));
                    found.ok_or_else(|| error(8145, &[n, &procedure]).state(2))?
                }
            };
            bound[at] = Some(values::bare(&a.value).clone());
        }
        Ok(Self { procedure, names, values: bound })
    }
    fn value(&self, name: &str) -> Option<&Value> {
        let at = self.names.iter().position(|n| *n == name)?;
        self.values[at].as_ref().filter(|v| !v.is_null())
    }
    /// As given, NULL included; `None` when left out.
    pub(crate) fn given(&self, name: &str) -> Option<Value> {
        let at = self.names.iter().position(|n| *n == name)?;
        self.values[at].clone()
    }
    /// Text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.value(name).and_then(values::text)
    }
    /// Integer, also out of a string.
    pub(crate) fn int(&self, name: &str) -> Option<i64> {
        let v = self.value(name)?;
        super::storage::integer(v).or_else(|| values::text(v)?.trim().parse().ok())
    }
    /// Text, or 201.
    pub(crate) fn need(&self, name: &str) -> SqlResult<String> {
        self.text(name).ok_or_else(|| error(201, &[&self.procedure, &name]).state(4))
    }
}

/// An outcome of nothing but messages.
pub(crate) fn said(messages: Vec<crate::lab::tsql::error::SqlError>) -> ProcOutcome {
    ProcOutcome { messages, ..ProcOutcome::default() }
}

/// An informational message.
pub(crate) fn info(text: String) -> crate::lab::tsql::error::SqlError {
    crate::lab::tsql::error::SqlError::new(0, 0, text)
}
