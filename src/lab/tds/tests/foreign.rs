//! Clients that nobody here wrote, where they are installed and `MILINK_FOREIGN_CLIENTS` is set: `tsql` (FreeTDS),
//! `python3` with pymssql, python-tds and mssql-python, `node` with tedious (found through `NODE_PATH`).
//!
//! `MILINK_FOREIGN_COMMAND` runs any other one through `sh`, with PORT and CA in its environment.
//!
//! Each script prints what it saw, one `ok` per step, and ends with a status other than 0 when a step failed.

use super::stub;
use super::stub::Server;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// A script may wait for a time limit of its client.
const LIMIT: Duration = Duration::from_secs(90);

/// Runs a program with the server's coordinates in its environment; `None` where foreign clients are not wanted.
async fn run(server: &Server, program: &str, args: &[&str], input: &str) -> Option<(bool, String)> {
    std::env::var_os("MILINK_FOREIGN_CLIENTS")?;
    let dir = tempfile::tempdir().unwrap();
    let ca = dir.path().join("ca.pem");
    std::fs::write(&ca, &server.ca).unwrap();
    let port = server.address.port();
    let level = |name: &str, encryption: &str, more: &str| {
        format!("[{name}]\nhost = localhost\nport = {port}\ntds version = 7.4\nencryption = {encryption}\n{more}\n")
    };
    let checked = format!("ca file = {}\ncheck certificate hostname = yes\n", ca.display());
    let conf = dir.path().join("freetds.conf");
    let text =
        level("require", "require", &checked) + &level("request", "request", &checked) + &level("off", "off", "");
    std::fs::write(&conf, text).unwrap();
    let mut child = Command::new(program)
        .args(args)
        .env("PORT", port.to_string())
        .env("CA", &ca)
        .env("SSL_CERT_FILE", &ca)
        .env("FREETDSCONF", &conf)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
    let output = tokio::time::timeout(LIMIT, child.wait_with_output()).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    println!("--- {program} {args:?}\n{text}");
    Some((output.status.success(), text))
}

async fn script(program: &str, args: &[&str], source: &str) {
    let server = stub::start(false).await;
    if let Some((good, text)) = run(&server, program, args, source).await {
        assert!(good, "{text}\nserver saw: {:#?}", server.log.lock().unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tsql_talks_at_every_level() {
    for level in ["require", "request", "off"] {
        let server = stub::start(false).await;
        let input = "rows 2\ngo\ntypes\ngo\nfail broken\ngo\nprint hello\ngo\nquit\n";
        let args = ["-S", level, "-U", "sa", "-P", "Pässw0rd!"];
        if let Some((_, text)) = run(&server, "tsql", &args, input).await {
            for expected in ["(2 rows affected)", "naïve 漢字 🙂", "Msg 208", "hello"] {
                assert!(text.contains(expected), "{level}: no {expected} in\n{text}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pymssql_talks() {
    script("python3", &["-"], include_str!("clients/pymssql_client.py")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_tds_talks() {
    script("python3", &["-"], include_str!("clients/pytds_client.py")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odbc_talks() {
    script("python3", &["-"], include_str!("clients/odbc_client.py")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tedious_talks() {
    script("node", &["-"], include_str!("clients/tedious_client.js")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_given_by_the_environment_talks() {
    if let Ok(command) = std::env::var("MILINK_FOREIGN_COMMAND") {
        script("sh", &["-c", &command], "").await;
    }
}
