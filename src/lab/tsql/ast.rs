//! Statements of a batch. Expressions and queries are `sqlparser`'s; everything that crate does not
//! parse (control flow, HADR, certificates, logins, …) is ours.

use super::value::SqlType;
pub use sqlparser::ast::Expr;
pub use sqlparser::ast::Query;
pub use sqlparser::ast::With;

/// A name of one to four parts, unquoted, in the order written (`server.database.schema.object`).
/// An omitted middle part (`db..t`) is an empty string.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name(pub Vec<String>);

impl Name {
    /// Last part.
    pub fn object(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }
    /// Last part but one, if written.
    pub fn schema(&self) -> Option<&str> {
        (self.0.len() >= 2).then(|| self.0[self.0.len() - 2].as_str()).filter(|s| !s.is_empty())
    }
    /// Last part but two, if written.
    pub fn database(&self) -> Option<&str> {
        (self.0.len() >= 3).then(|| self.0[self.0.len() - 3].as_str()).filter(|s| !s.is_empty())
    }
    /// First of four parts.
    pub fn server(&self) -> Option<&str> {
        (self.0.len() >= 4).then(|| self.0[self.0.len() - 4].as_str()).filter(|s| !s.is_empty())
    }
}

/// A statement and the line of the batch it begins on (1-based).
#[derive(Debug, Clone)]
pub struct Spanned {
    pub line: u32,
    pub stmt: Stmt,
}

#[derive(Debug, Clone)]
pub enum Stmt {
    // control flow
    Block(Vec<Spanned>),
    If {
        cond: Expr,
        then: Box<Spanned>,
        otherwise: Option<Box<Spanned>>,
    },
    While {
        cond: Expr,
        body: Box<Spanned>,
    },
    Break,
    Continue,
    Try {
        body: Vec<Spanned>,
        catch: Vec<Spanned>,
    },
    Return(Option<Expr>),
    Print(Expr),
    Raiserror {
        message: Expr,
        severity: Expr,
        state: Expr,
        args: Vec<Expr>,
        with_log: bool,
        nowait: bool,
    },
    /// `THROW` alone, or with number, message, state.
    Throw(Option<(Expr, Expr, Expr)>),
    WaitFor {
        delay: bool,
        time: Expr,
    },
    Declare(Vec<Declaration>),
    /// `SET @x = e`, and the compound forms (`+=` …: operator in `op`).
    SetVariable {
        name: String,
        op: Option<char>,
        value: Expr,
    },
    /// `SET NOCOUNT ON`, `SET LOCK_TIMEOUT 5000`, `SET TRANSACTION ISOLATION LEVEL …`: option words upper case, value as text.
    SetOption {
        option: String,
        value: String,
    },
    /// `SET IDENTITY_INSERT t ON`
    SetIdentityInsert {
        table: Name,
        on: bool,
    },
    Use(String),
    Exec(Exec),
    // queries and data
    Select(Box<Select>),
    Insert(Box<Insert>),
    Update(Box<Update>),
    Delete(Box<Delete>),
    Truncate(Name),
    // transactions
    Begin(Option<String>),
    Commit,
    Rollback(Option<String>),
    Save(String),
    // tables
    CreateTable(Box<CreateTable>),
    AlterTableAdd {
        table: Name,
        columns: Vec<ColumnSpec>,
    },
    AlterTableDropColumn {
        table: Name,
        column: String,
    },
    DropTable {
        names: Vec<Name>,
        if_exists: bool,
    },
    CreateIndex {
        table: Name,
        name: String,
        columns: Vec<String>,
        unique: bool,
    },
    DropIndex {
        table: Name,
        name: String,
    },
    // everything that changes the server
    Ddl(Box<Ddl>),
    Dbcc {
        command: String,
        args: Vec<String>,
        options: Vec<String>,
    },
    Kill {
        spid: i32,
        uow: Option<String>,
    },
    Checkpoint,
    Reconfigure,
    Shutdown,
}

#[derive(Debug, Clone)]
pub struct Declaration {
    /// With the `@`.
    pub name: String,
    pub kind: DeclarationKind,
}
#[derive(Debug, Clone)]
pub enum DeclarationKind {
    Scalar { ty: SqlType, init: Option<Expr> },
    Table { columns: Vec<ColumnSpec> },
}

