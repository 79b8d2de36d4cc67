//! What the wanted policy of a group means, said beside it (facts: failover-groups 2.2, 2.5, 2.6).

use super::prerequisites::List;
use super::prerequisites::Row;
use super::prerequisites::got;
use crate::base::text;
use crate::model::geo::GroupFacts;
use crate::model::geo::MemberFacts;
use std::time::Duration;

/// The seven things that are accepted with the automatic policy, and the word for each.
pub const ACCEPT: [(&str, &str); 7] = [
    ("delegate", "disaster recovery is delegated to Microsoft"),
    ("an-hour-down", "the application can be down for an hour or more"),
    ("any-time-later", "the failover may come at any time after the grace period: the actual time varies strongly"),
    ("all-databases", "all databases fail over, healthy and zone-redundant ones too"),
    ("other-services", "dependencies on other services are ignored"),
    ("unknown-loss", "an unknown amount of data is lost: the state of synchronisation is ignored"),
    ("equal-objectives", "both members keep the same tier, kind of compute and size"),
];

/// What the estate file chooses.
#[derive(Debug, Clone, Copy)]
pub struct Choice<'a> {
    /// `None`: manual.
    pub automatic_after: Option<Duration>,
    pub accept: &'a [&'static str],
    pub read_only_failover: bool,
    pub standby: bool,
    /// As Azure shows it on the primary; `None`: no group, or not known.
    pub read: Option<&'a str>,
}

impl Choice<'_> {
    /// Words of the automatic policy that nobody has accepted; none with the manual one.
    pub fn unaccepted(&self) -> Vec<&'static str> {
        let open = |(word, _): &(&'static str, &str)| !self.accept.contains(word);
        if self.automatic_after.is_none() {
            return Vec::new();
        }
        ACCEPT.iter().filter(|a| open(a)).map(|(word, _)| *word).collect()
    }
}

/// Tier, generation and size of both, where they differ; `Err`: not known of both.
fn objectives(f: &GroupFacts) -> Result<(bool, String), String> {
    let (a, b) = (got(&f.a.facts)?, got(&f.b.facts)?);
    let words = |m: &MemberFacts| {
        let generation = match m.next_gen {
            Some(true) => ", next-gen",
            _ => "",
        };
        Some(format!("{}{generation}, {} vCores, {} GB", m.tier.as_ref()?, m.v_cores?, m.storage_gb?))
    };
    match (words(a), words(b)) {
        (Some(x), Some(y)) => Ok((x.eq_ignore_ascii_case(&y), format!("{x} and {y}"))),
        _ => Err("Azure does not say tier and size of both".to_owned()),
    }
}

