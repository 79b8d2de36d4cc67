use super::*;
use std::collections::BTreeSet;

fn ask(build: &str, policy: &str, edition: &str) -> Question {
    Question {
        build: Build::parse_whole(build).expect("build"),
        policy: super::policy(policy).expect("policy"),
        edition: super::edition(edition).expect("edition"),
        primary: InitialPrimary::SqlServer,
        os: None,
        multi_database: false,
    }
}

fn refusals(answer: &Answer) -> Vec<&str> {
    answer.reasons.iter().filter(|r| r.effect == Effect::Refuses).map(|r| r.rule).collect()
}

#[test]
fn builds_one_below_and_at_each_threshold() {
    use Readiness::*;
    let cases = [
        ("12.0.6449.1", "SQLServer2022", NotReady, "build"),
        ("13.0.6300.1", "SQLServer2022", NotReady, "build"),
        // The GDR train of 2016 never contains the pack, whatever its date.
        ("13.0.6300.2", "SQLServer2022", NotReady, "build"),
        ("13.0.6490.1", "SQLServer2022", NotReady, "build"),
        ("13.0.6500.1", "AlwaysUpToDate", NotReady, "build"),
        ("13.0.7000.252", "SQLServer2022", NotReady, "build"),
        ("13.0.7000.253", "SQLServer2022", Ready, ""),
        ("13.0.7095.1", "AlwaysUpToDate", Ready, ""),
        ("14.0.2120.1", "SQLServer2022", NotReady, "build"),
        ("14.0.3456.2", "SQLServer2022", NotReady, "build"),
        ("14.0.3485.1", "SQLServer2022", NotReady, "build"),
        ("14.0.3490.9", "SQLServer2022", NotReady, "build"),
        ("14.0.3490.10", "SQLServer2022", Ready, ""),
        ("14.0.3490.11", "SQLServer2022", Unknown, ""),
        ("14.0.3495.9", "SQLServer2022", Unknown, ""),
        ("14.0.3540.1", "AlwaysUpToDate", Unknown, ""),
        ("15.0.2180.2", "SQLServer2022", NotReady, "build"),
        ("15.0.4312.1", "SQLServer2022", NotReady, "build"),
        ("15.0.4312.2", "SQLServer2022", Ready, ""),
        ("16.0.1000.5", "SQLServer2022", NotReady, "build"),
        ("16.0.1000.6", "SQLServer2022", Ready, ""),
        ("16.0.1190.2", "SQLServer2022", Ready, ""),
        ("17.0.700.9", "SQLServer2025", NotReady, "build"),
        ("17.0.800.3", "SQLServer2025", NotReady, "build"),
        ("17.0.900.7", "SQLServer2025", NotReady, "build"),
        ("17.0.1000.6", "SQLServer2025", NotReady, "build"),
        ("17.0.1000.7", "SQLServer2025", Ready, ""),
        ("17.0.1000.7", "SQLServer2022", NotReady, "direction"),
        ("17.0.4075.5", "AlwaysUpToDate", Ready, ""),
        ("18.0.100.1", "AlwaysUpToDate", Unknown, ""),
    ];
    for (build, policy, expected, rule) in cases {
        let answer = judge(&ask(build, policy, "Enterprise"));
        assert_eq!(answer.readiness, expected, "{build} {policy}: {:?}", answer.reasons);
        let expected_rules: Vec<&str> = if rule.is_empty() { Vec::new() } else { vec![rule] };
        assert_eq!(refusals(&answer), expected_rules, "{build} {policy}");
        assert!(answer.reasons.iter().all(|r| !r.source.is_empty() && !r.text.is_empty()), "{build}");
        let can = answer.abilities.direction != Direction::None;
        assert_eq!(can, expected == Ready, "{build}: abilities only with a pass");
    }
}

#[test]
fn the_gdr_branch_of_2022_is_below_cu10() {
    let from_azure =
        Question { primary: InitialPrimary::ManagedInstance, ..ask("16.0.1190.2", "SQLServer2022", "Enterprise") };
    assert_eq!(refusals(&judge(&from_azure)), ["direction"]);
    let later = judge(&ask("14.0.3495.9", "SQLServer2022", "Enterprise"));
    let confirmed = later.if_confirmed.expect("what the probe would allow");
    assert_eq!(confirmed.direction, Direction::OneWay);
    assert!(later.reasons[0].text.contains("sp_certificate_add_issuer"), "{:?}", later.reasons[0]);
    let wizard = judge(&ask("16.0.4095.4", "SQLServer2022", "Enterprise"));
    assert_eq!(wizard.abilities.by_wizard, [Operation::Keep, Operation::Failback]);
    assert_eq!(wizard.abilities.direction, Direction::OneWay);
}

