//! What a group is doing, from both addresses, and what may be asked of it (facts: failover-groups 2.4, 3.2, 3.3).

use super::rights;
use crate::model::fact::Fact;
use crate::model::geo::GroupFacts;
use crate::model::geo::GroupView;
use crate::model::geo::Side;
use serde::Serialize;

/// Where a group stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Standing {
    None,
    /// Registered, nothing copied yet.
    Creating {
        primary: Side,
    },
    /// The first copy, or the copying again after a forced failover.
    Seeding {
        primary: Side,
    },
    /// `CATCH_UP` from both sides.
    InSync {
        primary: Side,
    },
    Suspended {
        primary: Side,
    },
    /// A state that this version does not know, as Azure writes it.
    Other {
        primary: Side,
        raw: String,
    },
    /// One side cannot be read; what the other says.
    OneSided {
        unread: Side,
        why: String,
        /// Role of the side that answers.
        seen_primary: Option<bool>,
        seen_state: Option<String>,
    },
    /// The two addresses do not fit together: roles are switching, or the group is another's.
    Mixed {
        why: String,
    },
    Unknown {
        why: String,
    },
}

impl Standing {
    /// The side that is primary, as far as both agree.
    pub fn primary(&self) -> Option<Side> {
        match self {
            Self::Creating { primary }
            | Self::Seeding { primary }
            | Self::InSync { primary }
            | Self::Suspended { primary }
            | Self::Other { primary, .. } => Some(*primary),
            Self::OneSided { unread, seen_primary: Some(true), .. } => Some(unread.other()),
            Self::OneSided { unread, seen_primary: Some(false), .. } => Some(*unread),
            _ => None,
        }
    }
    pub fn sentence(&self) -> String {
        match self {
            Self::None => "there is no such group".to_owned(),
            Self::Creating { .. } => "being created, nothing is copied yet".to_owned(),
            Self::Seeding { .. } => "SEEDING: the copy is not whole, there is nothing to fail over to".to_owned(),
            Self::InSync { .. } => "Synchronizing (CATCH_UP) on both sides".to_owned(),
            Self::Suspended { .. } => "SUSPENDED: replication has stopped".to_owned(),
            Self::Other { raw, .. } => format!("in state `{raw}`, which is not known here"),
            Self::OneSided { why, seen_primary, seen_state, .. } => {
                let role = match seen_primary {
                    Some(true) => "primary",
                    Some(false) => "secondary",
                    None => "of an unknown role",
                };
                let state = seen_state.as_deref().unwrap_or("no state");
                format!("one side cannot be read ({why}); the other is {role}, {state}")
            }
            Self::Mixed { why } => format!("the two sides do not agree: {why}"),
            Self::Unknown { why } => format!("unknown: {why}"),
        }
    }
}

/// `CATCH_UP`, `Catch-up` and `CatchUp` are one word.
fn folded(state: Option<&str>) -> String {
    state.unwrap_or_default().chars().filter(|c| !"-_ ".contains(*c)).collect::<String>().to_lowercase()
}

pub fn standing(facts: &GroupFacts) -> Standing {
    match (facts.view(Side::A), facts.view(Side::B)) {
        (Fact::Known { value: None }, Fact::Known { value: None }) => Standing::None,
        (Fact::Known { value: Some(a) }, Fact::Known { value: Some(b) }) => both(&a, &b),
        (Fact::Known { value: None }, Fact::Known { value: Some(_) })
        | (Fact::Known { value: Some(_) }, Fact::Known { value: None }) => {
            Standing::Mixed { why: "the group is seen from one of the two addresses only".to_owned() }
        }
        (Fact::Unknown { why }, Fact::Known { value: Some(b) }) => one(Side::A, why, &b),
        (Fact::Known { value: Some(a) }, Fact::Unknown { why }) => one(Side::B, why, &a),
        (Fact::Unknown { why }, _) | (_, Fact::Unknown { why }) => Standing::Unknown { why },
    }
}

fn one(unread: Side, why: String, seen: &GroupView) -> Standing {
    Standing::OneSided { unread, why, seen_primary: seen.is_primary, seen_state: seen.state.clone() }
}

