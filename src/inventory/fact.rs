//! A value with its age, or why there is none.

use crate::base::error::Result;
use serde::Serialize;

/// Unknown is a value, never an OK.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact<T> {
    Known { value: T },
    Unknown { why: String },
}

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
}

impl<T> From<Result<T>> for Fact<T> {
    fn from(result: Result<T>) -> Self {
        match result {
            Ok(value) => Fact::Known { value },
            Err(e) => Fact::Unknown { why: e.chain() },
        }
    }
}
