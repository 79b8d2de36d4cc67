//! The source's database mirroring endpoint (facts: mi-link 4).

use super::pair_step::PairStep;
use super::pair_step::pair_step;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::sql::query::endpoint;
use async_trait::async_trait;

/// Name of an endpoint that milink makes.
pub const NAME: &str = "database_mirroring_endpoint";

pub struct Endpoint(pub PairStep);

#[async_trait]
impl Step for Endpoint {
    pair_step!(source);

    fn summary(&self) -> String {
        format!("open the mirroring endpoint of {} on port {}", self.0.link.source, self.0.link.mirroring_port)
    }
    fn preview(&self) -> Vec<String> {
        endpoint::create(NAME, self.0.link.mirroring_port, &self.0.link.certificate)
            .map(|s| vec![s.rendered.shown.clone()])
            .unwrap_or_default()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let Some(found) = cx.effects.read(&self.0.link.source, endpoint::show()).await? else {
            return Ok(Precheck::Ready);
        };
        // Moving the port of a running group would break it (facts: mi-link 4).
        if found.port != Some(i32::from(self.0.link.mirroring_port)) {
            return Ok(Precheck::Blocked {
                expected: format!("the endpoint on port {}", self.0.link.mirroring_port),
                found: format!("`{}` on port {:?}", found.name, found.port),
                hint: "set mirroring.port of the source to the port the endpoint has".to_owned(),
            });
        }
        Ok(if found.gap_for_link().is_none() {
            Precheck::AlreadyDone(format!("`{}`, certificate, AES, started", found.name))
        } else {
            Precheck::Ready
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let link = &self.0.link;
        let found = cx.effects.read(&link.source, endpoint::show()).await?;
        match found {
            None => {
                let statement = endpoint::create(NAME, link.mirroring_port, &link.certificate)?;
                cx.effects.change(&self.0.id, &link.source, &statement).await?;
            }
            Some(e) => {
                if !(e.accepts_certificates() && e.offers_aes() && e.requires_encryption() && e.role == "ALL") {
                    let certificate = e.certificate_name.clone().unwrap_or_else(|| link.certificate.clone());
                    let statement = endpoint::alter_authentication(&e, &certificate)?;
                    cx.effects.change(&self.0.id, &link.source, &statement).await?;
                }
                if !e.is_started() {
                    cx.effects.change(&self.0.id, &link.source, &endpoint::start(&e.name)?).await?;
                }
            }
        }
        Ok(Done::note(format!("listens on port {}", link.mirroring_port)))
    }
    async fn verify(&self, cx: &Context) -> Result<()> {
        match cx.effects.read(&self.0.link.source, endpoint::show()).await? {
            Some(e) if e.gap_for_link().is_none() => Ok(()),
            other => Err(Error::new(
                Kind::Server,
                format!("the endpoint of {} is not as it must be: {other:?}", self.0.link.source),
            )),
        }
    }
    /// Other links may stand on it by now: a creation that fails leaves it for the next attempt.
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok(self.undo_summary())
    }
}