fn both(a: &GroupView, b: &GroupView) -> Standing {
    let primary = match (a.is_primary, b.is_primary) {
        (Some(true), Some(false)) => Side::A,
        (Some(false), Some(true)) => Side::B,
        (Some(true), Some(true)) => return Standing::Mixed { why: "both say they are primary".to_owned() },
        (Some(false), Some(false)) => return Standing::Mixed { why: "both say they are secondary".to_owned() },
        _ => return Standing::Mixed { why: "a side names no role".to_owned() },
    };
    let states = [folded(a.state.as_deref()), folded(b.state.as_deref())];
    let any = |word: &str| states.iter().any(|s| s == word);
    if states.iter().all(|s| s == "catchup") {
        Standing::InSync { primary }
    } else if any("suspended") {
        Standing::Suspended { primary }
    } else if any("seeding") {
        Standing::Seeding { primary }
    } else if any("pending") || any("") {
        Standing::Creating { primary }
    } else {
        let raw = [a, b].iter().filter_map(|v| v.state.clone()).find(|s| folded(Some(s)) != "catchup");
        Standing::Other { primary, raw: raw.unwrap_or_default() }
    }
}

/// What is asked of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Create,
    /// Made, or gone on with until it protects.
    Protect,
    Update,
    Delete,
    /// To make that side primary.
    Planned(Side),
    Forced(Side),
}

/// Each ground on which something is refused; a test goes through all of them.
macro_rules! grounds {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Why something is refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Ground {
            $($(#[$doc])* $name,)*
        }
        impl Ground {
            #[cfg(test)]
            pub const ALL: &'static [Ground] = &[$(Ground::$name,)*];
        }
    };
}

grounds! {
    /// It is as wanted already: nothing is wrong.
    Already,
    Exists,
    ExistenceUnknown,
    Missing,
    PlannedNotInSync,
    MemberBusy,
    MemberBusyUnknown,
    MemberNotReady,
    ReplicationUnknown,
    NotReplicated,
    DatabaseBehind,
    PoliciesDiffer,
    NoWholeCopy,
    PromotedUnread,
    NothingWhole,
    UpdateOneSided,
    UpdateNotNow,
    DeleteOneSided,
    DeleteNotNow,
    NoRight,
}

/// Why something is not asked of the service, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub ground: Ground,
    pub why: String,
    pub hint: String,
}

impl Refusal {
    /// Nothing is wrong: it is as wanted already.
    pub fn is_already(&self) -> bool {
        self.ground == Ground::Already
    }
}

fn no(ground: Ground, why: impl Into<String>, hint: impl Into<String>) -> Result<(), Refusal> {
    Err(Refusal { ground, why: why.into(), hint: hint.into() })
}

/// May this be sent now? Refused here before the service refuses it.
pub fn may(asked: Asked, standing: &Standing, facts: &GroupFacts) -> Result<(), Refusal> {
    stands(asked, standing, facts)?;
    let (lacks, _) = rights::missing(asked, facts);
    // A creation has rows of its own for this.
    if lacks.is_empty() || matches!(asked, Asked::Create | Asked::Protect) {
        return Ok(());
    }
    let role = if facts.servers.is_some() { "SQL Server Contributor" } else { "SQL Managed Instance Contributor" };
    no(
        Ground::NoRight,
        format!("Azure does not let you: {}", lacks.join(", ")),
        format!("{role} on the resource groups of both members; then the same command again"),
    )
}

fn stands(asked: Asked, standing: &Standing, facts: &GroupFacts) -> Result<(), Refusal> {
    let name = &facts.name;
    let show = format!("milink fog show {name}");
    match (asked, standing) {
        (Asked::Create | Asked::Protect, Standing::None) => Ok(()),
        (
            Asked::Protect,
            Standing::Creating { primary: Side::A }
            | Standing::Seeding { primary: Side::A }
            | Standing::InSync { primary: Side::A },
        ) => Ok(()),
        (Asked::Protect, other) => no(Ground::Exists, format!("group {name} is there: {}", other.sentence()), show),
        (Asked::Create, Standing::Unknown { why }) => {
            no(Ground::ExistenceUnknown, format!("whether the group exists is unknown: {why}"), show)
        }
        (Asked::Create, other) => no(Ground::Exists, format!("group {name} is there: {}", other.sentence()), show),
        (_, Standing::None) => {
            no(Ground::Missing, format!("there is no group {name}"), format!("milink fog create {name}"))
        }
        (Asked::Planned(to) | Asked::Forced(to), s) if s.primary() == Some(to) => Err(Refusal {
            ground: Ground::Already,
            why: format!("{} is primary already; nothing was done", facts.member(to).site),
            hint: show,
        }),
        (Asked::Planned(_), Standing::InSync { .. }) => planned(facts),
        (Asked::Planned(_), other) => {
            let why = format!("a planned failover needs CATCH_UP on both sides: {}{}", other.sentence(), sides(facts));
            no(Ground::PlannedNotInSync, why, show)
        }
        (Asked::Forced(to), s) => forced(to, s, facts),
        (Asked::Update, Standing::InSync { .. }) => Ok(()),
        (Asked::Update, Standing::OneSided { .. }) => {
            let why = format!("an update goes to the primary, and not both sides can be read: {}", standing.sentence());
            no(Ground::UpdateOneSided, why, show)
        }
        (Asked::Update, other) => {
            no(Ground::UpdateNotNow, format!("not while the group is {}", other.sentence()), show)
        }
        (Asked::Delete, Standing::InSync { .. } | Standing::Suspended { .. } | Standing::Seeding { .. }) => Ok(()),
        (Asked::Delete, Standing::OneSided { seen_primary: Some(true), .. }) => Ok(()),
        (Asked::Delete, Standing::OneSided { .. }) => no(
            Ground::DeleteOneSided,
            "a deletion goes to the primary, which cannot be read",
            format!("if its region is lost: milink fog failover {name} --forced --confirm {name}, then delete"),
        ),
        (Asked::Delete, other) => {
            no(Ground::DeleteNotNow, format!("not while the group is {}", other.sentence()), show)
        }
    }
}

