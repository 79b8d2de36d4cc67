//! Schema-scoped objects of one database, and the system objects people probe for.

use super::scan::Ctx;
use super::scan::ViewRow;
use super::scan::row;
use super::shapes;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::SqlType;
use crate::lab::world::access::On;
use crate::lab::world::instance::InstanceConfig;
use crate::lab::world::storage::ColumnDef;
use crate::lab::world::storage::PropertyKey;
use crate::lab::world::storage::Table;
use crate::lab::world::values;
use crate::lab::world::values::IntoValue;
use time::OffsetDateTime;

pub(super) fn provide(c: &Ctx<'_>, view: &str) -> Option<Vec<ViewRow>> {
    Some(match view {
        "sys.tables" => tables(c).map(|t| with_table(t, object(c, t))).collect(),
        "sys.objects" => user_objects(c),
        "sys.all_objects" => user_objects(c).into_iter().chain(system(c)).collect(),
        "sys.system_objects" => system(c),
        "sys.columns" | "sys.all_columns" => columns(c),
        "sys.identity_columns" => identities(c),
        "sys.types" => TYPES.iter().map(type_row).collect(),
        "sys.schemas" => c
            .data
            .schemas
            .values()
            .map(|s| row! { "name" => &s.name, "schema_id" => s.id, "principal_id" => s.principal_id })
            .collect(),
        "sys.indexes" => tables(c).flat_map(indexes).collect(),
        "sys.index_columns" => tables(c).flat_map(index_columns).collect(),
        "sys.key_constraints" => tables(c).flat_map(|t| constraints(c, t)).collect(),
        "sys.default_constraints" => Vec::new(),
        "sys.extended_properties" => properties(c),
        "sys.partitions" => tables(c).flat_map(partitions).collect(),
        "sys.dm_db_partition_stats" => tables(c).flat_map(partition_stats).collect(),
        "information_schema.tables" => tables(c)
            .map(|t| {
                row! {
                    "TABLE_CATALOG" => &c.db.name, "TABLE_SCHEMA" => schema(c, t), "TABLE_NAME" => &t.def.name,
                    "TABLE_TYPE" => "BASE TABLE",
                }
            })
            .collect(),
        "information_schema.schemata" => c
            .data
            .schemas
            .values()
            .map(|s| {
                let owner = c.data.principals.get(&s.principal_id).map(|p| p.name.clone());
                row! { "CATALOG_NAME" => &c.db.name, "SCHEMA_NAME" => &s.name, "SCHEMA_OWNER" => owner,
                "DEFAULT_CHARACTER_SET_NAME" => "iso_1" }
            })
            .collect(),
        "information_schema.columns" => information_columns(c),
        "sys.fn_listextendedproperty" => list_properties(c),
        _ => return None,
    })
}

/// Tables whose definition the session may see.
fn tables<'a>(c: &'a Ctx<'_>) -> impl Iterator<Item = &'a Table> {
    c.data.tables.values().filter(|t| {
        let on = On::Object(t.def.id as i32, t.def.schema_id);
        ["VIEW DEFINITION", "SELECT", "INSERT", "UPDATE", "DELETE"]
            .iter()
            .any(|p| c.state.may_in(c.cx, c.db, c.data, p, on))
    })
}

fn schema(c: &Ctx<'_>, t: &Table) -> String {
    c.data.schemas.get(&t.def.schema_id).map_or_else(String::new, |s| s.name.clone())
}

fn object(c: &Ctx<'_>, t: &Table) -> ViewRow {
    let _ = c;
    row! {
        "name" => &t.def.name, "object_id" => t.def.id as i32, "schema_id" => t.def.schema_id, "parent_object_id" => 0,
        "type" => "U", "type_desc" => "USER_TABLE", "create_date" => t.def.create_date,
        "modify_date" => t.def.modify_date,
    }
}

