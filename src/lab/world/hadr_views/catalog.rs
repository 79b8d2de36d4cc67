//! Catalogue views of groups, replicas and databases.

use super::row::Builder;
use super::row::Row;
use super::row::datetime;
use crate::lab::tsql::value::Value;
use crate::lab::world::hadr::Group;
use crate::lab::world::instance::InstanceConfig;
use crate::lab::world::instance::InstanceState;

const BACKUP: [(u8, &str); 4] = [(0, "primary"), (1, "secondary_only"), (2, "secondary"), (3, "none")];
const CLUSTER: [(u8, &str); 3] = [(0, "wsfc"), (1, "external"), (2, "none")];
const AVAILABILITY: [(u8, &str); 3] =
    [(0, "ASYNCHRONOUS_COMMIT"), (1, "SYNCHRONOUS_COMMIT"), (4, "CONFIGURATION_ONLY")];
const FAILOVER: [(u8, &str); 3] = [(0, "AUTOMATIC"), (1, "MANUAL"), (2, "EXTERNAL")];
const SEEDING: [(u8, &str); 2] = [(0, "AUTOMATIC"), (1, "MANUAL")];
const PRIMARY_ALLOW: [(u8, &str); 2] = [(2, "ALL"), (3, "READ_WRITE")];
const SECONDARY_ALLOW: [(u8, &str); 3] = [(0, "NO"), (1, "READ_ONLY"), (2, "ALL")];

/// Version of the group's metadata.
const METADATA_VERSION: i16 = 1;

pub(super) fn groups(state: &InstanceState) -> Vec<Row> {
    state.hadr.groups.values().map(group).collect()
}

fn group(g: &Group) -> Row {
    let own = (!g.distributed).then_some(());
    let id = g.group_id.to_string();
    Builder::default()
        .put("group_id", g.group_id)
        .put("name", g.name.as_str())
        .put("resource_id", own.map(|()| id.clone()))
        .put("resource_group_id", own.map(|()| id.clone()))
        .put("failure_condition_level", own.map(|()| g.failure_condition_level))
        .put("health_check_timeout", own.map(|()| g.health_check_timeout_ms))
        .code(
            ("automated_backup_preference", "automated_backup_preference_desc"),
            own.map(|()| g.automated_backup_preference),
            &BACKUP,
        )
        .put("version", Value::SmallInt(METADATA_VERSION))
        .put("basic_features", g.basic)
        .put("dtc_support", g.dtc_support)
        .put("db_failover", g.db_failover)
        .put("is_distributed", g.distributed)
        .code(("cluster_type", "cluster_type_desc"), Some(g.cluster_type), &CLUSTER)
        .put("required_synchronized_secondaries_to_commit", g.required_sync)
        .put("sequence_number", g.sequence_number)
        .put("is_contained", g.contained)
        .build()
}

pub(super) fn replicas(state: &InstanceState, config: &InstanceConfig) -> Vec<Row> {
    let mut rows = Vec::new();
    for g in state.hadr.groups.values() {
        for r in &g.replicas {
            let local = !g.distributed && r.name.eq_ignore_ascii_case(&config.server_name);
            let row = Builder::default()
                .put("replica_id", r.replica_id)
                .put("group_id", g.group_id)
                .put("replica_metadata_id", local.then_some(g.metadata_id))
                .put("replica_server_name", r.name.as_str())
                .put("owner_sid", if local { Value::bytes([1]) } else { Value::Null })
                .put("endpoint_url", r.endpoint_url.as_str())
                .code(("availability_mode", "availability_mode_desc"), Some(r.availability_mode), &AVAILABILITY)
                .code(("failover_mode", "failover_mode_desc"), Some(r.failover_mode), &FAILOVER)
                .put("session_timeout", r.session_timeout_s)
                .code(
                    ("primary_role_allow_connections", "primary_role_allow_connections_desc"),
                    Some(r.primary_allow),
                    &PRIMARY_ALLOW,
                )
                .code(
                    ("secondary_role_allow_connections", "secondary_role_allow_connections_desc"),
                    Some(r.secondary_allow),
                    &SECONDARY_ALLOW,
                )
                .put("create_date", if local { datetime(r.create_date) } else { Value::Null })
                .put("modify_date", if local { datetime(r.modify_date) } else { Value::Null })
                .put("backup_priority", r.backup_priority)
                .put("read_only_routing_url", r.read_only_routing_url.clone())
                .code(("seeding_mode", "seeding_mode_desc"), Some(r.seeding_mode), &SEEDING)
                .put("read_write_routing_url", r.read_write_routing_url.clone());
            rows.push(row.build());
        }
    }
    rows
}

pub(super) fn databases(state: &InstanceState) -> Vec<Row> {
    let mut rows = Vec::new();
    for g in state.hadr.groups.values().filter(|g| !g.distributed) {
        for db in &g.databases {
            let truncation = state.database(db).map(|d| super::row::block(d.log_start()));
            let row = Builder::default()
                .put("group_id", g.group_id)
                .put("group_database_id", g.database_ids.get(&db.to_lowercase()).copied().unwrap_or_default())
                .put("database_name", db.as_str())
                .put("truncation_lsn", truncation);
            rows.push(row.build());
        }
    }
    rows
}
