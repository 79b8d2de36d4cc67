//! The statement files against their headers, the constructors against the files.

use super::Access;
use super::Param;
use super::Query;
use super::ResultSet;
use super::Script;
use super::embedded;
use super::query;
use super::row::Value;
use super::script::ColumnSpec;
use crate::base::redact::ExposeSecret;
use crate::base::redact::secret;
use crate::model::claim::Claim;
use crate::model::claim::Kept;
use crate::model::claim::NotedJob;
use crate::model::group::AvailabilityMode;
use crate::model::login::ConnectSql;
use crate::model::object::AgentJob;
use crate::model::object::JobStep;
use crate::model::object::LinkedServer;
use crate::model::object::Operator;
use crate::model::object::Schedule;
use crate::sql::query::group::Cluster;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use uuid::Uuid;

const WEIRD: &str = "we\"ird]name;--'x";

fn weird_claim() -> Claim {
    let job = NotedJob { job_id: Uuid::nil(), name: WEIRD.to_owned() };
    Claim::new(&"cutover-1".into(), &WEIRD.into(), &[WEIRD.into()], Kept::Job(job))
}

fn files() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql");
    let mut found = BTreeSet::new();
    for area in std::fs::read_dir(&root).unwrap() {
        let area = area.unwrap().path();
        for file in std::fs::read_dir(&area).unwrap() {
            let file = file.unwrap().path();
            let path = file.strip_prefix(&root).unwrap();
            found.insert(path.to_string_lossy().replace('\\', "/"));
        }
    }
    found
}

#[test]
fn every_file_is_listed_headed_and_named_by_its_id() {
    let listed: BTreeSet<String> = embedded::FILES.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(listed.len(), embedded::FILES.len(), "a file is listed twice");
    assert_eq!(listed, files());
    for (path, text) in embedded::FILES {
        let script = Script::parse(path, text).unwrap();
        assert_eq!(script.id, path.trim_end_matches(".sql").replace('/', "."));
        assert!(!script.edition.is_empty() && !script.permission.is_empty(), "{path}");
        assert!(!script.body.is_empty() && !script.body.lines().any(|l| l.trim().eq_ignore_ascii_case("GO")), "{path}");
        let declared: BTreeSet<_> = script.params.iter().map(|p| (p.name, p.kind.word())).collect();
        let used: BTreeSet<_> = script.placeholders().unwrap().into_iter().collect();
        assert_eq!(declared, used, "{path}");
    }
}

#[test]
fn reads_cannot_change_and_changes_promise_no_columns() {
    let starts = [
        "SELECT",
        "DBCC TRACESTATUS",
        "EXEC sp_get_endpoint_certificate",
        "EXEC sys.sp_wait_for_database_copy_sync",
        "EXEC sys.xp_logininfo",
        "DECLARE @certificate_id",
        "DECLARE @on int;\nEXEC @on = sys.sp_multidb_milink;",
    ];
    for script in Script::all().unwrap() {
        match script.access {
            // The user's own text: whatever it writes is rolled back.
            Access::Read if script.id == "reconcile.scalar" => {
                assert!(
                    script.body.contains("BEGIN TRANSACTION;")
                        && script.body.trim_end().ends_with("ROLLBACK TRANSACTION;")
                );
            }
            Access::Read => assert!(starts.iter().any(|s| script.body.starts_with(s)), "{}", script.id),
            Access::Change => assert!(script.columns.is_empty() || script.id == "lease.take", "{}", script.id),
        }
    }
}

fn linked(product: &str) -> LinkedServer {
    LinkedServer { name: WEIRD.into(), product: Some(product.into()), ..LinkedServer::default() }
}

fn weird_job() -> AgentJob {
    AgentJob {
        name: WEIRD.into(),
        steps: vec![JobStep {
            name: WEIRD.into(),
            subsystem: "TSQL".into(),
            command: WEIRD.into(),
            ..JobStep::default()
        }],
        schedules: vec![Schedule { name: WEIRD.into(), ..Schedule::default() }],
        ..AgentJob::default()
    }
}

