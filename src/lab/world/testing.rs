//! A small instance for unit tests.

use super::backend::open_session;
use super::clock::LabClock;
use super::host::InstanceHost;
use super::instance::Instance;
use super::instance::InstanceConfig;
use super::instance::InstanceKind;
use super::instance::InstanceState;
use super::setup::DatabaseSpec;
use super::setup::LoginSpec;
use super::setup::TableSpec;
use super::storage::ColumnDef;
use crate::lab::net::Network;
use crate::lab::tds::backend::LoginRequest;
use crate::lab::tsql::ast::Name;
use crate::lab::tsql::host::Host;
use crate::lab::tsql::host::SessionCx;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use std::sync::Arc;
use time::macros::datetime;

/// A SQL Server of a major version.
pub fn sql_server(version: &str) -> InstanceConfig {
    InstanceConfig {
        id: "sql-a".into(),
        kind: InstanceKind::SqlServer {
            version: version.into(),
            edition: "Enterprise Edition (64-bit)".into(),
            update_level: Some("CU20".into()),
            update_reference: Some("KB5024276".into()),
        },
        server_name: "SQLA".into(),
        host: "10.0.1.8".into(),
        collation: "SQL_Latin1_General_CP1_CI_AS".into(),
        trace_flags: vec![1800, 9567],
        hadr_enabled: true,
        linux: false,
        installed: crate::lab::world::instance::Installed::default(),
    }
}

/// A managed instance of a database format.
pub fn managed(format: &str) -> InstanceConfig {
    InstanceConfig {
        id: "mi-a".into(),
        kind: InstanceKind::Managed {
            database_format: format.into(),
            tier: "GeneralPurpose".into(),
            next_gen: false,
            vcores: 4,
            storage_gb: 256,
            name: "mi-a".into(),
        },
        server_name: "mi-a.zone.database.windows.net".into(),
        ..sql_server("16.0.1000.6")
    }
}

/// `sa` / `Secret-1`, a login `app` (same password) mapped into `shop` as writer and reader, a login `nobody`,
/// a login `watch` with VIEW SERVER STATE; database `shop` with `orders(id int identity pk, name nvarchar(50) not null,
/// code int null)` and two rows.
pub fn instance(config: InstanceConfig) -> Arc<Instance> {
    let now = datetime!(2026-03-01 12:00 UTC);
    let mut state = InstanceState::new(&config, now);
    state.set_password("sa", "Secret-1");
    for (name, grants) in [("app", vec![]), ("nobody", vec![]), ("watch", vec!["VIEW SERVER STATE".to_owned()])] {
        let password = Some("Secret-1".to_owned());
        state.add_login(&LoginSpec { name: name.into(), password, grants, ..LoginSpec::default() }, now);
    }
    let column = |id, name: &str, ty, nullable, identity| ColumnDef {
        id,
        name: name.into(),
        ty,
        nullable,
        identity,
        default: None,
        computed: None,
    };
    let orders = TableSpec {
        name: "orders".into(),
        columns: vec![
            column(1, "id", SqlType::Int, false, Some((1, 1))),
            column(2, "name", SqlType::NVarChar(Len::N(50)), false, None),
            column(3, "code", SqlType::Int, true, None),
        ],
        primary_key: vec![0],
        rows: vec![
            vec![Value::Int(1), Value::str("one"), Value::Int(10)],
            vec![Value::Int(2), Value::str("two"), Value::Null],
        ],
        ..TableSpec::default()
    };
    let spec = DatabaseSpec {
        name: "shop".into(),
        full_backup: true,
        tables: vec![orders],
        users: vec![("app".into(), "app".into(), vec!["db_datareader".into(), "db_datawriter".into()])],
        ..DatabaseSpec::default()
    };
    state.add_database(&config, &spec, now);
    Instance::new(config, state, Network::in_memory(), LabClock::starting_at(now))
}

/// What a client sends.
pub fn request(user: &str, database: &str) -> LoginRequest {
    LoginRequest {
        user: user.into(),
        password: "Secret-1".into(),
        access_token: None,
        integrated: false,
        database: database.into(),
        host_name: "client".into(),
        program_name: "test".into(),
        client_interface: "unit".into(),
        server_name: "SQLA".into(),
        client_pid: 7,
        read_only_intent: false,
        client_address: "10.0.9.9:50000".into(),
        encrypted: true,
        packet_size: 4096,
    }
}

/// A session.
pub fn session(instance: &Arc<Instance>, user: &str, database: &str) -> SessionCx {
    open_session(instance, &request(user, database)).expect("login").0
}

/// Host and `sa` in `shop`.
pub fn shop() -> (Arc<InstanceHost>, SessionCx) {
    let i = instance(sql_server("16.0.4265.3"));
    let cx = session(&i, "sa", "shop");
    (Arc::new(InstanceHost::new(i)), cx)
}

/// `a.b.c` as a name.
pub fn name(text: &str) -> Name {
    Name(text.split('.').map(str::to_owned).collect())
}

/// A row for `orders`.
pub fn order(text: &str, code: i32) -> Vec<Option<Value>> {
    vec![None, Some(Value::str(text)), Some(Value::Int(code))]
}

/// Rows of `orders` as a session sees them.
pub fn orders(host: &InstanceHost, cx: &SessionCx) -> Vec<Row> {
    host.scan(cx, &name("shop.dbo.orders")).expect("scan").rows
}

/// One column of a view, as text.
pub fn column(host: &InstanceHost, cx: &SessionCx, view: &str, column: &str) -> Vec<String> {
    let set = host.scan(cx, &name(view)).expect(view);
    let at = set.columns.iter().position(|c| c.name == column).expect(column);
    set.rows.iter().map(|r| super::values::display(&r[at])).collect()
}
