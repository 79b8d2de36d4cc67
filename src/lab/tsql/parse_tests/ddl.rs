//! The server's DDL: what a migration of the vendor's procedures sends, and each family's corners.

use super::summary::check;
use crate::lab::tsql::ast::*;
use crate::lab::tsql::parse::parse_batch;

fn ddl(text: &str) -> Ddl {
    let mut stmts = parse_batch(text).unwrap_or_else(|e| panic!("{e}\nfor {text}"));
    assert_eq!(stmts.len(), 1, "{text}");
    match stmts.remove(0).stmt {
        Stmt::Ddl(d) => *d,
        other => panic!("{other:?}"),
    }
}

fn o(key: &str, value: OptionValue) -> DdlOption {
    DdlOption { key: key.into(), value }
}

fn word(key: &str, value: &str) -> DdlOption {
    o(key, OptionValue::Word(value.into()))
}

fn text(key: &str, value: &str) -> DdlOption {
    o(key, OptionValue::Text(value.into()))
}

fn ident(key: &str, value: &str) -> DdlOption {
    o(key, OptionValue::Ident(value.into()))
}

fn flag(key: &str) -> DdlOption {
    o(key, OptionValue::None)
}

fn number(key: &str, value: i64) -> DdlOption {
    o(key, OptionValue::Number(value))
}

fn strings(items: &[&str]) -> Vec<String> {
    items.iter().map(|s| (*s).to_owned()).collect()
}

fn named(parts: &[&str]) -> Option<Name> {
    Some(Name(strings(parts)))
}

#[test]
fn create_availability_group() {
    let made = ddl(
        "CREATE AVAILABILITY GROUP [AG_Sales] WITH (CLUSTER_TYPE = NONE, DB_FAILOVER = ON, HEALTH_CHECK_TIMEOUT = 30000) \
        FOR DATABASE [Sales], db2 REPLICA ON N'SRV\\INST' WITH (ENDPOINT_URL = N'TCP://10.0.0.4:5022', AVAILABILITY_MODE = synchronous_commit, \
        FAILOVER_MODE = MANUAL, SEEDING_MODE = AUTOMATIC, SECONDARY_ROLE (ALLOW_CONNECTIONS = ALL, READ_ONLY_ROUTING_URL = 'tcp://a:1433'), \
        PRIMARY_ROLE (READ_ONLY_ROUTING_LIST = ('a', ('b', 'c')), ALLOW_CONNECTIONS = READ_WRITE)), 'B' WITH (ENDPOINT_URL = 'TCP://b:5022')",
    );
    let bare = |s: &str| text("", s);
    let replica = ReplicaSpec {
        name: "SRV\\INST".into(),
        options: vec![
            text("ENDPOINT_URL", "TCP://10.0.0.4:5022"),
            word("AVAILABILITY_MODE", "SYNCHRONOUS_COMMIT"),
            word("FAILOVER_MODE", "MANUAL"),
            word("SEEDING_MODE", "AUTOMATIC"),
            o(
                "SECONDARY_ROLE",
                OptionValue::List(vec![
                    word("ALLOW_CONNECTIONS", "ALL"),
                    text("READ_ONLY_ROUTING_URL", "tcp://a:1433"),
                ]),
            ),
            o(
                "PRIMARY_ROLE",
                OptionValue::List(vec![
                    o(
                        "READ_ONLY_ROUTING_LIST",
                        OptionValue::List(vec![bare("a"), o("", OptionValue::List(vec![bare("b"), bare("c")]))]),
                    ),
                    word("ALLOW_CONNECTIONS", "READ_WRITE"),
                ]),
            ),
        ],
    };
    let second = ReplicaSpec { name: "B".into(), options: vec![text("ENDPOINT_URL", "TCP://b:5022")] };
    assert_eq!(
        made,
        Ddl::CreateAg {
            name: "AG_Sales".into(),
            options: vec![
                word("CLUSTER_TYPE", "NONE"),
                word("DB_FAILOVER", "ON"),
                number("HEALTH_CHECK_TIMEOUT", 30000)
            ],
            databases: strings(&["Sales", "db2"]),
            replicas: vec![replica, second],
            distributed: vec![],
        }
    );
    let empty = ddl(
        "CREATE AVAILABILITY GROUP g WITH (BASIC, CONTAINED REUSE_SYSTEM_DATABASES) FOR REPLICA ON 'a' WITH (SESSION_TIMEOUT = 10);",
    );
    let Ddl::CreateAg { options, databases, replicas, .. } = empty else { panic!("{empty:?}") };
    assert_eq!(options, vec![flag("BASIC"), word("CONTAINED", "REUSE_SYSTEM_DATABASES")]);
    assert!(databases.is_empty());
    assert_eq!(replicas[0].options, vec![number("SESSION_TIMEOUT", 10)]);
}

