//! Rows of FROM.

use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::bind::tree::Source;
use crate::lab::tsql::bind::tree::TableFunction;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::compare;
use crate::lab::tsql::eval::convert_number;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::eval::runtime::Env;
use crate::lab::tsql::eval::runtime::Rt;
use crate::lab::tsql::eval::scalar;
use crate::lab::tsql::host::RowId;
use crate::lab::tsql::query::join;
use crate::lab::tsql::query::plan;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::Value;
use futures_util::future::BoxFuture;

/// All rows of a source.
pub(super) fn rows<'a>(
    s: &'a Source,
    outer: Option<&'a Env<'a>>,
    rt: &'a Rt<'a>,
) -> BoxFuture<'a, SqlResult<Vec<Row>>> {
    Box::pin(async move {
        match s {
            Source::Table(name) => Ok(rt.scan(name)?.to_vec()),
            Source::Memory(key) => Ok(memory(key, rt)?.into_iter().map(|(_, r)| r).collect()),
            Source::MemoryRowIds(key) => Ok(with_ids(memory(key, rt)?)),
            Source::RowIds(name) => Ok(with_ids(rt.host.scan_rows(rt.cx, name)?)),
            Source::Function { name, args } => {
                let values = arguments(args, outer, rt)?;
                Ok(rt.host.call_function(rt.cx, name, &values)?.rows)
            }
            Source::Builtin { function, args } => builtin(*function, args, &arguments(args, outer, rt)?, rt).await,
            Source::Query(plan) => Ok(plan::run(plan, outer, rt).await?.to_vec()),
            Source::Previous(id) => Ok(rt.previous(*id).to_vec()),
            Source::Join(j) => {
                let left = rows(&j.left, outer, rt).await?;
                let right = rows(&j.right, outer, rt).await?;
                join::run(j, left, right, outer, rt).await
            }
            Source::Apply { left, right, right_width, outer: keep } => {
                let left = rows(left, outer, rt).await?;
                let mut out = Vec::new();
                for l in &left {
                    rt.step().await?;
                    let env = Env::of(rt, l, outer);
                    let found = rows(right, Some(&env), rt).await?;
                    rt.hold(found.len())?;
                    if found.is_empty() && *keep {
                        out.push(join::glue(l, &vec![Value::Null; *right_width]));
                    }
                    out.extend(found.iter().map(|r| join::glue(l, r)));
                }
                Ok(out)
            }
        }
    })
}

/// Rows of the target source of UPDATE and DELETE.
pub async fn rows_of<'a>(s: &'a Source, rt: &'a Rt<'a>) -> SqlResult<Vec<Row>> {
    rows(s, None, rt).await
}

fn memory(key: &str, rt: &Rt<'_>) -> SqlResult<Vec<(RowId, Row)>> {
    rt.names.rows(key).ok_or_else(|| fault::no_object(key))
}

fn with_ids(list: Vec<(RowId, Row)>) -> Vec<Row> {
    list.into_iter()
        .map(|(id, r)| r.iter().cloned().chain(std::iter::once(Value::BigInt(id as i64))).collect())
        .collect()
}

fn arguments(args: &[Ex], outer: Option<&Env<'_>>, rt: &Rt<'_>) -> SqlResult<Vec<Value>> {
    // arguments see the row APPLY stands on
    let root = Env::of(rt, &[], None);
    let env = outer.unwrap_or(&root);
    args.iter().map(|a| scalar::eval(a, env)).collect()
}

async fn builtin(f: TableFunction, ex: &[Ex], args: &[Value], rt: &Rt<'_>) -> SqlResult<Vec<Row>> {
    match f {
        TableFunction::StringSplit => {
            let (Some(Value::Str(text)), Some(Value::Str(sep))) = (args.first(), args.get(1)) else {
                return Ok(Vec::new());
            };
            let mut it = sep.chars();
            let (Some(c), None) = (it.next(), it.next()) else {
                return Err(SqlError::new(
                    214,
                    16,
                    "Procedure expects parameter 'separator' of type 'nchar(1)/nvarchar(1)'.",
                )
                .state(11));
            };
            let rows = text.split(c).enumerate().map(|(i, part)| {
                let mut row = vec![Value::str(part)];
                if args.len() == 3 {
                    let on = args[2].clone();
                    row.push(if compare::integer(&on) == Some(1) { Value::BigInt(i as i64 + 1) } else { Value::Null });
                }
                Row::from(row)
            });
            Ok(rows.collect())
        }
        TableFunction::GenerateSeries => {
            let int = |v: Option<&Value>| v.and_then(compare::integer);
            let (Some(from), Some(to)) = (int(args.first()), int(args.get(1))) else { return Ok(Vec::new()) };
            let step = match args.get(2) {
                None => {
                    if from <= to {
                        1
                    } else {
                        -1
                    }
                }
                Some(v) => match compare::integer(v) {
                    Some(0) => {
                        return Err(SqlError::new(
                            4199,
                            16,
                            "Argument value 0 is invalid for argument 3 of generate_series function.",
                        ));
                    }
                    Some(n) => n,
                    None => return Ok(Vec::new()),
                },
            };
            let mut out = Vec::new();
            let mut n = i128::from(from);
            while if step > 0 { n <= i128::from(to) } else { n >= i128::from(to) } {
                rt.step().await?;
                rt.hold(1)?;
                let v = convert_number::integer_of(n, ex[0].ty).ok_or_else(|| fault::overflow(ex[0].ty))?;
                out.push(Row::from([v]));
                n += i128::from(step);
            }
            Ok(out)
        }
    }
}
