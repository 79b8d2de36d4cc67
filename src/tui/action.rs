//! What the screen asks for; only the performer does it.

use super::confirm::Approval;
use crate::model::ids::RunId;
use crate::plan::types::Plan;
use std::sync::Arc;

#[derive(Debug)]
pub enum Action {
    /// Read both sides and compute a cutover. Changes nothing.
    Plan {
        links: Vec<String>,
    },
    Start {
        plan: Arc<Plan>,
        approval: Approval,
    },
    Resume {
        run: RunId,
        approval: Approval,
    },
    /// End a run that nobody drives.
    Abort {
        run: RunId,
        approval: Approval,
    },
    /// Ask the run that is driven from here to stop at its next safe point.
    Stop {
        asked: Asked,
    },
    /// Have a run wait at its next barrier, or let it go on, whichever process drives it.
    Hold {
        run: RunId,
    },
    /// Read both sides and Azure, and judge. Changes nothing.
    Check {
        link: String,
    },
    /// Compare the server objects of both sides. Changes nothing.
    Compare {
        link: String,
    },
    /// Bring over what the target lacks of them.
    Sync {
        link: String,
        approval: Approval,
    },
    /// Over and back, and measured.
    Drill {
        group: String,
        approval: Approval,
    },
    /// A planned failover.
    FailOver {
        group: String,
        approval: Approval,
    },
    /// Read every failover group, from both sides. Changes nothing.
    LoadGroups,
    LoadRuns,
    /// Read a run from the journal.
    LoadRun {
        run: RunId,
    },
    /// Send the recent past of this link with each snapshot.
    Focus {
        link: String,
    },
    Quit,
    /// At once, whatever is under way.
    Leave,
}

/// Who asks a run to stop.
#[derive(Debug)]
pub enum Asked {
    /// The typed confirmation.
    Typed(Approval),
    /// Ctrl-C or a signal.
    Interrupt,
}

impl Action {
    /// Would it change a server? These exist only with an approval, which only a typed confirmation makes.
    pub fn changes(&self) -> bool {
        matches!(
            self,
            Action::Start { .. }
                | Action::Resume { .. }
                | Action::Abort { .. }
                | Action::Sync { .. }
                | Action::Drill { .. }
                | Action::FailOver { .. }
                | Action::Stop { asked: Asked::Typed(_) }
        )
    }
}
