//! `protected`: the group whole on both sides, both listeners right, every old copy out of service. All of it is read again
//! here, at once, because what closes the unprotected window must hold at one moment.

use super::links;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::base::text;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Step;
use crate::inventory::listener::Landing;
use crate::journal::record::WINDOW;
use crate::journal::record::Window;
use crate::workflow::fog::base::FogStep;
use crate::workflow::fog::base::fog_step;
use crate::workflow::fog::base::only_reads;
use crate::workflow::fog::listeners;
use crate::workflow::fog::seed::is_whole;
use async_trait::async_trait;
use std::time::Duration;
use time::OffsetDateTime;

/// Names and roles settled before; this is for one bad moment.
const SETTLE_MAX: Duration = Duration::from_secs(120);

pub struct Milestone(pub FogStep);

impl Milestone {
    /// What is not as it must be; empty: all holds.
    async fn open(&self, cx: &Context) -> Vec<String> {
        let plan = &self.0.plan;
        let mut open = Vec::new();
        if !is_whole(&self.0.look(cx).await) {
            open.push("not every database is CATCH_UP on both sides".to_owned());
        }
        for landed in listeners::land(&self.0, cx, &plan.primary, &plan.secondary).await {
            if landed.landing != Landing::Right {
                let why = landed.why.unwrap_or_else(|| format!("{:?}", landed.landing));
                open.push(format!("{}: {why}", landed.listener));
            }
        }
        if links::waived(&self.0, links::OLD_COPY) {
            return open;
        }
        for l in &plan.links {
            match links::look(&self.0, cx, l).await.source.writable() {
                Some(false) => {}
                Some(true) => open.push(format!("the old copy of {} on {} takes writes", l.database, l.source)),
                None => {
                    open.push(format!(
                        "whether the old copy of {} on {} takes writes is unknown",
                        l.database, l.source
                    ));
                }
            }
        }
        open
    }

    /// From the first change of roles until now.
    fn window(&self, now: OffsetDateTime) -> Window {
        let opened = self.0.plan.links.iter().map(links::switched).collect::<Option<Vec<_>>>();
        let opened_at = opened.and_then(|all| all.into_iter().min());
        Window { group: self.0.plan.group.clone(), opened_at, closed_at: now }
    }
}

#[async_trait]
impl Step for Milestone {
    fog_step!(primary);
    only_reads!(ready);

    fn summary(&self) -> String {
        "see all of it hold at once: milestone `protected`".to_owned()
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let last = std::sync::Mutex::new(Vec::new());
        let waited = cx
            .until("everything to hold at once", SETTLE_MAX, Backoff::relaxed(), || async {
                let open = self.open(cx).await;
                let holds = open.is_empty();
                *last.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = open;
                Ok(holds.then_some(()))
            })
            .await;
        if let Err(e) = waited {
            let open = last.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
            if open.is_empty() {
                return Err(e);
            }
            return Err(Error::new(e.kind(), format!("not protected: {}", open.join("; ")))
                .hint(format!(
                    "mend it, then resume; an old copy that is gone for good: [[waiver]] check = \"{}\"",
                    links::OLD_COPY
                ))
                .caused_by(e));
        }
        let window = self.window(cx.clock.now());
        cx.prove(&self.0.id, WINDOW, &window)?;
        Ok(Done::note(match window.lasted() {
            Some(lasted) => format!("protected; unprotected for {}", text::duration(lasted)),
            None => "protected; when the unprotected window opened is not in this journal".to_owned(),
        }))
    }
}
