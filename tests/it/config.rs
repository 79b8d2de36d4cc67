//! Every way an estate file can be wrong has a file under `tests/fixtures/config`, and its exact words here.

use milink::base::error::Kind;
use milink::base::redact::ExposeSecret;
use milink::config::load;
use milink::config::load::Environment;
use milink::config::secret::NoPrompt;
use std::path::Path;
use std::time::Duration;

/// File, message (without the folder), hint.
#[rustfmt::skip]
const BAD: &[(&str, &str, &str)] = &[
    (
        "bad-duration",
        "bad-duration.toml:25:10: expected a duration such as `90s`, `15m` or `1.5h`, found string \"15 parsecs\"",
        "`milink schema estate` describes every key",
    ),
    (
        "bad-port",
        "bad-port.toml:8:8: expected a port from 1 to 65535, found integer `70000`",
        "`milink schema estate` describes every key",
    ),
    (
        "certificate-days",
        "certificate-days.toml:25:20: expected 1 to 3650 days, found 0",
        "`milink schema estate` describes every key",
    ),
    (
        "client-secret-missing",
        "client-secret-missing.toml:2:8: expected key `client_id` beside this `auth`, found none\nclient-secret-missing.toml:2:8: expected key `client_secret` beside this `auth`, found none",
        "add `client_id = …` to `[azure]`",
    ),
    (
        "database-twice",
        "database-twice.toml:26:12: expected one link for a database on target `mi-a`, found another for `Ledger`",
        "`milink schema estate` describes every key",
    ),
    (
        "duplicate-link",
        "duplicate-link.toml:25:8: expected each link name once, found `ledger` again",
        "`milink schema estate` describes every key",
    ),
    (
        "duplicate-site",
        "duplicate-site.toml:12:8: expected each source or target name once, found `SQL-A` again",
        "`milink schema estate` describes every key",
    ),
    (
        "duration-number",
        "duration-number.toml:25:11: expected a duration such as `90s`, `15m` or `1.5h`, found integer `10`",
        "`milink schema estate` describes every key",
    ),
    (
        "empty-hook",
        "empty-hook.toml:25:23: expected a program and its arguments, found none",
        "`milink schema estate` describes every key",
    ),
    (
        "empty-name",
        "empty-name.toml:18:8: expected a link name, found an empty one",
        "`milink schema estate` describes every key",
    ),
    (
        "endpoint-not-https",
        "endpoint-not-https.toml:2:12: expected an https URL, found scheme `http`",
        "`milink schema estate` describes every key",
    ),
    (
        "entra-without-azure",
        "entra-without-azure.toml:2:8: expected an `[azure]` section for `entra = true`, found none",
        "`milink schema estate` describes every key",
    ),
    (
        "instance-host-name",
        "instance-host-name.toml:13:20: expected the instance's short name, found a host name `mi-a.0123.database.windows.net`",
        "write `managed_instance = \"mi-a\"`, and `host` if it must be reached by another name",
    ),
    (
        "instance-name",
        "instance-name.toml:13:20: expected lowercase letters, digits and single inner hyphens, at most 63, found `MI_A`",
        "`milink schema estate` describes every key",
    ),
    (
        "key-twice",
        "key-twice.toml:8:1: expected each key once, found it again",
        "remove one of the two",
    ),
    (
        "link-in-two-waves",
        "link-in-two-waves.toml:30:10: expected each link in one wave, found `ledger` in `a` already",
        "`milink schema estate` describes every key",
    ),
    (
        "link-name",
        "link-name.toml:18:8: expected a link name of at most 128 letters, digits and `_`, first a letter, found `1 ledger`",
        "lowercase letters and digits are safe everywhere",
    ),
    (
        "missing-key",
        "missing-key.toml:5:1: expected key `host`, found none",
        "add `host = …` to this table",
    ),
    (
        "not-toml",
        "not-toml.toml:18:8: string values must be quoted, expected literal string",
        "the file must be TOML 1.0",
    ),
    (
        "one-sample",
        "one-sample.toml:25:21: expected 2 to 1000 samples, found 1",
        "one sample shows nothing about standing still",
    ),
    (
        "password-under-other-key",
        "password-under-other-key.toml:9:12: expected a secret reference: `{ env = \"NAME\" }`, `{ file = \"PATH\" }`, `{ keyring = \"NAME\" }` or `{ prompt = true }`, found another key",
        "secrets never stand in the estate file",
    ),
    (
        "plain-password",
        "plain-password.toml:9:12: expected a secret reference: `{ env = \"NAME\" }`, `{ file = \"PATH\" }`, `{ keyring = \"NAME\" }` or `{ prompt = true }`, found plain text",
        "secrets never stand in the estate file",
    ),
    (
        "port-zero",
        "port-zero.toml:8:41: expected a port from 1 to 65535, found integer `0`",
        "`milink schema estate` describes every key",
    ),
    (
        "prompt-false",
        "prompt-false.toml:9:12: expected a secret reference: `{ env = \"NAME\" }`, `{ file = \"PATH\" }`, `{ keyring = \"NAME\" }` or `{ prompt = true }`, found `prompt = false`",
        "secrets never stand in the estate file",
    ),
    (
        "target-with-both",
        "target-with-both.toml:12:8: expected either `entra` or a login for target `mi-a`, found both",
        "`milink schema estate` describes every key",
    ),
    (
        "target-without-login",
        "target-without-login.toml:12:8: expected key `user` or `entra = true` for target `mi-a`, found neither",
        "a target is entered with `user` and `password`, or with `entra = true`",
    ),
    (
        "token-missing",
        "token-missing.toml:2:8: expected key `token` beside this `auth`, found none",
        "add `token = …` to `[azure]`",
    ),
    (
        "two-errors",
        "two-errors.toml:20:10: expected `sql-a`, found unknown source `sql-b`\ntwo-errors.toml:21:10: expected `mi-a`, found unknown target `mi-b`",
        "did you mean `sql-a`?",
    ),
    (
        "unknown-cloud",
        "unknown-cloud.toml:2:9: expected `public`, `usgov` or `china`, found unknown value `moon`",
        "`milink schema estate` describes every key",
    ),
    (
        "unknown-intent",
        "unknown-intent.toml:22:10: expected `migrate`, `two-way` or `read-offload`, found unknown value `migrat`",
        "did you mean `migrate`?",
    ),
    (
        "unknown-key",
        "unknown-key.toml:7:1: expected `name`, `host`, `port`, `tls_name`, `trust_server_certificate`, `strict`, `user`, `password`, `mirroring` or `instance`, found unknown key `hots`",
        "did you mean `host`?",
    ),
    (
        "unknown-section",
        "unknown-section.toml:24:2: expected `azure`, `source`, `target`, `server`, `link`, `wave`, `failover_group`, `dns`, `objects`, `reconcile`, `waiver`, `application`, `backup`, `trust`, `monitor` or `policy`, found unknown key `polcy`",
        "did you mean `policy`?",
    ),
    (
        "unknown-source",
        "unknown-source.toml:20:10: expected `sql-a`, found unknown source `sqla`",
        "did you mean `sql-a`?",
    ),
    (
        "unknown-target",
        "unknown-target.toml:21:10: expected `mi-a`, found unknown target `production`",
        "add a `[[target]]` with `name = \"production\"`",
    ),
    (
        "wave-cycle",
        "wave-cycle.toml:27:10: expected waves in an order, found `a` after itself\nwave-cycle.toml:32:10: expected waves in an order, found `b` after itself",
        "`milink schema estate` describes every key",
    ),
    (
        "wave-link",
        "wave-link.toml:26:10: expected `ledger`, found unknown link `ledgr`",
        "did you mean `ledger`?",
    ),
    (
        "wrong-type",
        "wrong-type.toml:7:8: expected a string, found integer `7`",
        "`milink schema estate` describes every key",
    ),
];

