//! Which view is whose.

use super::catalog;
use super::databases;
use super::row::Row;
use super::seeding;
use super::states;
use super::transport;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceState;
use std::sync::Arc;

/// Rows of a view of the availability layer, by column name; `None`: not one of its views. A column that a row lacks is
/// NULL. `view` is the name without schema.
pub fn provide(instance: &Arc<Instance>, state: &InstanceState, view: &str) -> Option<Vec<Row>> {
    let config = &instance.config;
    let rows = match view.to_ascii_lowercase().as_str() {
        "availability_groups" => catalog::groups(state),
        "availability_groups_cluster" => catalog::groups(state),
        "availability_replicas" => catalog::replicas(state, config),
        "availability_databases_cluster" => catalog::databases(state),
        "availability_group_listeners"
        | "availability_group_listener_ip_addresses"
        | "availability_read_only_routing_lists"
        | "dm_hadr_auto_page_repair"
        | "dm_hadr_cluster_networks"
        | "dm_hadr_internal_availability_groups"
        | "dm_hadr_internal_availability_replicas" => Vec::new(),
        "dm_hadr_availability_group_states" => states::groups(state, config),
        "dm_hadr_availability_replica_states" => states::replicas(state, config),
        "dm_hadr_availability_replica_cluster_states" => states::cluster_replicas(state, config),
        "dm_hadr_availability_replica_cluster_nodes" => states::cluster_nodes(state, config),
        "dm_hadr_cached_replica_states" => states::cached_replicas(state, config),
        "dm_hadr_database_replica_states" => databases::replica_states(state, config),
        "dm_hadr_database_replica_cluster_states" => databases::cluster_states(state, config),
        "dm_hadr_cached_database_replica_states" => databases::cached(state, config),
        "dm_hadr_automatic_seeding" => seeding::automatic(state),
        "dm_hadr_physical_seeding_stats" => seeding::physical(state),
        "dm_hadr_cluster" => states::cluster(state),
        "dm_hadr_cluster_members" => states::cluster_members(state, config),
        "dm_hadr_instance_node_map" => states::node_map(state, config),
        "dm_hadr_name_id_map" => states::name_map(state),
        "dm_hadr_ag_threads" => states::ag_threads(state),
        "dm_hadr_db_threads" => databases::threads(state),
        "endpoints" => transport::endpoints(state, config),
        "tcp_endpoints" => transport::tcp_endpoints(state, config),
        "database_mirroring_endpoints" => transport::mirroring_endpoints(state, config),
        "dm_db_mirroring_connections" => transport::connections(state, instance),
        "dm_tcp_listener_states" => transport::listeners(state),
        _ => return None,
    };
    Some(rows)
}