/// `EXEC`: of a procedure by name, or of a string.
#[derive(Debug, Clone)]
pub struct Exec {
    /// `EXEC @rc = p`
    pub return_into: Option<String>,
    pub target: ExecTarget,
    pub args: Vec<ExecArg>,
}
#[derive(Debug, Clone)]
pub enum ExecTarget {
    Procedure(Name),
    /// `EXEC (@sql + N'…')`, optionally `AT linked_server`.
    Text {
        text: Expr,
        at: Option<String>,
    },
}
#[derive(Debug, Clone)]
pub struct ExecArg {
    /// With the `@`, if named.
    pub name: Option<String>,
    /// `None` for DEFAULT.
    pub value: Option<Expr>,
    pub output: bool,
}

/// A SELECT. `FOR XML/JSON`, `OPTION` are taken out by the parser (OPTION ignored).
#[derive(Debug, Clone)]
pub struct Select {
    pub query: Query,
    /// `SELECT … INTO t FROM …`
    pub into: Option<Name>,
    /// For `SELECT @a = e, @b += e …`: one per select item, in order; then the query's items are the bare expressions.
    pub assign: Option<Vec<(String, Option<char>)>>,
}

#[derive(Debug, Clone)]
pub struct Insert {
    pub table: Name,
    pub columns: Vec<String>,
    pub source: InsertSource,
    pub output: Option<Output>,
}
#[derive(Debug, Clone)]
pub enum InsertSource {
    Query(Query),
    Exec(Exec),
    DefaultValues,
}
/// `OUTPUT inserted.x, deleted.* [INTO t (cols)]`
#[derive(Debug, Clone)]
pub struct Output {
    pub items: Vec<sqlparser::ast::SelectItem>,
    pub into: Option<(Name, Vec<String>)>,
}
#[derive(Debug, Clone)]
pub struct Update {
    /// Common table expressions before the statement.
    pub with: Option<With>,
    pub top: Option<Expr>,
    /// Name or alias given after UPDATE.
    pub target: Name,
    /// Column, operator of a compound assignment, value. A name with `@` assigns a variable.
    pub set: Vec<(String, Option<char>, Expr)>,
    pub output: Option<Output>,
    pub from: Vec<sqlparser::ast::TableWithJoins>,
    pub selection: Option<Expr>,
}
#[derive(Debug, Clone)]
pub struct Delete {
    /// Common table expressions before the statement.
    pub with: Option<With>,
    pub top: Option<Expr>,
    pub target: Name,
    pub output: Option<Output>,
    pub from: Vec<sqlparser::ast::TableWithJoins>,
    pub selection: Option<Expr>,
}

#[derive(Debug, Clone)]
pub struct CreateTable {
    pub name: Name,
    pub columns: Vec<ColumnSpec>,
    /// Table-level primary key columns.
    pub primary_key: Vec<String>,
    /// Table-level UNIQUE constraints.
    pub unique: Vec<Vec<String>>,
}
#[derive(Debug, Clone)]
pub struct ColumnSpec {
    pub name: String,
    pub ty: SqlType,
    /// `None` when not written (nullable unless primary key).
    pub nullable: Option<bool>,
    /// Seed and increment.
    pub identity: Option<(i64, i64)>,
    pub default: Option<Expr>,
    pub primary_key: bool,
    pub unique: bool,
    /// Computed column expression.
    pub computed: Option<Expr>,
}

/// One `KEY = value` option of a DDL list, as written: keys upper case, single blanks between words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DdlOption {
    pub key: String,
    pub value: OptionValue,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionValue {
    /// Bare words, upper case, joined by single blanks (`SYNCHRONOUS_COMMIT`, `WINDOWS NEGOTIATE`).
    Word(String),
    /// String literal.
    Text(String),
    Number(i64),
    Binary(Vec<u8>),
    /// Bracketed or bare identifier, case kept.
    Ident(String),
    List(Vec<DdlOption>),
    None,
}