fn with_table(t: &Table, mut r: ViewRow) -> ViewRow {
    r.extend::<ViewRow>(row! {
        "max_column_id_used" => t.def.columns.iter().map(|c| c.id).max().unwrap_or(0), "uses_ansi_nulls" => true,
        "is_replicated" => false, "has_replication_filter" => false, "is_merge_published" => false,
        "is_sync_tran_subscribed" => false, "text_in_row_limit" => 0, "large_value_types_out_of_row" => false,
        "is_tracked_by_cdc" => false, "lock_escalation" => 0u8, "lock_escalation_desc" => "TABLE",
        "is_filetable" => false, "is_memory_optimized" => false, "durability" => 0u8,
        "durability_desc" => "SCHEMA_AND_DATA", "temporal_type" => 0u8, "temporal_type_desc" => "NON_TEMPORAL_TABLE",
        "is_remote_data_archive_enabled" => false, "is_node" => false, "is_edge" => false, "ledger_type" => 0u8,
        "ledger_type_desc" => "NON_LEDGER_TABLE", "is_dropped_ledger_table" => false,
    });
    r
}

fn constraints(c: &Ctx<'_>, t: &Table) -> Vec<ViewRow> {
    let _ = c;
    t.def
        .indexes
        .iter()
        .filter(|i| i.constraint)
        .map(|i| {
            row! {
                "name" => &i.name, "object_id" => i.object_id, "schema_id" => t.def.schema_id,
                "parent_object_id" => t.def.id as i32, "type" => if i.primary_key { "PK" } else { "UQ" },
                "type_desc" => if i.primary_key { "PRIMARY_KEY_CONSTRAINT" } else { "UNIQUE_CONSTRAINT" },
                "create_date" => t.def.create_date, "modify_date" => t.def.modify_date, "unique_index_id" => i.id,
                "is_system_named" => i.name.contains("__"), "is_enforced" => true,
            }
        })
        .collect()
}

fn user_objects(c: &Ctx<'_>) -> Vec<ViewRow> {
    tables(c).flat_map(|t| std::iter::once(object(c, t)).chain(constraints(c, t))).collect()
}

/// Views and procedures of the server itself, as far as the lab has them.
fn system(c: &Ctx<'_>) -> Vec<ViewRow> {
    let base = OffsetDateTime::UNIX_EPOCH + time::Duration::days(18000);
    let object = |name: &str, kind: &str, desc: &str| {
        row! {
            "name" => name, "object_id" => system_id(name), "schema_id" => 4, "parent_object_id" => 0,
            "type" => kind, "type_desc" => desc, "create_date" => base, "modify_date" => base, "is_ms_shipped" => true,
        }
    };
    let mut out = Vec::new();
    for (key, view) in shapes::all() {
        let Some(name) = key.strip_prefix("sys.") else { continue };
        if view.columns(c.config).is_empty() {
            continue;
        }
        out.push(if view.function {
            object(name, "IF", "SQL_INLINE_TABLE_VALUED_FUNCTION")
        } else {
            object(name, "V", "VIEW")
        });
    }
    for (name, exists) in crate::lab::world::procedure::NAMES {
        if exists(c.config) {
            out.push(match name.starts_with("xp_") {
                true => object(name, "X", "EXTENDED_STORED_PROCEDURE"),
                false => object(name, "P", "SQL_STORED_PROCEDURE"),
            });
        }
    }
    out
}

