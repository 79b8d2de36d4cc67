//! Shapes of views by version: loaded once from the data files.

use crate::lab::tsql::ast::Name;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::SqlType;
use crate::lab::world::instance::InstanceConfig;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::OnceLock;

/// Which servers have a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    /// From this major version on; a managed instance counts by its format.
    Major(u32),
    Managed,
}

/// Versions with a column list of their own: 13 … 17, and managed with format 16 and 17.
const SLOTS: usize = 7;

/// A view, table of msdb, or table-valued function of the server.
#[derive(Debug)]
pub struct View {
    /// `sys.databases`, `msdb.dbo.sysjobs`, lower case.
    pub key: String,
    pub function: bool,
    all: Vec<(Column, Since)>,
    columns: [OnceLock<Arc<[Column]>>; SLOTS],
}

#[derive(serde::Deserialize)]
struct Shape {
    name: String,
    kind: String,
    columns: Vec<(String, String, bool, String)>,
}

impl View {
    /// Columns on this instance, in order.
    pub fn columns(&self, config: &InstanceConfig) -> Arc<[Column]> {
        let major = config.major().clamp(13, 17);
        let slot = if config.is_managed() { 5 + usize::from(major >= 17) } else { major as usize - 13 };
        Arc::clone(self.columns[slot].get_or_init(|| {
            let has = |s: &Since| match s {
                Since::Major(m) => major >= *m,
                Since::Managed => config.is_managed(),
            };
            self.all.iter().filter(|(_, s)| has(s)).map(|(c, _)| c.clone()).collect()
        }))
    }
    fn exists(&self, config: &InstanceConfig) -> bool {
        // Azure SQL Database only, whatever its documentation folder says (facts: catalog)
        self.key != "sys.geo_replication_links" && !self.columns(config).is_empty()
    }
}

/// Every shape the lab knows, of whatever version.
pub fn all() -> &'static BTreeMap<String, View> {
    static ALL: OnceLock<BTreeMap<String, View>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut map = BTreeMap::new();
        for text in [include_str!("catalog.json"), include_str!("more.json")] {
            // The files are part of the build; a test loads them.
            let shapes: Vec<Shape> = serde_json::from_str(text).unwrap_or_default();
            for s in shapes {
                let key = s.name.to_lowercase();
                let all = s.columns.into_iter().filter_map(column).collect();
                let view = View { key: key.clone(), function: s.kind == "function", all, columns: Default::default() };
                map.insert(key, view);
            }
        }
        map
    })
}

fn column((name, ty, nullable, since): (String, String, bool, String)) -> Option<(Column, Since)> {
    let since = match since.as_str() {
        "2016" => Since::Major(13),
        "2017" => Since::Major(14),
        "2019" => Since::Major(15),
        "2022" => Since::Major(16),
        "2025" => Since::Major(17),
        _ => Since::Managed,
    };
    Some((Column { name, ty: parse_type(&ty)?, nullable, identity: false }, since))
}

/// A type as the data files (and DDL texts) write it.
pub fn parse_type(text: &str) -> Option<SqlType> {
    let lower = text.trim().to_ascii_lowercase();
    let (base, args) = match lower.split_once('(') {
        Some((b, rest)) => (b.trim().to_owned(), rest.trim_end_matches(')').to_owned()),
        None => (lower, String::new()),
    };
    let mut numbers = args.split(',').map(|a| a.trim().parse::<u16>());
    let first = numbers.next().and_then(Result::ok);
    let second = numbers.next().and_then(Result::ok);
    let len = || if args.trim() == "max" { Len::Max } else { Len::N(first.unwrap_or(1)) };
    Some(match base.as_str() {
        "bit" => SqlType::Bit,
        "tinyint" => SqlType::TinyInt,
        "smallint" => SqlType::SmallInt,
        "int" | "integer" => SqlType::Int,
        "bigint" => SqlType::BigInt,
        "decimal" | "numeric" => SqlType::Decimal(first.unwrap_or(18) as u8, second.unwrap_or(0) as u8),
        "money" => SqlType::Money,
        "smallmoney" => SqlType::SmallMoney,
        "real" => SqlType::Real,
        "float" => SqlType::Float,
        "date" => SqlType::Date,
        "time" => SqlType::Time(first.unwrap_or(7) as u8),
        "smalldatetime" => SqlType::SmallDateTime,
        "datetime" => SqlType::DateTime,
        "datetime2" => SqlType::DateTime2(first.unwrap_or(7) as u8),
        "datetimeoffset" => SqlType::DateTimeOffset(first.unwrap_or(7) as u8),
        "char" => SqlType::Char(first.unwrap_or(1)),
        "nchar" => SqlType::NChar(first.unwrap_or(1)),
        "varchar" => SqlType::VarChar(len()),
        "nvarchar" => SqlType::NVarChar(len()),
        "sysname" => SqlType::NVarChar(Len::N(128)),
        "binary" => SqlType::Binary(first.unwrap_or(1)),
        "varbinary" => SqlType::VarBinary(len()),
        "uniqueidentifier" => SqlType::UniqueIdentifier,
        "xml" => SqlType::Xml,
        "sql_variant" => SqlType::SqlVariant,
        _ => return None,
    })
}

/// The view a name means in this database, if the server has it.
pub fn find(config: &InstanceConfig, database: &str, name: &Name) -> Option<&'static View> {
    let object = name.object().to_lowercase();
    let database = name.database().unwrap_or(database).to_lowercase();
    let schema = name.schema().map(str::to_lowercase);
    let views = all();
    let found = match schema.as_deref() {
        Some("sys") => views.get(&format!("sys.{object}")),
        Some("information_schema") => views.get(&format!("information_schema.{object}")),
        None | Some("dbo") => compatibility(&object)
            .and_then(|o| views.get(&format!("sys.{o}")))
            .or_else(|| (database == "msdb").then(|| views.get(&format!("msdb.dbo.{object}"))).flatten()),
        Some(_) => None,
    };
    found.filter(|v| !v.function && v.exists(config))
}

/// Compatibility views answer without a schema and as dbo's.
fn compatibility(object: &str) -> Option<&str> {
    ["sysdatabases", "sysprocesses", "syslogins", "sysservers"].into_iter().find(|o| *o == object)
}

/// The table-valued function a name means.
pub fn find_function(config: &InstanceConfig, name: &Name) -> Option<&'static View> {
    let object = name.object().to_lowercase();
    let schema = name.schema().map(str::to_lowercase);
    let builtin = object.starts_with("fn_");
    let found = match schema.as_deref() {
        Some("sys") => all().get(&format!("sys.{object}")),
        None if builtin => all().get(&format!("sys.{object}")),
        _ => None,
    };
    found.filter(|v| v.function && v.exists(config))
}