#[test]
fn distributed_availability_group() {
    let specs = |mi: &str| {
        let common = |url: &str, name: &str, timeout: bool| {
            let mut options = vec![
                text("LISTENER_URL", url),
                word("AVAILABILITY_MODE", "ASYNCHRONOUS_COMMIT"),
                word("FAILOVER_MODE", "MANUAL"),
                word("SEEDING_MODE", "AUTOMATIC"),
            ];
            if timeout {
                options.push(number("SESSION_TIMEOUT", 20));
            }
            ReplicaSpec { name: name.into(), options }
        };
        vec![common("TCP://10.0.0.4:5022", "AG_Sales", true), common(mi, "AG_Sales_MI", false)]
    };
    let url = "tcp://mi.abc.database.windows.net:5022;Server=[mi];Database=[Sales]";
    let list = format!(
        "N'AG_Sales' WITH (LISTENER_URL = 'TCP://10.0.0.4:5022', AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT, FAILOVER_MODE = MANUAL, \
         SEEDING_MODE = AUTOMATIC, SESSION_TIMEOUT = 20), N'AG_Sales_MI' WITH (LISTENER_URL = '{url}', \
         AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT, FAILOVER_MODE = MANUAL, SEEDING_MODE = AUTOMATIC)"
    );
    assert_eq!(
        ddl(&format!("CREATE AVAILABILITY GROUP [DAG] WITH (DISTRIBUTED) AVAILABILITY GROUP ON {list};")),
        Ddl::CreateAg {
            name: "DAG".into(),
            options: vec![flag("DISTRIBUTED")],
            databases: vec![],
            replicas: vec![],
            distributed: specs(url),
        }
    );
    assert_eq!(
        ddl(&format!("ALTER AVAILABILITY GROUP [DAG] JOIN AVAILABILITY GROUP ON {list}")),
        Ddl::AlterAg { name: "DAG".into(), action: AlterAg::JoinDistributed(specs(url)) }
    );
    let sync =
        |name: &str| ReplicaSpec { name: name.into(), options: vec![word("AVAILABILITY_MODE", "SYNCHRONOUS_COMMIT")] };
    assert_eq!(
        ddl(
            "ALTER AVAILABILITY GROUP [DAG] MODIFY AVAILABILITY GROUP ON 'a' WITH (AVAILABILITY_MODE = SYNCHRONOUS_COMMIT), 'b' WITH (AVAILABILITY_MODE = SYNCHRONOUS_COMMIT)"
        ),
        Ddl::AlterAg { name: "DAG".into(), action: AlterAg::ModifyDistributed(vec![sync("a"), sync("b")]) }
    );
}

