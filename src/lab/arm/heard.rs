//! What reached the service and would change something: the emulator's own record, for whoever judges a client by it.

use super::operation::State;
use super::server::ArmServer;
use hyper::http::Method;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

/// Requests remembered at most, the oldest.
const KEPT_MAX: usize = 10_000;

/// One request that a fault did not keep from the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    pub method: String,
    pub path: String,
    pub status: u16,
    /// Why it was refused.
    pub code: Option<String>,
    /// The operation that it began.
    operation: Option<String>,
}

#[derive(Default)]
pub(super) struct Ear(Mutex<Vec<Heard>>);

impl Ear {
    fn kept(&self) -> MutexGuard<'_, Vec<Heard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub(super) fn note(&self, method: &Method, path: &str, reply: &super::server::Reply) {
        let mut kept = self.kept();
        if *method == Method::GET || kept.len() >= KEPT_MAX {
            return;
        }
        let poll = reply.headers.iter().find(|(name, _)| *name == "azure-asyncoperation").map(|(_, v)| v.as_str());
        let operation = poll.and_then(|v| v.split('?').next()?.rsplit('/').next()).map(str::to_owned);
        let code = reply.body.as_ref().and_then(|b| b["error"]["code"].as_str()).map(str::to_owned);
        kept.push(Heard {
            method: method.to_string(),
            path: path.to_owned(),
            status: reply.status.as_u16(),
            code,
            operation,
        });
    }
}

impl ArmServer {
    /// Every request to change something that reached the service, in order.
    pub fn heard(&self) -> Vec<Heard> {
        self.ear.kept().clone()
    }
    /// The operation that the request began has ended in failure.
    pub fn has_failed(&self, heard: &Heard) -> bool {
        let found = heard.operation.as_ref().and_then(|id| self.operations.get(id).ok());
        found.is_some_and(|o| matches!(o.state, State::Failed(_)))
    }
}
