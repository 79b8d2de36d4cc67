//! The managed instance's public key comes to the source, under exactly its FQDN: with any other name the link does not work.

use super::pair_step::PairStep;
use super::pair_step::pair_step;
use crate::arm::InstanceRef;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::pki::CertificateFacts;
use crate::sql::query::certificate;
use async_trait::async_trait;

pub struct TrustInstance(pub PairStep);

impl TrustInstance {
    async fn der(&self, cx: &Context) -> Result<Vec<u8>> {
        let instance = InstanceRef {
            resource_group: self.0.link.resource_group.clone(),
            name: self.0.link.managed_instance.clone(),
        };
        cx.effects
            .arm()?
            .endpoint_certificate(&instance)
            .await?
            .der()
            .ok_or_else(|| Error::new(Kind::Server, format!("Azure gives no public key of {}", self.0.link.target)))
    }

    /// A certificate can be imported once only (15232): under another name it stands in the way.
    async fn under_another_name(&self, cx: &Context, der: &[u8]) -> Result<Option<String>> {
        let thumbprint = CertificateFacts::read(der)?.sha1;
        let there = cx.effects.read(&self.0.link.source, certificate::list()).await?;
        Ok(there.into_iter().find(|c| c.thumbprint.as_deref() == Some(&thumbprint)).map(|c| c.name))
    }
}

#[async_trait]
impl Step for TrustInstance {
    pair_step!(source);

    fn summary(&self) -> String {
        format!("import {}'s public key on {} as [{}]", self.0.link.target, self.0.link.source, self.0.link.fqdn)
    }
    fn preview(&self) -> Vec<String> {
        vec![format!(
            "CREATE CERTIFICATE [{}] FROM BINARY = 0x<public key of {}>",
            self.0.link.fqdn, self.0.link.target
        )]
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let name = &self.0.link.fqdn;
        let der = self.der(cx).await?;
        Ok(match cx.effects.read(&self.0.link.source, certificate::encoded(name)).await? {
            None => match self.under_another_name(cx, &der).await? {
                None => Precheck::Ready,
                Some(other) => Precheck::Blocked {
                    expected: format!("the public key of {} under exactly its name", self.0.link.target),
                    found: format!(
                        "it stands on {} as [{other}], where the link does not find it (41974)",
                        self.0.link.source
                    ),
                    hint: format!(
                        "DROP CERTIFICATE [{other}] on {}, then create the link again: it is imported as [{name}]",
                        self.0.link.source
                    ),
                },
            },
            Some(there) if there == der => Precheck::AlreadyDone("there, same bytes".to_owned()),
            // After a rotation no re-import is needed as long as the chain validates (facts: mi-link 3.2).
            Some(_) => Precheck::AlreadyDone(
                "there, an earlier one of the instance's; the roots vouch for its successor".to_owned(),
            ),
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let der = self.der(cx).await?;
        let statement = certificate::import(&self.0.link.fqdn, &der)?;
        cx.effects.change(&self.0.id, &self.0.link.source, &statement).await?;
        Ok(Done::note(format!("imported as [{}]", self.0.link.fqdn)))
    }
    /// Other links may stand on it by now: a creation that fails leaves it for the next attempt.
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok(self.undo_summary())
    }
}
