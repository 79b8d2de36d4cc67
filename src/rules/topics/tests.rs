use super::page;
use super::search::search;
use super::table;
use super::table::Topic;
use std::collections::BTreeSet;

/// Topic, row of the list of what must be explained, and words that only stand there if it is.
const CARRIED: &[(&str, &str, &[&str])] = &[
    ("failover-policy", "E01", &["customer managed (`Manual`", "Microsoft managed (`Automatic`)"]),
    ("failover-policy", "E05", &["outage to be detected and for the grace period to end"]),
    ("failover-policy", "E06", &["cannot mitigate", "action by people", "at least one hour"]),
    ("failover-policy", "E07", &["all databases whatever their state of synchronisation"]),
    ("grace-period", "E07", &["limit for all databases of the group, whatever their state"]),
    ("grace-period", "E08", &["24 h", "loses less", "expense of availability"]),
    ("grace-period", "E09", &["tolerance of data loss", "only with `policy = \"automatic\"`"]),
    ("failover-policy", "E10", &["Azure favours availability"]),
    ("failover-policy", "E11", &["natural disaster", "tenant ring or control ring", "memory leak in the kernel"]),
    ("failover-policy", "E12", &["Condition 1", "many databases of the region", "single database never triggers"]),
    ("failover-policy", "E13", &["Condition 2: the grace period has expired"]),
    ("failover-policy", "E14", &["ALL groups of the region"]),
    ("microsoft-managed", "E15", &["extreme cases", "a drill is always customer managed"]),
    (
        "microsoft-managed",
        "E16",
        &[
            "delegate",
            "an-hour-down",
            "any-time-later",
            "all-databases",
            "other-services",
            "unknown-loss",
            "equal-objectives",
        ],
    ),
    ("microsoft-managed", "E24", &["Failover Azure SQL failover group", "single hyphen"]),
    ("read-only-policy", "E27", &["cannot connect until the secondary recovers"]),
    ("failover-policy", "E27", &["cannot connect until the secondary recovers"]),
    ("read-only-policy", "E28", &["AllowReadOnlyFailoverToPrimary", "load on the primary"]),
    (
        "read-only-policy",
        "E29",
        &["only with the automatic policy and a forced failover", "manual policy it does nothing"],
    ),
    ("failover-policy", "E29", &["only with the automatic policy and a forced failover"]),
    ("read-only-policy", "E30", &["new primary serves both kinds of sessions"]),
    ("failover-policy", "E31", &["localised outage"]),
    ("failover-policy", "F11", &["at any time, planned or forced, whatever the policy"]),
    ("failover-policy", "F12", &["REQUIRED"]),
    ("failover-policy", "Q28", &["Forced preparation is faster"]),
    ("decide", "E31", &["localised outage", "force it yourself"]),
    ("decide", "P06", &["CATCH_UP on both", "does not answer"]),
    ("planned-failover", "F26", &["turns synchronous", "asynchronous again"]),
    ("planned-failover", "F17", &["peering, security groups, firewalls"]),
    ("planned-failover", "F37", &["All databases of the group switch together"]),
    ("forced-failover", "F09", &["Do NOT delete the old primary"]),
    ("forced-failover", "F23", &["DNS record is updated at once"]),
    ("forced-failover", "F24", &["up to 5 minutes", "read-only until then"]),
    ("forced-failover", "F25", &["REST call is polled"]),
    ("forced-failover", "F27", &["asynchronous because of the distance", "unavoidable"]),
    ("forced-failover", "F28", &["not moved"]),
    ("forced-failover", "F29", &["TDS sessions are disconnected"]),
    ("forced-failover", "F30", &["is your RPO"]),
    ("forced-failover", "F35", &["always prefer planned"]),
    ("forced-failover", "F36", &["no guard against loss, by design"]),
    ("failback", "F47", &["always by hand", "reminder"]),
    ("failback", "Q38", &["after one by Microsoft", "Nobody fails a group back"]),
    ("failback", "P11", &["smaller than the primary"]),
    ("seeding", "H01", &["longest and most expensive"]),
    ("seeding", "H02", &["number of databases", "load on the primary", "speed of the path"]),
    ("seeding", "H03", &["360 GB/h over global peering"]),
    ("seeding", "H04", &["parallel batches", "not published"]),
    ("seeding", "H05", &["84 GB/h take about 1.2 h"]),
    ("seeding", "H06", &["at 10 GB/h 10 h"]),
    ("seeding", "H07", &["two of 100 GB at 84 GB/h 2.4 h"]),
    ("seeding", "H08", &["cancelled after 6 days"]),
    ("seeding", "H09", &["500 GB/h"]),
    ("seeding", "H10", &["only later changes are replicated"]),
    ("seeding", "Q25", &["all databases in parallel"]),
    ("seeding", "Q26", &["how long a failover takes, planned and forced"]),
    ("seeding", "Q27", &["prepares the databases in batches"]),
    ("seeding", "Q28", &["Forced preparation is faster"]),
    ("seeding", "Q29", &["Smaller groups"]),
    ("listeners", "G05", &["CNAME", "made with the group and removed with it"]),
    ("listeners", "G12", &["peered", "ExpressRoute", "two different faults"]),
    ("listeners", "G13", &["DNS cache is refreshed"]),
    ("listeners", "G14", &["retry that connects anew"]),
    ("listeners", "G15", &["isolated workloads", "tolerate"]),
    ("listeners", "Q19", &["30 s"]),
    ("listeners", "alias", &["private CNAME of yours", "HostNameInCertificate"]),
    ("dns-zone", "A05", &["must have the same one"]),
    ("dns-zone", "A06", &["resource id of the primary"]),
    ("dns-zone", "A07", &["random"]),
    ("dns-zone", "A08", &["first instance in a subnet fixes"]),
    ("dns-zone", "A09", &["cannot be changed afterwards", "recreate"]),
    ("dns-zone", "A10", &["multi-domain (SAN) certificate"]),
    ("dns-zone", "A18", &["DNSZonePartner", "Primary Managed Instance", "PowerShell", "REST"]),
    ("high-availability", "B01", &["three copies", "remounts"]),
    ("high-availability", "B02", &["four local replicas on local SSD"]),
    ("high-availability", "B03", &["free for reads", "ApplicationIntent=ReadOnly"]),
    ("high-availability", "B04", &["in seconds", "no disaster recovery"]),
    ("high-availability", "B05", &["an update switches on"]),
    ("high-availability", "B06", &["some regions only"]),
    ("high-availability", "B07", &["loss of a region, a bad deployment or a deletion", "no regional protection"]),
    ("high-availability", "B08", &["Two layers, and you keep both"]),
    ("link-and-group", "B09", &["two problems"]),
    ("link-and-group", "B10", &["in both directions"]),
    ("link-and-group", "O18", &["only true online cutover to Business Critical"]),
    ("system-databases", "K01", &["master, msdb and model are not"]),
    ("service-master-key", "K06", &["copied from the primary to the secondary when the group is created"]),
    ("service-master-key", "K07", &["Later changes of that key are not copied", "creation of the group"]),
    ("copy-sync", "L01", &["EXEC sys.sp_wait_for_database_copy_sync", "@target_server = N'SERVER'"]),
    ("copy-sync", "L02", &["hardened in the log of the secondary"]),
    ("copy-sync", "L03", &["does not wait for redo"]),
    ("copy-sync", "L04", &["one replication link"]),
    ("copy-sync", "L05", &["right to connect"]),
    ("copy-sync", "L06", &["delay can be large", "not sent yet"]),
    ("standby", "N01", &["as many vCores as the primary"]),
    ("standby", "N02", &["no read workload"]),
    ("standby", "N03", &["Compute and storage are still charged"]),
    ("standby", "N04", &["not both"]),
    ("standby", "R05", &["`standby = true`", "licence"]),
    ("in-memory", "F38", &["matching tiers"]),
    ("in-memory", "F39", &["checkpoint-only, read-only mode", "cannot be read there"]),
    ("in-memory", "F40", &["blocked if all replicas"]),
    ("in-memory", "F41", &["lack of memory"]),
    ("in-memory", "F42", &["raise the secondary's tier first", "size of the data"]),
    ("in-memory", "F43", &["may not recover"]),
    ("scaling-order", "J17", &["Up: the secondary, then the primary"]),
    ("scaling-order", "J18", &["Down: the primary, then the secondary"]),
    ("scaling-order", "J19", &["enforces it across tiers (2022)"]),
    ("scaling-order", "J20", &["Within a tier and across tiers"]),
    ("scaling-order", "J21", &["overloaded and may have to be reseeded"]),
    ("update-policy", "J15", &["another local node", "short drop", "does not fail over"]),
    ("update-policy", "J16", &["planned and forced failovers are refused"]),
    ("network-paths", "C01", &["recommended path", "private backbone"]),
    ("network-paths", "C02", &["ExpressRoute and VPN gateways are possible"]),
    ("network-paths", "C03", &["slower for seeding"]),
    ("network-paths", "C04", &["network's administrators"]),
    ("network-paths", "C22", &["not proven"]),
    ("network-paths", "C24", &["directly between the two subnets"]),
    ("network-paths", "C25", &["22 September 2020"]),
    ("network-paths", "C26", &["maintenance window that is not the default"]),
    ("network-paths", "C41", &["service endpoints cover one region"]),
    ("application-tier", "F44", &["degrades"]),
    ("application-tier", "F45", &["client, web tier, storage, DNS", "guarantees"]),
    ("application-tier", "F46", &["only at the state of Azure SQL"]),
    ("application-tier", "Q21", &["Security and network access at the secondary"]),
    ("application-tier", "Q33", &["network rules of its own"]),
    ("application-tier", "Q45", &["SQL Database only"]),
    ("paired-regions", "A13", &["much faster"]),
    ("paired-regions", "Q22", &["prefer them"]),
    ("paired-regions", "Q23", &["not updated at the same time", "not promised"]),
    ("paired-regions", "Q24", &["weekday for the secondary", "weekend for the primary"]),
    ("zone-redundancy", "Q39", &["no option for it", "the service has none"]),
    ("zone-redundancy", "Q40", &["switch it on afterwards"]),
    ("zone-redundancy", "Q41", &["active geo-replication first"]),
    ("zone-redundancy", "Q42", &["Hyperscale copies inherit"]),
    ("elastic-pools", "Q34", &["800 DTU or 8 vCores", "more than 250 databases"]),
    ("elastic-pools", "Q35", &["heavy writes", "several secondaries"]),
    ("elastic-pools", "Q36", &["growing lag", "sys.dm_geo_replication_link_status"]),
    ("elastic-pools", "Q37", &["scale the pool up"]),
    ("continuity-figures", "R04", &["5 s", "1 h", "below 60 s", "never measured results"]),
    ("after-recovery", "Q48", &["geo-restore", "authentication", "backups"]),
];

