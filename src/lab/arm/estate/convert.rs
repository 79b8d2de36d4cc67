//! Between the engine's words and ARM's.

use crate::lab::arm::error::ArmError;
use crate::lab::arm::provider;
use crate::lab::arm::view::CertificateValidity;
use crate::lab::arm::view::DatabaseProperties;
use crate::lab::arm::view::DatabaseView;
use crate::lab::arm::view::LinkDatabase;
use crate::lab::arm::view::LinkProperties;
use crate::lab::arm::view::LinkView;
use crate::lab::mirror::managed;
use crate::lab::world::database::Database;
use crate::lab::world::database::DatabaseState;
use crate::lab::world::hadr::Role;
use hyper::http::StatusCode;

/// A refusal of the availability layer. Status 0 (it failed later) shows as 400 where a status is asked for.
pub(super) fn error(error: managed::LinkError) -> ArmError {
    let status = StatusCode::from_u16(error.status).ok().filter(|s| s.as_u16() >= 400);
    ArmError::new(status.unwrap_or(StatusCode::BAD_REQUEST), &error.code, error.message)
}

fn role(role: Role) -> Option<String> {
    match role {
        Role::Primary => Some("Primary".to_owned()),
        Role::Secondary => Some("Secondary".to_owned()),
        Role::Resolving => None,
    }
}

pub(super) fn spec(spec: &provider::LinkSpec) -> managed::LinkSpec {
    let failover_mode = match spec.two_way {
        Some(true) => "Manual",
        Some(false) => "None",
        None => "",
    };
    managed::LinkSpec {
        name: spec.name.clone(),
        databases: spec.databases.clone(),
        partner_endpoint: spec.partner_endpoint.clone(),
        partner_availability_group: spec.partner_ag.clone(),
        instance_availability_group: spec.instance_ag.clone(),
        instance_link_role: spec.instance_role.as_str().to_owned(),
        failover_mode: failover_mode.to_owned(),
        seeding_mode: if spec.automatic_seeding { "Automatic" } else { "Manual" }.to_owned(),
    }
}

pub(super) fn link(view: managed::LinkView) -> LinkView {
    let properties = LinkProperties {
        distributed_availability_group_name: view.name.clone(),
        distributed_availability_group_id: view.distributed_availability_group_id.to_string(),
        replication_mode: view.replication_mode,
        partner_link_role: role(view.partner_link_role),
        partner_availability_group_name: view.partner_availability_group_name,
        partner_endpoint: view.partner_endpoint,
        instance_link_role: role(view.instance_link_role),
        instance_availability_group_name: view.instance_availability_group_name,
        failover_mode: view.failover_mode,
        seeding_mode: view.seeding_mode,
        link_mode: Some("SingleDatabase".to_owned()),
        databases: view.databases.into_iter().map(link_database).collect(),
    };
    LinkView { name: view.name, properties }
}

fn link_database(view: managed::LinkDatabaseView) -> LinkDatabase {
    LinkDatabase {
        database_name: view.database_name,
        instance_replica_id: view.instance_replica_id.map(|id| id.to_string()),
        partner_replica_id: view.partner_replica_id.map(|id| id.to_string()),
        replica_state: view.replica_state,
        seeding_progress: view.seeding_progress,
        synchronization_health: view.synchronization_health,
        connected_state: view.connected_state,
        last_received_lsn: view.last_received_lsn,
        last_received_time: view.last_received_time,
        last_sent_lsn: view.last_sent_lsn,
        last_sent_time: view.last_sent_time,
        last_commit_lsn: view.last_commit_lsn,
        last_commit_time: view.last_commit_time,
        last_hardened_lsn: view.last_hardened_lsn,
        last_hardened_time: view.last_hardened_time,
        last_backup_lsn: view.last_backup_lsn,
        last_backup_time: view.last_backup_time,
        most_recent_link_error: view.most_recent_link_error,
        partner_auth_cert_validity: view
            .partner_auth_cert_validity
            .map(|(certificate_name, expiry)| CertificateValidity { certificate_name, expiry_date: Some(expiry) }),
        instance_send_replication_lag_seconds: view.instance_send_replication_lag_seconds,
        instance_redo_replication_lag_seconds: view.instance_redo_replication_lag_seconds,
    }
}

/// A user database as ARM lists it (facts: arm-api 8).
pub(super) fn database(database: &Database) -> DatabaseView {
    let status = match database.state {
        DatabaseState::Online => "Online",
        DatabaseState::Restoring => "Restoring",
        DatabaseState::Recovering => "Updating",
        DatabaseState::Offline => "Offline",
        DatabaseState::RecoveryPending | DatabaseState::Suspect | DatabaseState::Emergency => "Inaccessible",
    };
    let properties = DatabaseProperties {
        status: status.to_owned(),
        collation: database.options.collation.clone(),
        creation_date: Some(database.create_date),
        earliest_restore_point: None,
        default_secondary_location: None,
        is_ledger_on: Some(false),
    };
    DatabaseView { name: database.name.clone(), properties }
}