#[test]
fn alter_availability_group() {
    let cases = [
        ("SET (ROLE = SECONDARY)", AlterAg::Set(word("ROLE", "SECONDARY"))),
        (
            "SET (REQUIRED_SYNCHRONIZED_SECONDARIES_TO_COMMIT = 1)",
            AlterAg::Set(number("REQUIRED_SYNCHRONIZED_SECONDARIES_TO_COMMIT", 1)),
        ),
        ("ADD DATABASE [d 1], d2", AlterAg::AddDatabase(strings(&["d 1", "d2"]))),
        ("REMOVE DATABASE d", AlterAg::RemoveDatabase(strings(&["d"]))),
        (
            "ADD REPLICA ON N's' WITH (BACKUP_PRIORITY = 50)",
            AlterAg::AddReplica(ReplicaSpec { name: "s".into(), options: vec![number("BACKUP_PRIORITY", 50)] }),
        ),
        (
            "MODIFY REPLICA ON 's' WITH (SEEDING_MODE = MANUAL)",
            AlterAg::ModifyReplica(ReplicaSpec { name: "s".into(), options: vec![word("SEEDING_MODE", "MANUAL")] }),
        ),
        ("REMOVE REPLICA ON 's'", AlterAg::RemoveReplica("s".into())),
        ("JOIN", AlterAg::Join(vec![])),
        ("JOIN WITH (CLUSTER_TYPE = NONE)", AlterAg::Join(vec![word("CLUSTER_TYPE", "NONE")])),
        ("GRANT CREATE ANY DATABASE", AlterAg::GrantCreateAnyDatabase),
        ("DENY CREATE ANY DATABASE", AlterAg::DenyCreateAnyDatabase),
        ("FAILOVER", AlterAg::Failover),
        ("FORCE_FAILOVER_ALLOW_DATA_LOSS", AlterAg::ForceFailoverAllowDataLoss),
        ("OFFLINE", AlterAg::Offline),
        ("RESTART LISTENER N'x'", AlterAg::Listener("RESTART LISTENER N'x'".into())),
    ];
    for (action, expected) in cases {
        let expected = Ddl::AlterAg { name: "g".into(), action: expected };
        assert_eq!(ddl(&format!("ALTER AVAILABILITY GROUP [g] {action}")), expected);
        let two = parse_batch(&format!("ALTER AVAILABILITY GROUP g {action} SELECT 1")).expect(action);
        assert_eq!(two.len(), 2, "{action}");
    }
    assert_eq!(ddl("DROP AVAILABILITY GROUP [g]"), Ddl::DropAg { name: "g".into() });
}

#[test]
fn endpoints() {
    let payload = |words: &str, certificate: bool, encryption: &str| {
        let mut out = vec![word("ROLE", "ALL"), word("AUTHENTICATION", words)];
        if certificate {
            out.push(ident("CERTIFICATE", "My Cert"));
        }
        out.push(word("ENCRYPTION", encryption));
        out
    };
    assert_eq!(
        ddl(
            "CREATE ENDPOINT [Mirror] AUTHORIZATION [sa] STATE=STARTED AS TCP (LISTENER_PORT=5022, LISTENER_IP=ALL) FOR DATABASE_MIRRORING (ROLE=ALL, AUTHENTICATION = CERTIFICATE [My Cert], ENCRYPTION = REQUIRED ALGORITHM AES)"
        ),
        Ddl::CreateEndpoint {
            name: "Mirror".into(),
            owner: Some("sa".into()),
            state: Some("STARTED".into()),
            protocol: vec![number("LISTENER_PORT", 5022), word("LISTENER_IP", "ALL")],
            kind: "DATABASE_MIRRORING".into(),
            payload: payload("CERTIFICATE", true, "REQUIRED ALGORITHM AES"),
        }
    );
    for (auth, words, certificate) in [
        ("WINDOWS", "WINDOWS", false),
        ("WINDOWS NEGOTIATE", "WINDOWS NEGOTIATE", false),
        ("windows negotiate certificate [My Cert]", "WINDOWS NEGOTIATE CERTIFICATE", true),
        ("CERTIFICATE [My Cert] WINDOWS KERBEROS", "CERTIFICATE WINDOWS KERBEROS", true),
    ] {
        let text = format!(
            "ALTER ENDPOINT e STATE = STOPPED FOR DATA_MIRRORING (ROLE = ALL, AUTHENTICATION = {auth}, ENCRYPTION = SUPPORTED ALGORITHM AES RC4)"
        );
        assert_eq!(
            ddl(&text),
            Ddl::AlterEndpoint {
                name: "e".into(),
                state: Some("STOPPED".into()),
                protocol: vec![],
                kind: Some("DATABASE_MIRRORING".into()),
                payload: payload(words, certificate, "SUPPORTED ALGORITHM AES RC4"),
            }
        );
    }
    let tsql =
        ddl("CREATE ENDPOINT t STATE = STARTED AS TCP (LISTENER_PORT = 1444, LISTENER_IP = (10.0.0.1)) FOR TSQL ()");
    let Ddl::CreateEndpoint { protocol, kind, payload, .. } = tsql else { panic!("{tsql:?}") };
    assert_eq!(protocol, vec![number("LISTENER_PORT", 1444), text("LISTENER_IP", "10.0.0.1")]);
    assert_eq!((kind.as_str(), payload.len()), ("TSQL", 0));
    let v6 = ddl("ALTER ENDPOINT t AS TCP (LISTENER_IP = ('::1'))");
    let Ddl::AlterEndpoint { protocol, .. } = v6 else { panic!("{v6:?}") };
    assert_eq!(protocol, vec![text("LISTENER_IP", "::1")]);
    assert_eq!(ddl("DROP ENDPOINT [x y]"), Ddl::DropEndpoint { name: "x y".into() });
}

