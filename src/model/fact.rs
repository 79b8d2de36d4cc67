//! A value, or why there is none.

use crate::base::error::Error;
use crate::base::error::Result;
use serde::Serialize;

/// Unknown is a value, never an OK.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact<T> {
    Known { value: T },
    Unknown { why: String },
}

/// Why something cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unknown(pub String);

impl<T> Fact<T> {
    pub fn known(&self) -> Option<&T> {
        match self {
            Fact::Known { value } => Some(value),
            Fact::Unknown { .. } => None,
        }
    }
    pub fn why(&self) -> Option<&str> {
        match self {
            Fact::Known { .. } => None,
            Fact::Unknown { why } => Some(why),
        }
    }
    /// For `?`: what rests on an unknown is unknown.
    pub fn get(&self) -> std::result::Result<&T, Unknown> {
        match self {
            Fact::Known { value } => Ok(value),
            Fact::Unknown { why } => Err(Unknown(why.clone())),
        }
    }
    pub fn unknown(why: impl Into<String>) -> Self {
        Fact::Unknown { why: why.into() }
    }
}

/// `option.or_unknown("…")?`
pub trait OrUnknown<T> {
    fn or_unknown(self, why: &str) -> std::result::Result<T, Unknown>;
}
impl<T> OrUnknown<T> for Option<T> {
    fn or_unknown(self, why: &str) -> std::result::Result<T, Unknown> {
        self.ok_or_else(|| Unknown(why.to_owned()))
    }
}

impl<T> From<Result<T>> for Fact<T> {
    fn from(result: Result<T>) -> Self {
        match result {
            Ok(value) => Fact::Known { value },
            Err(e) => e.into(),
        }
    }
}

impl<T> From<Error> for Fact<T> {
    fn from(e: Error) -> Self {
        Fact::Unknown { why: e.chain() }
    }
}