/// Name, system type id, user type id, length, precision, scale.
pub(crate) const TYPES: [(&str, u8, i32, i16, u8, u8); 34] = [
    ("image", 34, 34, 16, 0, 0),
    ("text", 35, 35, 16, 0, 0),
    ("uniqueidentifier", 36, 36, 16, 0, 0),
    ("date", 40, 40, 3, 10, 0),
    ("time", 41, 41, 5, 16, 7),
    ("datetime2", 42, 42, 8, 27, 7),
    ("datetimeoffset", 43, 43, 10, 34, 7),
    ("tinyint", 48, 48, 1, 3, 0),
    ("smallint", 52, 52, 2, 5, 0),
    ("int", 56, 56, 4, 10, 0),
    ("smalldatetime", 58, 58, 4, 16, 0),
    ("real", 59, 59, 4, 24, 0),
    ("money", 60, 60, 8, 19, 4),
    ("datetime", 61, 61, 8, 23, 3),
    ("float", 62, 62, 8, 53, 0),
    ("sql_variant", 98, 98, 8016, 0, 0),
    ("ntext", 99, 99, 16, 0, 0),
    ("bit", 104, 104, 1, 1, 0),
    ("decimal", 106, 106, 17, 38, 38),
    ("numeric", 108, 108, 17, 38, 38),
    ("smallmoney", 122, 122, 4, 10, 4),
    ("bigint", 127, 127, 8, 19, 0),
    ("hierarchyid", 240, 128, 892, 0, 0),
    ("geometry", 240, 129, -1, 0, 0),
    ("geography", 240, 130, -1, 0, 0),
    ("varbinary", 165, 165, 8000, 0, 0),
    ("varchar", 167, 167, 8000, 0, 0),
    ("binary", 173, 173, 8000, 0, 0),
    ("char", 175, 175, 8000, 0, 0),
    ("timestamp", 189, 189, 8, 0, 0),
    ("nvarchar", 231, 231, 8000, 0, 0),
    ("nchar", 239, 239, 8000, 0, 0),
    ("xml", 241, 241, -1, 0, 0),
    ("sysname", 231, 256, 256, 0, 0),
];

fn type_row(t: &(&str, u8, i32, i16, u8, u8)) -> ViewRow {
    let (name, system, user, length, precision, scale) = *t;
    let text = matches!(system, 35 | 99 | 167 | 175 | 231 | 239);
    row! {
        "name" => name, "system_type_id" => system, "user_type_id" => user, "schema_id" => 4, "max_length" => length,
        "precision" => precision, "scale" => scale, "is_nullable" => name != "sysname",
        "collation_name" => text.then_some("SQL_Latin1_General_CP1_CI_AS"), "is_assembly_type" => system == 240,
    }
}

/// System type id, length in bytes, precision, scale of a declared type.
pub(crate) fn facets(ty: SqlType) -> (u8, i16, u8, u8) {
    let len = |l: Len, unit: u16| match l {
        Len::N(n) => (n * unit) as i16,
        Len::Max => -1,
    };
    match ty {
        SqlType::Bit => (104, 1, 1, 0),
        SqlType::TinyInt => (48, 1, 3, 0),
        SqlType::SmallInt => (52, 2, 5, 0),
        SqlType::Int => (56, 4, 10, 0),
        SqlType::BigInt => (127, 8, 19, 0),
        SqlType::Decimal(p, s) => (
            106,
            if p < 10 {
                5
            } else if p < 20 {
                9
            } else if p < 29 {
                13
            } else {
                17
            },
            p,
            s,
        ),
        SqlType::Money => (60, 8, 19, 4),
        SqlType::SmallMoney => (122, 4, 10, 4),
        SqlType::Real => (59, 4, 24, 0),
        SqlType::Float => (62, 8, 53, 0),
        SqlType::Date => (40, 3, 10, 0),
        SqlType::Time(s) => (41, 5, 8 + s + u8::from(s > 0), s),
        SqlType::SmallDateTime => (58, 4, 16, 0),
        SqlType::DateTime => (61, 8, 23, 3),
        SqlType::DateTime2(s) => (42, 8, 19 + s + u8::from(s > 0), s),
        SqlType::DateTimeOffset(s) => (43, 10, 26 + s + u8::from(s > 0), s),
        SqlType::Char(n) => (175, n as i16, 0, 0),
        SqlType::VarChar(l) => (167, len(l, 1), 0, 0),
        SqlType::NChar(n) => (239, (n * 2) as i16, 0, 0),
        SqlType::NVarChar(l) => (231, len(l, 2), 0, 0),
        SqlType::Binary(n) => (173, n as i16, 0, 0),
        SqlType::VarBinary(l) => (165, len(l, 1), 0, 0),
        SqlType::UniqueIdentifier => (36, 16, 0, 0),
        SqlType::Xml => (241, -1, 0, 0),
        SqlType::SqlVariant => (98, 8016, 0, 0),
    }
}

