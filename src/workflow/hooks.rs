//! The user's executables: facts in the environment, a time limit, a veto by exit code. No shell, ever.

use super::fog::base::FogStep;
use super::link_step::LinkStep;
use super::tools::Hook;
use crate::base::clock::within;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::engine::context::Context;
use async_trait::async_trait;
use std::process::Stdio;

/// The point at which the application is pointed elsewhere.
pub const REPOINT: &str = "repoint";

/// A hook that is due, and what it is told.
pub struct Call<'a> {
    pub point: &'a str,
    pub hook: &'a Hook,
    /// Environment variables.
    pub facts: Vec<(&'static str, String)>,
}

impl Call<'_> {
    pub fn fact(&self, name: &str) -> &str {
        self.facts.iter().find(|(n, _)| *n == name).map_or("", |(_, v)| v)
    }
    /// The hook said no, or could not be asked.
    pub fn failed(&self, why: &str) -> Error {
        let program = self.hook.command.first().map_or("", String::as_str);
        Error::new(Kind::Server, format!("hook {} (`{program}`) {why}", self.point))
            .hint("mend the hook, then resume; it is called again")
    }
}

/// Runs hooks: as child processes, or within a simulation.
#[async_trait]
pub trait HookRunner: Send + Sync {
    /// `Err` is a veto.
    async fn call(&self, call: &Call<'_>) -> Result<()>;
}

/// Child processes.
pub struct Processes;

#[async_trait]
impl HookRunner for Processes {
    async fn call(&self, call: &Call<'_>) -> Result<()> {
        let Some((program, args)) = call.hook.command.split_first() else { return Ok(()) };
        let mut child = tokio::process::Command::new(program);
        child
            .args(args)
            .envs(call.facts.iter().map(|(n, v)| (*n, v.as_str())))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let child = child.spawn().map_err(|e| call.failed("cannot be started").caused_by(e))?;
        let limit = call.hook.limit;
        let output = within(limit, child.wait_with_output())
            .await
            .ok_or_else(|| call.failed(&format!("took longer than {}", crate::base::text::duration(limit))))?
            .map_err(|e| call.failed("ended badly").caused_by(e))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said: String = said.lines().last().unwrap_or("nothing").chars().take(200).collect();
        Err(call.failed(&format!("said no ({}): {said}", output.status)))
    }
}

/// Runs the hook of that point, if the user named one. A non-zero exit is a veto.
pub async fn run(cx: &Context, step: &LinkStep, point: &str) -> Result<()> {
    let Some(hook) = step.tools.hooks.get(point) else { return Ok(()) };
    let link = &step.link;
    let facts = vec![
        ("MILINK_POINT", point.to_owned()),
        ("MILINK_RUN", cx.effects.run().as_str().to_owned()),
        ("MILINK_LINK", link.name.as_str().to_owned()),
        ("MILINK_DATABASE", link.database.clone()),
        ("MILINK_SOURCE", link.source.as_str().to_owned()),
        ("MILINK_TARGET", link.target.as_str().to_owned()),
        ("MILINK_TARGET_FQDN", link.fqdn.clone()),
    ];
    step.tools.runner.call(&Call { point, hook, facts }).await
}

/// Runs the repoint hook for a database that is to be reached by the listener of a failover group.
pub async fn to_listener(cx: &Context, step: &FogStep, database: &str) -> Result<()> {
    let Some(hook) = step.tools.hooks.get(REPOINT) else { return Ok(()) };
    let plan = &step.plan;
    let link = plan.links.iter().find(|l| l.database.eq_ignore_ascii_case(database));
    let facts = vec![
        ("MILINK_POINT", REPOINT.to_owned()),
        ("MILINK_RUN", cx.effects.run().as_str().to_owned()),
        ("MILINK_LINK", link.map(|l| l.name.as_str().to_owned()).unwrap_or_default()),
        ("MILINK_DATABASE", database.to_owned()),
        ("MILINK_SOURCE", plan.primary.site.as_str().to_owned()),
        ("MILINK_TARGET", plan.primary.site.as_str().to_owned()),
        ("MILINK_TARGET_FQDN", plan.read_write_listener.clone()),
        ("MILINK_LISTENER", plan.read_write_listener.clone()),
        ("MILINK_READ_ONLY_LISTENER", plan.read_only_listener.clone()),
    ];
    step.tools.runner.call(&Call { point: REPOINT, hook, facts }).await
}
