//! What the engine asks of the instance it runs on. The engine knows T-SQL; the host knows the server.

use super::ast::ColumnSpec;
use super::ast::CreateTable;
use super::ast::Ddl;
use super::ast::Name;
use super::error::SqlError;
use super::error::SqlResult;
use super::value::Column;
use super::value::Row;
use super::value::RowSet;
use super::value::SqlType;
use super::value::Value;
use async_trait::async_trait;
use std::sync::Arc;

/// Identity of a row of a user table within its table; never reused.
pub type RowId = u64;

/// The part of a session that the host reads and changes. Transactions, locks and the session's row in
/// the DMVs live in the host, keyed by `spid`.
#[derive(Debug, Clone)]
pub struct SessionCx {
    pub spid: i32,
    /// Current database, in the spelling of the catalogue.
    pub database: String,
    pub login: String,
    pub login_database: String,
    /// -1 waits for ever, 0 fails at once with 1222.
    pub lock_timeout_ms: i32,
    pub nocount: bool,
    pub xact_abort: bool,
    pub implicit_transactions: bool,
    pub identity_insert: Option<Name>,
    /// ApplicationIntent=ReadOnly was sent.
    pub read_only_intent: bool,
    /// Last identity value made by this session (SCOPE_IDENTITY, @@IDENTITY).
    pub last_identity: Option<i64>,
}

/// A base table the engine may change.
#[derive(Debug, Clone)]
pub struct TableInfo {
    pub columns: Arc<[Column]>,
    pub specs: Arc<[ColumnSpec]>,
}

/// Argument of a system procedure, evaluated.
#[derive(Debug, Clone)]
pub struct ProcArg {
    pub name: Option<String>,
    pub value: Value,
    pub output: bool,
}

/// What a system procedure gave back.
#[derive(Debug, Clone, Default)]
pub struct ProcOutcome {
    pub result_sets: Vec<RowSet>,
    /// By parameter name (with `@`), lower case.
    pub outputs: Vec<(String, Value)>,
    pub messages: Vec<SqlError>,
    pub return_code: i32,
}

#[async_trait]
pub trait Host: Send + Sync {
    /// Columns of a view, DMV, compatibility view or user table: 208 if there is none, 976/927/… if the database cannot be opened,
    /// 229/297/300 if the session may not read it.
    fn describe(&self, cx: &SessionCx, name: &Name) -> SqlResult<Arc<[Column]>>;
    /// All its rows, as this session sees them (own uncommitted changes included).
    fn scan(&self, cx: &SessionCx, name: &Name) -> SqlResult<RowSet>;
    /// Columns of a table-valued function: 208 if there is none.
    fn describe_function(&self, cx: &SessionCx, name: &Name) -> SqlResult<Arc<[Column]>>;
    fn call_function(&self, cx: &SessionCx, name: &Name, args: &[Value]) -> SqlResult<RowSet>;
    /// Return type of a server-aware scalar function (SERVERPROPERTY, DB_ID, CERT_ID, HAS_PERMS_BY_NAME, @@SERVERNAME, …);
    /// `None`: not ours, the engine tries its own and then answers 195.
    fn scalar_type(&self, name: &Name, args: usize) -> Option<SqlType>;
    fn scalar(&self, cx: &SessionCx, name: &Name, args: &[Value]) -> SqlResult<Value>;

    /// Changes the current database: 911, 916, 927, 976, 978, 983 …
    fn use_database(&self, cx: &mut SessionCx, name: &str) -> SqlResult<()>;

    // --- data; every call is atomic, joins the session's open transaction or commits by itself
    fn table(&self, cx: &SessionCx, name: &Name) -> SqlResult<TableInfo>;
    /// Rows with their ids, own changes included.
    fn scan_rows(&self, cx: &SessionCx, name: &Name) -> SqlResult<Vec<(RowId, Row)>>;
    /// Exclusive row locks until the end of the transaction; waits (1222 after the lock timeout, 1205 for a deadlock).
    async fn lock_rows(&self, cx: &SessionCx, name: &Name, rows: &[RowId]) -> SqlResult<()>;
    /// Rows are complete (identity, default and computed columns filled by the host where the value is `None`).
    /// Gives back the rows as stored.
    async fn insert(&self, cx: &mut SessionCx, name: &Name, rows: Vec<Vec<Option<Value>>>) -> SqlResult<Vec<Row>>;
    async fn update(&self, cx: &mut SessionCx, name: &Name, rows: Vec<(RowId, Row)>) -> SqlResult<()>;
    async fn delete(&self, cx: &mut SessionCx, name: &Name, rows: Vec<RowId>) -> SqlResult<()>;
    async fn create_table(&self, cx: &mut SessionCx, table: &CreateTable) -> SqlResult<()>;
    /// Every other change of a table or index: AlterTableAdd, AlterTableDropColumn, DropTable, CreateIndex, DropIndex, Truncate.
    async fn alter_table(&self, cx: &mut SessionCx, stmt: &super::ast::Stmt) -> SqlResult<()>;

    // --- transactions (nesting is counted by the host)
    async fn begin(&self, cx: &SessionCx, name: Option<&str>) -> SqlResult<()>;
    /// Hardens the log; on a synchronous replica waits for the partner. 3902 without a transaction.
    async fn commit(&self, cx: &SessionCx) -> SqlResult<()>;
    /// To the savepoint of that name, or everything. 3903 without a transaction, 6401 for an unknown name.
    fn rollback(&self, cx: &SessionCx, name: Option<&str>) -> SqlResult<()>;
    fn savepoint(&self, cx: &SessionCx, name: &str) -> SqlResult<()>;
    /// @@TRANCOUNT and XACT_STATE().
    fn transaction_state(&self, cx: &SessionCx) -> (i32, i16);
    /// Marks the transaction uncommittable (3930 follows).
    fn doom(&self, cx: &SessionCx);

    // --- the server
    /// Messages are informational.
    async fn ddl(&self, cx: &mut SessionCx, ddl: &Ddl) -> SqlResult<Vec<SqlError>>;
    /// `None`: no such procedure here (the engine answers 2812, state 62).
    async fn procedure(&self, cx: &mut SessionCx, name: &Name, args: &[ProcArg]) -> Option<SqlResult<ProcOutcome>>;
    async fn dbcc(
        &self,
        cx: &mut SessionCx,
        command: &str,
        args: &[String],
        options: &[String],
    ) -> SqlResult<ProcOutcome>;
    async fn kill(&self, cx: &SessionCx, spid: i32, uow: Option<&str>) -> SqlResult<()>;
    /// RECONFIGURE: configured values of dynamic options come into force.
    async fn reconfigure(&self, _cx: &SessionCx) -> SqlResult<()> {
        Ok(())
    }
    async fn checkpoint(&self, cx: &SessionCx) -> SqlResult<()>;
    /// For DMVs: the session runs this statement / nothing.
    fn note_request(&self, cx: &SessionCx, command: Option<&str>, text: &str);
    /// RAISERROR … WITH LOG and the like.
    fn error_log(&self, text: &str);
    /// Server local time.
    fn now(&self) -> time::OffsetDateTime;
}