/// Every constructor, with names as bad as they get.
fn statements() -> Vec<(super::Rendered, Option<String>)> {
    use query::*;
    let endpoint = crate::model::endpoint::EndpointFacts {
        name: WEIRD.into(),
        state: "STARTED".into(),
        role: "ALL".into(),
        authentication: "NEGOTIATE".into(),
        is_encryption_enabled: true,
        algorithm: "RC4, AES".into(),
        port: Some(5022),
        ip_address: None,
        certificate_id: 0,
        certificate_name: None,
    };
    let url = "TCP://10.0.0.4:5022";
    let mi = "tcp://mi.zone.database.windows.net:5022;Server=[mi]";
    let lease = lease::resource("ledger");
    let id = Uuid::from_u128(0xD549_9C66);
    let expiry = time::macros::date!(2031 - 02 - 03);
    let changes = [
        certificate::create(WEIRD, "Certificate for 'x'", expiry),
        certificate::import("mi.zone.database.windows.net", &[0x30, 0x82]),
        certificate::add_issuer("DigiCertPKI", "*.database.windows.net"),
        certificate::drop(WEIRD),
        certificate::create_master_key(&secret("pa''ss'word")),
        database::drop(WEIRD),
        database::set_read_only(WEIRD),
        database::set_read_write(WEIRD),
        database::set_recovery_full(WEIRD),
        database::checkpoint(WEIRD),
        database::flush_log(WEIRD),
        database::flush_query_store(WEIRD),
        endpoint::create("hadr", 5022, "cert"),
        endpoint::alter_authentication(&endpoint, "cert"),
        endpoint::start("hadr"),
        endpoint::stop("hadr"),
        endpoint::drop("hadr"),
        canary::create_login(WEIRD, &secret("pa''ss'word")),
        canary::drop_login(WEIRD),
        canary::create_user(WEIRD, WEIRD, &secret("pa''ss'word")),
        canary::drop_user(WEIRD, WEIRD),
        claim::take(&weird_claim()),
        claim::renew(&weird_claim()),
        claim::drop(&weird_claim()),
        fence::raise(&fence::name(WEIRD), 7, &WEIRD.into()),
        group::create(Cluster::None, "AG_x", WEIRD, "HOST\\I", url),
        group::create(Cluster::Windows, "AG_x", WEIRD, "HOST", url),
        group::create_empty("AG_x", "HOST", url),
        group::grant_create_database("AG_x"),
        group::create_distributed("DAG_x", "AG_x", url, "AG_x_MI", mi),
        group::set_mode("DAG_x", "AG_x", "AG_x_MI", &AvailabilityMode::Synchronous),
        group::failover("DAG_x"),
        group::force_failover("DAG_x"),
        group::set_secondary("DAG_x"),
        group::drop("DAG_x"),
        group::remove_database("AG_x", WEIRD),
        instance::trace_on(12381),
        instance::trace_off(12381),
        job::set_enabled(id, false),
        job::stop(id),
        lease::release(&lease),
        login::disable("DOM\\a]b"),
        login::enable(WEIRD),
        login::deny_connect(WEIRD),
        login::revoke_connect(WEIRD),
        login::grant_connect(WEIRD),
        marker::set(WEIRD, "run'1"),
        marker::clear(WEIRD),
        marker::note("100% of 'it'"),
        session::kill(53),
        session::kill_unit(id),
        user::deny_connect(WEIRD, WEIRD),
        user::grant_connect(WEIRD, WEIRD),
        user::revoke_connect(WEIRD, WEIRD),
        object::create_login(WEIRD, &secret("02000A"), &[1, 2]),
        object::drop_login(WEIRD),
        object::set_default_database(WEIRD, WEIRD),
        object::set_policy(WEIRD, true),
        object::create_role(WEIRD),
        object::drop_role(WEIRD),
        object::add_member("sysadmin", WEIRD),
        object::drop_member("sysadmin", WEIRD),
        object::give("DENY", "VIEW SERVER STATE", WEIRD),
        object::revoke("VIEW SERVER STATE", WEIRD),
        object::drop_job(WEIRD),
        object::add_operator(&Operator { name: WEIRD.into(), email: None, is_enabled: true }),
        object::add_linked_server(&linked("SQL Server")),
        object::add_linked_server(&linked("")),
        object::drop_linked_server(WEIRD),
    ];
    let mut all: Vec<_> = changes
        .into_iter()
        .map(|s| {
            let s = s.unwrap();
            (s.rendered, s.database)
        })
        .collect();
    all.extend(
        probe::create(WEIRD, WEIRD, &[(WEIRD.to_owned(), 5022)]).unwrap().into_iter().map(|s| (s.rendered, None)),
    );
    all.extend(object::create_job(&weird_job(), WEIRD).unwrap().into_iter().map(|s| (s.rendered, None)));
    macro_rules! reads {
        ($($query:expr),+ $(,)?) => { $(all.push(($query.unwrap().rendered, None));)+ };
    }
    reads!(
        backup::last_full(WEIRD),
        backup::last_log(WEIRD),
        certificate::list(),
        certificate::encoded(WEIRD),
        certificate::of_endpoint(),
        certificate::validate_chain(WEIRD),
        database::list(),
        database::access(WEIRD),
        database::log_end(WEIRD),
        endpoint::show(),
        claim::list(),
        fence::read(&fence::name(WEIRD)),
        geo::landed(WEIRD),
        geo::link_status(WEIRD),
        geo::service_key(),
        geo::size(WEIRD),
        geo::wait_copy_sync(WEIRD, WEIRD),
        group::list(),
        group::options(),
        group::replicas(),
        group::databases(),
        group::seedings(),
        instance::facts(),
        instance::multi_database(),
        instance::trace_flags(),
        job::list(),
        lease::take(&lease),
        lease::read(&lease),
        broker::show(WEIRD),
        catalogue::server(),
        catalogue::database(WEIRD),
        log::since(WEIRD, "00000025:00000158:0001"),
        log::written(WEIRD),
        login::list(),
        login::for_database(WEIRD),
        login::users(WEIRD),
        login::paths(WEIRD),
        marker::read(WEIRD),
        monitor::backups(),
        monitor::sweep(),
        monitor::users(&[WEIRD, "plain"]),
        reconcile::scalar(WEIRD, "SELECT COUNT(*) FROM dbo.x; --'"),
        session::in_database(WEIRD),
        session::transactions(WEIRD),
        session::barred(),
        object::hash(WEIRD),
        survey::files(),
        survey::protection(),
        survey::accelerated(),
        survey::inside(&[WEIRD]),
        survey::logins(),
        survey::agent(),
        survey::outside(),
        around::around(),
        around::others(),
        around::contained(),
        probe::node(),
        probe::result(WEIRD),
    );
    all.sort_by_key(|(r, _)| r.id);
    all
}

