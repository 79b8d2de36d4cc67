//! Availability groups, endpoints, keys and certificates.

use super::options::*;
use crate::lab::tsql::ast::*;
use crate::lab::tsql::parse::parse_batch;

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
