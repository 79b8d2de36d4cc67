//! Manual mode: what would change a server is shown, somebody runs it in a tool of their own, and milink looks whether it is done.

use super::perform::Effects;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::journal::record::Record;
use crate::model::ids::RunId;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use tokio_util::sync::CancellationToken;

/// Evidence name: what somebody ran.
pub const BY_HAND: &str = "by_hand";

/// What milink does itself even then: its lease, what it sets apart for the run, and the login that it makes to be kept out. The
/// lease ends with its own session, and only it knows that login's password.
const OWN: [&str; 3] = ["lease.", "fence.", "claim."];
const OWN_STEP: &str = "cutover.canary";

/// Something to be run by somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub run: RunId,
    pub step: StepId,
    /// Where: a server, or the site whose Azure resource is meant.
    pub site: SiteId,
    /// The exact statements or requests, in order.
    pub statements: Vec<String>,
}

/// Who runs it.
#[async_trait]
pub trait Hand: Send + Sync {
    /// Shows it, and returns once somebody says that it is done.
    async fn please(&self, asked: &Asked) -> Result<()>;
}

/// The hand of a run, and what ends its waiting.
#[derive(Default)]
pub(super) struct ByHand {
    hand: Option<Arc<dyn Hand>>,
    stop: Mutex<CancellationToken>,
}

impl ByHand {
    /// Waits for the hand; `None`: this change is milink's own.
    pub(super) async fn ask(&self, effects: &Effects, asked: Asked, script: &str) -> Option<Result<()>> {
        let own = asked.step.kind() == OWN_STEP || OWN.iter().any(|own| script.starts_with(own));
        let hand = self.hand.as_ref().filter(|_| !own)?;
        let stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let done = tokio::select! {
            biased;
            done = hand.please(&asked) => done,
            () = stop.cancelled() => {
                let text = format!("asked to stop while {} waited for somebody to run its statements", asked.step);
                Err(Error::new(Kind::Interrupted, text))
            }
        };
        let Asked { step, statements, .. } = asked;
        Some(done.and_then(|()| {
            let value = serde_json::json!(statements);
            effects.record(&Record::Evidence { step, name: BY_HAND.to_owned(), value })
        }))
    }
}

impl Effects {
    /// Changes are run by somebody else.
    #[must_use]
    pub fn by_hand(mut self, hand: Option<Arc<dyn Hand>>) -> Self {
        self.hand = ByHand { hand, ..ByHand::default() };
        self
    }
    /// Waits for somebody's go; what is shown is not to be run yet.
    pub async fn go(&self, step: &StepId, site: &SiteId, statements: Vec<String>) -> Result<()> {
        let asked = self.asked(step, site, statements);
        self.hand.ask(self, asked, "go").await.unwrap_or(Ok(()))
    }
    pub fn is_manual(&self) -> bool {
        self.hand.hand.is_some()
    }
    /// What ends the waiting for somebody from now on: an expired budget, Ctrl-C, an abort.
    pub fn heed(&self, stop: CancellationToken) {
        *self.hand.stop.lock().unwrap_or_else(PoisonError::into_inner) = stop;
    }
}
