//! What it takes to create many links at once: wall time on a network without latency, against that of as many bare statements.

use super::estate::Estate;
use super::estate::small;
use super::gate::Gate;
use super::operator::Immortal;
use super::operator::Operator;
use super::runtime::play;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::lab::net::Path;
use crate::lab::up::listen::ARM_HOST;
use crate::sql::query::fence;
use std::sync::Arc;
use std::time::Duration;

/// One measured creation.
#[derive(Debug, Clone, Copy)]
pub struct Bulk {
    pub links: u32,
    /// Statements that both servers were sent.
    pub statements: u32,
    /// Wall time of the creation, the lab's own work included: both sit in one thread.
    pub wall: Duration,
    /// Virtual time of it: what it waited for.
    pub waited: Duration,
    /// Wall time of so many of the smallest question that milink asks, one after the other, on a session that stands.
    pub floor: Duration,
}

fn statements(estate: &Estate) -> i64 {
    estate.lab.instances.values().map(|i| i.with(|s| s.server.batches)).sum()
}

/// Creates so many links; `stopwatch` tells wall time, which a simulation has none of.
pub fn measure(links: u32, stopwatch: &dyn Fn() -> Duration) -> Result<Bulk> {
    play(7, |clock| async move {
        let mut plan = small("migrate-2019", links)?;
        for path in &mut plan.paths {
            path.latency_ms = 0.0;
        }
        let estate = Estate::up(plan, clock).await?;
        let operator = Operator::new("laptop-a", &estate);
        let hosts = estate.lab.instances.values().map(|i| i.config.host.clone()).chain([ARM_HOST.to_owned()]);
        for host in hosts {
            estate.lab.network.set_path(&operator.name, &host, Path::default());
        }
        let (before, from, began) = (statements(&estate), stopwatch(), estate.clock.monotonic());
        operator.create(&estate).await?;
        let (wall, waited) = (stopwatch().saturating_sub(from), estate.clock.monotonic().saturating_sub(began));
        let sent =
            u32::try_from(statements(&estate) - before).map_err(|_| Error::bug("fewer statements than before"))?;
        let app = operator.app(&estate, Arc::new(Immortal), &Gate::default()).await?;
        let server = estate.lab.record.servers.first().ok_or_else(|| Error::bug("the estate has no server"))?;
        let mut loan = app.sites(&operator.name)?.lend(&server.id.as_str().into()).await?;
        let from = stopwatch();
        for _ in 0..sent {
            loan.session.read(&fence::read(&fence::name("ledger"))?).await?;
        }
        let floor = stopwatch().saturating_sub(from);
        loan.done();
        Ok(Bulk { links, statements: sent, wall, waited, floor })
    })
}
