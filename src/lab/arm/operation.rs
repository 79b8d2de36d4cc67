//! Long-running operations: started by a change, polled by address (facts: arm-api 1.2).

use super::error::ArmError;
use super::error::ArmResult;
use super::ids::Mint;
use super::view::stamp;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use time::OffsetDateTime;

/// Operations remembered at most; finished ones go first, oldest first.
const REMEMBERED_MAX: usize = 20_000;
/// A signed address is about this long (facts: arm-api 1.2).
const ADDRESS_LENGTH: usize = 2_800;

/// First part of the operation's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Link,
    TrustCertificate,
    Instance,
    FailoverGroup,
    /// Of logical servers.
    ServerGroup,
    Database,
    ReplicationLink,
}
impl Kind {
    /// Note the irregular singular and plural.
    fn as_str(self) -> &'static str {
        match self {
            Self::Link => "distributedAvailabilityGroups",
            Self::TrustCertificate => "serverTrustCertificates",
            Self::Instance => "managedInstance",
            Self::FailoverGroup => "instanceFailoverGroup",
            Self::ServerGroup => "failoverGroup",
            Self::Database => "database",
            Self::ReplicationLink => "replicationLinks",
        }
    }
}

/// What the `Location` address answers in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Link {
        instance: String,
        name: String,
    },
    TrustCertificate {
        instance: String,
        name: String,
    },
    Instance {
        instance: String,
    },
    FailoverGroup(super::provider::GroupAddress),
    /// Below a logical server.
    Server(super::servers::ServerTarget),
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    InProgress,
    Succeeded,
    Failed(ArmError),
}

#[derive(Debug, Clone)]
pub struct Operation {
    pub id: String,
    pub kind: Kind,
    /// `DistributedAvailabilityGroupsLinkCreate` …
    pub name: &'static str,
    pub start: OffsetDateTime,
    pub end: Option<OffsetDateTime>,
    pub state: State,
    pub outcome: Outcome,
    order: u64,
}

impl Operation {
    /// Body of the 202: not the resource.
    pub fn started_body(&self) -> Value {
        json!({"operation": self.name, "startTime": stamp(self.start)})
    }
    /// Body of the status address. A failure, too, travels as HTTP 200.
    pub fn status_body(&self) -> Value {
        let mut body = json!({"name": self.id, "startTime": stamp(self.start)});
        body["status"] = match &self.state {
            State::InProgress => "InProgress".into(),
            State::Succeeded => "Succeeded".into(),
            State::Failed(error) if error.code == "OperationCancelled" => "Canceled".into(),
            State::Failed(_) => "Failed".into(),
        };
        if let State::Failed(error) = &self.state {
            body["error"] = error.inner();
        }
        body
    }
}

/// All operations of the emulator.
#[derive(Default)]
pub struct Operations {
    by_id: Mutex<(u64, BTreeMap<String, Operation>)>,
}

impl Operations {
    fn locked(&self) -> MutexGuard<'_, (u64, BTreeMap<String, Operation>)> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn start(
        &self,
        mint: &Mint,
        kind: Kind,
        name: &'static str,
        outcome: Outcome,
        now: OffsetDateTime,
    ) -> Operation {
        let mut all = self.locked();
        all.0 += 1;
        let order = all.0;
        let id = mint.guid().to_string();
        let operation =
            Operation { id: id.clone(), kind, name, start: now, end: None, state: State::InProgress, outcome, order };
        if all.1.len() >= REMEMBERED_MAX {
            let oldest = all.1.values().filter(|o| o.end.is_some()).min_by_key(|o| o.order).map(|o| o.id.clone());
            oldest.and_then(|id| all.1.remove(&id));
        }
        all.1.insert(id, operation.clone());
        operation
    }

    pub fn finish(&self, id: &str, result: ArmResult<()>, now: OffsetDateTime) {
        if let Some(operation) = self.locked().1.get_mut(id) {
            operation.end = Some(now);
            operation.state = match result {
                Ok(()) => State::Succeeded,
                Err(error) => State::Failed(error),
            };
        }
    }

    pub fn get(&self, id: &str) -> ArmResult<Operation> {
        let found = self.locked().1.get(&id.to_ascii_lowercase()).cloned();
        found.ok_or_else(|| ArmError::operation_missing(id))
    }
}

/// Makes and checks the signed addresses of operations.
pub struct Addresses<'a> {
    pub mint: &'a Mint,
    /// `https://host:port`
    pub base: &'a str,
    pub subscription: &'a str,
    pub group: &'a str,
    pub region: &'a str,
}

impl Addresses<'_> {
    pub fn status(&self, operation: &Operation, version: &str) -> String {
        self.address(operation, "AzureAsyncOperation", version)
    }
    pub fn result(&self, operation: &Operation, version: &str) -> String {
        self.address(operation, "OperationResults", version)
    }
    fn address(&self, operation: &Operation, suffix: &str, version: &str) -> String {
        let path = format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Sql/locations/{}/{}{suffix}/{}",
            self.subscription,
            self.group,
            self.region,
            operation.kind.as_str(),
            operation.id
        );
        // Ticks of 100 ns since year 1, as the service writes them.
        let ticks = (operation.start.unix_timestamp_nanos() / 100) + 621_355_968_000_000_000;
        let head = format!("{}{path}?api-version={version}&t={ticks}", self.base);
        let certificate = self.mint.filler(&operation.id, ADDRESS_LENGTH.saturating_sub(head.len() + 100).max(64));
        let signed = format!("{path}?api-version={version}&t={ticks}&c={certificate}");
        let signature = self.mint.sign(&signed);
        format!("{head}&c={certificate}&s={signature}&h={}", self.mint.sign(&signature))
    }
}

/// True if path and query are, byte for byte, what was handed out.
pub fn signature_holds(mint: &Mint, path: &str, query: &str) -> bool {
    let Some((signed, rest)) = query.rsplit_once("&s=") else { return false };
    let Some((signature, check)) = rest.split_once("&h=") else { return false };
    mint.sign(&format!("{path}?{signed}")) == signature && mint.sign(signature) == check
}