#[test]
fn keys_and_certificates() {
    assert_eq!(
        ddl("CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'p''w'"),
        Ddl::CreateMasterKey { password: Some("p'w".into()) }
    );
    assert_eq!(ddl("CREATE MASTER KEY"), Ddl::CreateMasterKey { password: None });
    assert_eq!(ddl("OPEN MASTER KEY DECRYPTION BY PASSWORD = 'x'"), Ddl::OpenMasterKey { password: "x".into() });
    assert_eq!(ddl("CLOSE MASTER KEY"), Ddl::CloseMasterKey);
    assert_eq!(ddl("DROP MASTER KEY"), Ddl::DropMasterKey);
    assert_eq!(
        ddl("ALTER MASTER KEY ADD ENCRYPTION BY SERVICE MASTER KEY"),
        Ddl::AlterMasterKey { rest: "ADD ENCRYPTION BY SERVICE MASTER KEY".into() }
    );
    let own = |start: Option<&str>, expiry: Option<&str>, password: Option<&str>| CertificateSource::SelfSigned {
        subject: "Certificate for x".into(),
        start: start.map(Into::into),
        expiry: expiry.map(Into::into),
        password: password.map(Into::into),
    };
    let certificate = |text: &str, owner: Option<&str>, source| {
        assert_eq!(
            ddl(text),
            Ddl::CreateCertificate { name: "c".into(), owner: owner.map(Into::into), source },
            "{text}"
        );
    };
    certificate(
        "CREATE CERTIFICATE [c] WITH SUBJECT = N'Certificate for x', EXPIRY_DATE = N'2030-01-01'",
        None,
        own(None, Some("2030-01-01"), None),
    );
    certificate(
        "CREATE CERTIFICATE c AUTHORIZATION dbo ENCRYPTION BY PASSWORD = 'p' WITH SUBJECT = 'Certificate for x', START_DATE = '20250101' ACTIVE FOR BEGIN_DIALOG = OFF",
        Some("dbo"),
        own(Some("20250101"), None, Some("p")),
    );
    certificate(
        "CREATE CERTIFICATE c FROM BINARY = 0x3082FF",
        None,
        CertificateSource::Binary { der: vec![0x30, 0x82, 0xFF], private_key: None, decryption_password: None },
    );
    certificate(
        "CREATE CERTIFICATE c FROM BINARY = 0xABC WITH PRIVATE KEY (BINARY = 0x01, DECRYPTION BY PASSWORD = 'p', ENCRYPTION BY PASSWORD = 'q')",
        None,
        CertificateSource::Binary {
            der: vec![0x0A, 0xBC],
            private_key: Some(vec![1]),
            decryption_password: Some("p".into()),
        },
    );
    certificate(
        "CREATE CERTIFICATE c FROM FILE = 'C:\\x.crt' WITH PRIVATE KEY (FILE = 'y', DECRYPTION BY PASSWORD = 'p')",
        None,
        CertificateSource::File("C:\\x.crt".into()),
    );
    certificate("CREATE CERTIFICATE c FROM ASSEMBLY a", None, CertificateSource::Assembly("a".into()));
    assert_eq!(
        ddl("CREATE CERTIFICATE [mi.zone.database.windows.net] FROM BINARY = 0x00"),
        Ddl::CreateCertificate {
            name: "mi.zone.database.windows.net".into(),
            owner: None,
            source: CertificateSource::Binary { der: vec![0], private_key: None, decryption_password: None },
        }
    );
    assert_eq!(
        ddl("ALTER CERTIFICATE c REMOVE PRIVATE KEY"),
        Ddl::AlterCertificate { name: "c".into(), rest: "REMOVE PRIVATE KEY".into() }
    );
    assert_eq!(ddl("DROP CERTIFICATE c"), Ddl::DropCertificate { name: "c".into() });
    assert_eq!(
        ddl(
            "BACKUP CERTIFICATE c TO FILE = 'f' WITH FORMAT = 'PFX', PRIVATE KEY (FILE = 'k', ENCRYPTION BY PASSWORD = 'p')"
        ),
        Ddl::BackupCertificate {
            name: "c".into(),
            options: vec![
                text("FILE", "f"),
                text("FORMAT", "PFX"),
                o("PRIVATE KEY", OptionValue::List(vec![text("FILE", "k"), text("ENCRYPTION BY PASSWORD", "p")])),
            ],
        }
    );
}