fn whole(t: &Topic) -> String {
    t.words().collect::<Vec<_>>().join("\n").to_lowercase()
}

#[test]
fn every_row_that_a_topic_is_about_is_carried_by_it() {
    for (id, row, words) in CARRIED {
        let topic = table::find(id).unwrap_or_else(|| panic!("no topic `{id}`"));
        assert_eq!(topic.id, *id, "{row}");
        let text = whole(topic);
        for word in *words {
            assert!(text.contains(&word.to_lowercase()), "{id} does not carry {row}: `{word}`");
        }
    }
    let tested: BTreeSet<&str> = CARRIED.iter().map(|(id, ..)| *id).collect();
    let all: BTreeSet<&str> = table::all().iter().map(|t| t.id.as_str()).collect();
    assert_eq!(tested, all, "a topic that no row asks for, or the other way round");
}

#[test]
fn every_topic_is_whole_and_has_a_source_with_a_date() {
    let mut names = BTreeSet::new();
    let mut used = BTreeSet::new();
    for t in table::all() {
        for name in std::iter::once(&t.id).chain(&t.also) {
            assert_eq!(table::find(name).map(|f| &f.id), Some(&t.id), "`{name}` leads elsewhere");
            let code = crate::rules::errors::find(name).map(|(_, id)| id);
            assert_ne!(code, Some(name.as_str()), "an error has this very name");
            names.insert(name.to_lowercase());
        }
        assert!(!t.source_keys().is_empty() && !t.section.is_empty(), "{}", t.id);
        assert_eq!(t.sources().len(), t.source_keys().len(), "{}: an unknown source", t.id);
        used.extend(t.source_keys().iter().cloned());
        for other in &t.see {
            assert!(table::all().iter().any(|o| &o.id == other) && other != &t.id, "{}: see `{other}`", t.id);
        }
        for s in &t.section {
            let has = s.text.is_some() || !s.points.is_empty() || s.table.len() > 1 || s.statement.is_some();
            assert!(has && !s.title.is_empty(), "{}: {}", t.id, s.title);
            assert!(s.table.iter().all(|row| row.len() == s.table[0].len()), "{}: {}: ragged", t.id, s.title);
        }
        assert!(t.words().all(|w| !w.trim().is_empty() && !w.contains('|')), "{}", t.id);
    }
    for (key, source) in table::source_table() {
        assert!(used.contains(key), "nothing comes from `{key}`");
        assert!(source.contains("(20") || source.contains("no date") || source.contains("as read"), "{source}");
    }
}

