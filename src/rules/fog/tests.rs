//! The state machine's refusals, one by one, and the checklist's rows.

use super::names;
use super::pairs::Paired;
use super::pairs::paired;
use super::prerequisites;
use super::prerequisites::Status;
use super::seeding;
use super::state::Asked;
use super::state::Ground;
use super::state::Standing;
use super::state::may;
use super::state::standing;
use crate::model::fact::Fact;
use crate::model::geo::GeoDatabase;
use crate::model::geo::GeoRow;
use crate::model::geo::GroupFacts;
use crate::model::geo::GroupView;
use crate::model::geo::Member;
use crate::model::geo::MemberFacts;
use crate::model::geo::Side;
use crate::model::ids::SiteId;
use crate::rules::checks::registry;
use std::collections::BTreeSet;

fn known<T>(value: T) -> Fact<T> {
    Fact::Known { value }
}

fn member(site: &str, location: &str) -> Member {
    let facts = MemberFacts {
        id: format!("/subscriptions/s/resourceGroups/r/providers/Microsoft.Sql/managedInstances/{site}"),
        location: location.to_owned(),
        fqdn: format!("{site}.zone.database.windows.net"),
        dns_zone: Some("zone".to_owned()),
        tier: Some("GeneralPurpose".to_owned()),
        storage_gb: Some(256),
        v_cores: Some(8),
        collation: Some("C".to_owned()),
        time_zone: Some("UTC".to_owned()),
        policy: Some("SQLServer2022".to_owned()),
        next_gen: Some(false),
        state: Some("Ready".to_owned()),
        provisioning: Some("Succeeded".to_owned()),
        backup_redundancy: Some("Geo".to_owned()),
        minimal_tls: Some("1.2".to_owned()),
        connection: Some("Proxy".to_owned()),
        maintenance: Some("/subscriptions/s/x/SQL_Default".to_owned()),
        ..MemberFacts::default()
    };
    Member {
        site: SiteId::from(site),
        resource_group: "r".into(),
        instance: site.to_owned(),
        facts: known(facts),
        databases: known(Vec::new()),
        links: known(Vec::new()),
        operations: known(Vec::new()),
        groups: known(Vec::new()),
        forbidden: known(Vec::new()),
    }
}

pub(super) fn fresh() -> GroupFacts {
    let mut a = member("mi-a", "West Europe");
    a.databases = known(vec![("ledger".to_owned(), "Online".to_owned())]);
    GroupFacts {
        name: "fog".to_owned(),
        a,
        b: member("mi-b", "northeurope"),
        databases: vec![GeoDatabase { name: "ledger".to_owned(), row: known(None), in_memory: Some(false) }],
        bytes: Some(100 << 30),
        servers: None,
    }
}

fn view(is_primary: bool, state: &str) -> GroupView {
    GroupView {
        name: "fog".to_owned(),
        is_primary: Some(is_primary),
        state: Some(state.to_owned()),
        ..GroupView::default()
    }
}

/// `a` is primary, both in that state, the database too.
fn grouped(state: &str) -> GroupFacts {
    let mut f = fresh();
    f.a.groups = known(vec![view(true, state)]);
    f.b.groups = known(vec![view(false, state)]);
    let row = GeoRow { state: Some(state.to_owned()), lag_s: Some(0), age_s: Some(1), is_primary: Some(true) };
    f.databases[0].row = known(Some(row));
    f
}

#[track_caller]
fn refused(asked: Asked, facts: &GroupFacts, word: &str) {
    let why = may(asked, &standing(facts), facts).expect_err("must be refused").why;
    assert!(why.contains(word), "`{why}` does not say `{word}`");
}

fn allowed(asked: Asked, facts: &GroupFacts) -> bool {
    may(asked, &standing(facts), facts).is_ok()
}

const TO_B: Asked = Asked::Planned(Side::B);
const FORCE_B: Asked = Asked::Forced(Side::B);