const FOLDER: &str = "tests/fixtures/config/";

#[test]
fn each_bad_file_is_refused_in_its_own_words() {
    for (name, message, hint) in BAD {
        let path = format!("{FOLDER}{name}.toml");
        let error = load(Path::new(&path), &Environment::default()).expect_err(name);
        assert_eq!(error.kind(), Kind::Usage, "{name}");
        assert_eq!(error.message().replace(FOLDER, ""), *message, "{name}");
        assert_eq!(error.get_hint(), Some(*hint), "{name}");
        assert!(!error.chain().contains("hunter2"), "{name}: a secret in an error");
    }
}

#[test]
fn every_fixture_is_in_the_table() {
    for entry in std::fs::read_dir(FOLDER).unwrap() {
        let name = entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
        assert!(name == "good" || BAD.iter().any(|(n, _, _)| *n == name), "{name} is not tested");
    }
}

#[test]
fn a_good_file_gets_its_defaults() {
    let config = load(Path::new("tests/fixtures/config/good.toml"), &Environment::default()).unwrap();
    let source = config.source(&"sql-a".into()).unwrap();
    assert_eq!((source.port, source.mirroring_port, source.mirroring_host.as_str()), (1433, 5022, "sql-a.example.net"));
    let link = config.link("ledger").unwrap();
    assert_eq!((link.ag.as_str(), link.instance_ag.as_str()), ("AG_ledger", "AG_ledger_MI"));
    assert_eq!(config.policy.budget, Duration::from_secs(900));
    assert_eq!(config.policy.seeding_timeout, Duration::from_secs(6 * 86_400));
    assert_eq!(config.warnings, [""; 0]);
    let missing = config.link("ledgr").unwrap_err();
    assert_eq!((missing.kind(), missing.get_hint()), (Kind::NotFound, Some("did you mean `ledger`?")));
}

