//! What steps that links share have in common: one source, or one source with one target.

use crate::model::ids::StepId;
use crate::plan::types::LinkPlan;
use crate::plan::types::PlanPolicy;
use crate::workflow::tools::Tools;
use std::sync::Arc;

/// Works from the first link of its pair: server names, ports and certificate names are the same for all of them.
#[derive(Clone)]
pub struct PairStep {
    pub id: StepId,
    pub link: LinkPlan,
    pub policy: Arc<PlanPolicy>,
    pub tools: Arc<Tools>,
}

macro_rules! pair_step {
    ($site:ident) => {
        fn id(&self) -> &crate::model::ids::StepId {
            &self.0.id
        }
        fn site(&self) -> &crate::model::ids::SiteId {
            &self.0.link.$site
        }
        fn link(&self) -> Option<&crate::model::ids::LinkName> {
            None
        }
        fn undo_summary(&self) -> String {
            "left in place: harmless, and the next attempt needs it".to_owned()
        }
    };
}
pub(super) use pair_step;
