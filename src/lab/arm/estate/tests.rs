//! The front over real instances, in memory.

use super::managed::Managed;
use super::provider::Estate;
use crate::lab::arm::error::ArmError;
use crate::lab::arm::network::Networks;
use crate::lab::arm::network::seed::Tenant;
use crate::lab::arm::provider::Change;
use crate::lab::arm::provider::InstancePatch;
use crate::lab::arm::provider::InstanceSpec;
use crate::lab::arm::provider::LinkRole;
use crate::lab::arm::provider::LinkSpec;
use crate::lab::arm::provider::Provider;
use crate::lab::arm::servers::Servers;
use crate::lab::geo::Hub;
use crate::lab::net::Network;
use crate::lab::scenario;
use crate::lab::world::clock::LabClock;
use crate::lab::world::instance::Instance;
use std::sync::Arc;
use time::macros::datetime;
use tokio_util::sync::CancellationToken;

async fn estate() -> Estate {
    let mut lab = scenario::load("migrate-2019", &scenario::Options::default()).unwrap();
    scenario::secrets::fill(&mut lab, &mut scenario::secrets::random);
    let clock = LabClock::starting_at(datetime!(2026-03-01 10:00 UTC));
    let (config, state) = scenario::build::instances(&lab, clock.now()).unwrap().remove(1);
    let instance = Instance::new(config, state, Network::in_memory(), clock);
    let hub = Hub::start(vec![instance.clone()], &CancellationToken::new()).await.unwrap();
    let managed = vec![Managed::new(instance, &lab.managed_instances[0])];
    let servers = Servers { azure: lab.azure.clone(), hub: hub.clone(), hosts: Vec::new() };
    Estate { azure: lab.azure, managed, hub, servers, networks: Arc::new(Networks::default()), roots: Vec::new() }
}

fn patch(format: &str) -> Change {
    Change::UpdateInstance(InstancePatch { database_format: Some(format.to_owned()), ..InstancePatch::default() })
}

