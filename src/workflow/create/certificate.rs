//! The source's own endpoint certificate.

use super::pair_step::PairStep;
use super::pair_step::pair_step;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::sql::query::certificate;
use async_trait::async_trait;
use time::OffsetDateTime;

pub struct Certificate(pub PairStep);

impl Certificate {
    /// The site's own life of a certificate; SQL Server's default of one year is never relied on.
    fn expiry(&self, now: OffsetDateTime) -> time::Date {
        (now + time::Duration::days(i64::from(self.0.policy.certificate_days))).date()
    }
    fn subject(&self) -> String {
        format!("Certificate for {}", self.0.link.certificate)
    }
}

#[async_trait]
impl Step for Certificate {
    pair_step!(source);

    fn summary(&self) -> String {
        format!("make the endpoint certificate {} on {}", self.0.link.certificate, self.0.link.source)
    }
    fn preview(&self) -> Vec<String> {
        // The day of the run decides the date; the preview shows the form.
        let form = self.expiry(OffsetDateTime::UNIX_EPOCH);
        let words = format!("<{} days from the run>", self.0.policy.certificate_days);
        certificate::create(&self.0.link.certificate, &self.subject(), form)
            .map(|s| vec![s.rendered.shown.replace(&form.to_string(), &words)])
            .unwrap_or_default()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let found = cx.effects.read(&self.0.link.source, certificate::list()).await?;
        let now = cx.clock.now();
        Ok(match found.iter().find(|c| c.name.eq_ignore_ascii_case(&self.0.link.certificate)) {
            None => Precheck::Ready,
            Some(c) if c.serves_endpoint() && c.is_valid_at(now) => {
                Precheck::AlreadyDone("there, valid, key under the master key".to_owned())
            }
            Some(c) => Precheck::Blocked {
                expected: "a valid certificate with its key under the master key".to_owned(),
                found: format!("`{}`, key protection {}, valid until {:?}", c.name, c.key_protection, c.not_after),
                hint: format!("DROP CERTIFICATE [{}] if nothing uses it, or name another one", c.name),
            },
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let expiry = self.expiry(cx.clock.now());
        let statement = certificate::create(&self.0.link.certificate, &self.subject(), expiry)?;
        cx.effects.change(&self.0.id, &self.0.link.source, &statement).await?;
        Ok(Done::note(format!("valid until {expiry}")))
    }
    /// Other links may stand on it by now: a creation that fails leaves it for the next attempt.
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok(self.undo_summary())
    }
}