/// What there is to say; nothing about a plain manual group.
pub fn advice(choice: &Choice<'_>, f: &GroupFacts) -> Vec<Row> {
    let mut list = List(Vec::new());
    if let Some(after) = choice.automatic_after {
        list.add(
            "fog.automatic",
            Ok((
                false,
                format!(
                    "automatic, {} after an outage was detected: Azure favours availability and FORCES a failover of ALL groups of the region with this policy, never of one; the grace limit applies to all databases whatever their state of synchronisation",
                    text::duration(after)
                ),
            )),
        );
        let open = choice.unaccepted();
        list.add(
            "fog.accepted",
            Ok((
                open.is_empty(),
                if open.is_empty() { "all seven".to_owned() } else { format!("not accepted: {}", open.join(", ")) },
            )),
        );
        list.add(
            "fog.objectives",
            if f.servers.is_some() {
                Err("of each database: see sqldb.service_level".to_owned())
            } else {
                objectives(f)
            },
        );
        list.add(
            "fog.grace",
            Ok((
                false,
                format!(
                    "{} ({} min): longer loses less and leaves the application without a primary for longer, shorter is the other way round",
                    text::duration(after),
                    after.as_secs() / 60
                ),
            )),
        );
        if choice.read.is_some_and(|read| !read.eq_ignore_ascii_case("Automatic")) {
            list.add(
                "fog.policy_switched",
                Ok((
                    false,
                    format!(
                        "the estate file wants Automatic, Azure reads {}: the service switches to customer managed when tier, kind of compute or size differ ({})",
                        choice.read.unwrap_or_default(),
                        match objectives(f) {
                            Ok((true, found)) => format!("equal now: {found}"),
                            Ok((false, found)) => format!("they DIFFER: {found}"),
                            Err(why) => format!("not known now: {why}"),
                        }
                    ),
                )),
            );
        }
    }
    match (choice.read_only_failover, choice.automatic_after) {
        (true, None) => {
            list.add(
                "fog.read_only_idle",
                Ok((false, "Enabled with the manual policy: it will do nothing".to_owned())),
            );
        }
        (true, Some(_)) => list.add(
            "fog.read_only_listener",
            Ok((
                false,
                "Enabled: after a forced failover by Microsoft the new primary serves both kinds of sessions"
                    .to_owned(),
            )),
        ),
        (false, Some(_)) => list.add(
            "fog.read_only_listener",
            Ok((false, "Disabled: read-only sessions cannot connect until the secondary recovers".to_owned())),
        ),
        (false, None) => {}
    }
    if choice.standby {
        list.add(
            "fog.standby",
            Ok((
                false,
                "Standby: no licence for as many vCores as the primary has, as long as NOTHING is read there; compute and storage are charged".to_owned(),
            )),
        );
    }
    list.0
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::prerequisites::Severity;
    use super::super::prerequisites::Status;
    use super::super::tests::fresh;
    use super::*;
    use crate::model::fact::Fact;

    const ALL: [&str; 7] = [
        "delegate",
        "an-hour-down",
        "any-time-later",
        "all-databases",
        "other-services",
        "unknown-loss",
        "equal-objectives",
    ];

    fn manual() -> Choice<'static> {
        Choice { automatic_after: None, accept: &[], read_only_failover: false, standby: false, read: None }
    }

    /// Every row that there can be.
    pub(crate) fn every_id() -> Vec<&'static str> {
        let hour = Some(Duration::from_secs(3600));
        let automatic = Choice { automatic_after: hour, read: Some("Manual"), standby: true, ..manual() };
        let idle = Choice { read_only_failover: true, ..manual() };
        [automatic, idle].iter().flat_map(|c| advice(c, &fresh())).map(|r| r.id).collect()
    }

    fn row(choice: &Choice<'_>, f: &GroupFacts, id: &str) -> Option<Row> {
        advice(choice, f).into_iter().find(|r| r.id == id)
    }

    #[test]
    fn a_plain_manual_group_is_not_talked_about() {
        assert_eq!(advice(&manual(), &fresh()), Vec::new());
        let odd = Choice { read_only_failover: true, ..manual() };
        let said = row(&odd, &fresh(), "fog.read_only_idle").unwrap();
        assert_eq!((said.severity, said.status), (Severity::Warn, Status::Fail));
        assert!(said.found.contains("do nothing"), "{said:?}");
    }

    #[test]
    fn automatic_needs_all_seven_words() {
        let hour = Some(Duration::from_secs(3600));
        for missing in 0..ALL.len() {
            let mut accept = ALL.to_vec();
            let word = accept.remove(missing);
            let choice = Choice { automatic_after: hour, accept: &accept, ..manual() };
            assert_eq!(choice.unaccepted(), [word]);
            let said = row(&choice, &fresh(), "fog.accepted").unwrap();
            assert!(said.blocks() && said.found.contains(word), "{said:?}");
        }
        let choice = Choice { automatic_after: hour, accept: &ALL, ..manual() };
        assert_eq!(row(&choice, &fresh(), "fog.accepted").unwrap().status, Status::Pass);
        assert!(!advice(&choice, &fresh()).iter().any(Row::blocks));
        let warned = row(&choice, &fresh(), "fog.automatic").unwrap();
        for word in ["ALL groups", "never of one", "favours availability", "whatever their state"] {
            assert!(warned.found.contains(word), "{warned:?}");
        }
        let enabled = Choice { read_only_failover: true, ..choice };
        assert_eq!(row(&enabled, &fresh(), "fog.read_only_listener").unwrap().severity, Severity::Info);
    }

    #[test]
    fn unequal_objectives_and_a_switched_policy_are_explained() {
        let choice = Choice {
            automatic_after: Some(Duration::from_secs(86_400)),
            accept: &ALL,
            read: Some("Manual"),
            ..manual()
        };
        assert_eq!(row(&choice, &fresh(), "fog.objectives").unwrap().status, Status::Pass);
        assert!(row(&choice, &fresh(), "fog.grace").unwrap().found.contains("1440 min"));
        let mut small = fresh();
        if let Fact::Known { value } = &mut small.b.facts {
            value.v_cores = Some(4);
        }
        let said = row(&choice, &small, "fog.objectives").unwrap();
        assert_eq!(said.status, Status::Fail);
        assert!(said.remedy.contains("customer managed"), "{said:?}");
        assert!(row(&choice, &small, "fog.policy_switched").unwrap().found.contains("they DIFFER"));
        assert_eq!(row(&Choice { read: Some("automatic"), ..choice }, &small, "fog.policy_switched"), None);
        let mut dark = fresh();
        dark.b.facts = Fact::unknown("dark");
        assert_eq!(row(&choice, &dark, "fog.objectives").unwrap().status, Status::Unknown);
    }
}
