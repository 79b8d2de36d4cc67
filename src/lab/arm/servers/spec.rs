//! Bodies of failover groups and of geo-secondaries, their shape checked.

use super::change::GroupSpec;
use super::change::SecondarySpec;
use crate::lab::arm::body;
use crate::lab::arm::error::ArmError;
use crate::lab::arm::error::ArmResult;
use crate::lab::geo::Settings;
use serde_json::Map;
use serde_json::Value;

const PREFIX: &str = "FailoverGroupCreateOrUpdateRequest";
/// Grace period at least, minutes (facts: failover-groups 2.2).
const GRACE_MIN: u32 = 60;

pub(super) fn refuse(tail: &str, message: impl Into<String>) -> ArmError {
    ArmError::bad_request(&format!("{PREFIX}{tail}"), message)
}

fn invalid() -> ArmError {
    refuse("Invalid", "The create or update request is not valid.")
}

/// A PUT (`old` is none) or a PATCH onto what stands.
pub(super) fn group(sent: &bytes::Bytes, old: Option<&GroupSpec>) -> ArmResult<GroupSpec> {
    let sent = body::object(sent)?.ok_or_else(invalid)?;
    let empty = Map::new();
    let p = match body::child(&sent, "properties")? {
        Some(p) => p,
        None if old.is_some() => &empty,
        None => return Err(invalid()),
    };
    let (automatic, grace_minutes) = match (body::child(p, "readWriteEndpoint")?, old) {
        (None, Some(old)) => (old.settings.automatic, old.settings.grace_minutes),
        (None, None) => return Err(refuse("InvalidReadWriteEndpoint", "The read-write endpoint is missing.")),
        (Some(endpoint), _) => read_write(endpoint)?,
    };
    let (read_only_failover, target) = match (body::child(p, "readOnlyEndpoint")?, old) {
        (None, old) => (old.is_some_and(|o| o.settings.read_only_failover), None),
        (Some(e), _) => (
            body::choice(e, "failoverPolicy", &["Disabled", "Enabled"], invalid())? == Some(1),
            body::text(e, "targetServer")?.map(str::to_owned),
        ),
    };
    let standby = match body::choice(p, "secondaryType", &["Geo", "Standby"], invalid())? {
        Some(n) => n == 1,
        None => old.is_some_and(|o| o.settings.standby),
    };
    let partner = match (body::list(p, "partnerServers")?, old) {
        (None, Some(old)) => old.partner.clone(),
        (None, None) => return Err(refuse("InvalidPartner", "The partner server is missing.")),
        (Some(partners), _) => {
            let [partner] = partners.as_slice() else {
                return Err(refuse("UnsupportedPartnerCount", "Exactly one partner server is supported."));
            };
            let id = partner.get("id").and_then(Value::as_str);
            id.ok_or_else(|| refuse("InvalidPartner", "The partner server has no id."))?.to_owned()
        }
    };
    if let Some(target) = target
        && !target.eq_ignore_ascii_case(&partner)
    {
        return Err(refuse("InvalidReadOnlyEndpointTargetServer", "The target server is no partner of the group."));
    }
    let databases = match (body::list(p, "databases")?, old) {
        (None, old) => old.map(|o| o.databases.clone()).unwrap_or_default(),
        (Some(all), _) => all
            .iter()
            .map(|v| v.as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| ArmError::invalid_content("'databases' must hold strings"))?,
    };
    Ok(GroupSpec {
        settings: Settings { automatic, grace_minutes, read_only_failover, standby },
        partner,
        databases,
        tags: body::member(&sent, "tags").cloned(),
    })
}

/// Policy and grace (facts: failover-groups 2.2).
fn read_write(endpoint: &Map<String, Value>) -> ArmResult<(bool, Option<u32>)> {
    let bad = refuse("InvalidReadWriteFailoverPolicy", "The failover policy is not valid.");
    let policy = body::choice(endpoint, "failoverPolicy", &["Manual", "Automatic"], bad.clone())?.ok_or(bad)?;
    let grace = body::number(endpoint, "failoverWithDataLossGracePeriodMinutes")?;
    match (policy, grace) {
        (0, None) => Ok((false, None)),
        (0, Some(_)) => Err(refuse(
            "InvalidReadWriteEndpointFieldsForManualPolicy",
            "A grace period cannot be given with a manual failover policy.",
        )),
        (_, None) => {
            Err(refuse("InvalidReadWriteEndpointFields", "A grace period is required with an automatic policy."))
        }
        (_, Some(minutes)) if minutes < GRACE_MIN => {
            Err(refuse("LessThanMinimumGracePeriodValues", "The grace period is below the minimum of one hour."))
        }
        (_, Some(minutes)) => Ok((true, Some(minutes))),
    }
}

/// A database made as the geo-secondary of another; the lab makes no others.
pub(super) fn secondary(sent: &bytes::Bytes) -> ArmResult<SecondarySpec> {
    let sent = body::object(sent)?.ok_or_else(|| ArmError::invalid_content("the body is empty"))?;
    let p = body::child(&sent, "properties")?.ok_or_else(|| ArmError::invalid_parameter("properties"))?;
    let mode = body::text(p, "createMode")?.unwrap_or("Default");
    if !mode.eq_ignore_ascii_case("Secondary") {
        return Err(ArmError::new(
            hyper::http::StatusCode::NOT_IMPLEMENTED,
            "NotImplemented",
            format!("The lab does not offer this: a database with createMode '{mode}'."),
        ));
    }
    let source = body::text(p, "sourceDatabaseId")?.ok_or_else(|| ArmError::invalid_parameter("sourceDatabaseId"))?;
    let zone_redundant = match body::member(p, "zoneRedundant") {
        None => None,
        Some(v) => Some(v.as_bool().ok_or_else(|| ArmError::invalid_parameter("zoneRedundant"))?),
    };
    Ok(SecondarySpec {
        source: source.to_owned(),
        zone_redundant,
        pool: body::text(p, "elasticPoolId")?.map(str::to_owned),
    })
}
