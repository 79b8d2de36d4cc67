//! Tables in memory, one transaction at a time, a few server functions.

use crate::lab::tsql::ast::ColumnSpec;
use crate::lab::tsql::ast::CreateTable;
use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::ast::Name;
use crate::lab::tsql::ast::Stmt;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::Host;
use crate::lab::tsql::host::ProcArg;
use crate::lab::tsql::host::ProcOutcome;
use crate::lab::tsql::host::RowId;
use crate::lab::tsql::host::SessionCx;
use crate::lab::tsql::host::TableInfo;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::RowSet;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;

#[derive(Clone)]
struct Table {
    info: TableInfo,
    rows: Vec<(RowId, Row)>,
    next: RowId,
    identity: i64,
}

type Tables = BTreeMap<String, Table>;

#[derive(Default)]
struct State {
    tables: Tables,
    count: i32,
    doomed: bool,
    saved: Vec<(Option<String>, Tables)>,
}

/// The host of the engine's own tests.
pub(crate) struct MemoryHost(Mutex<State>);

fn missing(n: &Name) -> SqlError {
    SqlError::new(208, 16, format!("Invalid object name '{}'.", n.0.join(".")))
}

impl MemoryHost {
    pub(crate) fn new() -> Self {
        let host = Self(Mutex::default());
        host.add("numbers", &[("n", SqlType::Int, false)], (1..=5).map(|n| vec![Value::Int(n)]).collect());
        host.add(
            "people",
            &[
                ("id", SqlType::Int, false),
                ("name", SqlType::NVarChar(Len::N(50)), false),
                ("city", SqlType::VarChar(Len::N(20)), true),
                ("pay", SqlType::Decimal(10, 2), true),
            ],
            vec![
                vec![Value::Int(1), "Ann".into(), "Oslo".into(), Value::Decimal { unscaled: 10_050, scale: 2 }],
                vec![Value::Int(2), "Bob".into(), "Rome".into(), Value::Decimal { unscaled: 20_000, scale: 2 }],
                vec![Value::Int(3), "Cid".into(), "Oslo".into(), Value::Null],
                vec![Value::Int(4), "Dee".into(), Value::Null, Value::Decimal { unscaled: 5_025, scale: 2 }],
            ],
        );
        host.add(
            "sys.lsns",
            &[("id", SqlType::Int, false), ("lsn", SqlType::Decimal(25, 0), true)],
            vec![
                vec![Value::Int(1), Value::Decimal { unscaled: 1_234_567_890_123_456_789_012_345, scale: 0 }],
                vec![Value::Int(2), Value::Null],
            ],
        );
        host.add(
            "big",
            &[("id", SqlType::Int, false), ("v", SqlType::Int, true)],
            (0..500).map(|n| vec![Value::Int(n), Value::Int(n % 7)]).collect(),
        );
        host
    }

    pub(crate) fn add(&self, name: &str, columns: &[(&str, SqlType, bool)], rows: Vec<Vec<Value>>) {
        let columns: Vec<Column> = columns
            .iter()
            .map(|(n, ty, nullable)| Column { name: (*n).to_owned(), ty: *ty, nullable: *nullable, identity: false })
            .collect();
        let specs: Vec<ColumnSpec> = columns
            .iter()
            .map(|c| ColumnSpec {
                name: c.name.clone(),
                ty: c.ty,
                nullable: Some(c.nullable),
                identity: None,
                default: None,
                primary_key: false,
                unique: false,
                computed: None,
            })
            .collect();
        let rows: Vec<(RowId, Row)> = rows.into_iter().enumerate().map(|(i, r)| (i as RowId, r.into())).collect();
        let next = rows.len() as RowId;
        let table = Table { info: TableInfo { columns: columns.into(), specs: specs.into() }, rows, next, identity: 0 };
        self.0.lock().unwrap().tables.insert(name.to_owned(), table);
    }

    fn with<T>(&self, name: &Name, f: impl FnOnce(&mut Table) -> T) -> SqlResult<T> {
        let mut state = self.0.lock().unwrap();
        let key = match name.schema() {
            Some("sys") => format!("sys.{}", name.object().to_lowercase()),
            _ => name.object().to_lowercase(),
        };
        state.tables.get_mut(&key).map(f).ok_or_else(|| missing(name))
    }
}

