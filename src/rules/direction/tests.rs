use super::*;
use std::collections::BTreeSet;

fn ops(build: &str, policy: &str, primary: InitialPrimary) -> String {
    let v = judge(Build::parse(build).expect("build"), policy, primary);
    let letters = [
        (Operation::Create, 'C'),
        (Operation::Read, 'R'),
        (Operation::Planned, 'P'),
        (Operation::Keep, 'K'),
        (Operation::Failback, 'B'),
        (Operation::Forced, 'F'),
        (Operation::Offline, 'O'),
    ];
    letters.iter().filter(|(o, _)| v.operations.contains(o)).map(|(_, c)| *c).collect()
}

#[test]
fn the_decision_table_row_by_row_and_at_each_threshold() {
    use InitialPrimary::ManagedInstance as Mi;
    use InitialPrimary::SqlServer as Sql;
    let cases = [
        ("13.0.6490.1", "SQLServer2022", Sql, ""),
        ("13.0.7000.252", "SQLServer2022", Sql, ""),
        ("13.0.7000.253", "sqlserver2022", Sql, "CRPF"),
        ("14.0.3485.1", "SQLServer2025", Sql, ""),
        ("14.0.3490.10", "SQLServer2025", Sql, "CRPF"),
        ("14.0.3495.9", "SQLServer2025", Sql, "CRPF"),
        ("15.0.4312.1", "AlwaysUpToDate", Sql, ""),
        ("15.0.4312.2", "AlwaysUpToDate", Sql, "CRPF"),
        ("16.0.1000.5", "SQLServer2022", Sql, ""),
        ("16.0.1000.6", "SQLServer2022", Sql, "CRPFO"),
        ("16.0.4125.2", "SQLServer2022", Sql, "CRPFO"),
        ("16.0.4125.3", "SQLServer2022", Sql, "CRPKBFO"),
        ("16.0.4125.3", "SQLServer2025", Sql, "CRPF"),
        ("16.0.4125.3", "alwaysuptodate", Sql, "CRPF"),
        ("17.0.900.7", "SQLServer2025", Sql, ""),
        ("17.0.1000.7", "SQLServer2022", Sql, ""),
        ("17.0.1000.7", "SqlServer2025", Sql, "CRPKBFO"),
        ("17.0.1000.7", "AlwaysUpToDate", Sql, "CRPF"),
        ("15.0.4312.2", "SQLServer2022", Mi, ""),
        ("16.0.4095.3", "SQLServer2022", Mi, ""),
        ("16.0.4095.4", "SQLServer2022", Mi, "CRPBF"),
        ("16.0.4125.3", "SQLServer2022", Mi, "CRPBFO"),
        ("16.0.4125.3", "SQLServer2025", Mi, ""),
        ("17.0.1000.7", "SQLServer2025", Mi, "CRPBFO"),
        ("17.0.1000.7", "SQLServer2022", Mi, ""),
        ("12.0.6449.1", "SQLServer2022", Sql, ""),
        ("16.0.4125.3", "SQLServer2030", Sql, ""),
    ];
    for (build, policy, primary, expected) in cases {
        assert_eq!(ops(build, policy, primary), expected, "{build} {policy} {primary:?}");
    }
}

/// The whole table (facts: mi-link 1.5): every band at its first build and one build below its end, every policy, both
/// directions. Columns: policies 2022, 2025, always up to date with SQL Server first; then the same with the instance first.
#[test]
fn the_decision_table_in_full() {
    let one_way = ["CRPF", "CRPF", "CRPF", "", "", ""];
    let cases = [
        ("13.0.7000.253", "13.0.65535.0", one_way),
        ("14.0.3490.10", "14.0.3490.10", one_way),
        ("14.0.3490.11", "14.0.65535.0", one_way),
        ("15.0.4312.2", "15.0.65535.0", one_way),
        ("16.0.1000.6", "16.0.4095.3", ["CRPFO", "CRPF", "CRPF", "", "", ""]),
        ("16.0.4095.4", "16.0.4125.2", ["CRPFO", "CRPF", "CRPF", "CRPBF", "", ""]),
        ("16.0.4125.3", "16.0.65535.0", ["CRPKBFO", "CRPF", "CRPF", "CRPBFO", "", ""]),
        ("17.0.1000.7", "17.0.65535.0", ["", "CRPKBFO", "CRPF", "", "CRPBFO", ""]),
        // No link at all: before each of the first thresholds.
        ("12.0.0.0", "12.0.6449.1", [""; 6]),
        ("13.0.6300.2", "13.0.7000.252", [""; 6]),
        ("14.0.3456.2", "14.0.3490.9", [""; 6]),
        ("15.0.2000.5", "15.0.4312.1", [""; 6]),
        ("16.0.100.4", "16.0.1000.5", [""; 6]),
        ("17.0.700.9", "17.0.1000.6", [""; 6]),
    ];
    assert_eq!(cases.iter().filter(|c| !c.2.concat().is_empty()).count(), TABLE.band.len(), "a band is missing here");
    for (first, last, expected) in cases {
        for build in [first, last] {
            let cells = InitialPrimary::ALL.iter().flat_map(|primary| {
                ["SQLServer2022", "SQLServer2025", "AlwaysUpToDate"].map(|policy| ops(build, policy, *primary))
            });
            assert_eq!(cells.collect::<Vec<_>>(), expected, "{build}");
        }
    }
}

#[test]
fn every_band_has_a_row_for_every_policy_and_primary_and_every_row_is_reachable() {
    let mut used = BTreeSet::new();
    for band in &TABLE.band {
        for policy in ["SQLServer2022", "SQLServer2025", "AlwaysUpToDate"] {
            for primary in [InitialPrimary::SqlServer, InitialPrimary::ManagedInstance] {
                let rows: Vec<_> = TABLE
                    .row
                    .iter()
                    .enumerate()
                    .filter(|(_, r)| {
                        r.initial_primary == primary
                            && r.bands.contains(&band.id)
                            && r.policies.iter().any(|p| p == policy)
                    })
                    .map(|(i, _)| i)
                    .collect();
                assert_eq!(rows.len(), 1, "{} {policy} {primary:?}", band.id);
                used.extend(rows);
            }
        }
    }
    assert_eq!(used.len(), TABLE.row.len());
}

#[test]
fn every_refused_row_is_reachable_and_no_build_falls_between() {
    let edges = TABLE.band.iter().map(|b| (b.min, b.below)).chain(TABLE.refused.iter().map(|r| (r.min, r.below)));
    let mut edges: Vec<_> = edges.collect();
    edges.sort();
    for pair in edges.windows(2) {
        assert_eq!(pair[0].1, pair[1].0, "bands and refusals must meet without gap or overlap");
    }
    assert_eq!(edges.last().map(|e| e.1), Build::parse("18.0"));
    for row in &TABLE.refused {
        let v = judge(row.min, "SQLServer2022", InitialPrimary::SqlServer);
        assert!(v.known && v.band.is_none() && v.why.ends_with(&row.note), "{}: {}", row.id, v.why);
    }
    let newer = judge(Build([18, 0, 0, 0]), "SQLServer2025", InitialPrimary::SqlServer);
    assert!(!newer.known && newer.direction == Direction::None);
}