fn columns(c: &Ctx<'_>) -> Vec<ViewRow> {
    tables(c).flat_map(|t| t.def.columns.iter().map(|col| column(c, t, col)).collect::<Vec<_>>()).collect()
}

fn column(c: &Ctx<'_>, t: &Table, col: &ColumnDef) -> ViewRow {
    let (system, length, precision, scale) = facets(col.ty);
    let text = matches!(system, 167 | 175 | 231 | 239);
    row! {
        "object_id" => t.def.id as i32, "name" => &col.name, "column_id" => col.id, "system_type_id" => system,
        "user_type_id" => i32::from(system), "max_length" => length, "precision" => precision, "scale" => scale,
        "collation_name" => text.then(|| c.db.options.collation.clone()), "is_nullable" => col.nullable,
        "is_ansi_padded" => text, "is_identity" => col.identity.is_some(), "is_computed" => col.computed.is_some(),
        "is_replicated" => false, "is_non_sql_subscribed" => false, "is_merge_published" => false,
        "is_dts_replicated" => false, "is_sparse" => false, "is_column_set" => false, "generated_always_type" => 0u8,
        "generated_always_type_desc" => "NOT_APPLICABLE",
    }
}

fn identities(c: &Ctx<'_>) -> Vec<ViewRow> {
    let mut out = Vec::new();
    for t in tables(c) {
        for col in &t.def.columns {
            let Some((seed, step)) = col.identity else { continue };
            let (system, length, precision, scale) = facets(col.ty);
            let given = c.db.identities.get(&t.def.id).copied();
            let last = match (given, t.last_identity) {
                (Some(a), Some(b)) if step < 0 => Some(a.min(b)),
                (a, b) => a.max(b),
            };
            let num = |n: i64| values::fit(n.v(), col.ty);
            out.push(row! {
                "object_id" => t.def.id as i32, "name" => &col.name, "column_id" => col.id, "system_type_id" => system,
                "user_type_id" => i32::from(system), "max_length" => length, "precision" => precision,
                "scale" => scale, "is_nullable" => false, "is_identity" => true, "seed_value" => num(seed),
                "increment_value" => num(step), "last_value" => last.map(num), "is_not_for_replication" => false,
            });
        }
    }
    out
}

fn clustered(t: &Table) -> Option<i32> {
    t.def.indexes.iter().find(|i| i.primary_key).map(|i| i.id)
}

fn indexes(t: &Table) -> Vec<ViewRow> {
    let id = t.def.id as i32;
    let mut out = Vec::new();
    if clustered(t).is_none() {
        out.push(row! { "object_id" => id, "index_id" => 0, "type" => 0u8, "type_desc" => "HEAP",
        "is_unique" => false, "data_space_id" => 1, "is_primary_key" => false, "is_unique_constraint" => false,
        "is_disabled" => false });
    }
    for i in &t.def.indexes {
        out.push(row! {
            "object_id" => id, "name" => &i.name, "index_id" => i.id, "type" => if i.primary_key { 1u8 } else { 2 },
            "type_desc" => if i.primary_key { "CLUSTERED" } else { "NONCLUSTERED" }, "is_unique" => i.unique,
            "data_space_id" => 1, "ignore_dup_key" => false, "is_primary_key" => i.primary_key,
            "is_unique_constraint" => i.constraint && !i.primary_key, "is_padded" => false, "is_disabled" => false,
            "is_hypothetical" => false, "allow_row_locks" => true, "allow_page_locks" => true, "has_filter" => false,
        });
    }
    out
}

