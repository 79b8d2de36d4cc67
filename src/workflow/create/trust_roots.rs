//! The roots that vouch for the managed instance's certificate, on the source (facts: mi-link 3.3).

use super::pair_step::PairStep;
use super::pair_step::pair_step;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::group::Connected;
use crate::plan::names;
use crate::sql::query::certificate;
use crate::sql::query::group;
use crate::workflow::tools::Root;
use async_trait::async_trait;

pub struct TrustRoots(pub PairStep);

impl TrustRoots {
    /// Roots not yet on the source, judged by their bytes.
    async fn missing(&self, cx: &Context) -> Result<Vec<(Root, bool)>> {
        let source = &self.0.link.source;
        let there = cx.effects.read(source, certificate::list()).await?;
        let mut missing = Vec::new();
        for root in &self.0.tools.roots {
            let same_name = there.iter().any(|c| c.name.eq_ignore_ascii_case(&root.name));
            let same_bytes = same_name
                && cx.effects.read(source, certificate::encoded(&root.name)).await?.as_deref() == Some(&root.der);
            if !same_bytes {
                missing.push((root.clone(), same_name));
            }
        }
        Ok(missing)
    }

    /// The instance got through the handshake, which it does only where a marked root vouches for it.
    async fn instance_is_let_in(&self, cx: &Context) -> Result<bool> {
        let link = &self.0.link;
        let replicas = cx.effects.read(&link.source, group::replicas()).await?;
        Ok(replicas.iter().any(|r| {
            r.is_distributed
                && r.group.eq_ignore_ascii_case(link.name.as_str())
                && r.name.eq_ignore_ascii_case(&link.instance_group)
                && r.connected == Some(Connected::Connected)
        }))
    }
}

#[async_trait]
impl Step for TrustRoots {
    pair_step!(source);

    fn summary(&self) -> String {
        format!("import the roots of Azure on {}", self.0.link.source)
    }
    fn preview(&self) -> Vec<String> {
        let pattern = names::issuer_pattern(&self.0.link.fqdn);
        self.0
            .tools
            .roots
            .iter()
            .flat_map(|r| [certificate::import(&r.name, &r.der), certificate::add_issuer(&r.name, &pattern)])
            .flatten()
            .map(|s| s.rendered.shown.clone())
            .collect()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let missing = self.missing(cx).await?;
        if let Some((root, _)) = missing.iter().find(|(_, taken)| *taken) {
            return Ok(Precheck::Blocked {
                expected: format!("the name {} free, or holding that root", root.name),
                found: "another certificate under that name".to_owned(),
                hint: format!("DROP CERTIFICATE [{}] if nothing uses it", root.name),
            });
        }
        let marked = cx.proven::<bool>(&self.0.id, "issuers_marked")?.unwrap_or(false);
        Ok(if missing.is_empty() && (marked || self.instance_is_let_in(cx).await?) {
            Precheck::AlreadyDone(format!("{} there", crate::base::text::count(self.0.tools.roots.len(), "root")))
        } else {
            // Whether a root that is there was also marked as issuer cannot be read back, only seen in a link that stands:
            // marking again is safe.
            Precheck::Ready
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let source = &self.0.link.source;
        for (root, _) in self.missing(cx).await? {
            cx.effects.change(&self.0.id, source, &certificate::import(&root.name, &root.der)?).await?;
        }
        let pattern = names::issuer_pattern(&self.0.link.fqdn);
        for root in &self.0.tools.roots {
            cx.effects.change(&self.0.id, source, &certificate::add_issuer(&root.name, &pattern)?).await?;
        }
        cx.prove(&self.0.id, "issuers_marked", &true)?;
        Ok(Done::note(format!("{} vouch for {pattern}", crate::base::text::count(self.0.tools.roots.len(), "root"))))
    }
    /// Other links may stand on it by now: a creation that fails leaves it for the next attempt.
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok(self.undo_summary())
    }
}
