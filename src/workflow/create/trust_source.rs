//! The source's public key goes to the managed instance.

use super::pair_step::PairStep;
use super::pair_step::pair_step;
use crate::arm::ArmChange;
use crate::arm::InstanceRef;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::sql::query::certificate;
use crate::sql::query::endpoint;
use async_trait::async_trait;
use std::time::Duration;

const UPLOAD_MAX: Duration = Duration::from_secs(600);

pub struct TrustSource(pub PairStep);

impl TrustSource {
    fn instance(&self) -> InstanceRef {
        InstanceRef { resource_group: self.0.link.resource_group.clone(), name: self.0.link.managed_instance.clone() }
    }
    /// The certificate the endpoint really uses.
    async fn der(&self, cx: &Context) -> Result<(String, Vec<u8>)> {
        let source = &self.0.link.source;
        let used = cx.effects.read(source, endpoint::show()).await?.and_then(|e| e.certificate_name);
        let name = used.unwrap_or_else(|| self.0.link.certificate.clone());
        let der = cx.effects.read(source, certificate::encoded(&name)).await?;
        der.map(|d| (name.clone(), d))
            .ok_or_else(|| Error::new(Kind::NotFound, format!("{source} has no certificate `{name}`")))
    }
    /// Certificate names become resource names.
    fn resource_name(name: &str) -> String {
        name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' }).collect()
    }
}

#[async_trait]
impl Step for TrustSource {
    pair_step!(target);

    fn summary(&self) -> String {
        format!("give {}'s public key to {}", self.0.link.source, self.0.link.target)
    }
    fn preview(&self) -> Vec<String> {
        let change = ArmChange::PutTrustCertificate {
            instance: self.instance(),
            name: Self::resource_name(&self.0.link.certificate),
            der: Vec::new(),
        };
        self.0.tools.request(&change)
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let Ok((_, der)) = self.der(cx).await else { return Ok(Precheck::Ready) };
        let there = cx.effects.arm()?.trust_certificates(&self.instance()).await?;
        Ok(match there.iter().find(|t| t.der().as_ref() == Some(&der)) {
            Some(t) => Precheck::AlreadyDone(format!("there as `{}`", t.name.as_deref().unwrap_or("?"))),
            None => Precheck::Ready,
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let (name, der) = self.der(cx).await?;
        let name = Self::resource_name(&name);
        let change = ArmChange::PutTrustCertificate { instance: self.instance(), name: name.clone(), der };
        cx.effects.arm_change_and_wait(&cx.clock, &self.0.id, &self.0.link.target, &change, UPLOAD_MAX).await?;
        Ok(Done::note(format!("uploaded as `{name}`")))
    }
    /// Other links may stand on it by now: a creation that fails leaves it for the next attempt.
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok(self.undo_summary())
    }
}