fn index_columns(t: &Table) -> Vec<ViewRow> {
    let mut out = Vec::new();
    for i in &t.def.indexes {
        for (n, c) in i.columns.iter().enumerate() {
            out.push(row! {
                "object_id" => t.def.id as i32, "index_id" => i.id, "index_column_id" => n as i32 + 1,
                "column_id" => t.def.columns[*c].id, "key_ordinal" => n as u8 + 1, "is_descending_key" => false,
                "is_included_column" => false,
            });
        }
    }
    out
}

/// Index ids that hold rows: heap or clustered, and the others.
fn hobts(t: &Table) -> Vec<i32> {
    let mut ids: Vec<i32> = t.def.indexes.iter().map(|i| i.id).collect();
    if clustered(t).is_none() {
        ids.insert(0, 0);
    }
    ids
}

fn partition_id(t: &Table, index: i32) -> i64 {
    72_057_594_000_000_000 + i64::from(t.def.id) * 100 + i64::from(index)
}

fn partitions(t: &Table) -> Vec<ViewRow> {
    hobts(t)
        .into_iter()
        .map(|i| {
            row! {
                "partition_id" => partition_id(t, i), "object_id" => t.def.id as i32, "index_id" => i,
                "partition_number" => 1, "hobt_id" => partition_id(t, i), "rows" => t.rows.len() as i64,
                "data_compression_desc" => "NONE", "xml_compression" => false, "xml_compression_desc" => "OFF",
            }
        })
        .collect()
}

fn partition_stats(t: &Table) -> Vec<ViewRow> {
    let pages = t.bytes.div_ceil(8000) as i64;
    hobts(t)
        .into_iter()
        .map(|i| {
            row! {
                "partition_id" => partition_id(t, i), "object_id" => t.def.id as i32, "index_id" => i,
                "partition_number" => 1, "in_row_data_page_count" => pages, "in_row_used_page_count" => pages + 1,
                "in_row_reserved_page_count" => pages + 8, "used_page_count" => pages + 1,
                "reserved_page_count" => pages + 8, "row_count" => t.rows.len() as i64,
            }
        })
        .collect()
}

fn properties(c: &Ctx<'_>) -> Vec<ViewRow> {
    let seen: std::collections::BTreeSet<i32> = tables(c).map(|t| t.def.id as i32).collect();
    c.data
        .properties
        .iter()
        .filter(|(k, _)| k.class != 1 || seen.contains(&k.major_id))
        .map(|(k, (name, value))| {
            row! {
                "class" => k.class, "class_desc" => super::names::class_desc(k.class), "major_id" => k.major_id,
                "minor_id" => k.minor_id, "name" => name, "value" => value.clone(),
            }
        })
        .collect()
}

/// `fn_listextendedproperty(name, level0type, level0name, level1type, …)`: NULL name means all, `default` levels NULL.
fn list_properties(c: &Ctx<'_>) -> Vec<ViewRow> {
    let arg = |i: usize| c.args.get(i).and_then(values::text);
    let wanted = arg(0).map(|n| n.to_lowercase());
    let target = match (arg(1), arg(2), arg(3), arg(4)) {
        (None, ..) => Some((0u8, 0, None, None)),
        (Some(_), Some(schema), None, _) => {
            c.data.schema(&schema).map(|s| (3, s.id, Some("SCHEMA"), Some(s.name.clone())))
        }
        (Some(_), Some(schema), Some(_), Some(table)) => {
            c.data.table(&schema, &table).map(|t| (1, t.def.id as i32, Some("TABLE"), Some(t.def.name.clone())))
        }
        _ => None,
    };
    let Some((class, major, kind, object)) = target else { return Vec::new() };
    let matches =
        |k: &PropertyKey| k.class == class && k.major_id == major && wanted.as_ref().is_none_or(|w| *w == k.name);
    c.data
        .properties
        .iter()
        .filter(|(k, _)| matches(k))
        .map(|(_, (name, value))| row! { "objtype" => kind, "objname" => object.clone(), "name" => name, "value" => value.clone() })
        .collect()
}

