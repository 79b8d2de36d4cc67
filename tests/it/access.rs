use crate::support::lab::Lab;

/// Not let in, or not reached: exit 5, the server named by its side, and nothing of a run in the journal.
#[test]
fn a_server_that_does_not_let_milink_in_is_named() {
    let lab = Lab::up("migrate-2019", "--writers 0");
    std::fs::write(lab.path("wrong.txt"), "not the one").unwrap();
    let record = lab.record();
    let port = |n: usize| format!("port = {}\n", record["servers"][n]["address"]["port"]);
    let cases: [(&str, (&str, &str), &str); 6] = [
        ("source-password", (r#""sql-a.password""#, r#""wrong.txt""#), "sql-a (source)"),
        ("target-password", (r#""mi-a.password""#, r#""wrong.txt""#), "mi-a (target)"),
        // Nobody can listen on port 1 without being root, and nobody does.
        ("source-port", (&port(0), "port = 1\n"), "sql-a (source)"),
        ("no-root", ("roots = [\"ca.pem\"]\n", "\n"), "TLS with sql-a (source)"),
        ("other-root", ("roots = [\"ca.pem\"]\n", "roots = [\"mirroring-root.pem\"]\n"), "TLS with sql-a (source)"),
        ("token", (r#""arm.token""#, r#""wrong.txt""#), "Azure"),
    ];
    for (name, change, says) in cases {
        let estate = lab.estate_with(&format!("{name}.toml"), &[change]);
        let state = lab.path(name);
        let run =
            |line: &str| lab.start(lab.command(line).env("MILINK_ESTATE", &estate).env("MILINK_STATE_DIR", &state));
        let done = run("link create").wait().exits(5).says(says).says("hint: ");
        assert_eq!(done.stdout, "", "{name}");
        let runs = run("runs list --output json").wait().exits(0).json();
        assert_eq!(runs, serde_json::json!([]), "{name}");
    }
    assert_eq!(lab.number("sql-a", "master", "SELECT COUNT_BIG(*) FROM sys.database_mirroring_endpoints"), 0);
}