#[tokio::test(start_paused = true)]
async fn an_instance_shows_its_scenario() {
    let estate = estate().await;
    let view = estate.instance("MI-A").unwrap();
    assert_eq!(view.properties.fully_qualified_domain_name, "mi-a.a1b2c3d4e5f6.database.windows.net");
    assert_eq!((view.sku.name.as_str(), view.sku.family.as_deref()), ("GP_Gen5", Some("Gen5")));
    assert_eq!(view.properties.memory_size_in_gb, Some(40));
    assert!(estate.databases("mi-a").is_empty() && estate.links("mi-a").is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_update_policy_goes_one_way() {
    let estate = estate().await;
    let code = |result: Result<(), ArmError>| result.unwrap_err().code;
    assert!(estate.check("mi-a", &patch("SQLServer2022")).is_ok());
    assert!(estate.check("mi-a", &patch("AlwaysUpToDate")).is_ok());
    estate.run("mi-a", patch("AlwaysUpToDate")).await.unwrap();
    let back = "ManagedInstanceUpdateSloFromVersionlessToVersionedNotAllowed";
    assert_eq!(code(estate.check("mi-a", &patch("SQLServer2022"))), back);
    assert_eq!(code(estate.check("mi-a", &patch("SQLServer2016"))), "InvalidParameterValue");
}

#[tokio::test(start_paused = true)]
async fn scaling_takes_time_and_is_listed() {
    let estate = estate().await;
    let scale = Change::UpdateInstance(InstancePatch { v_cores: Some(16), ..InstancePatch::default() });
    estate.run("mi-a", scale).await.unwrap();
    assert_eq!(estate.instance("mi-a").unwrap().properties.v_cores, 16);
    let operations = estate.operations("mi-a");
    assert_eq!((operations.len(), operations[0].state.as_str()), (1, "Succeeded"));
    assert_eq!(estate.cancel("mi-a", &operations[0].id).unwrap_err().code, "CannotCancelOperation");
    assert_eq!(estate.cancel("mi-a", "x").unwrap_err().code, "OperationIdNotFound");
}

#[tokio::test(start_paused = true)]
async fn certificates_go_in_and_out() {
    let estate = estate().await;
    let der = crate::lab::arm::fake::certificate("sql-a");
    estate.run("mi-a", Change::PutCertificate { name: "c".into(), der: der.clone() }).await.unwrap();
    let listed = estate.trust_certificates("mi-a");
    assert_eq!((listed.len(), listed[0].der == der, listed[0].thumbprint.len()), (1, true, 42));
    estate.run("mi-a", Change::DeleteCertificate { name: "C".into() }).await.unwrap();
    assert!(estate.trust_certificates("mi-a").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_link_to_nobody_ends_in_failure() {
    let estate = estate().await;
    let spec = LinkSpec {
        name: "dag".into(),
        databases: vec!["ledger".into()],
        partner_endpoint: "tcp://10.9.9.9:5022".into(),
        partner_ag: "AG_SQL".into(),
        instance_ag: "AG_MI".into(),
        instance_role: LinkRole::Secondary,
        two_way: Some(false),
        automatic_seeding: true,
        multi_database: false,
        replication_mode: None,
    };
    let failed = estate.run("mi-a", Change::CreateLink(spec.clone())).await.unwrap_err();
    assert!(failed.code.starts_with("ManagedInstanceLink"), "{failed}");
    let multi = LinkSpec { multi_database: true, ..spec };
    assert_eq!(estate.check("mi-a", &Change::CreateLink(multi)).unwrap_err().status.as_u16(), 501);
}

/// `fog-new`: the second instance is made while the lab runs.
async fn half() -> Estate {
    let mut lab = scenario::load("fog-new", &scenario::Options::default()).unwrap();
    scenario::secrets::fill(&mut lab, &mut scenario::secrets::random);
    let clock = LabClock::starting_at(datetime!(2026-03-01 10:00 UTC));
    let network = Network::in_memory();
    let built = scenario::build::instances(&lab, clock.now()).unwrap();
    let all: Vec<Arc<Instance>> =
        built.into_iter().map(|(c, s)| Instance::new(c, s, network.clone(), clock.clone())).collect();
    let hub = Hub::start(all.clone(), &CancellationToken::new()).await.unwrap();
    let managed = all.into_iter().zip(&lab.managed_instances).map(|(i, spec)| Managed::new(i, spec)).collect();
    let names: Vec<String> = lab.managed_instances.iter().map(scenario::types::ManagedInstance::fqdn).collect();
    let tenants: Vec<Tenant<'_>> = lab
        .managed_instances
        .iter()
        .zip(&names)
        .map(|(m, fqdn)| Tenant {
            name: &m.name,
            fqdn,
            resource_group: m.resource_group.as_deref().unwrap_or(&lab.azure.resource_group),
            region: m.region.as_deref().unwrap_or(&lab.azure.region),
        })
        .collect();
    let networks = Arc::new(Networks::seed(&lab.azure, &tenants, &[]));
    let servers = Servers { azure: lab.azure.clone(), hub: hub.clone(), hosts: Vec::new() };
    Estate { azure: lab.azure, managed, hub, servers, networks, roots: Vec::new() }
}

#[tokio::test(start_paused = true)]
async fn an_instance_is_made_where_a_place_is_prepared_for_it() {
    let estate = half().await;
    assert!(estate.instance("mi-b").is_none() && estate.instance("mi-a").is_some());
    let subscription = format!("/subscriptions/{}/resourceGroups", estate.azure.subscription);
    let good = InstanceSpec {
        resource_group: "rg-lab-dr".to_owned(),
        location: "North Europe".to_owned(),
        subnet: format!(
            "{subscription}/rg-lab-dr/providers/Microsoft.Network/virtualNetworks/vnet-lab-northeurope/subnets/mi-b"
        ),
        dns_zone_partner: Some(format!("{subscription}/rg-lab/providers/Microsoft.Sql/managedInstances/mi-a")),
        collation: None,
        administrator: Some(("boss".to_owned(), "Pass-word-1234567".to_owned())),
        patch: InstancePatch { v_cores: Some(4), ..InstancePatch::default() },
    };
    let ask = |name: &str, spec: InstanceSpec| Change::CreateInstance { name: name.to_owned(), spec: Box::new(spec) };
    let code = |name: &str, change: fn(&mut InstanceSpec)| {
        let mut spec = good.clone();
        change(&mut spec);
        estate.check(name, &ask(name, spec)).unwrap_err().code
    };
    assert_eq!(code("mi-x", |_| {}), "ProvisioningDisabled");
    assert_eq!(code("mi-b", |s| "uksouth".clone_into(&mut s.location)), "ProvisioningDisabled");
    assert_eq!(code("mi-b", |s| s.subnet.push('x')), "InvalidParameterValue");
    assert_eq!(code("mi-b", |s| s.dns_zone_partner = Some("/x".to_owned())), "InvalidParameterValue");
    let change = ask("mi-b", good);
    estate.check("mi-b", &change).unwrap();
    estate.accepted(&change).unwrap();
    let seen = estate.instance("mi-b").unwrap();
    assert_eq!(
        (seen.properties.state.as_str(), seen.properties.provisioning_state.as_str()),
        ("Creating", "InProgress")
    );
    estate.run("mi-b", change.clone()).await.unwrap();
    let made = estate.instance("mi-b").unwrap();
    assert_eq!((made.properties.state.as_str(), made.properties.dns_zone.as_str()), ("Ready", "a1b2c3d4e5f6"));
    assert_eq!(made.properties.v_cores, 4);
    let found = estate.managed.iter().find(|m| m.name == "mi-b").unwrap();
    assert!(found.instance.with(|s| s.security.by_name("boss").is_some() && s.security.by_name("lab_admin").is_none()));
    assert_eq!(estate.check("mi-b", &change).unwrap_err().code, "ProvisioningDisabled", "it is there");
}
