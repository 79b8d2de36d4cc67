//! The typed confirmation: the only maker of approvals.

use super::action::Action;
use super::action::Asked;
use crate::model::ids::RunId;
use crate::plan::types::Plan;
use std::sync::Arc;

/// Proof that a name was typed. Not to be made, copied or kept elsewhere.
#[derive(Debug)]
pub struct Approval(());

/// What waits for its name.
#[derive(Debug, Clone)]
pub enum What {
    Start(Arc<Plan>),
    Resume(RunId),
    Abort(RunId),
    /// Bring the server objects of a link over.
    Sync(String),
    /// A failover group, over and back.
    Drill(String),
    /// A planned failover of a group.
    FailOver(String),
    /// Stop the run that is driven from here.
    Stop,
}

impl What {
    pub fn title(&self) -> &'static str {
        match self {
            What::Start(_) => "cut over",
            What::Resume(_) => "resume the run",
            What::Abort(_) => "abort the run",
            What::Sync(_) => "bring objects over",
            What::Drill(_) => "drill: over and back",
            What::FailOver(_) => "planned failover",
            What::Stop => "stop and undo",
        }
    }
}

/// A dialogue.
#[derive(Debug, Clone)]
pub struct Confirm {
    pub what: What,
    /// To be typed exactly.
    pub phrase: String,
    pub typed: String,
    /// The last Enter found something else.
    pub wrong: bool,
    /// What will happen.
    pub lines: Vec<String>,
}

/// Longest text that is taken.
const TYPED_MAX: usize = 128;

/// One link is confirmed by its name, several by their number: `12 links`.
pub fn phrase(links: &[String]) -> String {
    match links {
        [one] => one.clone(),
        many => format!("{} links", many.len()),
    }
}

impl Confirm {
    pub fn new(what: What, links: &[String], lines: Vec<String>) -> Self {
        Self { what, phrase: phrase(links), typed: String::new(), wrong: false, lines }
    }

    pub fn push(&mut self, c: char) {
        self.wrong = false;
        if self.typed.chars().count() < TYPED_MAX {
            self.typed.push(c);
        }
    }

    pub fn pop(&mut self) {
        self.wrong = false;
        self.typed.pop();
    }

    /// The action, if the phrase was typed; case and every blank inside count.
    pub fn accept(&mut self) -> Option<Action> {
        if self.phrase.is_empty() || self.typed.trim() != self.phrase {
            self.wrong = true;
            return None;
        }
        let approval = Approval(());
        Some(match &self.what {
            What::Start(plan) => Action::Start { plan: plan.clone(), approval },
            What::Resume(run) => Action::Resume { run: run.clone(), approval },
            What::Abort(run) => Action::Abort { run: run.clone(), approval },
            What::Sync(link) => Action::Sync { link: link.clone(), approval },
            What::Drill(group) => Action::Drill { group: group.clone(), approval },
            What::FailOver(group) => Action::FailOver { group: group.clone(), approval },
            What::Stop => Action::Stop { asked: Asked::Typed(approval) },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_phrase_is_taken() {
        for (typed, taken) in [("ledger", true), (" ledger ", true), ("Ledger", false), ("", false), ("ledge", false)] {
            let mut confirm = Confirm::new(What::Stop, &["ledger".to_owned()], Vec::new());
            typed.chars().for_each(|c| confirm.push(c));
            assert_eq!(confirm.accept().is_some_and(|a| a.changes()), taken, "{typed:?}");
            assert_eq!(confirm.wrong, !taken);
        }
        let mut nameless = Confirm::new(What::Stop, &[String::new()], Vec::new());
        assert!(nameless.accept().is_none(), "nothing typed approves nothing");
        assert_eq!(phrase(&["a".to_owned(), "b".to_owned()]), "2 links");
    }
}
