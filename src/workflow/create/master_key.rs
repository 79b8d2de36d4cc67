//! The database master key in `master` of the source: protects the endpoint's private key (facts: mi-link 2, step 2).

use super::pair_step::PairStep;
use super::pair_step::pair_step;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::sql::query::certificate;
use crate::sql::query::instance;
use async_trait::async_trait;

pub struct MasterKey(pub PairStep);

#[async_trait]
impl Step for MasterKey {
    pair_step!(source);

    fn summary(&self) -> String {
        format!("make the master key of {}", self.0.link.source)
    }
    fn preview(&self) -> Vec<String> {
        let hidden = crate::base::redact::secret("***");
        certificate::create_master_key(&hidden).map(|s| vec![s.rendered.shown.clone()]).unwrap_or_default()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let facts = cx.effects.read(&self.0.link.source, instance::facts()).await?;
        Ok(match (facts.has_master_key, facts.master_key_by_server) {
            (true, true) => Precheck::AlreadyDone("there, and the server opens it by itself".to_owned()),
            (true, false) => Precheck::Blocked {
                expected: "a master key that the server opens by itself".to_owned(),
                found: "one that it cannot open".to_owned(),
                hint: "OPEN MASTER KEY DECRYPTION BY PASSWORD = '…'; ALTER MASTER KEY ADD ENCRYPTION BY SERVICE MASTER KEY".to_owned(),
            },
            (false, _) => Precheck::Ready,
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let source = &self.0.link.source;
        let password = self.0.tools.master_key_password.get(source.as_str()).ok_or_else(|| {
            Error::refused(format!("{source} has no master key, and there is no password to make one with"))
        })?;
        cx.effects.change(&self.0.id, source, &certificate::create_master_key(password)?).await?;
        Ok(Done::note("made, protected by the service master key"))
    }
    /// Other links may stand on it by now: a creation that fails leaves it for the next attempt.
    async fn undo(&self, _: &Context) -> Result<String> {
        Ok(self.undo_summary())
    }
}
