//! An entry of the activity log (facts: failover-groups 2.6).

use super::fields;
use serde::Deserialize;
use serde::Serialize;
use time::OffsetDateTime;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ActivityEvent {
    /// Who began it; absent or `-`: nobody of the customer's.
    pub caller: Option<String>,
    #[serde(deserialize_with = "fields::time", serialize_with = "time::serde::rfc3339::option::serialize")]
    pub event_timestamp: Option<OffsetDateTime>,
    pub operation_name: OperationName,
    pub resource_id: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OperationName {
    /// `Microsoft.Sql/…/action`
    pub value: Option<String>,
    /// For people.
    pub localized_value: Option<String>,
}
