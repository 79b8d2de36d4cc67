//! A refusal of the service: code, message, ids, and what to do.

use super::transport::Response;
use crate::base::error::Error;
use crate::base::error::Kind;
use serde::Deserialize;
use std::fmt::Write;

/// What the body of an error says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceError {
    pub status: u16,
    /// Empty when the body is not the service's.
    pub code: String,
    pub message: String,
    pub request_id: Option<String>,
    pub correlation_id: Option<String>,
    /// The front door made it, not the SQL provider.
    pub from_gateway: bool,
}

#[derive(Deserialize)]
struct Body {
    error: Option<Detail>,
}

/// `{code, message}`, as it also stands in an operation's answer.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Detail {
    #[serde(default)]
    pub code: String,
    #[serde(default)]
    pub message: String,
}

impl ServiceError {
    pub fn read(response: &Response) -> Self {
        let detail = serde_json::from_slice::<Body>(&response.body).ok().and_then(|b| b.error);
        let (code, message) = match detail {
            Some(detail) => (detail.code, detail.message),
            // A proxy's page: its beginning is all that can be shown.
            None => (String::new(), String::from_utf8_lossy(&response.body).chars().take(200).collect()),
        };
        Self {
            status: response.status,
            code,
            message,
            request_id: response.header("x-ms-request-id").map(str::to_owned),
            correlation_id: response.header("x-ms-correlation-request-id").map(str::to_owned),
            from_gateway: response.header("x-ms-failure-cause").is_some_and(|v| v.eq_ignore_ascii_case("gateway")),
        }
    }

    /// The resource itself is missing, not its parent (facts: arm-api 1.3).
    pub fn is_missing_child(&self) -> bool {
        self.status == 404 && self.code.eq_ignore_ascii_case("ResourceNotFound") && !self.from_gateway
    }

    /// The api-version is not known here.
    pub fn is_unknown_version(&self) -> bool {
        self.status == 400
            && ["NoRegisteredProviderFound", "InvalidApiVersionParameter", "InvalidResourceType"]
                .iter()
                .any(|code| self.code.eq_ignore_ascii_case(code))
    }

    /// As the product's error.
    pub fn into_error(self) -> Error {
        let kind = match self.status {
            401 | 403 => Kind::Denied,
            404 => Kind::NotFound,
            _ => Kind::Server,
        };
        let mut message = if self.code.is_empty() {
            format!("Azure answered {}", self.status)
        } else {
            format!("Azure refused with `{}`", self.code)
        };
        let text = self.message.trim().trim_end_matches('.');
        if !text.is_empty() {
            message.push_str(": ");
            message.push_str(text);
        }
        if let Some(id) = &self.request_id {
            let _ = write!(message, " (request {id}");
            if let Some(correlation) = self.correlation_id.as_ref().filter(|c| *c != id) {
                let _ = write!(message, ", correlation {correlation}");
            }
            message.push(')');
        }
        let error = Error::new(kind, message);
        let error = if self.code.is_empty() { error } else { error.code(&self.code) };
        match hint(&self.code, self.status) {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

/// The next step for a code. Prefixes and spellings vary, so the common parts are matched (facts: mi-link 8.3).
pub fn hint(code: &str, status: u16) -> Option<&'static str> {
    let has = |part: &str| code.to_ascii_lowercase().contains(&part.to_ascii_lowercase());
    Some(match code {
        "AuthorizationFailed" => {
            "the role `SQL Managed Instance Contributor` on the instance covers every step of a link"
        }
        "ExpiredAuthenticationToken" | "InvalidAuthenticationToken" | "AuthenticationFailed" => {
            "sign in again (`az login`), or renew the token"
        }
        "ResourceNotFound" => "check the name, the resource group and the subscription",
        "ResourceGroupNotFound" | "SubscriptionNotFound" => "check `[azure]` in the estate file",
        "ScopeLocked" => "a resource lock forbids it: remove the lock for the window",
        "OperationCanNotStartDueToMiLink" => "a link is being created on the instance: wait, or delete that link",
        "ManagedInstanceLinkConnectivityIsNotEstablished" => {
            "the instance and the SQL Server do not reach each other: check ports 5022 and 11000-11999 both ways"
        }
        "ManagedInstanceLinkTdeCertificateMissing" | "CannotFindServerCertificateWithThumbprint" => {
            "upload the TDE certificate to the instance first"
        }
        "ManagedDatabaseNameInUse" | "RemoteDatabaseExists" => {
            "a database of this name is on the instance: drop it first"
        }
        "DatabaseNumberLimitReached" => "the instance holds as many databases as its tier allows",
        "NoMoreSpaceInManagedInstance" => "raise the storage of the instance",
        "ManagedInstanceRestoreToInstanceWithOlderVersionEdition" => {
            "the database's format is newer than the instance's update policy"
        }
        "ManagedInstanceHasHybridLink" => "a link and a failover group exclude each other: delete the link first",
        _ if has("FailoverInstanceRole") || has("FailoverInvalidInstanceRole") => {
            "a planned failover starts on the current primary: run it on the SQL Server"
        }
        _ if has("CertificateNotFoundOnManagedInstance") => {
            "upload the SQL Server endpoint certificate to the instance"
        }
        _ if has("CertificateNotFoundOnSqlServer") => {
            "import the instance's certificate on the SQL Server under its full domain name"
        }
        _ if has("LogSendQueueSizeTooBig") || has("RedoQueueSizeTooBig") || has("SecondariesNotSynchronizing") => {
            "the secondary is too far behind: let it catch up, then try again"
        }
        _ if has("TooManyRequests") || status == 429 => "Azure throttles: wait, then try again",
        _ if has("Busy") || has("InProgress") || has("ConflictingSubscriptionOperation") => {
            "another operation runs on the instance: wait for its end"
        }
        _ => return None,
    })
}
