//! Principals, permissions, databases, backups.

use super::options::*;
use super::summary::check;
use crate::lab::tsql::ast::*;

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
