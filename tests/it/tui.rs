use super::support::process::MILINK;
use std::process::Command;
use std::process::Stdio;

/// A screen needs a terminal: without one it says so, names another command, and touches nothing.
#[test]
fn without_a_terminal_it_refuses_and_names_another_command() {
    let dir = tempfile::tempdir().unwrap();
    for arguments in [&["tui"][..], &["tui", "--output", "json"], &["tui", "--no-input"]] {
        let output = Command::new(MILINK)
            .env_clear()
            .args(arguments)
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {err}");
        // An error is an answer on stdout for those who asked for JSON.
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        let (told, silent) = if arguments.contains(&"json") { (&out, &err) } else { (&err, &out) };
        assert!(told.contains("needs a terminal") && told.contains("milink watch --once"), "{told}");
        assert!(silent.is_empty(), "{arguments:?}: {silent}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}
