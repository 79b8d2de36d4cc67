//! NULL handling, hashes, session state.

use crate::lab::tsql::bind::binder;
use crate::lab::tsql::bind::call;
use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::bind::types;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::collate;
use crate::lab::tsql::eval::compare;
use crate::lab::tsql::eval::convert;
use crate::lab::tsql::eval::fault;
use crate::lab::tsql::eval::text;
use crate::lab::tsql::function::Builtin;
use crate::lab::tsql::function::Call;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;

type Typed = SqlResult<(SqlType, bool)>;

fn isnull_bind(_: &'static str, args: &mut [Ex]) -> Typed {
    // a bare NULL takes the other's type
    let ty = if args[0].is_bare_null() { args[1].ty } else { args[0].ty };
    call::convert_argument(args, 0, ty)?;
    let replacement = args[1].clone();
    args[1] = if replacement.ty.is_string() && ty.is_string() {
        binder::force(replacement, ty)
    } else {
        binder::coerce(replacement, ty)?
    };
    Ok((ty, args[0].nullable && args[1].nullable))
}

fn choose_bind(_: &'static str, args: &mut [Ex]) -> Typed {
    call::convert_argument(args, 0, SqlType::Int)?;
    let ty = binder::common_type(&args[1..])?;
    for i in 1..args.len() {
        call::convert_argument(args, i, ty)?;
    }
    Ok((ty, true))
}

fn extreme_bind(_: &'static str, args: &mut [Ex]) -> Typed {
    let ty = binder::common_type(args.iter())?;
    for i in 0..args.len() {
        call::convert_argument(args, i, ty)?;
    }
    Ok((ty, args.iter().all(|a| a.nullable)))
}

fn to_int(_: &'static str, _: &mut [Ex]) -> Typed {
    Ok((SqlType::Int, false))
}
fn to_null_int(_: &'static str, _: &mut [Ex]) -> Typed {
    Ok((SqlType::Int, true))
}
fn to_small(_: &'static str, _: &mut [Ex]) -> Typed {
    Ok((SqlType::SmallInt, false))
}
fn to_bigint(_: &'static str, _: &mut [Ex]) -> Typed {
    Ok((SqlType::BigInt, false))
}
fn to_identity(_: &'static str, _: &mut [Ex]) -> Typed {
    Ok((SqlType::Decimal(38, 0), true))
}
fn to_guid(_: &'static str, _: &mut [Ex]) -> Typed {
    Ok((SqlType::UniqueIdentifier, false))
}
fn to_text(_: &'static str, _: &mut [Ex]) -> Typed {
    Ok((SqlType::NVarChar(Len::N(4000)), true))
}
fn to_name(_: &'static str, _: &mut [Ex]) -> Typed {
    Ok((SqlType::NVarChar(Len::N(128)), true))
}
fn to_variant(_: &'static str, _: &mut [Ex]) -> Typed {
    Ok((SqlType::SqlVariant, true))
}
fn to_hash(_: &'static str, args: &mut [Ex]) -> Typed {
    if !args[1].ty.is_string() && !args[1].ty.is_binary() {
        return Err(fault::bad_argument(args[1].ty, 2, "hashbytes"));
    }
    Ok((SqlType::VarBinary(Len::N(8000)), true))
}
fn to_context(_: &'static str, _: &mut [Ex]) -> Typed {
    Ok((SqlType::VarBinary(Len::N(128)), true))
}
fn message_bind(_: &'static str, args: &mut [Ex]) -> Typed {
    for a in args.iter_mut().skip(1) {
        if !a.ty.is_string() && !a.ty.is_integer() && !a.is_bare_null() {
            *a = binder::force(a.clone(), types::varchar(true, types::display_size(a.ty)));
        }
    }
    Ok((SqlType::NVarChar(Len::N(2048)), true))
}

fn isnull(c: &Call<'_>) -> SqlResult<Value> {
    Ok(c.args[usize::from(c.args[0].is_null())].clone())
}

