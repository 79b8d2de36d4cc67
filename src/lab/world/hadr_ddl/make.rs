//! New groups and replicas with the server's defaults (facts: sql-server-hadr a, "Configuration").

use crate::lab::world::hadr::Group;
use crate::lab::world::hadr::Replica;
use crate::lab::world::hadr::Role;
use crate::lab::world::instance::InstanceState;
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// First id of a group as a securable.
const FIRST_METADATA_ID: i32 = 65_536;

/// A group without replicas.
pub fn new_group(state: &InstanceState, name: &str) -> Group {
    let metadata_id =
        state.hadr.groups.values().map(|g| g.metadata_id + 1).max().unwrap_or(FIRST_METADATA_ID).max(FIRST_METADATA_ID);
    Group {
        name: name.to_owned(),
        group_id: crate::base::random::uuid(),
        distributed: false,
        basic: false,
        contained: false,
        cluster_type: 0,
        required_sync: 0,
        automated_backup_preference: 2,
        failure_condition_level: 3,
        health_check_timeout_ms: 30_000,
        db_failover: false,
        dtc_support: false,
        role: Role::Primary,
        replicas: Vec::new(),
        databases: Vec::new(),
        create_any_database: false,
        progress: Vec::new(),
        database_ids: BTreeMap::new(),
        sequence_number: 4_294_967_296,
        failover: None,
        generation: 0,
        synchronous: false,
        primary: None,
        suspended: BTreeMap::new(),
        metadata_id,
    }
}

/// A replica with every option at its default.
pub fn new_replica(name: &str, url: &str, now: OffsetDateTime) -> Replica {
    Replica {
        replica_id: crate::base::random::uuid(),
        name: name.to_owned(),
        endpoint_url: url.to_owned(),
        availability_mode: 0,
        failover_mode: 1,
        seeding_mode: 0,
        session_timeout_s: 10,
        backup_priority: 50,
        primary_allow: 2,
        secondary_allow: 0,
        read_only_routing_url: None,
        read_write_routing_url: None,
        create_date: now,
        modify_date: now,
        role: Role::Secondary,
        connected: false,
        last_connect_error: None,
    }
}
