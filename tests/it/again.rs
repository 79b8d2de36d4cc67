use crate::support::lab::Lab;
use crate::support::lab::planned;
use crate::support::lab::ran;
use std::collections::BTreeSet;

const MADE: &str = "SELECT COUNT_BIG(*) FROM (SELECT name FROM sys.certificates UNION ALL SELECT name FROM sys.database_mirroring_endpoints \
    UNION ALL SELECT name FROM sys.availability_groups) AS made";

/// Order within a stage is nobody's business.
fn sorted(steps: Vec<String>) -> BTreeSet<String> {
    steps.into_iter().collect()
}

#[test]
fn a_dry_run_changes_nothing_and_lists_what_the_run_then_does() {
    let lab = Lab::up("migrate-2019", "--writers 2");
    let before = lab.number("sql-a", "master", MADE);
    let creation = sorted(planned(&lab.milink("link create --dry-run --output json").exits(0).json()));
    assert!(creation.contains("create.link/ledger"), "{creation:?}");
    assert_eq!(lab.number("sql-a", "master", MADE), before);
    assert_eq!(lab.milink("runs list --output json").exits(0).json(), serde_json::json!([]));
    lab.milink("link create").exits(0);
    assert!(lab.number("sql-a", "master", MADE) > before);
    assert_eq!(sorted(ran(&lab.last_run())), creation);

    let made = lab.number("sql-a", "master", MADE);
    let creations = lab.milink("runs list --output json").exits(0).json();
    lab.milink("link create").exits(0).says("nothing is missing");
    assert_eq!(lab.milink("runs list --output json").exits(0).json(), creations, "a second creation is no run");
    lab.milink("link plan").exits(0).says("nothing is missing");
    assert_eq!(planned(&lab.milink("link plan --output json").exits(0).json()), Vec::<String>::new());
    assert_eq!(lab.number("sql-a", "master", MADE), made);

    let cutover = sorted(planned(&lab.milink("cutover run ledger --yes --dry-run --output json").exits(0).json()));
    assert_eq!(lab.milink("runs list --output json").exits(0).json(), creations);
    lab.until_written(20);
    lab.milink("cutover run ledger --yes").exits(0);
    assert_eq!(sorted(ran(&lab.last_run())), cutover);
    lab.until_written(20);
    lab.verdict_holds();
}

/// Quotes, brackets and a comment in a name reach every statement, request and file.
#[test]
fn a_database_with_an_odd_name_is_moved_like_any_other() {
    let lab = Lab::up("migrate-2019", "--writers 2 --odd-name");
    let odd = r#"we"ird]name;--"#;
    assert_eq!(lab.record()["databases"][1]["name"], odd);
    let link = lab.record()["databases"][1]["link"].as_str().unwrap().to_owned();
    lab.milink("link create").exits(0);
    lab.milink(&format!("cutover run ledger {link} --yes")).exits(0);
    lab.until_written(40);
    lab.verdict_holds();
    let links = lab.milink("link list --output json").exits(0).json();
    let found = links.as_array().unwrap().iter().find(|l| l["database"] == odd).unwrap();
    assert_eq!((&found["link"], &found["writable_copies"]), (&link.into(), &1.into()));
}
