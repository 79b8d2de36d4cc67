//! Reading the bodies of link requests, with the refusals of each member (facts: arm-api 3.1, 3.4).

use super::link_old;
use crate::lab::arm::body;
use crate::lab::arm::error::ArmError;
use crate::lab::arm::error::ArmResult;
use crate::lab::arm::provider::LinkRole;
use crate::lab::arm::provider::LinkSpec;
use crate::lab::arm::provider::ReplicationMode;
use crate::lab::arm::version::ApiVersion;
use bytes::Bytes;
use serde_json::Map;
use serde_json::Value;

const PREFIX: &str = "InvalidDistributedAvailabilityGroupsCreateOrUpdateRequest";

/// 400 with the common prefix and the member's name behind it.
pub(super) fn invalid(member: &str) -> ArmError {
    ArmError::bad_request(
        &format!("{PREFIX}{member}"),
        format!(
            "Create or update request for the link is not valid: {}.",
            if member.is_empty() { "empty body" } else { member }
        ),
    )
}

/// The properties of a PUT, checked.
pub(super) fn spec(name: &str, sent: &Bytes, version: ApiVersion) -> ArmResult<LinkSpec> {
    let sent = body::object(sent)?.ok_or_else(|| invalid(""))?;
    let properties = body::child(&sent, "properties")?.filter(|p| !p.is_empty()).ok_or_else(|| invalid(""))?;
    let spec = if version.old_link() { link_old::read(name, properties)? } else { read(name, properties, version)? };
    check(&spec)?;
    Ok(spec)
}

fn read(name: &str, sent: &Map<String, Value>, version: ApiVersion) -> ArmResult<LinkSpec> {
    let text = |member: &str, code: &str| -> ArmResult<String> {
        body::text(sent, member)?.map(ToOwned::to_owned).ok_or_else(|| invalid(code))
    };
    let choice = |member: &str, words: &[&str], refuse: ArmError| body::choice(sent, member, words, refuse);
    let seeding = choice("seedingMode", &["Automatic", "Manual"], invalid("SeedingMode"))?;
    let role = choice("instanceLinkRole", &["Secondary", "Primary"], ArmError::invalid_parameter("InstanceLinkRole"))?;
    let failover = choice("failoverMode", &["None", "Manual"], ArmError::invalid_parameter("FailoverMode"))?;
    let mode = if version.multi_database() {
        choice("linkMode", &["SingleDatabase", "MultiDatabase"], ArmError::invalid_parameter("LinkMode"))?
    } else {
        None
    };
    Ok(LinkSpec {
        name: name.to_owned(),
        databases: databases(sent)?.unwrap_or_default(),
        partner_endpoint: text("partnerEndpoint", "PartnerEndpoint")?,
        partner_ag: text("partnerAvailabilityGroupName", "PartnerAvailabilityGroupName")?,
        instance_ag: text("instanceAvailabilityGroupName", "InstanceAvailabilityGroupName")?,
        instance_role: if role == Some(1) { LinkRole::Primary } else { LinkRole::Secondary },
        two_way: failover.map(|at| at == 1),
        automatic_seeding: seeding != Some(1),
        multi_database: mode == Some(1),
        replication_mode: None,
    })
}

fn databases(sent: &Map<String, Value>) -> ArmResult<Option<Vec<String>>> {
    let Some(list) = body::list(sent, "databases")? else { return Ok(None) };
    let name = |entry: &Value| -> ArmResult<String> {
        let map = entry.as_object().ok_or_else(|| ArmError::invalid_content("'databases' must hold objects"))?;
        body::text(map, "databaseName")?
            .filter(|n| !n.is_empty())
            .map(ToOwned::to_owned)
            .ok_or_else(|| invalid("Databases"))
    };
    list.iter().map(name).collect::<ArmResult<Vec<_>>>().map(Some)
}

fn check(spec: &LinkSpec) -> ArmResult<()> {
    if spec.multi_database && !plain_name(&spec.name) {
        return Err(ArmError::bad_request(
            "InvalidMultiDbDistributedAvailabilityGroupName",
            format!("The link name '{}' may hold lower-case letters, digits and inner hyphens only.", spec.name),
        ));
    }
    let length_ok = |name: &str| (1..=128).contains(&name.chars().count());
    if !length_ok(&spec.name) {
        return Err(ArmError::invalid_parameter("DistributedAvailabilityGroupName"));
    }
    if !length_ok(&spec.instance_ag) {
        return Err(invalid("InstanceAvailabilityGroupName"));
    }
    if !length_ok(&spec.partner_ag) {
        return Err(invalid("PartnerAvailabilityGroupName"));
    }
    if spec.instance_ag.eq_ignore_ascii_case(&spec.partner_ag) {
        return Err(ArmError::bad_request(
            "InstanceAvailabilityGroupNamePartnerAvailabilityGroupNameMatch",
            "The availability group names of the instance and of the partner must differ.",
        ));
    }
    if spec.databases.is_empty() || (!spec.multi_database && spec.databases.len() > 1) {
        return Err(invalid("Databases"));
    }
    // The message uses the member's old name (facts: arm-api 3.1, wire).
    endpoint(&spec.partner_endpoint).map(drop).ok_or_else(|| ArmError::invalid_parameter("SourceEndpoint"))
}

/// `^[a-z0-9]+(-[a-z0-9]+)*$`
fn plain_name(name: &str) -> bool {
    let part = |p: &str| !p.is_empty() && p.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    name.split('-').all(part)
}

/// Host and port of `tcp://host:port`.
pub(in crate::lab::arm) fn endpoint(url: &str) -> Option<(&str, u16)> {
    let rest = url.get(..6).filter(|s| s.eq_ignore_ascii_case("tcp://")).and(url.get(6..))?;
    let (host, port) = rest.rsplit_once(':')?;
    let host_ok = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
    let port: u16 = port.parse().ok().filter(|p| *p > 0)?;
    host_ok.then_some((host, port))
}

type Update = (Option<ReplicationMode>, Option<Vec<String>>);

/// The members a PATCH honours (facts: arm-api 3, 3.2).
pub(super) fn update(sent: &Bytes, version: ApiVersion) -> ArmResult<Update> {
    let sent = body::object(sent)?.ok_or_else(|| invalid(""))?;
    let Some(properties) = body::child(&sent, "properties")? else { return Ok((None, None)) };
    let mode = replication_mode(properties)?;
    let databases = if version.multi_database() { databases(properties)? } else { None };
    Ok((mode, databases))
}

pub(super) fn replication_mode(sent: &Map<String, Value>) -> ArmResult<Option<ReplicationMode>> {
    let choice =
        body::choice(sent, "replicationMode", &["Async", "Sync"], ArmError::invalid_parameter("ReplicationMode"))?;
    Ok(choice.map(|at| if at == 0 { ReplicationMode::Async } else { ReplicationMode::Sync }))
}