#[test]
fn logins() {
    let created = |text: &str, from: Option<&str>, options: Vec<DdlOption>, hashed: bool| {
        assert_eq!(
            ddl(text),
            Ddl::CreateLogin { name: "l".into(), from: from.map(Into::into), options, hashed },
            "{text}"
        );
    };
    created(
        "CREATE LOGIN l WITH PASSWORD = N'x', CHECK_POLICY = OFF",
        None,
        vec![text("PASSWORD", "x"), word("CHECK_POLICY", "OFF")],
        false,
    );
    created(
        "CREATE LOGIN l WITH PASSWORD = 'x' MUST_CHANGE, CHECK_EXPIRATION = ON",
        None,
        vec![text("PASSWORD", "x"), flag("MUST_CHANGE"), word("CHECK_EXPIRATION", "ON")],
        false,
    );
    created(
        "CREATE LOGIN [l] WITH PASSWORD = 0x0200AB HASHED, SID = 0x01, DEFAULT_DATABASE = [My Db], DEFAULT_LANGUAGE = us_english",
        None,
        vec![
            o("PASSWORD", OptionValue::Binary(vec![2, 0, 0xAB])),
            o("SID", OptionValue::Binary(vec![1])),
            ident("DEFAULT_DATABASE", "My Db"),
            ident("DEFAULT_LANGUAGE", "us_english"),
        ],
        true,
    );
    created(
        "CREATE LOGIN l FROM WINDOWS WITH DEFAULT_DATABASE = Tempdb",
        Some("WINDOWS"),
        vec![ident("DEFAULT_DATABASE", "Tempdb")],
        false,
    );
    created("CREATE LOGIN l FROM EXTERNAL PROVIDER", Some("EXTERNAL PROVIDER"), vec![], false);
    created("CREATE LOGIN l FROM CERTIFICATE c", Some("CERTIFICATE"), vec![ident("CERTIFICATE", "c")], false);
    let altered = |text: &str, enable, options, hashed| {
        assert_eq!(ddl(text), Ddl::AlterLogin { name: "l".into(), enable, options, hashed }, "{text}");
    };
    altered("ALTER LOGIN [l] DISABLE", Some(false), vec![], false);
    altered("ALTER LOGIN l ENABLE", Some(true), vec![], false);
    altered("ALTER LOGIN l WITH NAME = [m]", None, vec![ident("NAME", "m")], false);
    altered(
        "ALTER LOGIN l WITH PASSWORD = 'a' OLD_PASSWORD = 'b'",
        None,
        vec![text("PASSWORD", "a"), text("OLD_PASSWORD", "b")],
        false,
    );
    altered("ALTER LOGIN l WITH PASSWORD = 0x01 HASHED", None, vec![o("PASSWORD", OptionValue::Binary(vec![1]))], true);
    altered("ALTER LOGIN l ADD CREDENTIAL c", None, vec![ident("ADD CREDENTIAL", "c")], false);
    assert_eq!(ddl("DROP LOGIN l"), Ddl::DropLogin { name: "l".into(), if_exists: false });
    check(
        "CREATE LOGIN a WITH PASSWORD = 'x' ALTER LOGIN a DISABLE SELECT 1",
        "CreateLogin { name: \"a\", from: None, options: [DdlOption { key: \"PASSWORD\", value: Text(\"x\") }], hashed: false }; \
         AlterLogin { name: \"a\", enable: Some(false), options: [], hashed: false }; select {SELECT 1}",
    );
}