/// Replica of an AG or participant of a DAG: name literal and its `WITH (…)` options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaSpec {
    pub name: String,
    pub options: Vec<DdlOption>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlterAg {
    Set(DdlOption),
    AddDatabase(Vec<String>),
    RemoveDatabase(Vec<String>),
    AddReplica(ReplicaSpec),
    ModifyReplica(ReplicaSpec),
    RemoveReplica(String),
    Join(Vec<DdlOption>),
    JoinDistributed(Vec<ReplicaSpec>),
    ModifyDistributed(Vec<ReplicaSpec>),
    GrantCreateAnyDatabase,
    DenyCreateAnyDatabase,
    Failover,
    ForceFailoverAllowDataLoss,
    Offline,
    /// ADD / MODIFY / RESTART / REMOVE LISTENER, kept as words.
    Listener(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateSource {
    /// WITH SUBJECT = …, START_DATE, EXPIRY_DATE; optional ENCRYPTION BY PASSWORD.
    SelfSigned {
        subject: String,
        start: Option<String>,
        expiry: Option<String>,
        password: Option<String>,
    },
    Binary {
        der: Vec<u8>,
        private_key: Option<Vec<u8>>,
        decryption_password: Option<String>,
    },
    File(String),
    Assembly(String),
}

/// Statements that change the server or a database's configuration.
#[derive(Debug, Clone, PartialEq)]
pub enum Ddl {
    CreateMasterKey {
        password: Option<String>,
    },
    OpenMasterKey {
        password: String,
    },
    CloseMasterKey,
    AlterMasterKey {
        rest: String,
    },
    DropMasterKey,
    CreateCertificate {
        name: String,
        owner: Option<String>,
        source: CertificateSource,
    },
    AlterCertificate {
        name: String,
        rest: String,
    },
    DropCertificate {
        name: String,
    },
    BackupCertificate {
        name: String,
        options: Vec<DdlOption>,
    },
    /// `protocol` is the `AS TCP (…)` list, `payload` the `FOR <kind> (…)` list; either may be missing on ALTER.
    CreateEndpoint {
        name: String,
        owner: Option<String>,
        state: Option<String>,
        protocol: Vec<DdlOption>,
        kind: String,
        payload: Vec<DdlOption>,
    },
    AlterEndpoint {
        name: String,
        state: Option<String>,
        protocol: Vec<DdlOption>,
        kind: Option<String>,
        payload: Vec<DdlOption>,
    },
    DropEndpoint {
        name: String,
    },
    CreateAg {
        name: String,
        options: Vec<DdlOption>,
        databases: Vec<String>,
        replicas: Vec<ReplicaSpec>,
        distributed: Vec<ReplicaSpec>,
    },
    AlterAg {
        name: String,
        action: AlterAg,
    },
    DropAg {
        name: String,
    },
    AlterDatabaseHadr {
        database: String,
        action: String,
        group: Option<String>,
    },
    CreateDatabase {
        name: String,
        options: Vec<DdlOption>,
    },
    /// `ALTER DATABASE x SET …`: options in order, `termination` such as `ROLLBACK IMMEDIATE`.
    AlterDatabaseSet {
        database: String,
        options: Vec<DdlOption>,
        termination: Option<String>,
    },
    AlterDatabaseModifyName {
        database: String,
        to: String,
    },
    AlterDatabaseOther {
        database: String,
        rest: String,
    },
    DropDatabase {
        names: Vec<String>,
        if_exists: bool,
    },
    CreateLogin {
        name: String,
        from: Option<String>,
        options: Vec<DdlOption>,
        /* PASSWORD = 0x.. HASHED */ hashed: bool,
    },
    AlterLogin {
        name: String,
        enable: Option<bool>,
        options: Vec<DdlOption>,
        hashed: bool,
    },
    DropLogin {
        name: String,
        if_exists: bool,
    },
    CreateUser {
        name: String,
        login: Option<String>,
        options: Vec<DdlOption>,
    },
    AlterUser {
        name: String,
        options: Vec<DdlOption>,
    },
    DropUser {
        name: String,
        if_exists: bool,
    },
    CreateRole {
        name: String,
        server: bool,
        owner: Option<String>,
    },
    DropRole {
        name: String,
        server: bool,
    },
    /// ALTER [SERVER] ROLE r ADD|DROP MEMBER m
    AlterRole {
        name: String,
        server: bool,
        add: bool,
        member: String,
    },
    CreateSchema {
        name: String,
    },
    /// GRANT / DENY / REVOKE: verb upper case; permissions upper case; securable class (`ENDPOINT`, `LOGIN`, `OBJECT`, …) and name when `ON` was written.
    Permission {
        verb: String,
        permissions: Vec<String>,
        class: Option<String>,
        securable: Option<Name>,
        principals: Vec<String>,
        with_grant: bool,
        cascade: bool,
    },
    CreateCredential {
        name: String,
        options: Vec<DdlOption>,
    },
    DropCredential {
        name: String,
    },
    BackupDatabase {
        database: String,
        log: bool,
        to: Vec<DdlOption>,
        options: Vec<DdlOption>,
    },
    RestoreDatabase {
        database: String,
        log: bool,
        from: Vec<DdlOption>,
        options: Vec<DdlOption>,
    },
    /// Parsed, but no part of the lab gives it meaning: executing it is a loud error naming these words.
    Unsupported(String),
}
