//! After a one-way switch the source is still writable by nature: its log must end where it ended when the token was issued. What
//! was committed beyond is on no other copy, so the run stops before the application is let in, and tells who it was.

use super::attribution;
use super::attribution::Written;
use super::drain::LOG_END;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::plan::types::Path;
use crate::sql::query::database;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;
use std::time::Duration;

/// Evidence name: told once; who takes the run up again after that has read it.
const TOLD: &str = "late_writes";

/// How long a source that does not answer keeps the application waiting.
const LOOK_MAX: Duration = Duration::from_secs(20);

pub struct LateWrites(pub LinkStep);

#[async_trait]
impl Step for LateWrites {
    link_step!(source);

    fn summary(&self) -> String {
        format!("see that nobody wrote to {} on {} after the token", self.0.link.database, self.0.link.source)
    }
    fn preview(&self) -> Vec<String> {
        Vec::new()
    }
    fn undo_summary(&self) -> String {
        "nothing was changed".to_owned()
    }
    async fn precheck(&self, _: &Context) -> Result<Precheck> {
        Ok(if self.0.link.path == Path::TwoWay {
            Precheck::Skip("the source is the secondary of the kept link and takes no writes".to_owned())
        } else {
            Precheck::Ready
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let link = &self.0.link;
        let Some(frozen) = cx.proven::<String>(&self.0.sibling("cutover.drain"), LOG_END)? else {
            return Ok(Done::note("unknown: the end of the log was not noted with the token"));
        };
        let read = || async { cx.effects.read(&link.source, database::log_end(&link.database)).await.map(Some) };
        let now = match cx.until(&format!("the log of {}", link.database), LOOK_MAX, Backoff::urgent(), read).await {
            Ok(now) => now,
            // Nobody gets an answer from it, and the way is forward.
            Err(e) if e.kind() == Kind::TimedOut => {
                return Ok(Done::note(format!("unknown: {} does not answer ({})", link.source, e.chain())));
            }
            Err(e) => return Err(e),
        };
        if now.as_ref() == Some(&frozen) {
            return Ok(Done::note(format!("the log ends where it ended, at {frozen}")));
        }
        let written = attribution::since(cx, link, &frozen).await?;
        let shown = format!("from {frozen} on: {written}");
        if matches!(written, Written::System(_)) {
            return Ok(Done::note(shown));
        }
        let told: Option<String> = cx.proven(&self.0.id, TOLD)?;
        if told.as_ref() == Some(&shown) {
            return Ok(Done::note(format!("{shown}; gone on with by resume")));
        }
        cx.prove(&self.0.id, TOLD, &shown)?;
        Err(Error::new(
            Kind::Stopped,
            format!("{} on {} was written to after the token, {shown}", link.database, link.source),
        )
        .hint(format!(
            "it is not on {}. The application is shut out on both sides: carry the rows over by hand if they count, then \
             milink cutover resume goes on",
            link.target
        )))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("nothing was changed".to_owned())
    }
}