#[test]
fn users_roles_schemas() {
    let user =
        |login: Option<&str>, options| Ddl::CreateUser { name: "u".into(), login: login.map(Into::into), options };
    assert_eq!(ddl("CREATE USER u"), user(None, vec![]));
    assert_eq!(
        ddl("CREATE USER u FOR LOGIN [d\\l] WITH DEFAULT_SCHEMA = Dbo"),
        user(Some("d\\l"), vec![ident("DEFAULT_SCHEMA", "Dbo")])
    );
    assert_eq!(ddl("CREATE USER u WITHOUT LOGIN"), user(None, vec![flag("WITHOUT LOGIN")]));
    assert_eq!(ddl("CREATE USER u FROM EXTERNAL PROVIDER"), user(None, vec![flag("EXTERNAL PROVIDER")]));
    assert_eq!(
        ddl("ALTER USER u WITH LOGIN = Lx"),
        Ddl::AlterUser { name: "u".into(), options: vec![ident("LOGIN", "Lx")] }
    );
    assert_eq!(ddl("DROP USER IF EXISTS u"), Ddl::DropUser { name: "u".into(), if_exists: true });
    assert_eq!(
        ddl("CREATE ROLE r AUTHORIZATION dbo"),
        Ddl::CreateRole { name: "r".into(), server: false, owner: Some("dbo".into()) }
    );
    assert_eq!(ddl("CREATE SERVER ROLE r"), Ddl::CreateRole { name: "r".into(), server: true, owner: None });
    assert_eq!(ddl("DROP SERVER ROLE r"), Ddl::DropRole { name: "r".into(), server: true });
    assert_eq!(
        ddl("ALTER SERVER ROLE sysadmin ADD MEMBER [x]"),
        Ddl::AlterRole { name: "sysadmin".into(), server: true, add: true, member: "x".into() }
    );
    assert_eq!(
        ddl("ALTER ROLE db_owner DROP MEMBER x"),
        Ddl::AlterRole { name: "db_owner".into(), server: false, add: false, member: "x".into() }
    );
    assert_eq!(ddl("CREATE SCHEMA s AUTHORIZATION dbo"), Ddl::CreateSchema { name: "s".into() });
    assert_eq!(ddl("DROP ROLE IF EXISTS r"), Ddl::Unsupported("DROP ROLE IF EXISTS r".into()));
    assert_eq!(
        ddl("CREATE CREDENTIAL [https://x/y] WITH IDENTITY = 'SHARED ACCESS SIGNATURE', SECRET = 's'"),
        Ddl::CreateCredential {
            name: "https://x/y".into(),
            options: vec![text("IDENTITY", "SHARED ACCESS SIGNATURE"), text("SECRET", "s")]
        }
    );
    assert_eq!(ddl("DROP CREDENTIAL c"), Ddl::DropCredential { name: "c".into() });
}

#[test]
fn permissions() {
    let p = |verb: &str, permissions: &[&str], class: Option<&str>, securable, to: &[&str], with_grant, cascade| {
        Ddl::Permission {
            verb: verb.into(),
            permissions: strings(permissions),
            class: class.map(Into::into),
            securable,
            principals: strings(to),
            with_grant,
            cascade,
        }
    };
    assert_eq!(
        ddl("GRANT VIEW SERVER STATE, connect sql TO [a], b"),
        p("GRANT", &["VIEW SERVER STATE", "CONNECT SQL"], None, None, &["a", "b"], false, false)
    );
    assert_eq!(
        ddl("GRANT CONNECT ON ENDPOINT::[Mirror] TO [x] WITH GRANT OPTION"),
        p("GRANT", &["CONNECT"], Some("ENDPOINT"), named(&["Mirror"]), &["x"], true, false)
    );
    assert_eq!(
        ddl("REVOKE CONNECT ON ENDPOINT::[TSQL Default TCP] FROM public"),
        p("REVOKE", &["CONNECT"], Some("ENDPOINT"), named(&["TSQL Default TCP"]), &["public"], false, false)
    );
    assert_eq!(ddl("DENY CONNECT SQL TO [l]"), p("DENY", &["CONNECT SQL"], None, None, &["l"], false, false));
    assert_eq!(
        ddl("REVOKE GRANT OPTION FOR SELECT ON OBJECT::dbo.t TO u CASCADE"),
        p("REVOKE", &["SELECT"], Some("OBJECT"), named(&["dbo", "t"]), &["u"], true, true)
    );
    assert_eq!(
        ddl("GRANT SELECT (a, b), UPDATE ON dbo.t TO u"),
        p("GRANT", &["SELECT (a, b)", "UPDATE"], Some("OBJECT"), named(&["dbo", "t"]), &["u"], false, false)
    );
    assert_eq!(
        ddl("GRANT ALTER ON AVAILABILITY GROUP::[g] TO l"),
        p("GRANT", &["ALTER"], Some("AVAILABILITY GROUP"), named(&["g"]), &["l"], false, false)
    );
    assert_eq!(
        ddl("GRANT IMPERSONATE ON LOGIN :: sa TO l"),
        p("GRANT", &["IMPERSONATE"], Some("LOGIN"), named(&["sa"]), &["l"], false, false)
    );
}

