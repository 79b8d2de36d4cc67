//! The user's own scalar queries must agree on the frozen source and on the target before L1 (facts: cutover-night 4).

use crate::base::error::Error;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::sql::query::reconcile;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;
use serde::Serialize;

pub struct Reconcile(pub LinkStep);

/// One comparison, kept in the journal.
#[derive(Debug, Serialize)]
struct Compared<'a> {
    name: &'a str,
    query: &'a str,
    source: Option<String>,
    target: Option<String>,
}

#[async_trait]
impl Step for Reconcile {
    link_step!(source);

    fn summary(&self) -> String {
        format!("compare {} on both sides by the estate's own queries", self.0.link.database)
    }
    fn preview(&self) -> Vec<String> {
        self.0.policy.reconcile.iter().map(|r| r.query.clone()).collect()
    }
    fn undo_summary(&self) -> String {
        "nothing was changed".to_owned()
    }
    /// What agreed before a process died must agree again.
    fn volatile(&self) -> bool {
        true
    }
    async fn precheck(&self, _: &Context) -> Result<Precheck> {
        Ok(Precheck::Ready)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let link = &self.0.link;
        let mut compared = Vec::new();
        for rule in &self.0.policy.reconcile {
            let (source, target) = tokio::join!(
                cx.effects.read(&link.source, reconcile::scalar(&link.database, &rule.query)),
                cx.effects.read(&link.target, reconcile::scalar(&link.database, &rule.query)),
            );
            compared.push(Compared { name: &rule.name, query: &rule.query, source: source?, target: target? });
        }
        cx.prove(&self.0.id, "compared", &compared)?;
        // NULL proves nothing: it is not equal to itself.
        if let Some(c) = compared.iter().find(|c| c.source.is_none() || c.source != c.target) {
            let shown = |v: &Option<String>| v.clone().unwrap_or_else(|| "NULL".to_owned());
            return Err(Error::refused(format!(
                "[[reconcile]] `{}` of {}: {} says {}, {} says {}",
                c.name,
                link.database,
                link.source,
                shown(&c.source),
                link.target,
                shown(&c.target)
            ))
            .hint("the writers are let in again; look at the query on both sides"));
        }
        Ok(Done::note(format!("{} agree", crate::base::text::count(compared.len(), "query"))))
    }
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok("nothing was changed".to_owned())
    }
}