#[test]
fn every_file_has_its_constructor_and_reads_as_reviewed() {
    let all = statements();
    let used: BTreeSet<_> = all.iter().map(|(r, _)| r.id).collect();
    let known: BTreeSet<_> = Script::all().unwrap().iter().map(|s| s.id).collect();
    assert_eq!(used, known);
    let mut text = String::new();
    for (rendered, _) in &all {
        assert!(!rendered.shown.contains("{{"), "{}", rendered.id);
        let _ = writeln!(text, "---- {} {:?}\n{}\n", rendered.id, rendered.params, rendered.text.expose_secret());
    }
    insta::with_settings!({ snapshot_path => "../../tests/snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("sql_rendered", text);
    });
}

/// What the server's lexer would make of a text: literals and names removed, code left.
fn code(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['[', '\'']) {
        out.push_str(&rest[..at]);
        let close = if rest[at..].starts_with('[') { ']' } else { '\'' };
        rest = &rest[at + 1..];
        loop {
            let end = rest.find(close).expect("closed");
            rest = &rest[end + 1..];
            match rest.strip_prefix(close) {
                Some(more) => rest = more,
                None => break,
            }
        }
        out.push('x');
    }
    out + rest
}

#[test]
fn hostile_names_never_become_code() {
    for (rendered, database) in statements() {
        for text in [rendered.text.expose_secret(), rendered.shown.as_str()] {
            let code = code(text);
            assert!(!code.contains("ird") && !code.contains("--") && !code.contains('"'), "{}: {code}", rendered.id);
        }
        if let Some(database) = database {
            // The fencing number stands in `master`; the link is in its name.
            assert!(database == WEIRD || database == query::fence::DATABASE, "{}", rendered.id);
        }
    }
}

#[test]
fn secrets_are_sent_but_never_shown() {
    let statement = query::certificate::create_master_key(&secret("it's-secret")).unwrap();
    assert!(statement.rendered.text.expose_secret().ends_with("PASSWORD = N'it''s-secret';"));
    assert_eq!(statement.rendered.shown, "CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'***';");
    assert!(!format!("{statement:?}").contains("s-secret"));
}

#[test]
fn a_bound_value_is_sent_once_and_shown_as_a_literal() {
    let query = query::session::in_database("it's").unwrap();
    assert_eq!(query.rendered.params, [Param::Text("it's".into())]);
    assert!(query.rendered.text.expose_secret().contains("DB_ID(@P1)"));
    assert!(!query.rendered.text.expose_secret().contains("it's"));
    assert!(query.rendered.shown.contains("DB_ID(N'it''s')"));
}