#[test]
fn editions() {
    let cases = [
        ("Enterprise", "15.0.4312.2", Some("Enterprise")),
        ("Enterprise Edition: Core-based Licensing (64-bit)", "15.0.4312.2", Some("Enterprise")),
        ("standard edition (64-bit)", "15.0.4312.2", Some("Standard")),
        ("DEVELOPER", "15.0.4312.2", Some("Developer")),
        ("Enterprise Developer Edition (64-bit)", "17.0.1000.7", Some("Enterprise Developer")),
        ("Standard  Developer", "17.0.1000.7", Some("Standard Developer")),
        ("Standard Developer", "16.0.1000.6", None),
        ("Express with Advanced Services (64-bit)", "15.0.4312.2", None),
        ("Web Edition", "15.0.4312.2", None),
        ("Evaluation", "15.0.4312.2", None),
        ("Enterprise Evaluation Edition", "15.0.4312.2", None),
    ];
    for (text, build, allowed) in cases {
        let answer = judge(&ask(build, "AlwaysUpToDate", text));
        match allowed {
            Some(id) => {
                assert_eq!(super::edition(text).expect("known").id, id);
                assert_eq!(answer.readiness, Readiness::Ready, "{text}");
            }
            None => assert_eq!(refusals(&answer), ["edition"], "{text}"),
        }
    }
    assert_eq!(super::edition("Standart").expect_err("no such edition"), Some("Standard"));
    assert_eq!(super::edition("Standardized").expect_err("no such edition"), Some("Standard"));
    assert_eq!(super::edition("").expect_err("no such edition"), None);
}

#[test]
fn policies_in_any_case() {
    for text in ["SQLServer2022", "sqlserver2022", " SqlServer2025", "ALWAYSUPTODATE"] {
        assert!(super::policy(text).is_ok(), "{text}");
    }
    assert_eq!(super::policy("SQLServer202"), Err(Some("SQLServer2022")));
    assert_eq!(super::policy("newest"), Err(None));
}

#[test]
fn operating_systems() {
    let cases = [
        ("13.0.7000.253", Os::WindowsServer, true),
        ("13.0.7000.253", Os::Linux, false),
        ("13.0.7000.253", Os::WindowsClient, false),
        ("14.0.3490.10", Os::Linux, true),
        ("15.0.4312.2", Os::Linux, true),
        ("15.0.4312.2", Os::WindowsClient, false),
        ("17.0.1000.7", Os::Linux, true),
        ("17.0.1000.7", Os::WindowsClient, false),
    ];
    for (build, os, allowed) in cases {
        let answer = judge(&Question { os: Some(os), ..ask(build, "AlwaysUpToDate", "Standard") });
        let expected: &[&str] = if allowed { &[] } else { &["os"] };
        assert_eq!(refusals(&answer), expected, "{build} {os:?}");
    }
}

/// What `@@VERSION` has behind ` on `.
#[test]
fn operating_systems_as_servers_name_them() {
    let cases = [
        ("Windows Server 2012 R2 Standard 6.3 <X64> (Build 9600: )", Some(Os::WindowsServer)),
        ("Windows Server 2022 Datacenter 10.0 <X64> (Build 20348: ) (Hypervisor)", Some(Os::WindowsServer)),
        ("Windows 10 Pro 10.0 <X64> (Build 19045: )", Some(Os::WindowsClient)),
        ("Windows 11 Enterprise 10.0 <X64> (Build 22631: )", Some(Os::WindowsClient)),
        ("Linux (Ubuntu 22.04.5 LTS) <X64>", Some(Os::Linux)),
        ("Windows NT 6.2 <X64>", None),
        ("", None),
    ];
    for (text, os) in cases {
        assert_eq!(Os::of(text), os, "{text}");
    }
}

#[test]
fn several_databases_in_one_link() {
    let cases = [
        ("16.0.4295.2", "SQLServer2022", "Enterprise", false),
        ("16.0.4295.3", "SQLServer2022", "Enterprise", true),
        ("16.0.4295.3", "SQLServer2022", "Developer", true),
        ("16.0.4295.3", "SQLServer2022", "Standard", false),
        ("17.0.5005.2", "SQLServer2025", "Enterprise Developer", false),
        ("17.0.5005.3", "SQLServer2025", "Enterprise Developer", true),
        ("17.0.5005.3", "SQLServer2025", "Standard Developer", false),
        ("15.0.4480.2", "SQLServer2022", "Enterprise", false),
        ("14.0.3490.10", "SQLServer2022", "Enterprise", false),
    ];
    for (build, policy, edition, allowed) in cases {
        let answer = judge(&Question { multi_database: true, ..ask(build, policy, edition) });
        let expected: &[&str] = if allowed { &[] } else { &["multi-database"] };
        assert_eq!(refusals(&answer), expected, "{build} {edition}");
        let third_party = |r: &Reason| r.rule == "multi-database" && r.source.contains("third party");
        assert!(edition.starts_with("Standard") || answer.reasons.iter().any(third_party), "{build}");
    }
}

#[test]
fn every_row_is_reachable() {
    let mut reached = BTreeSet::new();
    for e in super::editions() {
        for word in &e.words {
            assert!(std::ptr::eq(super::edition(word).expect("its own word"), e), "{word}");
        }
        assert!(e.multi || !e.why.is_empty(), "{}: why not", e.id);
    }
    for os in Os::ALL {
        let rows: Vec<_> = TABLE.os.iter().filter(|r| r.id == os).collect();
        assert_eq!(rows.len(), 1, "{os:?}");
        reached.insert(os.word());
    }
    assert_eq!(reached.len(), TABLE.os.len());
    for m in &TABLE.multi {
        assert_eq!(builds::name(m.min).standing, Standing::ThirdParty, "{}", m.name);
        assert_eq!(builds::name(m.min).name, m.name);
    }
}
