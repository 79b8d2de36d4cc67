//! What jobs on the servers found when they last tried the ports, out of the journal.

use super::build::App;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::journal::fold::fold;
use crate::journal::store::Journal;
use crate::model::ids::RunId;
use crate::model::ids::SiteId;
use crate::model::proof::Attempt;
use crate::model::proof::Proof;
use crate::plan::probe;
use crate::plan::types::Plan;
use crate::plan::types::PlanKind;
use crate::workflow::probe::attempt::ATTEMPT;

/// The newest try between two servers. `None`: there was none.
pub fn between(journal: &dyn Journal, source: &SiteId, target: &SiteId) -> Result<Option<Proof>> {
    let kind = PlanKind::Probe.as_str();
    for run in journal.runs()?.into_iter().filter(|r| r.as_str().starts_with(kind)) {
        let state = fold(&journal.records(&run)?)?;
        let attempt = |kind: &str| {
            let id = probe::step_id(kind, &source.0, &target.0);
            let value = state.evidence.get(&(id, ATTEMPT.to_owned()))?.clone();
            serde_json::from_value::<Attempt>(value).ok()
        };
        let proof = Proof { to_target: attempt(probe::TO_TARGET), to_source: attempt(probe::TO_SOURCE), run };
        if proof.attempts().next().is_some() {
            return Ok(Some(proof));
        }
    }
    Ok(None)
}

impl App {
    /// The jobs that try the ports between the servers of these links, both ways.
    pub async fn plan_probe(&self, links: &[String]) -> Result<Plan> {
        let links = self.link_plans(links).await?;
        let mut plan = probe::build(links, self.policy());
        self.fill_in_words(&mut plan)?;
        Ok(plan)
    }

    /// What a run found.
    pub fn tried(&self, run: &RunId) -> Result<Vec<Attempt>> {
        let state = fold(&self.journal.records(run)?)?;
        let found = state.evidence.iter().filter(|((_, name), _)| name == ATTEMPT);
        found
            .map(|((step, _), value)| {
                serde_json::from_value(value.clone())
                    .map_err(|e| Error::bug(format!("what {step} tried cannot be read")).caused_by(e))
            })
            .collect()
    }
}