#[test]
fn mistakes_of_a_caller_are_refused() {
    let script =
        || Script::get("group.set_mode").unwrap().render().text("group", "d").text("first", "a").text("second", "b");
    assert!(script().text("mode", "SYNCHRONOUS_COMMIT); DROP LOGIN [sa]; --").done().is_err());
    assert!(script().done().unwrap_err().to_string().contains("`mode` has no value"));
    assert!(script().text("mode", "SYNCHRONOUS_COMMIT").text("other", "x").done().is_err());
    assert!(query::group::failover("").is_err());
    assert!(query::group::failover(&"x".repeat(129)).is_err());
    assert!(query::marker::set("db", "a\0b").is_err());
    assert!(query::marker::set("db", "a\\\nb").is_err(), "would vanish inside a literal");
    assert!(Script::get("no.such").is_err());
}

#[test]
fn an_endpoint_keeps_what_other_groups_use() {
    let shown = |authentication: &str, algorithm: &str| {
        let endpoint = crate::model::endpoint::EndpointFacts {
            name: "hadr".into(),
            state: "STARTED".into(),
            role: "ALL".into(),
            authentication: authentication.into(),
            is_encryption_enabled: true,
            algorithm: algorithm.into(),
            port: None,
            ip_address: None,
            certificate_id: 0,
            certificate_name: None,
        };
        query::endpoint::alter_authentication(&endpoint, "c").unwrap().rendered.shown
    };
    assert!(shown("NEGOTIATE", "AES").contains("AUTHENTICATION = WINDOWS NEGOTIATE CERTIFICATE [c]"));
    assert!(shown("CERTIFICATE", "AES").contains("AUTHENTICATION = CERTIFICATE [c]"));
    assert!(shown("NTLM, CERTIFICATE", "RC4, AES").contains("ALGORITHM AES RC4"));
    assert!(!shown("CERTIFICATE", "AES").contains("LISTENER_PORT"));
}

fn sample(column: &ColumnSpec) -> Value {
    match column.kind {
        "bit" => Value::Bit(true),
        "int" | "bigint" => Value::Int(1),
        "float" => Value::Float(0.5),
        "text" => Value::Text("1".into()),
        "lsn" => Value::Numeric(37_000_000_034_400_001, 0),
        "binary" => Value::Bytes(vec![1, 2]),
        "guid" => Value::Guid(Uuid::from_u128(7)),
        "datetime" => Value::Time(time::macros::datetime!(2026-01-02 3:04:05)),
        other => panic!("type {other}"),
    }
}

/// An answer as the header promises it, once full and once with every nullable column NULL.
fn answers(id: &str) -> [Vec<ResultSet>; 2] {
    let script = Script::get(id).unwrap();
    [false, true].map(|bare| {
        script
            .columns
            .iter()
            .map(|columns| {
                let mut set = ResultSet::new(script.id, columns.iter().map(|c| c.name.to_owned()).collect());
                set.push(columns.iter().map(|c| if bare && c.nullable { Value::Null } else { sample(c) }).collect());
                set
            })
            .collect()
    })
}

fn decodes<T>(query: crate::base::error::Result<Query<T>>) -> [T; 2] {
    let query = query.unwrap();
    answers(query.rendered.id).map(|sets| query.decode(&sets).unwrap())
}