#[test]
fn databases() {
    let hadr = |action: &str, group: Option<&str>| Ddl::AlterDatabaseHadr {
        database: "d".into(),
        action: action.into(),
        group: group.map(Into::into),
    };
    assert_eq!(ddl("ALTER DATABASE [d] SET HADR AVAILABILITY GROUP = [g]"), hadr("AVAILABILITY GROUP", Some("g")));
    assert_eq!(ddl("ALTER DATABASE d SET HADR OFF"), hadr("OFF", None));
    assert_eq!(ddl("ALTER DATABASE d SET HADR SUSPEND"), hadr("SUSPEND", None));
    assert_eq!(ddl("ALTER DATABASE d SET HADR RESUME"), hadr("RESUME", None));
    let set = |text: &str, options, termination: Option<&str>| {
        assert_eq!(
            ddl(text),
            Ddl::AlterDatabaseSet { database: "d".into(), options, termination: termination.map(Into::into) },
            "{text}"
        );
    };
    set("ALTER DATABASE d SET READ_ONLY WITH ROLLBACK IMMEDIATE", vec![flag("READ_ONLY")], Some("ROLLBACK IMMEDIATE"));
    set(
        "ALTER DATABASE d SET SINGLE_USER WITH ROLLBACK AFTER 10 SECONDS",
        vec![flag("SINGLE_USER")],
        Some("ROLLBACK AFTER 10"),
    );
    set("ALTER DATABASE d SET RECOVERY FULL WITH NO_WAIT", vec![word("RECOVERY", "FULL")], Some("NO_WAIT"));
    set("ALTER DATABASE d SET COMPATIBILITY_LEVEL = 150", vec![number("COMPATIBILITY_LEVEL", 150)], None);
    set(
        "ALTER DATABASE d SET READ_COMMITTED_SNAPSHOT ON, AUTO_CLOSE OFF",
        vec![word("READ_COMMITTED_SNAPSHOT", "ON"), word("AUTO_CLOSE", "OFF")],
        None,
    );
    set(
        "ALTER DATABASE d SET QUERY_STORE = ON (OPERATION_MODE = READ_WRITE)",
        vec![
            word("QUERY_STORE", "ON"),
            o("QUERY_STORE", OptionValue::List(vec![word("OPERATION_MODE", "READ_WRITE")])),
        ],
        None,
    );
    set(
        "ALTER DATABASE d SET TARGET_RECOVERY_TIME = 60 SECONDS",
        vec![word("TARGET_RECOVERY_TIME", "60 SECONDS")],
        None,
    );
    set("ALTER DATABASE d SET ENCRYPTION ON", vec![word("ENCRYPTION", "ON")], None);
    set("ALTER DATABASE d SET PARTNER OFF", vec![word("PARTNER", "OFF")], None);
    check(
        "ALTER DATABASE CURRENT SET MULTI_USER SELECT 1",
        "AlterDatabaseSet { database: \"CURRENT\", options: [DdlOption { key: \"MULTI_USER\", value: None }], termination: None }; select {SELECT 1}",
    );
    assert_eq!(
        ddl("ALTER DATABASE d MODIFY NAME = [e]"),
        Ddl::AlterDatabaseModifyName { database: "d".into(), to: "e".into() }
    );
    assert_eq!(
        ddl("ALTER DATABASE d COLLATE X_CI_AS"),
        Ddl::AlterDatabaseOther { database: "d".into(), rest: "COLLATE X_CI_AS".into() }
    );
    assert_eq!(
        ddl("ALTER DATABASE SCOPED CONFIGURATION SET MAXDOP = 4"),
        Ddl::Unsupported("ALTER DATABASE SCOPED CONFIGURATION SET MAXDOP = 4".into())
    );
    assert_eq!(ddl("CREATE DATABASE [d]"), Ddl::CreateDatabase { name: "d".into(), options: vec![] });
    let file = |name: &str| OptionValue::List(vec![ident("NAME", name), text("FILENAME", "f"), word("SIZE", "8MB")]);
    assert_eq!(
        ddl(
            "CREATE DATABASE d CONTAINMENT = NONE ON PRIMARY (NAME = A, FILENAME = 'f', SIZE = 8MB) LOG ON (NAME = B, FILENAME = 'f', SIZE = 8MB) COLLATE Latin1_General_CI_AS WITH TRUSTWORTHY ON"
        ),
        Ddl::CreateDatabase {
            name: "d".into(),
            options: vec![
                word("CONTAINMENT", "NONE"),
                o("ON", OptionValue::List(vec![o("PRIMARY", file("A"))])),
                o("LOG ON", OptionValue::List(vec![o("", file("B"))])),
                ident("COLLATE", "Latin1_General_CI_AS"),
                word("TRUSTWORTHY", "ON"),
            ],
        }
    );
    assert_eq!(
        ddl("DROP DATABASE IF EXISTS a, [b]"),
        Ddl::DropDatabase { names: strings(&["a", "b"]), if_exists: true }
    );
}

