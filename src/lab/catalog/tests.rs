use super::*;
use crate::lab::tsql::ast::Name;
use crate::lab::tsql::host::Host;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use crate::lab::world::host::InstanceHost;
use crate::lab::world::instance::InstanceConfig;
use crate::lab::world::testing;
use std::sync::Arc;

fn every_server() -> Vec<InstanceConfig> {
    let builds = ["13.0.7095.1", "14.0.3540.1", "15.0.4430.1", "16.0.4265.3", "17.0.1000.7"];
    let mut all: Vec<_> = builds.iter().map(|b| testing::sql_server(b)).collect();
    all.push(testing::managed("SQLServer2022"));
    all.push(testing::managed("AlwaysUpToDate"));
    all
}

/// Name, kind, columns with type, nullability and first version: the data file read afresh.
fn shapes() -> Vec<(String, String, Vec<(String, String, bool, String)>)> {
    #[derive(serde::Deserialize)]
    struct Shape {
        name: String,
        kind: String,
        columns: Vec<(String, String, bool, String)>,
    }
    let mut out = Vec::new();
    for text in [include_str!("catalog.json"), include_str!("more.json")] {
        let shapes: Vec<Shape> = serde_json::from_str(text).unwrap();
        out.extend(shapes.into_iter().map(|s| (s.name, s.kind, s.columns)));
    }
    out
}

fn since(config: &InstanceConfig, since: &str) -> bool {
    match since {
        "2016" => true,
        "2017" => config.major() >= 14,
        "2019" => config.major() >= 15,
        "2022" => config.major() >= 16,
        "2025" => config.major() >= 17,
        "mi" | "azure" | "azure-only" => config.is_managed(),
        other => panic!("{other}"),
    }
}

fn family(ty: SqlType, v: &Value) -> bool {
    use SqlType as T;
    match v {
        Value::Null => true,
        Value::Bit(_) => ty == T::Bit,
        Value::TinyInt(_) => ty == T::TinyInt,
        Value::SmallInt(_) => ty == T::SmallInt,
        Value::Int(_) => ty == T::Int,
        Value::BigInt(_) => ty == T::BigInt,
        Value::Decimal { scale, .. } => matches!(ty, T::Decimal(_, s) if s == *scale),
        Value::Money(_) => matches!(ty, T::Money | T::SmallMoney),
        Value::Real(_) => ty == T::Real,
        Value::Float(_) => ty == T::Float,
        Value::Str(_) => matches!(ty, T::Char(_) | T::NChar(_) | T::VarChar(_) | T::NVarChar(_) | T::Xml),
        Value::Bytes(_) => matches!(ty, T::Binary(_) | T::VarBinary(_)),
        Value::Guid(_) => ty == T::UniqueIdentifier,
        Value::Date(_) => ty == T::Date,
        Value::Time(_) => matches!(ty, T::Time(_)),
        Value::DateTime { .. } => matches!(ty, T::DateTime | T::DateTime2(_) | T::SmallDateTime),
        Value::DateTimeOffset { .. } => matches!(ty, T::DateTimeOffset(_)),
        Value::Variant(inner) => ty == T::SqlVariant && !matches!(inner.1, Value::Variant(_)),
    }
}