#[async_trait]
impl Host for MemoryHost {
    fn describe(&self, _: &SessionCx, name: &Name) -> SqlResult<Arc<[Column]>> {
        self.with(name, |t| t.info.columns.clone())
    }
    fn scan(&self, cx: &SessionCx, name: &Name) -> SqlResult<RowSet> {
        let columns = self.describe(cx, name)?;
        Ok(RowSet { columns, rows: self.with(name, |t| t.rows.iter().map(|r| r.1.clone()).collect())? })
    }
    fn describe_function(&self, _: &SessionCx, name: &Name) -> SqlResult<Arc<[Column]>> {
        if name.object() == "fn_twice" { Ok(vec![Column::new("v", SqlType::Int)].into()) } else { Err(missing(name)) }
    }
    fn call_function(&self, cx: &SessionCx, name: &Name, args: &[Value]) -> SqlResult<RowSet> {
        let columns = self.describe_function(cx, name)?;
        let rows = match args {
            [Value::Int(n)] => (0..2).map(|i| Row::from([Value::Int(n * 10 + i)])).collect(),
            _ => Vec::new(),
        };
        Ok(RowSet { columns, rows })
    }
    fn scalar_type(&self, name: &Name, _: usize) -> Option<SqlType> {
        match name.object().to_uppercase().as_str() {
            "SERVERPROPERTY" => Some(SqlType::SqlVariant),
            "DB_NAME" | "@@SERVERNAME" => Some(SqlType::NVarChar(Len::N(128))),
            "OBJECT_ID" => Some(SqlType::Int),
            _ => None,
        }
    }
    fn scalar(&self, cx: &SessionCx, name: &Name, args: &[Value]) -> SqlResult<Value> {
        Ok(match name.object().to_uppercase().as_str() {
            "SERVERPROPERTY" => match args.first() {
                Some(Value::Str(s)) if &**s == "EngineEdition" => {
                    Value::Variant(Box::new((SqlType::Int, Value::Int(3))))
                }
                Some(Value::Str(s)) if &**s == "ProductVersion" => {
                    Value::Variant(Box::new((SqlType::NVarChar(Len::N(128)), "16.0.4095.4".into())))
                }
                _ => Value::Null,
            },
            "DB_NAME" => Value::str(&cx.database),
            "@@SERVERNAME" => "srv".into(),
            _ => Value::Null,
        })
    }
    fn use_database(&self, cx: &mut SessionCx, name: &str) -> SqlResult<()> {
        if name == "nowhere" {
            return Err(SqlError::new(
                911,
                16,
                "Database 'nowhere' does not exist. Make sure that the name is entered correctly.",
            ));
        }
        name.clone_into(&mut cx.database);
        Ok(())
    }
    fn table(&self, _: &SessionCx, name: &Name) -> SqlResult<TableInfo> {
        self.with(name, |t| t.info.clone())
    }
    fn scan_rows(&self, _: &SessionCx, name: &Name) -> SqlResult<Vec<(RowId, Row)>> {
        self.with(name, |t| t.rows.clone())
    }
    async fn lock_rows(&self, _: &SessionCx, _: &Name, _: &[RowId]) -> SqlResult<()> {
        Ok(())
    }
    async fn insert(&self, cx: &mut SessionCx, name: &Name, rows: Vec<Vec<Option<Value>>>) -> SqlResult<Vec<Row>> {
        self.with(name, |t| {
            let mut out = Vec::new();
            for r in rows {
                let row: Vec<Value> = r
                    .into_iter()
                    .zip(t.info.specs.iter())
                    .map(|(v, s)| match v {
                        None if s.identity.is_some() => {
                            t.identity += 1;
                            cx.last_identity = Some(t.identity);
                            Value::Int(t.identity as i32)
                        }
                        v => v.unwrap_or(Value::Null),
                    })
                    .collect();
                let row = Row::from(row);
                t.rows.push((t.next, row.clone()));
                t.next += 1;
                out.push(row);
            }
            out
        })
    }
    async fn update(&self, _: &mut SessionCx, name: &Name, rows: Vec<(RowId, Row)>) -> SqlResult<()> {
        self.with(name, |t| {
            for (id, row) in rows {
                if let Some(slot) = t.rows.iter_mut().find(|r| r.0 == id) {
                    slot.1 = row;
                }
            }
        })
    }
    async fn delete(&self, _: &mut SessionCx, name: &Name, rows: Vec<RowId>) -> SqlResult<()> {
        self.with(name, |t| t.rows.retain(|r| !rows.contains(&r.0)))
    }
    async fn create_table(&self, _: &mut SessionCx, table: &CreateTable) -> SqlResult<()> {
        let columns: Vec<Column> = table
            .columns
            .iter()
            .map(|c| Column {
                name: c.name.clone(),
                ty: c.ty,
                nullable: c.nullable.unwrap_or(!c.primary_key),
                identity: c.identity.is_some(),
            })
            .collect();
        let info = TableInfo { columns: columns.into(), specs: table.columns.clone().into() };
        let made = Table { info, rows: Vec::new(), next: 0, identity: 0 };
        self.0.lock().unwrap().tables.insert(table.name.object().to_lowercase(), made);
        Ok(())
    }
    async fn alter_table(&self, _: &mut SessionCx, stmt: &Stmt) -> SqlResult<()> {
        match stmt {
            Stmt::DropTable { names, .. } => {
                let mut state = self.0.lock().unwrap();
                for n in names {
                    state.tables.remove(&n.object().to_lowercase()).ok_or_else(|| missing(n))?;
                }
                Ok(())
            }
            Stmt::Truncate(n) => self.with(n, |t| t.rows.clear()),
            _ => Ok(()),
        }
    }
    async fn begin(&self, _: &SessionCx, _: Option<&str>) -> SqlResult<()> {
        let mut s = self.0.lock().unwrap();
        if s.count == 0 {
            let t = s.tables.clone();
            s.saved = vec![(None, t)];
        }
        s.count += 1;
        Ok(())
    }
    async fn commit(&self, _: &SessionCx) -> SqlResult<()> {
        self.0.lock().unwrap().count -= 1;
        Ok(())
    }
    fn rollback(&self, _: &SessionCx, name: Option<&str>) -> SqlResult<()> {
        let mut s = self.0.lock().unwrap();
        let at = match name {
            None => 0,
            Some(n) => s.saved.iter().rposition(|x| x.0.as_deref() == Some(n)).ok_or_else(|| {
                SqlError::new(
                    6401,
                    16,
                    format!("Cannot roll back {n}. No transaction or savepoint of that name was found."),
                )
            })?,
        };
        s.tables = s.saved[at].1.clone();
        if at == 0 {
            s.count = 0;
            s.doomed = false;
        }
        Ok(())
    }
    fn savepoint(&self, _: &SessionCx, name: &str) -> SqlResult<()> {
        let mut s = self.0.lock().unwrap();
        let t = s.tables.clone();
        s.saved.push((Some(name.to_owned()), t));
        Ok(())
    }
    fn transaction_state(&self, _: &SessionCx) -> (i32, i16) {
        let s = self.0.lock().unwrap();
        (s.count, if s.doomed { -1 } else { i16::from(s.count > 0) })
    }
    fn doom(&self, _: &SessionCx) {
        self.0.lock().unwrap().doomed = true;
    }
    async fn ddl(&self, _: &mut SessionCx, _: &Ddl) -> SqlResult<Vec<SqlError>> {
        Ok(Vec::new())
    }
    async fn procedure(&self, _: &mut SessionCx, name: &Name, args: &[ProcArg]) -> Option<SqlResult<ProcOutcome>> {
        (name.object() == "sp_echo").then(|| {
            let columns: Arc<[Column]> = vec![Column::new("v", SqlType::Int)].into();
            let rows = args.iter().take(1).map(|a| Row::from([a.value.clone()])).collect();
            Ok(ProcOutcome {
                result_sets: vec![RowSet { columns, rows }],
                outputs: vec![("@out".to_owned(), Value::Int(77))],
                messages: Vec::new(),
                return_code: 5,
            })
        })
    }
    async fn dbcc(&self, _: &mut SessionCx, _: &str, _: &[String], _: &[String]) -> SqlResult<ProcOutcome> {
        Ok(ProcOutcome::default())
    }
    async fn kill(&self, _: &SessionCx, _: i32, _: Option<&str>) -> SqlResult<()> {
        Ok(())
    }
    async fn checkpoint(&self, _: &SessionCx) -> SqlResult<()> {
        Ok(())
    }
    fn note_request(&self, _: &SessionCx, _: Option<&str>, _: &str) {}
    fn error_log(&self, _: &str) {}
    fn now(&self) -> time::OffsetDateTime {
        time::macros::datetime!(2026-03-04 05:06:07.1234567 UTC)
    }
}
