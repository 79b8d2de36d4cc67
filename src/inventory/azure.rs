//! Azure's side of a target: a dozen reads, side by side, each of which may fail by itself.

use super::network;
use crate::arm::Arm;
use crate::arm::InstanceRef;
use crate::arm::resource::access;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::effects::perform::Effects;
use crate::model::fact::Fact;
use crate::model::survey::AzureCertificate;
use crate::model::survey::AzureLink;
use crate::model::survey::AzureLock;
use crate::model::survey::AzureSurvey;
use crate::model::survey::ManagedFacts;
use crate::pki::parse::CertificateFacts;

/// What creating, cutting over and deleting a link asks of the caller (facts: mi-link 12, arm-api 9).
const ACTIONS: [&str; 9] = [
    "Microsoft.Sql/managedInstances/read",
    "Microsoft.Sql/managedInstances/databases/read",
    "Microsoft.Sql/managedInstances/distributedAvailabilityGroups/read",
    "Microsoft.Sql/managedInstances/distributedAvailabilityGroups/write",
    "Microsoft.Sql/managedInstances/distributedAvailabilityGroups/delete",
    "Microsoft.Sql/managedInstances/distributedAvailabilityGroups/failover/action",
    "Microsoft.Sql/managedInstances/endpointCertificates/read",
    "Microsoft.Sql/managedInstances/serverTrustCertificates/read",
    "Microsoft.Sql/managedInstances/serverTrustCertificates/write",
];

pub async fn read(effects: &Effects, instance: &InstanceRef) -> AzureSurvey {
    let arm = match effects.arm() {
        Ok(arm) => arm,
        Err(e) => return dark(&e),
    };
    // The first question tells whether Azure answers at all.
    let managed = match arm.instance(instance).await {
        Ok(managed) => managed,
        Err(e) if matches!(e.kind(), Kind::Unreachable | Kind::Denied | Kind::TimedOut) => return dark(&e),
        Err(e) => return AzureSurvey { instance: e.into(), ..rest(arm, instance, None, None).await },
    };
    let location = managed.location.clone();
    let id = managed.id.clone();
    let place = location.zip(id);
    let p = managed.properties;
    let subnet = p.subnet_id;
    let facts = ManagedFacts {
        fqdn: p.fully_qualified_domain_name,
        state: p.state,
        provisioning_state: p.provisioning_state,
        policy: p.database_format.map(|f| f.as_str().to_owned()),
        family: managed.sku.as_ref().and_then(|s| s.family.clone()),
        tier: managed.sku.and_then(|s| s.tier),
        is_next_gen: p.is_general_purpose_v2 == Some(true),
        v_cores: p.v_cores,
        storage_gb: p.storage_size_in_gb,
        collation: p.collation,
        time_zone: p.timezone_id,
        key_id: p.key_id,
    };
    AzureSurvey { instance: Fact::Known { value: facts }, ..rest(arm, instance, place, subnet).await }
}

async fn rest(
    arm: &Arm,
    instance: &InstanceRef,
    place: Option<(String, String)>,
    subnet: Option<String>,
) -> AzureSurvey {
    let group = async {
        let Some((location, id)) = &place else {
            return Fact::unknown("Azure did not say where the instance is");
        };
        let found = arm.failover_groups(&instance.resource_group, location).await;
        found.map(|all| all.into_iter().find(|g| g.holds(id)).map(|g| g.name.unwrap_or_default())).into()
    };
    let (links, databases, operations, locks, permissions, failover_group, trust, endpoint, network, protector) = tokio::join!(
        arm.links(instance),
        arm.databases(instance),
        arm.operations(instance),
        arm.locks(instance),
        arm.permissions(instance),
        group,
        arm.trust_certificates(instance),
        arm.endpoint_certificate(instance),
        network::read(arm, subnet.as_deref()),
        arm.encryption_protector(instance),
    );
    let roots = match &endpoint {
        Ok(e) => e.roots().iter().filter_map(|r| Some(certificate(r.subject.clone()?, &r.der()?))).collect(),
        Err(_) => Vec::new(),
    };
    AzureSurvey {
        instance: Fact::unknown("not read"),
        links: links.map(|all| all.into_iter().map(link).collect()).into(),
        databases: databases.map(|all| all.into_iter().filter_map(|d| d.name).collect()).into(),
        operations: operations
            .map(|all| {
                let running = all.into_iter().filter(crate::arm::resource::instance::InstanceOperation::is_running);
                running
                    .map(|o| o.properties.operation_friendly_name.or(o.properties.operation).unwrap_or_default())
                    .collect()
            })
            .into(),
        locks: locks
            .map(|all| {
                let row = |l: access::Lock| AzureLock {
                    name: l.name.unwrap_or_default(),
                    level: l.properties.level.unwrap_or_default(),
                };
                all.into_iter().map(row).collect()
            })
            .into(),
        forbidden: permissions
            .map(|entries| ACTIONS.iter().filter(|a| !access::allows(&entries, a)).map(|a| (*a).to_owned()).collect())
            .into(),
        failover_group,
        trust: trust
            .map(|all| {
                let row = |t: crate::arm::resource::certificate::TrustCertificate| {
                    let name = t.name.clone().unwrap_or_default();
                    match t.der() {
                        Some(der) => certificate(name, &der),
                        None => AzureCertificate {
                            name,
                            thumbprint: t.properties.thumbprint,
                            issuer: None,
                            not_after: None,
                        },
                    }
                };
                all.into_iter().map(row).collect()
            })
            .into(),
        endpoint_certificate: endpoint
            .and_then(|e| {
                let der = e.der().ok_or_else(|| Error::new(Kind::Server, "Azure shows no endpoint certificate"))?;
                Ok(certificate(e.name.unwrap_or_default(), &der))
            })
            .into(),
        protector: protector.into(),
        network,
        roots,
    }
}

fn link(l: crate::arm::resource::link::LinkResource) -> AzureLink {
    let p = l.properties;
    AzureLink {
        name: l.name.unwrap_or_default(),
        state: p.databases.iter().find_map(|d| d.replica_state.clone()),
        error: p.databases.iter().find_map(|d| d.most_recent_link_error.clone()).filter(|e| !e.is_empty()),
        databases: p.databases.iter().filter_map(|d| d.database_name.clone()).collect(),
        instance_group: p.instance_availability_group_name,
        partner_endpoint: p.partner_endpoint,
        mode: p.link_mode.map(|m| m.as_str().to_owned()),
    }
}

fn certificate(name: String, der: &[u8]) -> AzureCertificate {
    let facts = CertificateFacts::read(der).ok();
    AzureCertificate {
        name,
        thumbprint: facts.as_ref().map(|f| f.sha1.clone()),
        issuer: facts.as_ref().map(|f| f.issuer.clone()),
        not_after: facts.map(|f| f.not_after),
    }
}

/// Nothing of Azure can be read.
pub fn dark(e: &Error) -> AzureSurvey {
    fn u<T>(e: &Error) -> Fact<T> {
        Fact::unknown(e.chain())
    }
    AzureSurvey {
        instance: u(e),
        links: u(e),
        databases: u(e),
        operations: u(e),
        locks: u(e),
        forbidden: u(e),
        failover_group: u(e),
        trust: u(e),
        endpoint_certificate: u(e),
        protector: u(e),
        network: u(e),
        roots: Vec::new(),
    }
}