#[test]
fn the_environment_wins_over_the_file() {
    let env = Environment { subscription: Some("from-env".into()), ..Environment::default() };
    let config = load(Path::new("tests/fixtures/config/good.toml"), &env).unwrap();
    let azure = config.azure.unwrap();
    assert_eq!(azure.subscription.as_deref(), Some("from-env"));
    assert_eq!(azure.tenant, None);
}

#[test]
fn secrets_are_read_when_used_and_relative_to_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string("tests/fixtures/config/good.toml")
        .unwrap()
        .replace("{ env = \"P\" }", "{ prompt = true }");
    let path = dir.path().join("milink.toml");
    std::fs::write(&path, text).unwrap();
    // The file with the secret does not exist yet: loading does not need it.
    let config = load(&path, &Environment::default()).unwrap();
    std::fs::write(dir.path().join("mi.pw"), "s3cret\r\n").unwrap();
    let milink::config::types::TargetLogin::Sql { password, .. } = &config.targets[0].login else {
        panic!("a SQL login")
    };
    assert_eq!(password.resolve(&NoPrompt).unwrap().expose_secret(), "s3cret");
    let asked = config.sources[0].password.resolve(&NoPrompt).unwrap_err();
    assert_eq!(
        asked.message(),
        "the password of `milink` on `sql-a` must be typed in, but input is off or there is no terminal"
    );
}

#[test]
fn a_missing_file_says_how_to_get_one() {
    let error = load(Path::new("nowhere/milink.toml"), &Environment::default()).unwrap_err();
    assert_eq!(error.chain(), "there is no estate file `nowhere/milink.toml`");
    assert_eq!(error.get_hint(), Some("write one with `milink init`, or name another with `--estate FILE`"));
}

#[test]
fn the_template_loads_with_and_without_its_comments() {
    let template = include_str!("../../src/cli/cmd/init.toml");
    let path = Path::new("/estate/milink.toml");
    let plain = load::parse(template, path, path, &Environment::default()).unwrap();
    assert_eq!(plain.links.len(), 1);
    assert_eq!(plain.warnings, [""; 0], "a fresh estate file must not begin with warnings");
    let is_key = |line: &str| {
        line.strip_prefix('#').is_some_and(|l| l.starts_with(|c: char| c.is_ascii_lowercase() || c == '['))
    };
    let keys = template.lines().filter(|l| is_key(l)).count();
    let all: Vec<&str> = template.lines().map(|l| if is_key(l) { &l[1..] } else { l }).collect();
    let full = load::parse(&all.join("\n"), path, path, &Environment::default()).unwrap();
    assert!(keys > 30, "found {keys} keys to switch on");
    // What is switched on stands at its default, where there is one.
    assert_eq!(full.policy.lag_max, plain.policy.lag_max);
    assert_eq!(full.policy.switch_timeout, plain.policy.switch_timeout);
    assert_eq!(full.policy.certificate_days, plain.policy.certificate_days);
    assert_eq!(full.monitor.interval, plain.monitor.interval);
    assert_eq!(full.links[0].ag, plain.links[0].ag);
    // What is only read is told, never passed over in silence.
    for key in ["[application] alias", "[backup]", "open_timeout"] {
        assert!(full.warnings.iter().any(|w| w.contains(key)), "{key}: {:?}", full.warnings);
    }
    assert_eq!(full.application.repoint.unwrap().command[0], "/estate/./repoint");
}

/// Names that Azure takes in some places only are warned of, with their place.
#[test]
fn an_unsafe_link_name_is_a_warning() {
    let text = std::fs::read_to_string("tests/fixtures/config/good.toml")
        .unwrap()
        .replace("name = \"ledger\"", "name = \"Ledger-1\"");
    let path = Path::new("milink.toml");
    let config = load::parse(&text, path, path, &Environment::default()).unwrap();
    assert_eq!(
        config.warnings,
        [
            "milink.toml:18:8: link name `Ledger-1` is not accepted by every Azure interface; lowercase letters and digits are"
        ]
    );
}
