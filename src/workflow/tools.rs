//! What steps need besides the plan: secrets, roots, places for files, hooks.

use super::fog::beats::Beats;
use super::hooks::HookRunner;
use crate::arm::ArmChange;
use crate::arm::ArmConfig;
use crate::base::redact::SecretString;
use crate::inventory::listener::Resolve;
use crate::model::ids::StepId;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A root certificate to import on the source.
#[derive(Debug, Clone)]
pub struct Root {
    /// Object name in `master`.
    pub name: String,
    pub der: Vec<u8>,
}

/// A user's executable with its arguments; never a shell line.
#[derive(Debug, Clone)]
pub struct Hook {
    pub command: Vec<String>,
    pub limit: Duration,
}

/// Handed in by the application when a run starts.
pub struct Tools {
    pub roots: Vec<Root>,
    /// Password for a database master key, should one have to be created; by source.
    pub master_key_password: BTreeMap<String, SecretString>,
    /// Where `undo.sql` is written; two places when the user names a second one.
    pub undo_dirs: Vec<PathBuf>,
    /// By point: `repoint`, `before-fence`, …
    pub hooks: BTreeMap<String, Hook>,
    /// Who runs them.
    pub runner: Arc<dyn HookRunner>,
    /// Who resolves the names of listeners.
    pub names: Arc<dyn Resolve>,
    /// What the heartbeat of this run saw.
    pub beats: Arc<Beats>,
    /// For previews: where requests would go.
    pub arm: Option<ArmConfig>,
    /// Steps that a test leaves out, to see the oracle turn red; always empty in a shipped command.
    pub sabotage: Vec<String>,
}

impl Tools {
    /// The request a change would make, as text.
    pub fn request(&self, change: &ArmChange) -> Vec<String> {
        self.arm.as_ref().and_then(|c| change.preview(c).ok()).map(|p| p.to_string()).into_iter().collect()
    }
    pub fn sabotaged(&self, step: &StepId) -> bool {
        self.sabotage.iter().any(|s| s == step.kind())
    }
}
