//! Every database is cut over and no link is left: a link and a group exclude each other on an instance.

use super::links;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::workflow::fog::base::FogStep;
use crate::workflow::fog::base::fog_step;
use crate::workflow::fog::base::only_reads;
use async_trait::async_trait;

pub struct Unlinked(pub FogStep);

impl Unlinked {
    /// What is still in the way, link by link, and the next command.
    async fn open(&self, cx: &Context) -> Result<Vec<(String, String)>> {
        let mut open = Vec::new();
        let facts = self.0.look(cx).await;
        for member in [&facts.a, &facts.b] {
            match member.links.get() {
                Ok(all) => open.extend(
                    all.iter().map(|l| (format!("link {l} on {}", member.site), format!("milink link delete {l}"))),
                ),
                Err(why) => {
                    open.push((format!("links of {} unknown: {}", member.site, why.0), "milink check".to_owned()));
                }
            }
        }
        for l in &self.0.plan.links {
            let found = links::look(&self.0, cx, l).await;
            let word = found.milestone();
            // A source that is gone for good cannot say that it is shut; somebody answers for it.
            if word.is_none() && links::waived(&self.0, links::OLD_COPY) {
                continue;
            }
            if !matches!(word, Some("cut_over" | "unlinked")) {
                open.push((
                    format!("{} is at milestone {}", l.name, word.unwrap_or("unknown")),
                    format!("milink cutover plan {}", l.name),
                ));
            }
        }
        Ok(open)
    }
}

#[async_trait]
impl Step for Unlinked {
    fog_step!(primary);
    only_reads!();

    fn summary(&self) -> String {
        format!("see every link of {} cut over and gone", self.0.plan.primary.site)
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let open = self.open(cx).await?;
        let Some((_, hint)) = open.first().cloned() else {
            return Ok(Precheck::AlreadyDone("no link is left on either instance".to_owned()));
        };
        let found: Vec<String> = open.into_iter().map(|(what, _)| what).collect();
        Ok(Precheck::Blocked {
            expected: "no link, and nothing left to cut over".to_owned(),
            found: found.join("; "),
            hint,
        })
    }
    async fn run(&self, _: &Context) -> Result<Done> {
        Ok(Done::note("no link is left"))
    }
}
