//! A process that works on a group.

use super::deed::Deed;
use crate::app::fog::NoPlan;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::engine::cancel::Cancel;
use crate::model::ids::RunId;
use crate::model::ids::SiteId;
use crate::sim::play::estate::Estate;
use crate::sim::play::gate::Gate;
use crate::sim::play::operator::Fate;
use crate::sim::play::operator::Mortal;
use crate::sim::play::operator::Operator;
use std::sync::Arc;

impl Operator {
    /// The command of a deed. It names who is to be primary: told twice, it is done once.
    pub async fn deed(
        &self,
        estate: &Estate,
        deed: Deed,
        faults: &Arc<dyn Mortal>,
        gate: &Gate,
        cancel: Cancel,
    ) -> Fate {
        let work = Box::pin(async {
            let app = self.app(estate, faults.clone(), gate).await?;
            let [group, primary, secondary] = deed.members();
            let look = app.look_at_group(Some(group)).await?;
            let plan = match (deed, deed.runbook()) {
                (_, Some(ask)) => app.plan_runbook(&look, &ask).await?,
                (Deed::Network, None) => {
                    let found = app.look_at_network(&look).await?;
                    app.plan_network(&look, &found)?
                }
                _ => {
                    let to = match deed {
                        Deed::PlannedBack | Deed::ServersPlannedBack => Some(SiteId::from(primary)),
                        _ => deed.promotes().then(|| SiteId::from(secondary)),
                    };
                    app.plan_fog(&look, deed.op(), to.as_ref()).map_err(|e| match e {
                        NoPlan::Error(e) => e,
                        NoPlan::Already(refusal) => Error::refused(refusal.why),
                    })?
                }
            };
            app.start(&plan, self.observer(estate), cancel).await
        });
        Box::pin(self.process(estate, faults, gate, work)).await
    }

    /// Takes up the run on a group that is open.
    pub async fn go_on(&self, estate: &Estate, faults: &Arc<dyn Mortal>, gate: &Gate, cancel: Cancel) -> Fate {
        let work = Box::pin(async {
            let run = self.open_group_run()?.ok_or_else(|| Error::new(Kind::NotFound, "no run is open"))?;
            let app = self.app(estate, faults.clone(), gate).await?;
            app.resume(&run, self.observer(estate), cancel).await
        });
        Box::pin(self.process(estate, faults, gate, work)).await
    }

    pub fn open_group_run(&self) -> Result<Option<RunId>> {
        self.open_run_of(&["fog", "drill"])
    }
}
