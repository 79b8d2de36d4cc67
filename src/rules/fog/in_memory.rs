//! Memory-optimised data on a secondary that is weaker than the primary (facts: failover-groups 3.6).

use crate::model::geo::GroupFacts;
use crate::model::geo::MemberFacts;
use crate::model::geo::Side;

/// Somebody answers for a secondary that is weaker.
pub const WAIVER: &str = "fog.in_memory";

/// Tiers by strength; `None`: not known here.
fn rank(tier: &str) -> Option<u8> {
    match tier.to_ascii_lowercase().as_str() {
        "generalpurpose" => Some(1),
        "businesscritical" => Some(2),
        _ => None,
    }
}

fn size(m: &MemberFacts) -> String {
    let cores = m.v_cores.map_or("? vCores".to_owned(), |n| format!("{n} vCores"));
    format!("{} {cores}", m.tier.as_deref().unwrap_or("tier unknown"))
}

/// Is `s` weaker than `p`? `None`: it cannot be told.
fn is_weaker(p: &MemberFacts, s: &MemberFacts) -> Option<bool> {
    let tiers = p.tier.as_deref().and_then(rank).zip(s.tier.as_deref().and_then(rank));
    let cores = p.v_cores.zip(s.v_cores);
    if tiers.is_some_and(|(p, s)| s < p) || cores.is_some_and(|(p, s)| s < p) {
        return Some(true);
    }
    tiers.and(cores).map(|_| false)
}

/// What is found about the databases of a group and the side that holds their copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// No such data, or as much room for it.
    Fits(String),
    /// Databases, and the size of both sides.
    Weaker {
        names: Vec<String>,
        sizes: String,
    },
    Unknown(String),
}

pub fn found(f: &GroupFacts, primary: Side) -> Found {
    let names: Vec<String> = f.databases.iter().filter(|d| d.in_memory == Some(true)).map(|d| d.name.clone()).collect();
    let unread: Vec<&str> = f.databases.iter().filter(|d| d.in_memory.is_none()).map(|d| d.name.as_str()).collect();
    let members = f.member(primary).facts.known().zip(f.member(primary.other()).facts.known());
    let sizes = members.map(|(p, s)| (is_weaker(p, s), format!("{} and {}", size(p), size(s))));
    match sizes {
        // The same room on both sides holds whatever there is.
        Some((Some(false), sizes)) => Found::Fits(sizes),
        _ if names.is_empty() && unread.is_empty() => Found::Fits("no memory-optimised data".to_owned()),
        Some((Some(true), sizes)) if !names.is_empty() => Found::Weaker { names, sizes },
        Some((Some(true), sizes)) => Found::Unknown(format!("{}: not read; {sizes}", unread.join(", "))),
        _ => Found::Unknown("tier and size of both sides are not known".to_owned()),
    }
}

/// Why a planned failover to the weaker side is not tried: the service blocks it when the copies are in checkpoint-only mode.
pub fn planned_refused(f: &GroupFacts, primary: Side) -> Option<(String, String)> {
    let Found::Weaker { names, sizes } = found(f, primary) else { return None };
    let why = format!(
        "{} of memory-optimised data, and {} is weaker ({sizes}): its copies may be in checkpoint-only mode, which blocks a planned failover",
        names.join(", "),
        f.member(primary.other()).site
    );
    let cores = f.member(primary).facts.known().and_then(|m| m.v_cores);
    let flag = cores.map_or_else(|| "--tier TIER".to_owned(), |n| format!("--v-cores {n}"));
    let hint = format!(
        "raise the secondary first, an operation of the size of the data: milink fog runbook scale {} {flag}; then the failover. Or [[waiver]] check = \"{WAIVER}\"",
        f.name
    );
    Some((why, hint))
}

/// Said before a failover is forced to the weaker side.
pub fn forced_warning(f: &GroupFacts, primary: Side) -> Option<String> {
    let Found::Weaker { names, sizes } = found(f, primary) else { return None };
    Some(format!(
        "{}: memory-optimised data, and the side that becomes primary is weaker ({sizes}): the forced failover may FAIL for lack of memory",
        names.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::super::tests::fresh;
    use super::*;
    use crate::model::fact::Fact;

    fn group(in_memory: Option<bool>, tier: &str, cores: i64) -> GroupFacts {
        let mut f = fresh();
        f.databases[0].in_memory = in_memory;
        if let Fact::Known { value } = &mut f.b.facts {
            (value.tier, value.v_cores) = (Some(tier.to_owned()), Some(cores));
        }
        f
    }

    #[test]
    fn only_a_weaker_secondary_of_such_data_is_a_problem() {
        let of = |m, tier, cores| found(&group(m, tier, cores), Side::A);
        assert!(matches!(of(Some(true), "GeneralPurpose", 8), Found::Fits(_)));
        assert!(matches!(of(Some(true), "BusinessCritical", 16), Found::Fits(_)));
        assert!(matches!(of(Some(false), "GeneralPurpose", 4), Found::Fits(_)));
        assert!(matches!(of(None, "GeneralPurpose", 8), Found::Fits(_)), "whatever there is");
        assert!(matches!(of(None, "GeneralPurpose", 4), Found::Unknown(_)));
        assert!(matches!(of(Some(true), "Hyperscale", 8), Found::Unknown(_)));
        let Found::Weaker { names, sizes } = of(Some(true), "GeneralPurpose", 4) else { panic!() };
        assert_eq!(
            (names, sizes.as_str()),
            (vec!["ledger".to_owned()], "GeneralPurpose 8 vCores and GeneralPurpose 4 vCores")
        );
        // The other way the same pair is strong enough.
        assert!(matches!(found(&group(Some(true), "GeneralPurpose", 4), Side::B), Found::Fits(_)));
    }

    #[test]
    fn planned_is_refused_with_the_way_out_and_forced_is_warned_of() {
        let weak = group(Some(true), "GeneralPurpose", 4);
        let (why, hint) = planned_refused(&weak, Side::A).unwrap();
        assert!(why.contains("checkpoint-only") && why.contains("mi-b"), "{why}");
        assert!(hint.contains("fog runbook scale fog --v-cores 8") && hint.contains("size of the data"), "{hint}");
        assert!(forced_warning(&weak, Side::A).unwrap().contains("lack of memory"));
        assert_eq!(planned_refused(&group(Some(true), "GeneralPurpose", 8), Side::A), None);
    }
}
