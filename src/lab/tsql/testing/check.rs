//! Statements against the text they must answer with.

use super::Bench;

/// Runs each case in a session of its own; all that differ are told at once.
pub(crate) async fn check(cases: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (sql, expected) in cases {
        let got = Bench::new().run(sql).await;
        if got != *expected {
            wrong.push(format!("{sql}\n  got  {got}\n  want {expected}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
