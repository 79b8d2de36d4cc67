//! The user's executables: facts in the environment, a time limit, a veto by exit code. No shell, ever.

use super::link_step::LinkStep;
use crate::base::clock::within;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::engine::context::Context;
use std::process::Stdio;

/// Runs the hook of that point, if the user named one. A non-zero exit is a veto.
pub async fn run(cx: &Context, step: &LinkStep, point: &str) -> Result<()> {
    let Some(hook) = step.tools.hooks.get(point) else { return Ok(()) };
    let Some((program, args)) = hook.command.split_first() else { return Ok(()) };
    let mut child = tokio::process::Command::new(program);
    child
        .args(args)
        .env("MILINK_POINT", point)
        .env("MILINK_RUN", cx.effects.run().as_str())
        .env("MILINK_LINK", step.link.name.as_str())
        .env("MILINK_DATABASE", &step.link.database)
        .env("MILINK_SOURCE", step.link.source.as_str())
        .env("MILINK_TARGET", step.link.target.as_str())
        .env("MILINK_TARGET_FQDN", &step.link.fqdn)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let failed = |why: String| {
        Error::new(Kind::Server, format!("hook {point} (`{program}`) {why}"))
            .hint("mend the hook, then resume; it is called again")
    };
    let child = child.spawn().map_err(|e| failed("cannot be started".to_owned()).caused_by(e))?;
    let output = within(hook.limit, child.wait_with_output())
        .await
        .ok_or_else(|| failed(format!("took longer than {}", crate::base::text::duration(hook.limit))))?
        .map_err(|e| failed("ended badly".to_owned()).caused_by(e))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said: String = said.lines().last().unwrap_or("nothing").chars().take(200).collect();
    Err(failed(format!("said no ({}): {said}", output.status)))
}