fn information_columns(c: &Ctx<'_>) -> Vec<ViewRow> {
    let mut out = Vec::new();
    for t in tables(c) {
        for (n, col) in t.def.columns.iter().enumerate() {
            let (system, length, precision, scale) = facets(col.ty);
            let unit: i16 = if matches!(system, 231 | 239) { 2 } else { 1 };
            let characters = matches!(system, 165 | 167 | 173 | 175 | 231 | 239)
                .then(|| i32::from(if length < 0 { -1 } else { length / unit }));
            let number = matches!(system, 48 | 52 | 56 | 59 | 60 | 62 | 106 | 122 | 127);
            let temporal = matches!(system, 40..=43 | 58 | 61);
            out.push(row! {
                "TABLE_CATALOG" => &c.db.name, "TABLE_SCHEMA" => schema(c, t), "TABLE_NAME" => &t.def.name,
                "COLUMN_NAME" => &col.name, "ORDINAL_POSITION" => n as i32 + 1, "COLUMN_DEFAULT" => col.default.clone(),
                "IS_NULLABLE" => if col.nullable { "YES" } else { "NO" }, "DATA_TYPE" => type_name(system),
                "CHARACTER_MAXIMUM_LENGTH" => characters,
                "CHARACTER_OCTET_LENGTH" => characters.map(|_| i32::from(length)),
                "NUMERIC_PRECISION" => number.then_some(precision),
                "NUMERIC_PRECISION_RADIX" => number.then_some(10i16), "NUMERIC_SCALE" => number.then(|| i32::from(scale)),
                "DATETIME_PRECISION" => temporal.then(|| i16::from(scale)),
                "COLLATION_NAME" => matches!(system, 167 | 175 | 231 | 239).then(|| c.db.options.collation.clone()),
            });
        }
    }
    out
}

/// Name of a system type.
pub(crate) fn type_name(system: u8) -> &'static str {
    TYPES.iter().find(|t| t.1 == system).map_or("", |t| t.0)
}

/// Is a procedure of this name listed in `sys.system_objects` here?
pub(crate) fn has_procedure(config: &InstanceConfig, name: &str) -> bool {
    crate::lab::world::procedure::NAMES.iter().any(|(n, exists)| n.eq_ignore_ascii_case(name) && exists(config))
}

/// Id of a type by name.
pub fn type_by_name(name: &str) -> Option<i32> {
    TYPES.iter().find(|t| t.0.eq_ignore_ascii_case(name)).map(|t| t.2)
}

/// Name of a type by id.
pub fn type_by_id(id: i32) -> Option<&'static str> {
    TYPES.iter().find(|t| t.2 == id).map(|t| t.0)
}

fn system_id(name: &str) -> i32 {
    let hash = name.bytes().fold(7i32, |h, b| h.wrapping_mul(31).wrapping_add(i32::from(b)));
    -(hash.checked_abs().unwrap_or(1))
}

/// `OBJECT_ID` of a view or procedure of the server.
pub fn system_object_id(
    config: &InstanceConfig,
    database: &str,
    name: &crate::lab::tsql::ast::Name,
    kind: Option<&str>,
) -> Option<i32> {
    let is = |k: &str| kind.is_none_or(|x| x == k);
    let lower = name.object().to_lowercase();
    if name.schema().is_none_or(|s| s.eq_ignore_ascii_case("sys") || s.eq_ignore_ascii_case("dbo"))
        && (is("P") || is("X"))
        && has_procedure(config, &lower)
    {
        return Some(system_id(&lower));
    }
    let view = shapes::find(config, database, name)?;
    let table = view.key.starts_with("msdb.");
    (is(if table { "U" } else { "V" })).then(|| system_id(view.key.trim_start_matches("sys.")))
}

/// Name of a system object.
pub fn system_object_name(config: &InstanceConfig, id: i32) -> Option<String> {
    let views = shapes::all().keys().filter_map(|k| k.strip_prefix("sys."));
    let procedures = crate::lab::world::procedure::NAMES.iter().filter(|(_, exists)| exists(config)).map(|(n, _)| *n);
    views.chain(procedures).find(|n| system_id(n) == id).map(str::to_owned)
}
