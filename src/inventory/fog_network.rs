//! The networks of two members of a group, as far as a path between them is concerned.

use super::network;
use crate::arm::Arm;
use crate::arm::InstanceRef;
use crate::arm::change::API_VERSION_NETWORK;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::model::network::MemberNetwork;

/// Reads all of it, or says what could not be read: half a picture would plan too much.
pub async fn read(arm: &Arm, instance: &InstanceRef) -> Result<MemberNetwork> {
    let found = arm.instance(instance).await?;
    let unread = |what: String| Error::new(Kind::Unreachable, what).hint("Reader on the resource group of the network");
    let subnet =
        found.properties.subnet_id.ok_or_else(|| unread(format!("Azure does not say where {instance} stands")))?;
    let (network_id, name) =
        subnet.rsplit_once("/subnets/").ok_or_else(|| unread(format!("`{subnet}` is no id of a subnet")))?;
    let facts = network::read(arm, Some(&subnet)).await;
    let facts = facts.get().map_err(|why| unread(why.0))?.clone();
    let whole = arm.resource(network_id, API_VERSION_NETWORK).await?;
    let whole = whole.ok_or_else(|| unread(format!("virtual network {network_id} is not there")))?;
    let list = |name: &str| whole["properties"][name].as_array().cloned().unwrap_or_default();
    let own = list("subnets").into_iter().find(|s| s["name"].as_str().is_some_and(|n| n.eq_ignore_ascii_case(name)));
    let own = own.ok_or_else(|| unread(format!("{network_id} shows no subnet {name}")))?;
    let id = |name: &str| own["properties"][name]["id"].as_str().map(ToOwned::to_owned);
    Ok(MemberNetwork {
        network: network_id.to_owned(),
        group: id("networkSecurityGroup"),
        table: id("routeTable"),
        facts,
        network_properties: whole["properties"].clone(),
        subnet_properties: own["properties"].clone(),
        peerings: list("virtualNetworkPeerings"),
        subnet: subnet.clone(),
    })
}