#[tokio::test(start_paused = true)]
async fn every_view_answers_with_the_columns_of_its_version() {
    let mut checked = 0;
    for config in every_server() {
        let instance = testing::instance(config.clone());
        let cx = testing::session(&instance, "sa", "shop");
        let host = InstanceHost::new(Arc::clone(&instance));
        for (view, kind, columns) in shapes() {
            let who = format!("{view} on {} (managed {})", config.major(), config.is_managed());
            let expected: Vec<_> = columns.iter().filter(|c| since(&config, &c.3)).collect();
            let parts: Vec<String> = view.split('.').map(str::to_owned).collect();
            let name = Name(parts);
            let set = if kind == "function" {
                host.describe_function(&cx, &name)
                    .and_then(|_| host.call_function(&cx, &name, &[Value::Int(5), Value::Null]))
            } else {
                host.describe(&cx, &name).and_then(|_| host.scan(&cx, &name))
            };
            if expected.is_empty() || view == "sys.geo_replication_links" {
                assert_eq!(set.unwrap_err().number, 208, "{who}");
                continue;
            }
            let set = set.unwrap_or_else(|e| panic!("{who}: {e}"));
            assert_eq!(set.columns.len(), expected.len(), "{who}");
            for (c, (name, ty, nullable, _)) in set.columns.iter().zip(&expected) {
                assert_eq!((&c.name, c.nullable), (name, *nullable), "{who}");
                assert_eq!(Some(c.ty), parse_type(ty), "{who} {name}");
            }
            for row in &set.rows {
                for (c, v) in set.columns.iter().zip(row.iter()) {
                    assert!(family(c.ty, v), "{who} {}: {v:?} is no {:?}", c.name, c.ty);
                    assert!(c.nullable || !v.is_null(), "{who} {}", c.name);
                }
            }
            checked += 1;
        }
    }
    assert!(checked > 900, "{checked}");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_208() {
    let (host, cx) = testing::shop();
    for view in ["sys.no_such_view", "sys.dm_operation_status", "nothing", "sysjobs", "sys.dm_os_schedulers"] {
        assert_eq!(host.describe(&cx, &testing::name(view)).unwrap_err().number, 208, "{view}");
    }
    for view in ["sysdatabases", "dbo.sysprocesses", "master.sys.databases", "msdb..sysjobs", "master..sysdatabases"] {
        assert!(host.describe(&cx, &testing::name(view)).is_ok(), "{view}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_permission_dmvs_refuse_and_catalogue_rows_are_missing() {
    let instance = testing::instance(testing::sql_server("15.0.4430.1"));
    let host = InstanceHost::new(Arc::clone(&instance));
    let app = testing::session(&instance, "app", "shop");
    let watch = testing::session(&instance, "watch", "master");
    for (cx, view, number) in [
        (&app, "sys.dm_os_sys_info", Some(300)),
        (&watch, "sys.dm_os_sys_info", None),
        (&app, "sys.dm_exec_connections", Some(300)),
        (&app, "sys.dm_exec_sessions", None),
        (&app, "sys.databases", None),
        (&app, "sys.dm_db_log_space_usage", Some(262)),
    ] {
        let got = host.scan(cx, &testing::name(view)).err().map(|e| e.number);
        assert_eq!(got, number, "{view}");
    }
    assert_eq!(testing::column(&host, &app, "sys.dm_exec_sessions", "login_name"), ["app"]);
    assert_eq!(testing::column(&host, &watch, "sys.dm_exec_sessions", "login_name").len(), 2);
    let logins = testing::column(&host, &app, "sys.sql_logins", "name");
    assert_eq!(logins, ["sa", "app"]);
    let sa = testing::session(&instance, "sa", "master");
    assert_eq!(testing::column(&host, &sa, "sys.sql_logins", "name").len(), 4);
    assert!(testing::column(&host, &sa, "sys.sql_logins", "password_hash")[1].starts_with("0x0200"));
}

#[tokio::test(start_paused = true)]
async fn database_columns_tell_the_state() {
    let (host, cx) = testing::shop();
    let of = |column: &str| testing::column(&host, &cx, "sys.databases", column).pop().unwrap();
    assert_eq!(of("name"), "shop");
    assert_eq!(
        (of("recovery_model_desc"), of("state_desc"), of("compatibility_level")),
        ("FULL".into(), "ONLINE".into(), "160".into())
    );
    assert_eq!(of("collation_name"), "SQL_Latin1_General_CP1_CI_AS");
    let chain = testing::column(&host, &cx, "sys.database_recovery_status", "last_log_backup_lsn").pop().unwrap();
    assert_ne!(chain, "<NULL>");
    assert_eq!(testing::column(&host, &cx, "msdb.dbo.backupset", "type"), ["D"]);
}
