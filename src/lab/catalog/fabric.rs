//! Service Fabric below a managed instance, as far as the vendor's network test asks (facts: mi-link 13.1; the views have no
//! reference page).

use super::scan::Ctx;
use super::scan::ViewRow;
use super::scan::row;
use crate::lab::net::Node;
use crate::lab::net::REDIRECT;
use uuid::Uuid;

/// Role of the primary replica.
const PRIMARY: i32 = 2;
/// Partition that the instance lives in.
const PARTITION: Uuid = Uuid::from_u128(0x5a1d_0c3e_77b4_4f0e_9a52_0d6c_1f3b_8e21);

pub(super) fn provide(c: &Ctx<'_>, view: &str) -> Option<Vec<ViewRow>> {
    let own = view.strip_prefix("sys.dm_hadr_fabric_")?;
    if !["config_parameters", "partitions", "replicas", "nodes"].contains(&own) {
        return None;
    }
    let Some(node) = Node::of(&c.config.host) else { return Some(Vec::new()) };
    // The application that the instance is, to the fabric.
    let application = format!("app-{}", c.config.id);
    Some(match own {
        "config_parameters" => {
            let pair = |section: &str, name: &str, value: String| {
                row! { "section_name" => section, "parameter_name" => name, "value" => value }
            };
            vec![
                pair("SQL", "InstanceName", application),
                pair("SQL", "HadrPort", REDIRECT.to_string()),
                pair("SQL", "DnsRecordName", c.config.host.clone()),
                pair("Cluster", "ClusterName", node.cluster),
            ]
        }
        "partitions" => vec![row! {
            "service_name" => format!("fabric:/Worker.ISO/SQL.ManagedServer/{application}"), "partition_id" => PARTITION,
        }],
        "replicas" => vec![row! {
            "partition_id" => PARTITION, "node_name" => node.name.as_str(),
            "replica_address" => format!("{}\\{application}", node.name), "replica_role" => PRIMARY,
        }],
        _ => vec![row! { "node_name" => node.name.as_str() }],
    })
}
