//! Everything that can be known before a group is taken away is looked at before: afterwards its name is free for anybody, and
//! nothing but backups protects what was in it.

use crate::base::error::Error;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Step;
use crate::inventory::fog::look;
use crate::plan::fog::FogOp;
use crate::plan::fog::FogPlan;
use crate::rules::fog::prerequisites;
use crate::rules::fog::runbook;
use crate::rules::fog::state::Asked;
use crate::rules::fog::state::may;
use crate::workflow::fog::base::FogStep;
use crate::workflow::fog::base::fog_step;
use crate::workflow::fog::base::only_reads;
use crate::workflow::fog::base::place;
use crate::workflow::fog::seed::is_whole;
use async_trait::async_trait;

pub struct Gate(pub FogStep);

impl Gate {
    /// The pair that is to be made; `None`: none is.
    fn next(&self) -> Option<&FogPlan> {
        let book = self.0.plan.runbook.as_ref()?;
        book.acts.iter().find(|a| a.op == FogOp::Create)
    }
}

#[async_trait]
impl Step for Gate {
    fog_step!(primary);
    only_reads!(ready);

    fn summary(&self) -> String {
        match self.next() {
            Some(next) => format!(
                "see {} whole, and {} and {} fit for a group, before anything is taken away",
                self.0.plan.group, next.primary.site, next.secondary.site
            ),
            None => format!("see {} whole and both members at rest", self.0.plan.group),
        }
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let plan = &self.0.plan;
        let facts = self.0.look(cx).await;
        let stands = crate::rules::fog::state::standing(&facts);
        may(Asked::Planned(crate::model::geo::Side::B), &stands, &facts)
            .map_err(|r| Error::refused(r.why).hint(r.hint))?;
        if !is_whole(&facts) {
            return Err(Error::refused(format!("{} is not whole: {}", plan.group, stands.sentence()))
                .hint(format!("milink fog show {}", plan.group)));
        }
        let Some(next) = self.next() else {
            return Ok(Done::note(format!("{}, both members at rest", stands.sentence())));
        };
        let pair = look(&cx.effects, &next.group, &place(&next.primary), &place(&next.secondary)).await;
        let same_pair = [&next.primary.site, &next.secondary.site]
            .iter()
            .all(|s| [&plan.primary.site, &plan.secondary.site].contains(s));
        let blocking =
            runbook::blocking(prerequisites::judge(&pair, next.gb_per_hour()), &plan.group, same_pair, &plan.waived);
        if !blocking.is_empty() {
            return Err(Error::refused(format!("the new group could not be made: {}", blocking.join("; ")))
                .hint("mend it first; nothing was taken away"));
        }
        Ok(Done::note(format!("{}; {} and {} fit together", stands.sentence(), next.primary.site, next.secondary.site)))
    }
}
