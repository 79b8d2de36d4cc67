//! Planned or forced, now or not at all: what can be read of both sides decides (facts: failover-groups 3.1, 3.2, 10.7).

use super::state::Standing;
use crate::model::geo::GroupFacts;
use serde::Serialize;

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Action {
    /// Nobody else does it: the policy is manual, or it is not the service's to do.
    pub by_you: bool,
    /// `planned`, `forced`, `wait`, `stay`, `find_out`.
    pub advised: &'static str,
    pub why: String,
    pub command: String,
}

/// Nothing is to be done while the group is at rest, is being made or is not there.
pub fn decide(standing: &Standing, facts: &GroupFacts, manual: bool) -> Option<Action> {
    let (name, show) = (&facts.name, format!("milink fog show {}", facts.name));
    let action = |advised, why: String, command: String| Some(Action { by_you: manual, advised, why, command });
    match standing {
        Standing::None | Standing::Creating { .. } | Standing::InSync { .. } | Standing::Seeding { .. } => None,
        Standing::OneSided { unread, seen_primary: Some(false), seen_state, .. } => {
            let lost = &facts.member(*unread).site;
            let whole = seen_state.as_deref().is_some_and(|s| {
                let s = s.replace(['_', '-', ' '], "");
                s.eq_ignore_ascii_case("catchup") || s.eq_ignore_ascii_case("suspended")
            });
            let who = if manual {
                "the policy is manual: in an outage a failover by you is REQUIRED, nobody else does it"
            } else {
                "the policy is automatic: Microsoft acts only in an outage of a whole region, some time after the grace period; you may fail over any time"
            };
            if !whole {
                let why =
                    format!("{lost}, the primary, does not answer, and the other side holds no whole copy; {who}");
                return action("wait", why, show);
            }
            let why = format!(
                "{lost}, the primary, does not answer; {who}. If its databases are still reachable for the application, try planned first: milink fog failover {name}"
            );
            action("forced", why, format!("milink fog failover {name} --forced --confirm {name}"))
        }
        Standing::OneSided { unread, .. } => {
            let why = format!(
                "{}, the secondary, does not answer: the primary works, and no failover is possible",
                facts.member(*unread).site
            );
            action("stay", why, show)
        }
        Standing::Suspended { .. } => {
            action("wait", "replication has stopped, so a planned failover is refused: find out why".to_owned(), show)
        }
        Standing::Mixed { .. } | Standing::Other { .. } => action(
            "wait",
            "the roles or states of both sides do not agree: they may be switching just now".to_owned(),
            show,
        ),
        Standing::Unknown { .. } => action(
            "find_out",
            "neither side can be read: look at Azure's status and at your own way there".to_owned(),
            show,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::fresh;
    use super::*;
    use crate::model::geo::Side;

    fn one(unread: Side, primary: Option<bool>, state: &str) -> Standing {
        Standing::OneSided {
            unread,
            why: "timed out".to_owned(),
            seen_primary: primary,
            seen_state: Some(state.to_owned()),
        }
    }

    #[test]
    fn the_side_that_answers_decides() {
        let facts = fresh();
        let advised = |s: &Standing| decide(s, &facts, true).map(|a| a.advised);
        assert_eq!(advised(&Standing::InSync { primary: Side::A }), None);
        assert_eq!(advised(&Standing::None), None);
        assert_eq!(advised(&one(Side::A, Some(false), "CATCH_UP")), Some("forced"));
        assert_eq!(advised(&one(Side::A, Some(false), "SEEDING")), Some("wait"));
        assert_eq!(advised(&one(Side::B, Some(true), "CATCH_UP")), Some("stay"));
        assert_eq!(advised(&Standing::Suspended { primary: Side::A }), Some("wait"));
        assert_eq!(advised(&Standing::Unknown { why: String::new() }), Some("find_out"));
    }

    #[test]
    fn with_the_manual_policy_it_is_yours_to_do() {
        let lost = one(Side::A, Some(false), "CATCH_UP");
        let said = decide(&lost, &fresh(), true).unwrap();
        assert!(said.by_you && said.why.contains("REQUIRED") && said.command.contains("--forced"), "{said:?}");
        let said = decide(&lost, &fresh(), false).unwrap();
        assert!(!said.by_you && said.why.contains("any time"), "{said:?}");
    }
}
