//! What ARM answers when it refuses: a status, a code, a sentence.

use hyper::http::StatusCode;
use serde_json::Value;
use serde_json::json;

/// Short form used all over the ARM emulator.
pub type ArmResult<T> = Result<T, ArmError>;

/// An error of Azure Resource Manager or of Microsoft.Sql (facts: arm-api 1.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArmError {
    pub status: StatusCode,
    pub code: String,
    pub message: String,
    /// Made by ARM's front door, not by the provider: told by `x-ms-failure-cause: gateway`.
    pub gateway: bool,
    /// Seconds, for 429 and 503.
    pub retry_after_s: Option<u32>,
    /// `WWW-Authenticate`, for 401.
    pub challenge: Option<String>,
}

impl ArmError {
    pub fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            gateway: false,
            retry_after_s: None,
            challenge: None,
        }
    }
    pub fn bad_request(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }
    pub fn not_found(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }
    pub fn conflict(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }
    /// The same, as the front door says it.
    #[must_use]
    pub fn from_gateway(mut self) -> Self {
        self.gateway = true;
        self
    }

    /// The parent instance does not exist (front door; facts: arm-api 1.3).
    pub fn parent_missing(kind: &str, name: &str, group: &str) -> Self {
        Self::not_found(
            "ResourceNotFound",
            format!(
                "The Resource '{kind}/{name}' under resource group '{group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
            ),
        )
        .from_gateway()
    }
    /// The child of an existing instance does not exist (provider; facts: arm-api 1.3).
    pub fn child_missing(kind: &str, name: &str) -> Self {
        Self::not_found(
            "ResourceNotFound",
            format!("The requested resource of type '{kind}' with name '{name}' was not found."),
        )
    }
    pub fn group_missing(group: &str) -> Self {
        Self::not_found("ResourceGroupNotFound", format!("Resource group '{group}' could not be found.")).from_gateway()
    }
    pub fn subscription_missing(id: &str) -> Self {
        Self::not_found("SubscriptionNotFound", format!("The subscription '{id}' could not be found.")).from_gateway()
    }
    /// An operation URL whose operation nobody knows, or a change of a link that is not there.
    pub fn operation_missing(id: impl std::fmt::Display) -> Self {
        Self::not_found("OperationIdNotFound", format!("The operation with Id: '{id}' does not exist."))
    }
    pub fn invalid_content(why: impl std::fmt::Display) -> Self {
        Self::bad_request(
            "InvalidRequestContent",
            format!("The request content was invalid and could not be deserialized: '{why}'."),
        )
        .from_gateway()
    }
    pub fn invalid_parameter(name: &str) -> Self {
        Self::bad_request("InvalidParameterValue", format!("Invalid value for parameter {name}."))
    }

    /// `{"code":…,"message":…}`: the only members ever seen from Microsoft.Sql.
    pub fn inner(&self) -> Value {
        json!({"code": self.code, "message": self.message})
    }
    /// The body of an error answer.
    pub fn body(&self) -> Value {
        json!({"error": self.inner()})
    }
}

impl std::fmt::Display for ArmError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.status.as_u16(), self.code, self.message)
    }
}
impl std::error::Error for ArmError {}