/// What each side says, where both can be read.
fn sides(facts: &GroupFacts) -> String {
    let said = |side| {
        let view = facts.view(side);
        let state = view.known()?.as_ref()?.state.clone();
        Some(format!("{} says {}", facts.member(side).site, state.unwrap_or_else(|| "no state".to_owned())))
    };
    said(Side::A).zip(said(Side::B)).map_or_else(String::new, |(a, b)| format!(" ({a}, {b})"))
}

/// Every database is there and caught up, both instances are at rest, both of one update policy.
fn planned(facts: &GroupFacts) -> Result<(), Refusal> {
    let show = format!("milink fog show {}", facts.name);
    formats(facts, &show)?;
    for side in [Side::A, Side::B] {
        let member = facts.member(side);
        match &member.operations {
            Fact::Known { value } if value.is_empty() => {}
            Fact::Known { value } => {
                return no(Ground::MemberBusy, format!("{} is busy: {}", member.site, value.join(", ")), show);
            }
            Fact::Unknown { why } => {
                let why = format!("whether {} is busy is unknown: {why}", member.site);
                return no(Ground::MemberBusyUnknown, why, show);
            }
        }
        if let Ok(f) = member.facts.get()
            && f.state.as_deref().is_some_and(|s| !s.eq_ignore_ascii_case("Ready"))
        {
            let why = format!("{} is {}", member.site, f.state.as_deref().unwrap_or_default());
            return no(Ground::MemberNotReady, why, show);
        }
    }
    for d in &facts.databases {
        match &d.row {
            Fact::Unknown { why } => {
                return no(Ground::ReplicationUnknown, format!("replication of {} is unknown: {why}", d.name), show);
            }
            Fact::Known { value: None } => {
                return no(Ground::NotReplicated, format!("database {} is not replicated", d.name), show);
            }
            Fact::Known { value: Some(row) } if folded(row.state.as_deref()) != "catchup" => {
                let state = row.state.as_deref().unwrap_or("without a state");
                return no(Ground::DatabaseBehind, format!("database {} is {state}", d.name), show);
            }
            Fact::Known { .. } => {}
        }
    }
    Ok(())
}

fn formats(facts: &GroupFacts, show: &str) -> Result<(), Refusal> {
    let policy = |side| facts.member(side).facts.known().and_then(|f| f.policy.clone());
    match (policy(Side::A), policy(Side::B)) {
        (Some(a), Some(b)) if !a.eq_ignore_ascii_case(&b) => {
            let why = format!("the update policies differ ({a}, {b}): the service refuses every failover");
            no(Ground::PoliciesDiffer, why, show)
        }
        _ => Ok(()),
    }
}

/// The side to be promoted answers, and it holds a whole copy.
fn forced(to: Side, standing: &Standing, facts: &GroupFacts) -> Result<(), Refusal> {
    let show = format!("milink fog show {}", facts.name);
    formats(facts, &show)?;
    match standing {
        Standing::InSync { .. } | Standing::Suspended { .. } => Ok(()),
        Standing::OneSided { unread, seen_state, .. } if *unread != to => {
            match folded(seen_state.as_deref()).as_str() {
                "catchup" | "suspended" => Ok(()),
                _ => {
                    let why = format!("{} holds no whole copy: {}", facts.member(to).site, standing.sentence());
                    no(Ground::NoWholeCopy, why, show)
                }
            }
        }
        Standing::OneSided { .. } => {
            let why = format!("{} is to be promoted and cannot be read", facts.member(to).site);
            no(Ground::PromotedUnread, why, show)
        }
        other => {
            no(Ground::NothingWhole, format!("there is nothing whole to fail over to: {}", other.sentence()), show)
        }
    }
}