#[test]
fn nothing_but_a_creation_without_a_group() {
    let f = fresh();
    assert_eq!(standing(&f), Standing::None);
    assert!(allowed(Asked::Create, &f));
    for asked in [Asked::Update, Asked::Delete, TO_B, FORCE_B] {
        refused(asked, &f, "no group");
    }
}

#[test]
fn while_it_is_created_there_is_nothing_to_fail_over_to() {
    for state in ["PENDING", "SEEDING"] {
        let f = grouped(state);
        refused(Asked::Create, &f, "is there");
        refused(TO_B, &f, "CATCH_UP");
        refused(FORCE_B, &f, "nothing whole");
        refused(Asked::Update, &f, "not while");
    }
    assert!(allowed(Asked::Delete, &grouped("SEEDING")), "a creation can be abandoned");
    refused(Asked::Delete, &grouped("PENDING"), "not while");
}

#[test]
fn in_step_everything_goes_the_right_way() {
    for state in ["CATCH_UP", "Catch-up", "catchup"] {
        let f = grouped(state);
        assert_eq!(standing(&f), Standing::InSync { primary: Side::A });
        assert!([Asked::Update, Asked::Delete, TO_B, FORCE_B].into_iter().all(|a| allowed(a, &f)), "{state}");
        let already = may(Asked::Planned(Side::A), &standing(&f), &f).unwrap_err();
        assert!(already.is_already() && already.why.contains("primary already"));
    }
}

#[test]
fn one_side_behind_is_not_ready() {
    let mut f = grouped("CATCH_UP");
    f.b.groups = known(vec![view(false, "SEEDING")]);
    refused(TO_B, &f, "CATCH_UP on both");
    f.b.groups = known(vec![view(false, "SUSPENDED")]);
    refused(TO_B, &f, "CATCH_UP on both");
    assert!(allowed(FORCE_B, &f));
    f.b.groups = known(vec![view(true, "CATCH_UP")]);
    refused(FORCE_B, &f, "both say they are primary");
    refused(TO_B, &f, "both say they are primary");
}

#[test]
fn every_database_counts_and_unknown_is_no_pass() {
    let mut f = grouped("CATCH_UP");
    f.databases.push(GeoDatabase { name: "new".to_owned(), row: known(None), in_memory: Some(false) });
    refused(TO_B, &f, "new is not replicated");
    assert!(allowed(FORCE_B, &f));
    f.databases[1].row = Fact::unknown("no permission");
    refused(TO_B, &f, "no permission");
    let mut f = grouped("CATCH_UP");
    f.b.operations = known(vec!["UPDATE MANAGED SERVER".to_owned()]);
    refused(TO_B, &f, "busy");
    f.b.operations = Fact::unknown("dark");
    refused(TO_B, &f, "unknown");
}

#[test]
fn different_update_policies_stop_every_failover() {
    let mut f = grouped("CATCH_UP");
    if let Fact::Known { value } = &mut f.b.facts {
        value.policy = Some("AlwaysUpToDate".to_owned());
    }
    refused(TO_B, &f, "update policies differ");
    refused(FORCE_B, &f, "update policies differ");
}

#[test]
fn with_one_region_lost_only_the_other_can_be_forced() {
    let mut f = grouped("CATCH_UP");
    f.a.groups = Fact::unknown("no answer");
    refused(TO_B, &f, "CATCH_UP on both");
    assert!(allowed(FORCE_B, &f));
    refused(Asked::Delete, &f, "goes to the primary");
    refused(Asked::Update, &f, "goes to the primary");
    f.b.groups = known(vec![view(false, "SEEDING")]);
    refused(FORCE_B, &f, "no whole copy");
    f.b.groups = Fact::unknown("no answer either");
    refused(FORCE_B, &f, "nothing whole");
    refused(Asked::Create, &f, "unknown");
}

fn status(f: &GroupFacts, id: &str) -> Status {
    let rows = prerequisites::judge(f, None);
    rows.iter().find(|r| r.id == id).unwrap_or_else(|| panic!("no row {id}")).status
}

#[test]
fn two_fitting_instances_are_ready() {
    let rows = prerequisites::judge(&fresh(), None);
    let blocking: Vec<_> = rows.iter().filter(|r| r.blocks()).collect();
    assert!(blocking.is_empty(), "{blocking:#?}");
}

