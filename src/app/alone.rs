//! Before a run is taken up: does the process that drove it still live?

use super::build::App;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::engine::event::Event;
use crate::engine::event::SharedObserver;
use crate::model::ids::RunId;
use crate::plan::types::Plan;
use crate::sql::query::lease;
use std::time::Duration;

/// How long the session of a process that died may outlive it on the server: a laptop that lost its power is noticed after
/// 30 s of silence and ten probes of 1 s (TCP keepalive of SQL Server).
const LEFTOVER_MAX: Duration = Duration::from_secs(45);

impl App {
    /// Waits until no lease of the run is held by a session of the run itself; refuses if one stays. Only reads: a run that
    /// is alive in another terminal must not notice.
    pub(super) async fn nobody_drives(&self, run: &RunId, plan: &Plan, observer: &SharedObserver) -> Result<()> {
        let cx = self.observer()?;
        let own = super::run::program(run);
        let end = self.clock.monotonic() + LEFTOVER_MAX;
        for link in &plan.links {
            let mut backoff = Backoff::urgent();
            let mut told = false;
            loop {
                let holders = cx.effects.read(&link.source, lease::read(&lease::resource(link.name.as_str()))).await;
                // A server that cannot be asked is the steps' business: beyond L1 the way goes on without it.
                let Ok(holders) = holders else { break };
                let Some(holder) = holders.into_iter().find(|h| h.program.as_deref() == Some(own.as_str())) else {
                    break;
                };
                if self.clock.monotonic() >= end {
                    return Err(Error::refused(format!(
                        "run {run} is being driven: its lease of {} is held by {holder}",
                        link.name
                    ))
                    .hint("milink cutover status; if that process is dead, end its session on the server (KILL)"));
                }
                if !told {
                    observer.on(&Event::Note { text: format!("waits for {holder} to end") });
                    told = true;
                }
                backoff.wait().await;
            }
        }
        Ok(())
    }
}