#[test]
fn decoders_read_what_the_headers_promise() {
    use query::*;
    decodes(instance::facts());
    decodes(instance::multi_database());
    decodes(instance::trace_flags());
    decodes(survey::files());
    decodes(survey::protection());
    decodes(survey::accelerated());
    decodes(survey::outside());
    let [full, _] = decodes(survey::inside(&["d"]));
    assert_eq!((full.len(), full[0].users.len()), (1, 1));
    let [full, _] = decodes(survey::logins());
    assert_eq!(full.len(), 1);
    let [full, _] = decodes(survey::agent());
    assert_eq!((full.jobs.len(), full.operators.len()), (1, 1));
    decodes(database::list());
    decodes(database::log_end("d"));
    decodes(certificate::list());
    decodes(certificate::encoded("c"));
    decodes(certificate::of_endpoint());
    decodes(certificate::validate_chain("c"));
    decodes(endpoint::show());
    let [full, bare] = decodes(geo::link_status("d"));
    assert_eq!((full.unwrap().lag_s, bare.unwrap().lag_s), (Some(1), None), "NULL is not zero");
    let [_, bare] = decodes(geo::landed("d"));
    assert_eq!(bare, (None, None));
    decodes(group::list());
    decodes(group::options());
    decodes(group::replicas());
    decodes(group::seedings());
    decodes(session::in_database("d"));
    decodes(session::transactions("d"));
    decodes(session::barred());
    decodes(lease::read("r"));
    decodes(marker::read("d"));
    decodes(backup::last_full("d"));
    decodes(backup::last_log("d"));
    decodes(monitor::backups());
    let [full, bare] = decodes(monitor::sweep());
    assert_eq!((full.rows.len(), full.databases[0].log_used_kb), (1, Some(1)));
    assert_eq!((bare.certificate_expires, bare.replicas[0].is_local), (None, None));
    let [full, _] = decodes(monitor::users(&["d"]));
    assert_eq!((full[0].users.len(), full[0].guest_enabled), (1, true));
    let [full, bare] = decodes(group::databases());
    assert_eq!(full[0].end_of_log_lsn.unwrap().0, 37_000_000_034_400_001);
    assert_eq!(bare[0].last_hardened_lsn, None, "an asynchronous primary has none");
    let [full, bare] = decodes(database::access("d"));
    assert_eq!(full.unwrap().groups.len(), 1);
    assert!(bare.unwrap().groups.is_empty());
    let [full, bare] = decodes(login::for_database("d"));
    assert!(full.guest_enabled && full.contained.len() == 1 && full.logins[0].user.is_some());
    assert_eq!(bare.logins[0].connect_sql, ConnectSql::None);
    let [full, bare] = decodes(catalogue::server());
    assert_eq!((full.len(), bare.len()), (4, 4));
    decodes(catalogue::database("d"));
    decodes(broker::show("d"));
    let [full, _] = decodes(log::since("d", "1:2:3"));
    assert_eq!(full.commits.len(), 1);
    decodes(log::written("d"));
    let [full, bare] = decodes(login::paths("d\\a"));
    assert_eq!((full.len(), bare.len()), (1, 0));
    let [full, _] = decodes(login::list());
    assert_eq!(full[0].sid, "0x0102");
    let [full, _] = decodes(job::list());
    assert_eq!(full[0].databases, ["1"]);
    let [full, _] = decodes(fence::read("n"));
    assert_eq!(full.map(|m| m.number), Some(1));
    assert_eq!(decodes(lease::take("r"))[0], lease::Taken::Granted);
}

#[test]
fn a_lock_that_is_held_is_not_a_failure() {
    let query = query::lease::take("r").unwrap();
    let answer = |n| {
        let mut set = ResultSet::new("lease.take", vec!["result".into()]);
        set.push(vec![Value::Int(n)]);
        query.decode(&[set]).unwrap()
    };
    assert_eq!(answer(-1), query::lease::Taken::Held);
    assert_eq!(answer(-999), query::lease::Taken::Failed(-999));
    assert_eq!(query::lease::resource("a").len(), 31, "the lock view shows 32 characters");
    assert_ne!(query::lease::resource("a"), query::lease::resource("b"));
}

#[test]
fn several_grantors_fold_and_a_denial_wins() {
    let query = query::login::list().unwrap();
    let columns: Vec<String> =
        Script::get("login.list").unwrap().columns[0].iter().map(|c| c.name.to_owned()).collect();
    let mut set = ResultSet::new("login.list", columns);
    for state in ["G ", "D "] {
        let text = |t: &str| Value::Text(t.into());
        let no = || Value::Bit(false);
        set.push(vec![text("app"), text("S "), Value::Bytes(vec![1]), no(), no(), no(), text(state), Value::Null]);
    }
    let logins = query.decode(&[set]).unwrap();
    assert_eq!((logins.len(), logins[0].connect_sql), (1, ConnectSql::Denied));
    assert!(!logins[0].may_connect());
}

#[test]
fn headers_are_checked() {
    let bad = [
        "SELECT 1;",
        "-- id: a.b\n-- access: sometimes\n-- edition: x\n-- permission: x\n-- params: -\n-- columns: -\nSELECT 1;",
        "-- id: a.b\n-- access: read\n-- edition: x\n-- permission: x\n-- params: p:magic\n-- columns: -\nSELECT 1;",
        "-- id: a.b\n-- access: read\n-- edition: x\n-- permission: x\n-- params: -\n-- columns: a blob\nSELECT 1;",
        "-- id: a.b\n-- id: a.c\n-- access: read\n-- edition: x\n-- permission: x\n-- params: -\n-- columns: -\nSELECT 1;",
    ];
    for text in bad {
        assert!(Script::parse("a/b.sql", text).is_err(), "{text}");
    }
    let areas: BTreeMap<_, _> = Script::all().unwrap().into_iter().map(|s| (s.id, s.edition)).collect();
    assert!(areas["group.create_on_cluster"].starts_with("2016"));
}