#[test]
fn each_row_fails_when_its_fact_is_wrong_and_is_unknown_when_unread() {
    type Edit = fn(&mut MemberFacts);
    let rows: [(&str, Edit); 9] = [
        ("fog.tier", |m| m.tier = Some("BusinessCritical".to_owned())),
        ("fog.storage", |m| m.storage_gb = Some(512)),
        ("fog.compute", |m| m.v_cores = Some(4)),
        ("fog.dns_zone", |m| m.dns_zone = Some("other".to_owned())),
        ("fog.collation", |m| m.collation = Some("D".to_owned())),
        ("fog.time_zone", |m| m.time_zone = Some("CET".to_owned())),
        ("fog.policy", |m| m.policy = Some("AlwaysUpToDate".to_owned())),
        ("fog.region", |m| m.location = "westeurope".to_owned()),
        ("fog.next_gen", |m| m.next_gen = Some(true)),
    ];
    for (id, edit) in rows {
        let mut f = fresh();
        assert_eq!(status(&f, id), Status::Pass, "{id}");
        if let Fact::Known { value } = &mut f.b.facts {
            edit(value);
        }
        assert_eq!(status(&f, id), Status::Fail, "{id}");
        f.b.facts = Fact::unknown("dark");
        assert_eq!(status(&f, id), Status::Unknown, "{id}");
    }
}

#[test]
fn what_stands_on_the_instances_stands_in_the_way() {
    let mut f = fresh();
    f.b.databases = known(vec![("old".to_owned(), "Online".to_owned())]);
    f.a.links = known(vec!["ledger".to_owned()]);
    f.b.forbidden = known(vec!["write".to_owned()]);
    let other = GroupView { primary_id: f.a.facts.known().map(|m| m.id.to_uppercase()), ..view(true, "CATCH_UP") };
    f.a.groups = known(vec![GroupView { name: "else".to_owned(), ..other }]);
    for id in ["fog.secondary_empty", "fog.primary_links", "fog.secondary_permissions", "fog.primary_group"] {
        assert_eq!(status(&f, id), Status::Fail, "{id}");
    }
    f.bytes = Some(60_000 << 30);
    assert_eq!(status(&f, "fog.seeding_limit"), Status::Fail);
}

#[test]
fn regions_names_and_hours() {
    assert_eq!(paired("West Europe", "northeurope"), Paired::Yes);
    assert_eq!(paired("eastus2", "westus2"), Paired::No);
    assert_eq!(paired("brazilsouth", "southcentralus"), Paired::Yes);
    assert_eq!(paired("southcentralus", "brazilsouth"), Paired::OtherWay);
    assert_eq!(paired("westeurope", "atlantis"), Paired::Unknown);
    assert_eq!(
        names::listeners("fog", "mi-a.zone.database.usgovcloudapi.net").unwrap().1,
        "fog.secondary.zone.database.usgovcloudapi.net"
    );
    for bad in ["", "-a", "a-", "Fog", "a_b", &"a".repeat(64)] {
        assert!(!names::is_group_name(bad), "{bad}");
    }
    assert!(
        names::connection_strings("rw", "ro", "d").iter().all(|(_, w, _)| !w.to_lowercase().contains("trustserver"))
    );
    let (least, most) = seeding::hours(2048 << 30, None);
    assert!((least - 5.69).abs() < 0.01 && (most - 11.38).abs() < 0.01, "{least} {most}");
}