#[test]
fn names_are_found_in_any_spelling_and_slips_have_neighbours() {
    for (name, id) in [
        ("Failover Policy", "failover-policy"),
        ("grace_period", "grace-period"),
        ("DNSZonePartner", "dns-zone"),
        ("standby", "standby"),
        ("RPO", "continuity-figures"),
    ] {
        assert_eq!(table::find(name).map(|t| t.id.as_str()), Some(id), "{name}");
    }
    assert_eq!(table::near("failover-polcy")[0], "failover-policy");
    assert_eq!(table::near("gracep")[0], "grace-period");
    assert!(table::near("").is_empty() && table::near(&"x".repeat(1_000)).is_empty());
    assert!(table::near("something else entirely").is_empty());
}

#[test]
fn a_word_is_found_in_topics_checks_and_errors() {
    let kinds = |word: &str| search(word).iter().map(|h| h.kind).collect::<BTreeSet<_>>();
    assert!(kinds("dnszonepartner").contains("topic"));
    assert!(kinds("broker").contains("check"));
    assert!(kinds("certificate").contains("link"));
    let ids: Vec<&str> = search("kernel leak").iter().map(|h| h.id).collect();
    assert_eq!(ids, ["failover-policy"], "both words");
    assert!(search("kernel leak")[0].line.contains("memory leak in the kernel"));
    assert!(search("").is_empty() && search("nosuchword").is_empty());
}

/// The page is the data; written where asked for.
#[test]
fn the_page_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/explain.md");
    if option_env!("MILINK_WRITE_DOCS").is_some() {
        std::fs::write(path, page::markdown()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page::markdown(), "docs/explain.md is not fresh");
}
