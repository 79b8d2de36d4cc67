//! Service Broker of the source: its endpoint is stopped with the other writers and started again with them, as it was found. The
//! database's own switch is left alone: it would end conversations, and it is replicated (facts: cutover-night 2.6).

use crate::base::error::Result;
use crate::engine::context::Context;
use crate::model::broker::Broker;
use crate::model::claim::NotedEndpoint;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use crate::sql::query;
use crate::sql::query::endpoint;

/// Evidence name in the snapshot.
pub const SOURCE_BROKER: &str = "source_broker";

/// The endpoint by which messages come in now.
pub fn to_note(found: &Broker) -> Vec<NotedEndpoint> {
    found.hears().map(|name| NotedEndpoint { name: name.to_owned() }).into_iter().collect()
}

/// What the snapshot of a run noted; a run of an older version noted none.
pub fn noted(cx: &Context, snapshot: &StepId) -> Result<Vec<NotedEndpoint>> {
    Ok(cx.proven(snapshot, SOURCE_BROKER)?.unwrap_or_default())
}

async fn in_state(cx: &Context, site: &SiteId, database: &str, noted: &[NotedEndpoint], state: &str) -> Result<bool> {
    let found = cx.effects.read(site, query::broker::show(database)).await?;
    Ok(found.endpoint.is_some_and(|(name, now)| now == state && noted.iter().any(|n| n.name == name)))
}

/// Stops the noted endpoint, if it is started.
pub async fn stop(cx: &Context, step: &StepId, site: &SiteId, database: &str, noted: &[NotedEndpoint]) -> Result<()> {
    if noted.is_empty() || !in_state(cx, site, database, noted, "STARTED").await? {
        return Ok(());
    }
    for n in noted {
        cx.effects.change(step, site, &endpoint::stop(&n.name)?).await?;
    }
    Ok(())
}

/// The noted endpoint is stopped.
pub async fn is_stopped(cx: &Context, site: &SiteId, noted: &[NotedEndpoint]) -> Result<bool> {
    // Asked of `master`: the database may be a secondary that lets nobody look inside.
    Ok(!noted.is_empty() && in_state(cx, site, "master", noted, "STOPPED").await?)
}

/// Starts the noted endpoint again.
pub async fn start(cx: &Context, step: &StepId, site: &SiteId, noted: &[NotedEndpoint]) -> Result<()> {
    if is_stopped(cx, site, noted).await? {
        for n in noted {
            cx.effects.change(step, site, &endpoint::start(&n.name)?).await?;
        }
    }
    Ok(())
}