#[test]
fn scopes_and_windows() {
    let f = fresh();
    assert_eq!(status(&f, "fog.tenant"), Status::Pass);
    assert_eq!(status(&f, "fog.scope"), Status::Pass);
    assert_eq!(status(&f, "fog.maintenance"), Status::Pass, "a pair");
    let changed = |change: fn(&mut MemberFacts)| {
        let mut f = fresh();
        let mut facts = f.b.facts.known().unwrap().clone();
        change(&mut facts);
        f.b.facts = known(facts);
        f
    };
    let other = changed(|m| m.id = m.id.replace("/s/", "/t/"));
    assert_eq!(status(&other, "fog.tenant"), Status::Unknown, "two subscriptions: nobody read their tenants");
    assert_eq!(status(&other, "fog.scope"), Status::Fail);
    assert!(prerequisites::judge(&other, None).iter().all(|r| r.id != "fog.scope" || !r.blocks()), "it only informs");
    let far = changed(|m| m.location = "westus2".to_owned());
    assert_eq!(status(&far, "fog.maintenance"), Status::Fail, "the same window in regions that are no pair");
    let apart = changed(|m| {
        m.location = "westus2".to_owned();
        m.maintenance = Some("/x/SQL_WestUS2_MI_1".to_owned());
    });
    assert_eq!(status(&apart, "fog.maintenance"), Status::Pass);
    let silent = changed(|m| {
        m.location = "westus2".to_owned();
        m.maintenance = None;
    });
    assert_eq!(status(&silent, "fog.maintenance"), Status::Unknown);
}

#[test]
fn a_missing_right_is_named_with_its_scope() {
    let mut f = grouped("CATCH_UP");
    let action = "Microsoft.Sql/locations/instanceFailoverGroups/failover/action".to_owned();
    f.b.forbidden = known(vec![action.clone()]);
    let refusal = may(Asked::Planned(Side::B), &standing(&f), &f).unwrap_err();
    assert!(refusal.why.contains(&action) && refusal.why.contains("resource group r of mi-b"), "{}", refusal.why);
    assert!(may(Asked::Forced(Side::B), &standing(&f), &f).is_ok(), "another action");
    assert!(may(Asked::Delete, &standing(&f), &f).is_ok());
    f.b.forbidden =
        known(vec!["Microsoft.Sql/locations/instanceFailoverGroups/forceFailoverAllowDataLoss/action".to_owned()]);
    assert!(may(Asked::Forced(Side::B), &standing(&f), &f).is_err());
    f.a.forbidden = f.b.forbidden.clone();
    f.b.forbidden = known(Vec::new());
    assert!(may(Asked::Forced(Side::B), &standing(&f), &f).is_ok(), "the lost side's rights do not matter");
    f.b.forbidden = Fact::unknown("no answer");
    assert!(may(Asked::Forced(Side::B), &standing(&f), &f).is_ok(), "an outage does not wait for a list of rights");
    assert_eq!(super::rights::missing(Asked::Forced(Side::B), &f).1.len(), 1, "but it is said");
}

#[test]
fn what_drifts_apart_is_told_of_a_standing_group() {
    let mut f = grouped("CATCH_UP");
    assert!(prerequisites::drift(&f).is_empty(), "{:?}", prerequisites::drift(&f));
    let mut facts = f.b.facts.known().unwrap().clone();
    facts.v_cores = Some(4);
    facts.backup_redundancy = Some("Local".to_owned());
    f.b.facts = known(facts);
    let ids: Vec<&str> = prerequisites::drift(&f).iter().map(|r| r.id).collect();
    assert_eq!(ids, ["fog.compute", "fog.backup_redundancy"], "and not that the secondary holds databases");
    f.b.facts = Fact::unknown("dark");
    assert!(prerequisites::drift(&f).iter().all(|r| r.status == Status::Unknown), "unread is not equal");
}

