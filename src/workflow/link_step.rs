//! What all steps of one link have in common.

use super::tools::Tools;
use crate::model::ids::LinkName;
use crate::model::ids::StepId;
use crate::plan::types::LinkPlan;
use crate::plan::types::PlanPolicy;
use std::sync::Arc;
use std::time::Duration;

/// The frozen facts a link's step works from.
#[derive(Clone)]
pub struct LinkStep {
    pub id: StepId,
    pub link: LinkPlan,
    /// All links of the run, this one included.
    pub together: Arc<[LinkName]>,
    pub policy: Arc<PlanPolicy>,
    pub tools: Arc<Tools>,
}

impl LinkStep {
    /// Id of a sibling step of the same link: where its evidence is found.
    pub fn sibling(&self, kind: &str) -> StepId {
        step_id(kind, &self.link.name)
    }
    pub fn budget(&self) -> Duration {
        Duration::from_millis(self.policy.budget_ms)
    }
}

/// `<kind>/<link>`
pub fn step_id(kind: &str, link: &LinkName) -> StepId {
    StepId::new(format!("{kind}/{link}"))
}

/// The accessors every step of a link spells alike.
macro_rules! link_step {
    ($site:ident) => {
        fn id(&self) -> &crate::model::ids::StepId {
            &self.0.id
        }
        fn site(&self) -> &crate::model::ids::SiteId {
            &self.0.link.$site
        }
        fn link(&self) -> Option<&crate::model::ids::LinkName> {
            Some(&self.0.link.name)
        }
    };
}
pub(super) use link_step;
