//! How each member stays available within its region, and what that does not cover (facts: failover-groups 4.4; the tiers as the
//! documentation of high availability describes them).

use crate::model::fact::Fact;
use crate::model::geo::GroupFacts;
use crate::model::geo::Member;
use crate::model::geo::Side;
use serde::Serialize;

/// Within a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Local {
    pub site: String,
    /// Null: Azure does not say.
    pub tier: Option<String>,
    pub model: &'static str,
    /// Null: Azure does not say.
    pub zone_redundant: Option<bool>,
    /// It has a replica of its own that serves reads with ApplicationIntent=ReadOnly; null: not known.
    pub read_replica: Option<bool>,
    /// GeneralPurpose 8 vCores, 256 GB
    pub size: Option<String>,
}

const GENERAL: &str = "remote storage with three copies; when a node fails, another mounts it";
const CRITICAL: &str = "four local replicas on local SSD; when a node fails, another takes over in seconds";

fn local(m: &Member) -> Local {
    let facts = m.facts.known();
    let tier = facts.and_then(|f| f.tier.clone());
    let is = |name: &str| tier.as_deref().is_some_and(|t| t.eq_ignore_ascii_case(name));
    let model = if is("GeneralPurpose") {
        GENERAL
    } else if is("BusinessCritical") {
        CRITICAL
    } else {
        "not known"
    };
    let size = facts.and_then(|f| Some(format!("{} {} vCores, {} GB", f.tier.as_ref()?, f.v_cores?, f.storage_gb?)));
    Local {
        site: m.site.0.clone(),
        model,
        zone_redundant: facts.and_then(|f| f.zone_redundant),
        read_replica: tier.as_ref().filter(|_| model != "not known").map(|_| is("BusinessCritical")),
        tier,
        size,
    }
}

/// Both members; of logical servers none: each of their databases has a tier of its own.
pub fn of_members(f: &GroupFacts) -> Vec<Local> {
    if f.servers.is_some() { Vec::new() } else { vec![local(&f.a), local(&f.b)] }
}

/// Said where zone redundancy stands as a protection: what it does not do. `protected`: the group's own.
pub fn regional(f: &GroupFacts, protected: Option<bool>) -> Option<&'static str> {
    match protected {
        _ if f.servers.is_some() => None,
        Some(true) => Some("two regions, by this group"),
        Some(false) => {
            Some("NONE: zone redundancy does not cover the loss of a region, a bad deployment or a deletion")
        }
        None => Some("unknown"),
    }
}

/// By how much the side is smaller that is primary now than the one that should be.
pub fn smaller(f: &GroupFacts, now: Side) -> Option<String> {
    let (Fact::Known { value: here }, Fact::Known { value: home }) =
        (&f.member(now).facts, &f.member(now.other()).facts)
    else {
        return None;
    };
    let less = |a: Option<i64>, b: Option<i64>| a.zip(b).is_some_and(|(a, b)| a < b);
    let text = |n: Option<i64>| n.map_or("?".to_owned(), |n| n.to_string());
    (less(here.v_cores, home.v_cores) || less(here.storage_gb, home.storage_gb)).then(|| {
        format!(
            "{} vCores, {} GB against {} vCores, {} GB",
            text(here.v_cores),
            text(here.storage_gb),
            text(home.v_cores),
            text(home.storage_gb)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::fresh;
    use super::*;

    #[test]
    fn each_tier_has_its_model_and_no_other() {
        let mut f = fresh();
        if let Fact::Known { value } = &mut f.b.facts {
            value.tier = Some("BusinessCritical".to_owned());
            value.zone_redundant = Some(true);
            value.v_cores = Some(4);
        }
        let all = of_members(&f);
        assert!(all[0].model.contains("remote storage") && all[1].model.contains("four local replicas"));
        assert_eq!((all[0].read_replica, all[1].read_replica), (Some(false), Some(true)));
        assert_eq!((all[0].zone_redundant, all[1].zone_redundant), (None, Some(true)));
        assert!(smaller(&f, Side::B).unwrap().contains("4 vCores"));
        assert_eq!(smaller(&f, Side::A), None);
        f.b.facts = Fact::unknown("dark");
        assert_eq!((of_members(&f)[1].model, of_members(&f)[1].read_replica), ("not known", None));
        assert!(regional(&f, Some(false)).unwrap().starts_with("NONE"));
        assert_eq!(regional(&f, None), Some("unknown"));
    }
}
