//! Reading request bodies: member names folded, unknown members ignored, wrong types refused.

use super::error::ArmError;
use super::error::ArmResult;
use bytes::Bytes;
use serde_json::Map;
use serde_json::Value;

/// The body as an object. `None`: empty (or `null`).
pub fn object(body: &Bytes) -> ArmResult<Option<Map<String, Value>>> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    match serde_json::from_slice(body).map_err(ArmError::invalid_content)? {
        Value::Object(map) => Ok(Some(map)),
        Value::Null => Ok(None),
        _ => Err(ArmError::invalid_content("an object was expected")),
    }
}

/// A member by its folded name; null counts as absent.
pub fn member<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    map.iter().find(|(k, v)| k.eq_ignore_ascii_case(name) && !v.is_null()).map(|(_, v)| v)
}

pub fn child<'a>(map: &'a Map<String, Value>, name: &str) -> ArmResult<Option<&'a Map<String, Value>>> {
    member(map, name)
        .map(|v| v.as_object().ok_or_else(|| ArmError::invalid_content(format!("'{name}' must be an object"))))
        .transpose()
}

pub fn text<'a>(map: &'a Map<String, Value>, name: &str) -> ArmResult<Option<&'a str>> {
    member(map, name)
        .map(|v| v.as_str().ok_or_else(|| ArmError::invalid_content(format!("'{name}' must be a string"))))
        .transpose()
}

pub fn number(map: &Map<String, Value>, name: &str) -> ArmResult<Option<u32>> {
    let bad = || ArmError::invalid_content(format!("'{name}' must be a whole number"));
    member(map, name).map(|v| v.as_u64().and_then(|n| u32::try_from(n).ok()).ok_or_else(bad)).transpose()
}

pub fn flag(map: &Map<String, Value>, name: &str) -> ArmResult<Option<bool>> {
    let bad = || ArmError::invalid_content(format!("'{name}' must be true or false"));
    member(map, name).map(|v| v.as_bool().ok_or_else(bad)).transpose()
}

pub fn list<'a>(map: &'a Map<String, Value>, name: &str) -> ArmResult<Option<&'a Vec<Value>>> {
    member(map, name)
        .map(|v| v.as_array().ok_or_else(|| ArmError::invalid_content(format!("'{name}' must be an array"))))
        .transpose()
}

/// One of a fixed set of words, any case; gives the index.
pub fn choice(map: &Map<String, Value>, name: &str, words: &[&str], refuse: ArmError) -> ArmResult<Option<usize>> {
    let Some(value) = text(map, name)? else { return Ok(None) };
    words.iter().position(|w| w.eq_ignore_ascii_case(value)).map(Some).ok_or(refuse)
}
