//! Long-running operations: a handle that can be stored, and what a poll says (facts: arm-api 1.2).

use super::error::Detail;
use super::error::ServiceError;
use super::pipeline::retry_after;
use super::transport::Method;
use super::transport::Response;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use serde::Deserialize;
use serde::Serialize;
use std::time::Duration;
use time::OffsetDateTime;

/// Where to ask about an operation that was begun. Its addresses are opaque and signed: kept byte for byte.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continuation {
    /// `Azure-AsyncOperation`.
    pub operation: Option<String>,
    /// `Location`.
    pub location: Option<String>,
    /// The resource, to be read when it is over; none after a DELETE.
    pub final_get: Option<String>,
    pub method: Method,
    #[serde(with = "time::serde::rfc3339")]
    pub started: OffsetDateTime,
    /// Seconds the service asked to wait before the first poll.
    pub first_wait: Option<u64>,
}

impl std::fmt::Debug for Continuation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = |url: &Option<String>| url.as_deref().map(|u| u.split('?').next().unwrap_or(u).to_owned());
        f.debug_struct("Continuation")
            .field("operation", &path(&self.operation))
            .field("location", &path(&self.location))
            .field("method", &self.method)
            .field("started", &self.started)
            .finish_non_exhaustive()
    }
}

/// How a change began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Over already.
    Done,
    Pending(Continuation),
}

/// What a poll found.
#[derive(Debug, Clone, PartialEq)]
pub enum Polled {
    Running {
        retry_after: Option<Duration>,
        /// 0 to 100, when the service says.
        percent: Option<f64>,
    },
    Succeeded,
    /// The operation is over without success. `OperationIdNotFound` after a DELETE: there was nothing to delete.
    Failed {
        code: String,
        message: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    #[serde(default)]
    status: String,
    percent_complete: Option<f64>,
    error: Option<Detail>,
}

/// Reads the answer to the request that begins a change.
pub(super) fn begun(response: &Response, method: Method, resource: &str, now: OffsetDateTime) -> Result<Begun> {
    let operation = response.header("azure-asyncoperation").map(str::to_owned);
    let location = response.header("location").map(str::to_owned);
    match response.status {
        200 | 201 | 204 if operation.is_none() => Ok(Begun::Done),
        200..=202 if operation.is_some() || location.is_some() => Ok(Begun::Pending(Continuation {
            operation,
            location,
            final_get: matches!(method, Method::Put | Method::Patch).then(|| resource.to_owned()),
            method,
            started: now,
            first_wait: retry_after(response).map(|d| d.as_secs().max(1)),
        })),
        200..=299 => Err(Error::new(Kind::AnswerLost, "Azure accepted the change but named no operation to ask about")
            .hint("read the resource back before anything else")),
        _ => Err(ServiceError::read(response).into_error()),
    }
}

/// Reads the answer of the operation's own address. A failure comes with HTTP 200.
pub(super) fn from_operation(response: &Response) -> Result<Polled> {
    if !response.is_success() {
        return Err(gone(response));
    }
    let answer: Answer = serde_json::from_slice(&response.body)
        .map_err(|e| Error::new(Kind::Server, "Azure's operation status cannot be read").caused_by(e))?;
    let is = |word: &str| answer.status.eq_ignore_ascii_case(word);
    if is("Succeeded") {
        return Ok(Polled::Succeeded);
    }
    if is("Failed") || is("Canceled") || is("Cancelled") {
        let (code, message) = match answer.error {
            Some(detail) => (detail.code, detail.message),
            None => (answer.status, String::new()),
        };
        return Ok(Polled::Failed { code, message });
    }
    Ok(Polled::Running { retry_after: retry_after(response), percent: answer.percent_complete })
}

/// Reads the answer of the `Location` address: 202 while it runs.
pub(super) fn from_location(response: &Response) -> Result<Polled> {
    match response.status {
        202 => Ok(Polled::Running { retry_after: retry_after(response), percent: None }),
        200 | 201 | 204 => Ok(Polled::Succeeded),
        401 | 403 | 404 => Err(gone(response)),
        _ => {
            let error = ServiceError::read(response);
            let code = if error.code.is_empty() { format!("Http{}", error.status) } else { error.code };
            Ok(Polled::Failed { code, message: error.message })
        }
    }
}

fn gone(response: &Response) -> Error {
    let error = ServiceError::read(response);
    let missing = error.status == 404;
    let error = error.into_error();
    if missing { error.hint("Azure keeps operations for a limited time: read the resource itself") } else { error }
}
