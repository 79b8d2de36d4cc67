//! The link's shape of 2021-05-01-preview to 2022-11-01-preview: one database, SQL Server to instance (facts: arm-api 3.3).

use super::link_body::invalid;
use super::link_body::replication_mode;
use crate::lab::arm::body;
use crate::lab::arm::error::ArmResult;
use crate::lab::arm::provider::LinkRole;
use crate::lab::arm::provider::LinkSpec;
use crate::lab::arm::version::ApiVersion;
use crate::lab::arm::view::LinkView;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

pub(super) fn show(link: &LinkView, version: ApiVersion) -> Value {
    let p = &link.properties;
    let mut shown = json!({
        "sourceEndpoint": p.partner_endpoint,
        "primaryAvailabilityGroupName": p.partner_availability_group_name,
        "secondaryAvailabilityGroupName": p.instance_availability_group_name,
        "replicationMode": p.replication_mode,
        "distributedAvailabilityGroupId": p.distributed_availability_group_id,
    });
    if let Some(database) = p.databases.first() {
        shown["targetDatabase"] = json!(database.database_name);
        let optional = [
            ("sourceReplicaId", &database.partner_replica_id),
            ("targetReplicaId", &database.instance_replica_id),
            ("linkState", &database.replica_state),
            ("lastHardenedLsn", &database.last_hardened_lsn),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                shown[name] = json!(value);
            }
        }
    }
    if let Some(role) = p.instance_link_role.as_ref().filter(|_| version.since("2022-05-01")) {
        shown["instanceRole"] = json!(role);
    }
    shown
}

pub(super) fn read(name: &str, sent: &Map<String, Value>) -> ArmResult<LinkSpec> {
    let text = |member: &str, code: &str| -> ArmResult<String> {
        body::text(sent, member)?.map(ToOwned::to_owned).ok_or_else(|| invalid(code))
    };
    Ok(LinkSpec {
        name: name.to_owned(),
        databases: vec![text("targetDatabase", "Databases")?],
        partner_endpoint: text("sourceEndpoint", "PartnerEndpoint")?,
        partner_ag: text("primaryAvailabilityGroupName", "PartnerAvailabilityGroupName")?,
        instance_ag: text("secondaryAvailabilityGroupName", "InstanceAvailabilityGroupName")?,
        instance_role: LinkRole::Secondary,
        two_way: None,
        automatic_seeding: true,
        multi_database: false,
        replication_mode: replication_mode(sent)?,
    })
}
