//! The distributed availability group: always created on SQL Server (facts: mi-link 5.2).

use super::group::drop_if_made;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::plan::names;
use crate::sql::Statement;
use crate::sql::query::group;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;

pub struct Distributed(pub LinkStep);

const MADE: &str = "made";

impl Distributed {
    fn statement(&self) -> Result<Statement> {
        let link = &self.0.link;
        group::create_distributed(
            link.name.as_str(),
            &link.group,
            &link.endpoint_url,
            &link.instance_group,
            &names::instance_url(&link.fqdn),
        )
    }
}

#[async_trait]
impl Step for Distributed {
    link_step!(source);

    fn summary(&self) -> String {
        format!("create distributed availability group {} on {}", self.0.link.name, self.0.link.source)
    }
    fn preview(&self) -> Vec<String> {
        self.statement().map(|s| vec![s.rendered.shown.clone()]).unwrap_or_default()
    }
    fn undo_summary(&self) -> String {
        "drop it if this run made it".to_owned()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let link = &self.0.link;
        let groups = cx.effects.read(&link.source, group::list()).await?;
        Ok(match groups.iter().find(|g| g.name.eq_ignore_ascii_case(link.name.as_str())) {
            None => Precheck::Ready,
            Some(g) if g.is_distributed => Precheck::AlreadyDone("there".to_owned()),
            Some(_) => Precheck::Blocked {
                expected: format!("the name {} free", link.name),
                found: "a local group of that name".to_owned(),
                hint: "name the link otherwise in the estate file".to_owned(),
            },
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        cx.prove(&self.0.id, MADE, &true)?;
        cx.effects.change(&self.0.id, &self.0.link.source, &self.statement()?).await?;
        Ok(Done::note("waits for the managed instance"))
    }
    async fn undo(&self, cx: &Context) -> Result<String> {
        drop_if_made(cx, &self.0, self.0.link.name.as_str(), MADE).await
    }
}