fn choose(c: &Call<'_>) -> SqlResult<Value> {
    let i = compare::integer(&c.args[0]).unwrap_or(0);
    Ok(usize::try_from(i).ok().filter(|i| *i > 0).and_then(|i| c.args.get(i)).cloned().unwrap_or(Value::Null))
}

fn extreme(c: &Call<'_>) -> SqlResult<Value> {
    let want = if c.name == "GREATEST" { std::cmp::Ordering::Greater } else { std::cmp::Ordering::Less };
    let mut best = Value::Null;
    for v in c.args.iter().filter(|v| !v.is_null()) {
        if best.is_null() || compare::total(v, &best, c.ex[0].coll) == want {
            best = v.clone();
        }
    }
    Ok(best)
}

fn isnumeric(c: &Call<'_>) -> SqlResult<Value> {
    let yes = match &c.args[0] {
        Value::Str(s) => {
            let t = s.trim();
            !t.is_empty()
                && (matches!(t, "+" | "-" | "." | "$" | ",")
                    || [SqlType::Float, SqlType::Money]
                        .iter()
                        .any(|ty| convert::cast(&Value::str(t), c.ex[0].ty, *ty, 0).is_ok()))
        }
        Value::Variant(x) => x.0.is_number(),
        _ => c.ex[0].ty.is_number() && !c.args[0].is_null(),
    };
    Ok(Value::Int(yes.into()))
}

/// CRC-like mixing; stable, but not the server's own numbers.
fn checksum(c: &Call<'_>) -> SqlResult<Value> {
    let mut h = 0u32;
    for (v, e) in c.args.iter().zip(c.ex) {
        let mut k = format!("{:?}", compare::key(v, e.coll));
        if let Value::Str(s) = v {
            k = collate::fold(s, e.coll);
        }
        for b in k.bytes() {
            h = h.rotate_left(4) ^ u32::from(b);
        }
        h = h.rotate_left(7);
    }
    Ok(Value::Int(h as i32))
}

fn hashbytes(c: &Call<'_>) -> SqlResult<Value> {
    use sha2::Digest;
    let (Value::Str(algorithm), v) = (&c.args[0], &c.args[1]) else { return Ok(Value::Null) };
    let data = match v {
        Value::Str(s) => text::encode(s, c.ex[1].ty.is_unicode()),
        Value::Bytes(b) => b.to_vec(),
        _ => return Ok(Value::Null),
    };
    Ok(match algorithm.to_ascii_uppercase().as_str() {
        "SHA2_256" => Value::bytes(sha2::Sha256::digest(&data)),
        "SHA2_512" => Value::bytes(sha2::Sha512::digest(&data)),
        "MD2" | "MD4" | "MD5" | "SHA" | "SHA1" => return Err(fault::unsupported("HASHBYTES with this algorithm")),
        _ => Value::Null,
    })
}

/// `ERROR_NUMBER()` and its kin: NULL outside of CATCH.
fn caught(c: &Call<'_>) -> SqlResult<Value> {
    let Some(e) = &c.rt.status.caught else { return Ok(Value::Null) };
    Ok(match c.name {
        "ERROR_NUMBER" => Value::Int(e.number),
        "ERROR_SEVERITY" => Value::Int(e.class.into()),
        "ERROR_STATE" => Value::Int(e.state.into()),
        "ERROR_LINE" => Value::Int(e.line as i32),
        "ERROR_PROCEDURE" if e.procedure.is_empty() => Value::Null,
        "ERROR_PROCEDURE" => Value::str(&e.procedure),
        _ => Value::str(&e.message),
    })
}