#[test]
fn backup_and_restore() {
    assert_eq!(
        ddl("BACKUP LOG [d] TO DISK = N'NUL' WITH NORECOVERY, STATS = 10, NAME = N'x', COMPRESSION"),
        Ddl::BackupDatabase {
            database: "d".into(),
            log: true,
            to: vec![text("DISK", "NUL")],
            options: vec![flag("NORECOVERY"), number("STATS", 10), text("NAME", "x"), flag("COMPRESSION")],
        }
    );
    assert_eq!(
        ddl(
            "BACKUP DATABASE @db TO URL = @u, URL = 'https://x' WITH COPY_ONLY, ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = Cx)"
        ),
        Ddl::BackupDatabase {
            database: "@db".into(),
            log: false,
            to: vec![ident("URL", "@u"), text("URL", "https://x")],
            options: vec![
                flag("COPY_ONLY"),
                o(
                    "ENCRYPTION",
                    OptionValue::List(vec![word("ALGORITHM", "AES_256"), ident("SERVER CERTIFICATE", "Cx")])
                )
            ],
        }
    );
    assert_eq!(
        ddl("RESTORE DATABASE d FROM DISK = 'a' WITH FILE = 1, MOVE N'x' TO N'y', REPLACE, NORECOVERY"),
        Ddl::RestoreDatabase {
            database: "d".into(),
            log: false,
            from: vec![text("DISK", "a")],
            options: vec![
                number("FILE", 1),
                o("MOVE", OptionValue::List(vec![text("x", "y")])),
                flag("REPLACE"),
                flag("NORECOVERY")
            ],
        }
    );
    assert_eq!(
        ddl("RESTORE DATABASE d WITH RECOVERY"),
        Ddl::RestoreDatabase { database: "d".into(), log: false, from: vec![], options: vec![flag("RECOVERY")] }
    );
    assert_eq!(
        ddl("RESTORE HEADERONLY FROM DISK = 'x'"),
        Ddl::Unsupported("RESTORE HEADERONLY FROM DISK = 'x'".into())
    );
    check(
        "BACKUP DATABASE d TO DISK = 'x' WITH INIT BACKUP LOG d TO DISK = 'y' SELECT 1",
        "BackupDatabase { database: \"d\", log: false, to: [DdlOption { key: \"DISK\", value: Text(\"x\") }], options: [DdlOption { key: \"INIT\", value: None }] }; \
         BackupDatabase { database: \"d\", log: true, to: [DdlOption { key: \"DISK\", value: Text(\"y\") }], options: [] }; select {SELECT 1}",
    );
}
