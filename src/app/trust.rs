//! Certificates and endpoints of the estate's pairs.

use super::build::App;
use crate::arm::InstanceRef;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::inventory::fact::Fact;
use crate::inventory::trust;
use crate::inventory::trust::PairTrust;
use crate::inventory::trust::TrustQuestion;
use crate::inventory::trust_findings::Finding;
use crate::inventory::trust_findings::findings;
use crate::model::endpoint::EndpointFacts;
use crate::model::ids::SiteId;
use crate::pki::trust::Root;
use crate::plan::create::Part;
use crate::plan::types::LinkPlan;
use crate::plan::types::Plan;
use crate::sql::query::endpoint;
use futures_util::StreamExt;
use futures_util::stream;

/// Pairs looked at side by side.
const LOOKS_MAX: usize = 8;

impl App {
    /// What is missing until both sides know each other. The source must have its own certificate first.
    pub async fn plan_exchange(&self, links: &[String]) -> Result<Plan> {
        let first = self.plan_part(links, Part::Certificate).await?;
        if let Some(step) = first.steps().find(|s| s.id.kind() == "create.certificate") {
            return Err(Error::refused(format!("{} has no endpoint certificate to give away", step.site))
                .hint("milink cert create"));
        }
        self.plan_part(links, Part::Exchange).await
    }

    /// Every pair of source and target that the named links (or all) join.
    pub async fn look_at_trust(&self, links: &[String]) -> Result<Vec<PairTrust>> {
        let plans = self.link_plans(links).await?;
        let roots = self.roots()?;
        let mut questions: Vec<TrustQuestion> = Vec::new();
        for link in &plans {
            match questions.iter_mut().find(|q| q.source == link.source && q.target == link.target) {
                Some(known) => known.links.push(link.name.clone()),
                None => questions.push(question(link, &roots)),
            }
        }
        let cx = self.observer()?;
        let effects = &cx.effects;
        Ok(stream::iter(questions).map(|q| trust::read(effects, q)).buffered(LOOKS_MAX).collect().await)
    }

    /// What is found, judged at this moment.
    pub fn judge_trust(&self, pair: &PairTrust) -> Vec<Finding> {
        findings(pair, self.clock.now())
    }

    /// Days from now until `end`; negative when it is over.
    pub fn days_until(&self, end: time::OffsetDateTime) -> i64 {
        (end - self.clock.now()).whole_days()
    }

    /// The mirroring endpoint of every source of the named links, or of all.
    pub async fn look_at_endpoints(&self, links: &[String]) -> Result<Vec<(SiteId, Fact<Option<EndpointFacts>>)>> {
        let mut sites: Vec<SiteId> = self.config.select(links)?.iter().map(|l| l.source.clone()).collect();
        sites.sort();
        sites.dedup();
        let cx = self.observer()?;
        let effects = &cx.effects;
        let look = |site: SiteId| async move {
            let found = effects.read(&site, endpoint::show()).await;
            (site, found.into())
        };
        Ok(stream::iter(sites).map(look).buffered(LOOKS_MAX).collect().await)
    }
}

fn question(link: &LinkPlan, roots: &[Root]) -> TrustQuestion {
    TrustQuestion {
        source: link.source.clone(),
        target: link.target.clone(),
        instance: InstanceRef { resource_group: link.resource_group.clone(), name: link.managed_instance.clone() },
        fqdn: link.fqdn.clone(),
        certificate: link.certificate.clone(),
        roots: roots.to_vec(),
        links: vec![link.name.clone()],
    }
}