fn session(c: &Call<'_>) -> SqlResult<Value> {
    let (rt, cx) = (c.rt, c.rt.cx);
    Ok(match c.name {
        "@@ERROR" => Value::Int(rt.status.error),
        "@@ROWCOUNT" => Value::Int(i32::try_from(rt.status.rowcount).unwrap_or(i32::MAX)),
        "ROWCOUNT_BIG" => Value::BigInt(rt.status.rowcount),
        "@@TRANCOUNT" => Value::Int(rt.host.transaction_state(cx).0),
        "XACT_STATE" => Value::SmallInt(rt.host.transaction_state(cx).1),
        "@@NESTLEVEL" => Value::Int(rt.status.nest),
        "@@SPID" => Value::SmallInt(cx.spid as i16),
        "@@LOCK_TIMEOUT" => Value::Int(cx.lock_timeout_ms),
        "@@DATEFIRST" => Value::Int(7),
        "@@OPTIONS" => Value::Int(options(c)),
        "@@FETCH_STATUS" => Value::Int(0),
        "SCOPE_IDENTITY" | "@@IDENTITY" => {
            cx.last_identity.map_or(Value::Null, |n| Value::Decimal { unscaled: n.into(), scale: 0 })
        }
        _ => Value::Null,
    })
}

fn options(c: &Call<'_>) -> i32 {
    let cx = c.rt.cx;
    // the bits of `user options` that a session of a modern driver has on
    let on =
        |name: &str, default: bool| c.rt.status.options.get(name).map_or(default, |v| v.eq_ignore_ascii_case("on"));
    let mut bits = 0;
    for (bit, set) in [
        (2, cx.implicit_transactions),
        (8, on("ANSI_WARNINGS", true)),
        (16, on("ANSI_PADDING", true)),
        (32, on("ANSI_NULLS", true)),
        (64, on("ARITHABORT", false)),
        (256, on("QUOTED_IDENTIFIER", true)),
        (512, cx.nocount),
        (1024, on("ANSI_NULL_DFLT_ON", true)),
        (4096, on("CONCAT_NULL_YIELDS_NULL", true)),
        (16384, cx.xact_abort),
    ] {
        if set {
            bits |= bit;
        }
    }
    bits
}

fn sessionproperty(c: &Call<'_>) -> SqlResult<Value> {
    let Value::Str(name) = &c.args[0] else { return Ok(Value::Null) };
    let name = name.to_ascii_uppercase();
    let default = match name.as_str() {
        "ANSI_NULLS" | "ANSI_PADDING" | "ANSI_WARNINGS" | "CONCAT_NULL_YIELDS_NULL" | "QUOTED_IDENTIFIER" => true,
        "ARITHABORT" | "NUMERIC_ROUNDABORT" => false,
        _ => return Ok(Value::Null),
    };
    let on = c.rt.status.options.get(&name).map_or(default, |v| v.eq_ignore_ascii_case("on"));
    Ok(Value::Variant(Box::new((SqlType::Int, Value::Int(on.into())))))
}

fn context_info(c: &Call<'_>) -> SqlResult<Value> {
    Ok(c.rt.status.context_info.as_ref().map_or(Value::Null, |b| Value::Bytes(b.clone())))
}

/// OBJECT_ID of a temp table; binding sends every other name to the host.
fn temp_id(c: &Call<'_>) -> SqlResult<Value> {
    let Value::Str(name) = &c.args[0] else { return Ok(Value::Null) };
    let parts = crate::lab::tsql::function::strings::name_parts(name).unwrap_or_default();
    let in_tempdb = parts.len() == 1
        || parts.len() == 3 && parts[0].eq_ignore_ascii_case("tempdb")
        || parts.len() == 2 && c.rt.cx.database.eq_ignore_ascii_case("tempdb");
    let key = parts.last().map(|p| p.to_lowercase()).unwrap_or_default();
    // from another database a temp table is only seen through tempdb..
    if parts.len() == 1 && !c.rt.cx.database.eq_ignore_ascii_case("tempdb") || !in_tempdb {
        return Ok(Value::Null);
    }
    Ok(c.rt.status.temp_ids.get(&key).map_or(Value::Null, |id| Value::Int(*id)))
}

