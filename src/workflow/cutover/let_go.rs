//! The end: logins and jobs that were set apart for this run are anybody's again.

use super::claims;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;

/// A stage of its own, after every login of every link was put back: else another run could claim one in between and find it
/// let in by us.
pub struct LetGo(pub LinkStep);

#[async_trait]
impl Step for LetGo {
    link_step!(source);

    fn summary(&self) -> String {
        let link = &self.0.link;
        format!("give back the logins and jobs set apart on {} and {}", link.source, link.target)
    }
    fn preview(&self) -> Vec<String> {
        vec!["EXEC master.sys.sp_dropextendedproperty @name = N'milink_bar_…' [each login and job]".to_owned()]
    }
    fn undo_summary(&self) -> String {
        "none: from here only forward".to_owned()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let link = &self.0.link;
        let (here, there) = tokio::join!(claims::own(cx, &link.source), claims::own(cx, &link.target));
        Ok(if here?.is_empty() && there?.is_empty() {
            Precheck::AlreadyDone("nothing is set apart".to_owned())
        } else {
            Precheck::Ready
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let (id, link) = (&self.0.id, &self.0.link);
        let n = claims::give_back(cx, id, &link.source).await? + claims::give_back(cx, id, &link.target).await?;
        Ok(Done::note(format!("{n} given back")))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("not undone".to_owned())
    }
}
