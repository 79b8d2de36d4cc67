//! The rules of a one-way cutover as a small state machine, walked through exhaustively: two operators, one journal, a lease
//! that may expire under a sleeper, and a writer. It says whether the rules suffice, not whether the code follows them.

use stateright::Checker;
use stateright::Model;
use stateright::Property;

/// Commits of the application on the source, at most.
const COMMITS_MAX: u8 = 2;
/// Leases taken, at most.
const LEASES_MAX: u8 = 3;

/// How far the run is; what a process believes may be older than what the journal says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Phase {
    Begun,
    Fenced,
    /// With a token for so many commits.
    Drained(u8),
    /// L1: the switch may have been sent.
    Sent,
    Switched,
    /// L2.
    Opened,
    RolledBack,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Operator {
    /// Fencing number of the lease it took, if any.
    number: Option<u8>,
    believes: Phase,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Night {
    source_open: bool,
    target_is_primary: bool,
    target_open: bool,
    /// Acknowledged on the source.
    acknowledged: u8,
    /// Of them, redone on the target.
    redone: u8,
    stored_number: u8,
    holder: Option<usize>,
    journal: Phase,
    operators: [Operator; 2],
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Act {
    Commit,
    Redo,
    /// The lock dies with its session: the operator crashed, or sleeps and does not know.
    Expire,
    Take(usize),
    Step(usize),
    GoBack(usize),
}

/// The rules, and which of them are left out.
struct Rules {
    number_is_read_again: bool,
    token_is_asked_for: bool,
}

impl Rules {
    const ALL: Rules = Rules { number_is_read_again: true, token_is_asked_for: true };

    fn may_act(&self, night: &Night, who: usize) -> bool {
        let number = night.operators[who].number;
        number.is_some() && (!self.number_is_read_again || number == Some(night.stored_number))
    }

    fn step(&self, night: &mut Night, who: usize) -> Option<()> {
        let next = match night.operators[who].believes {
            Phase::Begun => {
                night.source_open = false;
                Phase::Fenced
            }
            Phase::Fenced if night.redone == night.acknowledged => Phase::Drained(night.acknowledged),
            Phase::Fenced if !self.token_is_asked_for => Phase::Drained(night.acknowledged),
            Phase::Drained(token) => {
                // Right before the line, like compared with like.
                let still = night.acknowledged == token && night.redone == token;
                if self.token_is_asked_for && !still {
                    return None;
                }
                Phase::Sent
            }
            Phase::Sent => {
                night.target_is_primary = true;
                Phase::Switched
            }
            Phase::Switched => {
                night.target_open = true;
                Phase::Opened
            }
            _ => return None,
        };
        night.operators[who].believes = next;
        night.journal = next;
        Some(())
    }
}

impl Model for Rules {
    type State = Night;
    type Action = Act;

    fn init_states(&self) -> Vec<Night> {
        let nobody = Operator { number: None, believes: Phase::Begun };
        vec![Night {
            source_open: true,
            target_is_primary: false,
            target_open: false,
            acknowledged: 0,
            redone: 0,
            stored_number: 0,
            holder: None,
            journal: Phase::Begun,
            operators: [nobody.clone(), nobody],
        }]
    }

    fn actions(&self, _: &Night, actions: &mut Vec<Act>) {
        actions.extend([Act::Commit, Act::Redo, Act::Expire]);
        actions.extend((0..2).flat_map(|who| [Act::Take(who), Act::Step(who), Act::GoBack(who)]));
    }

    fn next_state(&self, last: &Night, act: Act) -> Option<Night> {
        let mut night = last.clone();
        match act {
            Act::Commit if night.source_open && night.acknowledged < COMMITS_MAX => night.acknowledged += 1,
            Act::Redo if night.redone < night.acknowledged && !night.target_is_primary => night.redone += 1,
            Act::Expire if night.holder.is_some() => night.holder = None,
            Act::Take(who) if night.holder.is_none() && night.stored_number < LEASES_MAX => {
                if matches!(night.journal, Phase::Opened | Phase::RolledBack) {
                    return None;
                }
                night.holder = Some(who);
                night.stored_number += 1;
                // What must be proven again is: a fence that holds is found, a token is not believed.
                let believes = match night.journal {
                    Phase::Fenced | Phase::Drained(_) => Phase::Begun,
                    // What became of the switch is read from the servers; not sent: everything is proven again.
                    Phase::Sent if night.target_is_primary => Phase::Switched,
                    Phase::Sent => Phase::Begun,
                    other => other,
                };
                night.operators[who] = Operator { number: Some(night.stored_number), believes };
            }
            Act::Step(who) if self.may_act(&night, who) => self.step(&mut night, who)?,
            Act::GoBack(who) if self.may_act(&night, who) => {
                if night.operators[who].believes >= Phase::Sent || night.target_is_primary {
                    return None;
                }
                night.source_open = true;
                night.operators[who].believes = Phase::RolledBack;
                night.journal = Phase::RolledBack;
            }
            _ => return None,
        }
        Some(night)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("never two writable copies", |_, n: &Night| {
                !(n.source_open && n.target_is_primary && n.target_open)
            }),
            Property::always("no acknowledged commit is lost", |_, n: &Night| {
                !n.target_is_primary || n.redone == n.acknowledged
            }),
            Property::sometimes("a cutover ends", |_, n: &Night| n.journal == Phase::Opened && n.acknowledged > 0),
            Property::sometimes("a second process ends it", |_, n: &Night| {
                n.journal == Phase::Opened && n.stored_number > 1
            }),
            Property::sometimes("a cutover goes back", |_, n: &Night| n.journal == Phase::RolledBack),
        ]
    }
}

#[test]
fn the_rules_suffice() {
    let checked = Rules::ALL.checker().spawn_bfs().join();
    checked.assert_properties();
    assert!(checked.unique_state_count() > 200, "{} states", checked.unique_state_count());
}

#[test]
fn each_rule_is_needed() {
    let sleeper = Rules { number_is_read_again: false, ..Rules::ALL }.checker().spawn_bfs().join();
    assert!(sleeper.discovery("no acknowledged commit is lost").is_some(), "a sleeper woke and did no harm");
    assert!(sleeper.discovery("never two writable copies").is_some());
    let hasty = Rules { token_is_asked_for: false, ..Rules::ALL }.checker().spawn_bfs().join();
    assert!(hasty.discovery("no acknowledged commit is lost").is_some(), "a switch without a token did no harm");
}
