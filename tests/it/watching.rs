//! `watch` and `serve` as processes, on a lab.

use super::support::lab::Lab;
use super::support::process::until;
use std::io::Read;
use std::io::Write;
use std::net::TcpStream;

/// Status and body of a GET, by hand: no client stands between.
fn get(address: &str, path: &str, headers: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

#[test]
fn watch_says_how_it_ended() {
    let lab = Lab::linked("migrate-2019", "");
    let once = lab.milink("watch --once --output json").exits(0).json();
    assert_eq!(once["links"][0]["milestone"]["value"], "linked", "{once:#}");
    assert_eq!(once["links"][0]["writable_copies"]["value"], 1, "{once:#}");
    assert_eq!(once["links"][0]["health"]["verdict"], "healthy", "{once:#}");
    let reached = lab.milink("watch ledger --until seeded --timeout 60s --output json").exits(0).json();
    assert_eq!(reached["until"]["reached"], true, "{reached:#}");
    lab.milink("watch --until synchronized --timeout 1s").exits(6).says("did not come within");
    lab.milink("watch --until lag<5").exits(2).says("lag<5s");
    lab.milink("watch --until seded").exits(2).says("did you mean `seeded`?");
    lab.milink("watch nowhere --once").exits(2);
    // Nobody listens there.
    let record = lab.record();
    let ports: Vec<String> =
        record["servers"].as_array().unwrap().iter().map(|s| format!("port = {}", s["address"]["port"])).collect();
    let changes: Vec<(&str, &str)> = ports.iter().map(|p| (p.as_str(), "port = 1")).collect();
    let estate = lab.estate_with("nowhere.toml", &changes);
    let line = format!("--estate {} watch --until seeded --timeout 2s", estate.display());
    lab.milink(&line).exits(5).says("no instance can be read");
    let blind = lab.milink(&format!("--estate {} watch --once --output json", estate.display())).exits(5).json();
    assert_eq!(blind["links"][0]["health"]["verdict"], "unknown", "{blind:#}");
    assert_eq!(blind["links"][0]["writable_copies"]["value"], serde_json::Value::Null, "{blind:#}");
}

#[test]
fn serve_offers_what_watch_sees_and_lets_nobody_in_by_mistake() {
    let lab = Lab::linked("migrate-2019", "");
    lab.milink("serve --listen 0.0.0.0:0").exits(2).says("--token-file");
    lab.milink("serve --listen nonsense").exits(2).says("127.0.0.1:9187");
    std::fs::write(lab.path("token"), "0123456789abcdef0123\n").unwrap();
    let mut served = lab.start(&mut lab.command("serve --listen 127.0.0.1:0 --interval 1s --token-file token"));
    let address = until("the listener", || {
        assert!(!served.has_ended(), "{}", served.stderr());
        let out = served.stdout();
        out.lines().find_map(|l| l.strip_prefix("serving http://")?.strip_suffix('/')).map(ToOwned::to_owned)
    });
    let token = "Authorization: Bearer 0123456789abcdef0123\r\n";
    let (status, body) = get(&address, "/metrics", "").unwrap();
    assert_eq!((status, body.contains("milink_")), (401, false));
    let text = until("a healthy link", || {
        let (_, text) = get(&address, "/metrics", token)?;
        text.contains("milink_link_health_state{link=\"ledger\"} 0\n").then_some(text)
    });
    assert!(text.contains("milink_writable_copies{link=\"ledger\"} 1\n"), "{text}");
    assert!(text.contains("milink_link_milestone{link=\"ledger\"} 1\n"), "{text}");
    for (path, part) in [
        ("/", "<main>"),
        ("/links/ledger", "could lose"),
        ("/api/v1/links", "\"schema_version\":1"),
        ("/api/v1/links/ledger", "\"history\""),
        ("/api/v1/runs", "\"kind\":\"create\""),
        ("/healthz", "\"status\":\"ok\""),
        ("/openapi.json", "\"openapi\":\"3.1.0\""),
    ] {
        let (status, body) = get(&address, path, token).unwrap();
        let found = body.contains(part) || (path == "/links/ledger" && body.contains("<h2>Values"));
        assert!(status == 200 && found, "{path}: {status}\n{body}");
    }
    assert_eq!(get(&address, "/api/v1/links/nowhere", token).unwrap().0, 404);
}