/// What is asked and found where each ground of a refusal applies. A new ground without a case does not compile.
fn case_of(ground: Ground) -> (Asked, GroupFacts) {
    let with = |state: &str, change: fn(&mut GroupFacts)| {
        let mut f = grouped(state);
        change(&mut f);
        f
    };
    let whole = |change: fn(&mut GroupFacts)| with("CATCH_UP", change);
    match ground {
        Ground::Already => (Asked::Planned(Side::A), grouped("CATCH_UP")),
        Ground::Exists => (Asked::Create, grouped("CATCH_UP")),
        Ground::ExistenceUnknown => (
            Asked::Create,
            whole(|f| {
                f.a.groups = Fact::unknown("dark");
                f.b.groups = Fact::unknown("dark");
            }),
        ),
        Ground::Missing => (Asked::Delete, fresh()),
        Ground::PlannedNotInSync => (TO_B, grouped("SEEDING")),
        Ground::MemberBusy => (TO_B, whole(|f| f.a.operations = known(vec!["UPDATE".to_owned()]))),
        Ground::MemberBusyUnknown => (TO_B, whole(|f| f.a.operations = Fact::unknown("dark"))),
        Ground::MemberNotReady => (
            TO_B,
            whole(|f| {
                if let Fact::Known { value } = &mut f.b.facts {
                    value.state = Some("Stopped".to_owned());
                }
            }),
        ),
        Ground::ReplicationUnknown => (TO_B, whole(|f| f.databases[0].row = Fact::unknown("dark"))),
        Ground::NotReplicated => (TO_B, whole(|f| f.databases[0].row = known(None))),
        Ground::DatabaseBehind => (
            TO_B,
            whole(|f| {
                let row =
                    GeoRow { state: Some("SEEDING".to_owned()), lag_s: None, age_s: None, is_primary: Some(true) };
                f.databases[0].row = known(Some(row));
            }),
        ),
        Ground::PoliciesDiffer => (
            FORCE_B,
            whole(|f| {
                if let Fact::Known { value } = &mut f.b.facts {
                    value.policy = Some("AlwaysUpToDate".to_owned());
                }
            }),
        ),
        Ground::NoWholeCopy => (FORCE_B, with("SEEDING", |f| f.a.groups = Fact::unknown("dark"))),
        Ground::PromotedUnread => (FORCE_B, whole(|f| f.b.groups = Fact::unknown("dark"))),
        Ground::NothingWhole => (FORCE_B, grouped("SEEDING")),
        Ground::UpdateOneSided => (Asked::Update, whole(|f| f.a.groups = Fact::unknown("dark"))),
        Ground::UpdateNotNow => (Asked::Update, grouped("SEEDING")),
        Ground::DeleteOneSided => (Asked::Delete, whole(|f| f.a.groups = Fact::unknown("dark"))),
        Ground::DeleteNotNow => (Asked::Delete, grouped("PENDING")),
        Ground::NoRight => (
            TO_B,
            whole(|f| {
                let action = "Microsoft.Sql/locations/instanceFailoverGroups/failover/action";
                f.b.forbidden = known(vec![action.to_owned()]);
            }),
        ),
    }
}

#[test]
fn every_ground_refuses_and_says_what_to_do() {
    for ground in Ground::ALL {
        let (asked, facts) = case_of(*ground);
        let refusal = may(asked, &standing(&facts), &facts).expect_err("must be refused");
        assert_eq!(refusal.ground, *ground, "{}", refusal.why);
        assert!(refusal.hint.contains("milink") || *ground == Ground::NoRight, "{ground:?}: {}", refusal.hint);
    }
}

/// Each row is registered, and each registered row is judged by somebody.
#[test]
fn the_registry_and_the_rows_are_one() {
    let huge = GroupFacts { bytes: Some(1 << 50), ..fresh() };
    let plain = super::closer::tests::plain();
    let by_vpn = super::network::Between { path: crate::model::network::Path::Vpn, ..plain.between.clone() };
    let rows = [prerequisites::judge(&huge, None), super::closer::judge(&plain, &huge), super::network::judge(&by_vpn)];
    let mut judged: BTreeSet<&str> = rows.iter().flatten().map(|r| r.id).collect();
    judged.extend(super::servers_tests::every_id());
    judged.extend(super::policy::tests::every_id());
    judged.extend(super::service_key::judge(&Fact::unknown("dark"), None).iter().map(|r| r.id));
    // Where the log cannot be read; else it is a list, not a row.
    judged.insert("fog.activity");
    let registered: BTreeSet<&str> = registry::of_groups().map(|c| c.id.as_str()).collect();
    assert_eq!(judged, registered);
    for c in registry::of_groups() {
        assert!(c.rule.is_some() && c.purposes.len() == 1, "{}", c.id);
    }
}