fn variant_property(c: &Call<'_>) -> SqlResult<Value> {
    let (v, Value::Str(p)) = (&c.args[0], &c.args[1]) else { return Ok(Value::Null) };
    let ty = match v {
        Value::Null => return Ok(Value::Null),
        Value::Variant(x) => x.0,
        _ => c.ex[0].ty,
    };
    let int = |n: i32| Value::Variant(Box::new((SqlType::Int, Value::Int(n))));
    Ok(match p.to_ascii_uppercase().as_str() {
        "BASETYPE" => Value::Variant(Box::new((SqlType::NVarChar(Len::N(128)), Value::str(ty.base_name())))),
        "PRECISION" => ty.as_decimal().map_or(Value::Null, |d| int(d.0.into())),
        "SCALE" => ty.as_decimal().map_or(Value::Null, |d| int(d.1.into())),
        "MAXLENGTH" => ty.length().map_or(Value::Null, |n| int(i32::from(n) * if ty.is_unicode() { 2 } else { 1 })),
        _ => Value::Null,
    })
}

fn formatmessage(c: &Call<'_>) -> SqlResult<Value> {
    let Value::Str(t) = &c.args[0] else { return Ok(Value::Null) };
    crate::lab::tsql::function::format::printf(t, &c.args[1..]).map(Value::str)
}

fn newid(_: &Call<'_>) -> Result<Value, SqlError> {
    Ok(Value::Guid(crate::base::random::uuid()))
}

macro_rules! f {
    ($name:literal, $min:literal, $max:literal, $bind:expr, $call:expr) => {
        Builtin { name: $name, min: $min, max: $max, bind: $bind, call: $call }
    };
}

/// The functions.
pub const TABLE: &[Builtin] = &[
    f!("ISNULL", 2, 2, isnull_bind, isnull),
    f!("CHOOSE", 2, 255, choose_bind, choose),
    f!("GREATEST", 1, 254, extreme_bind, extreme),
    f!("LEAST", 1, 254, extreme_bind, extreme),
    f!("ISNUMERIC", 1, 1, to_int, isnumeric),
    f!("NEWID", 0, 0, to_guid, newid),
    f!("CHECKSUM", 1, 255, to_int, checksum),
    f!("BINARY_CHECKSUM", 1, 255, to_int, checksum),
    f!("HASHBYTES", 2, 2, to_hash, hashbytes),
    f!("ERROR_NUMBER", 0, 0, to_null_int, caught),
    f!("ERROR_SEVERITY", 0, 0, to_null_int, caught),
    f!("ERROR_STATE", 0, 0, to_null_int, caught),
    f!("ERROR_LINE", 0, 0, to_null_int, caught),
    f!("ERROR_PROCEDURE", 0, 0, to_name, caught),
    f!("ERROR_MESSAGE", 0, 0, to_text, caught),
    f!("@@ERROR", 0, 0, to_int, session),
    f!("@@ROWCOUNT", 0, 0, to_int, session),
    f!("ROWCOUNT_BIG", 0, 0, to_bigint, session),
    f!("@@TRANCOUNT", 0, 0, to_int, session),
    f!("XACT_STATE", 0, 0, to_small, session),
    f!("@@NESTLEVEL", 0, 0, to_int, session),
    f!("@@SPID", 0, 0, to_small, session),
    f!("@@LOCK_TIMEOUT", 0, 0, to_int, session),
    f!("@@DATEFIRST", 0, 0, to_int, session),
    f!("@@OPTIONS", 0, 0, to_int, session),
    f!("@@FETCH_STATUS", 0, 0, to_int, session),
    f!("SCOPE_IDENTITY", 0, 0, to_identity, session),
    f!("@@IDENTITY", 0, 0, to_identity, session),
    f!("SESSIONPROPERTY", 1, 1, to_variant, sessionproperty),
    f!("CONTEXT_INFO", 0, 0, to_context, context_info),
    f!("OBJECT_ID", 1, 2, to_null_int, temp_id),
    f!("SQL_VARIANT_PROPERTY", 2, 2, to_variant, variant_property),
    f!("FORMATMESSAGE", 1, 21, message_bind, formatmessage),
];
