//! The closer look before a group is made: once, not at every turn.

use super::build::App;
use super::fog::FogLook;
use super::fog::Standing;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::model::fact::Fact;
use crate::rules::fog::closer;
use crate::rules::fog::closer::Closer;
use crate::rules::fog::closer::Inside;
use crate::rules::fog::prerequisites::Row;
use crate::rules::fog::prerequisites::Status;
use crate::sql::query::database;

/// System databases come first; users' begin behind them.
const SYSTEM_DATABASES: i32 = 4;

fn fact<T>(found: Result<T>) -> Fact<T> {
    match found {
        Ok(value) => Fact::Known { value },
        Err(e) => Fact::unknown(e.chain()),
    }
}

impl App {
    /// The whole checklist of a creation: what every look reads, and what is read once. Empty where there is nothing to make.
    pub async fn whole_checklist(&self, look: &FogLook) -> Result<Vec<Row>> {
        let mut rows = self.group_rows(look);
        if look.wanted.between_servers || look.standing != Standing::None || rows.is_empty() {
            return Ok(rows);
        }
        let closer = closer::judge(&self.look_closer(look).await?, &look.facts);
        rows.retain(|r| closer.iter().all(|c| c.id != r.id));
        rows.extend(closer.into_iter().map(|mut row| {
            if row.status != Status::Pass && self.waives(row.id) {
                row.status = Status::Waived;
            }
            row
        }));
        Ok(rows)
    }

    async fn look_closer(&self, look: &FogLook) -> Result<Closer> {
        let cx = self.observer()?;
        let arm = cx.effects.arm()?;
        let (a, b) = (self.place(&look.facts.a.site)?, self.place(&look.facts.b.site)?);
        let (ka, kb) = tokio::join!(arm.encryption_protector(&a.instance), arm.encryption_protector(&b.instance));
        let inside = cx.effects.read(&a.site, database::list()).await.map(|all| {
            let users = all.into_iter().filter(|d| d.database_id > SYSTEM_DATABASES);
            users
                .map(|d| Inside {
                    in_memory: d.stream_containers.map(|n| n > 0),
                    publishes: d.is_published || d.is_merge_published || d.is_distributor,
                    name: d.name,
                })
                .collect()
        });
        let resolves = match &look.listeners {
            Some((rw, _)) => self.names.resolve(rw).await.map(|found| found.is_some()),
            None => Err(Error::refused("the listener has no name yet: Azure names no address of either side")),
        };
        Ok(Closer { keys: [fact(ka), fact(kb)], inside: fact(inside), resolves: fact(resolves) })
    }
}
