//! A provider in memory: enough estate to exercise the front without one.

use super::error::ArmError;
use super::error::ArmResult;
use super::network::Networks;
use super::provider::Change;
use super::provider::LinkRole;
use super::provider::LinkSpec;
use super::provider::Provider;
use super::view::DatabaseView;
use super::view::EndpointCertificateView;
use super::view::EndpointType;
use super::view::InstanceOperationView;
use super::view::InstanceProperties;
use super::view::InstanceView;
use super::view::LinkDatabase;
use super::view::LinkProperties;
use super::view::LinkView;
use super::view::Sku;
use super::view::SubscriptionView;
use super::view::TrustCertificateView;
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

pub(super) const SUBSCRIPTION: &str = "11111111-2222-3333-4444-555555555555";
pub(super) const TENANT: &str = "99999999-8888-7777-6666-555555555555";

#[derive(Default)]
struct State {
    links: Vec<LinkView>,
    certificates: Vec<TrustCertificateView>,
    v_cores: u32,
}

/// One instance `mi-a` in group `rg-lab`; seeding takes `seeding`.
pub(super) struct FakeEstate {
    state: Mutex<State>,
    seeding: Duration,
    certificate: Vec<u8>,
    pub(super) networks: Option<Arc<Networks>>,
}

impl FakeEstate {
    pub(super) fn new(seeding: Duration) -> Self {
        let state = State { v_cores: 8, ..State::default() };
        Self { state: Mutex::new(state), seeding, certificate: certificate("mi-a"), networks: None }
    }
    fn set_state(&self, name: &str, state: &str, progress: &str) {
        let mut all = self.state.lock().unwrap();
        let link = all.links.iter_mut().find(|l| l.name == name);
        for database in link.into_iter().flat_map(|l| &mut l.properties.databases) {
            database.replica_state = Some(state.to_owned());
            database.seeding_progress = Some(progress.to_owned());
        }
    }
}

/// A self-signed certificate in DER.
pub(super) fn certificate(name: &str) -> Vec<u8> {
    rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap().cert.der().to_vec()
}

fn link(spec: &LinkSpec) -> LinkView {
    let database = |name: &String| LinkDatabase { database_name: name.clone(), ..LinkDatabase::default() };
    let role = spec.instance_role;
    let partner = if role == LinkRole::Primary { LinkRole::Secondary } else { LinkRole::Primary };
    let properties = LinkProperties {
        distributed_availability_group_name: spec.name.clone(),
        distributed_availability_group_id: "5fc1a2a4-4dd4-4b72-8c3c-1c5d0d3c7b11".to_owned(),
        replication_mode: "Async".to_owned(),
        partner_link_role: Some(partner.as_str().to_owned()),
        partner_availability_group_name: spec.partner_ag.clone(),
        partner_endpoint: spec.partner_endpoint.clone(),
        instance_link_role: Some(role.as_str().to_owned()),
        instance_availability_group_name: spec.instance_ag.clone(),
        failover_mode: if spec.two_way == Some(true) { "Manual" } else { "None" }.to_owned(),
        seeding_mode: "Automatic".to_owned(),
        link_mode: Some("SingleDatabase".to_owned()),
        databases: spec.databases.iter().map(database).collect(),
    };
    LinkView { name: spec.name.clone(), properties }
}

#[async_trait]
impl Provider for FakeEstate {
    fn subscriptions(&self) -> Vec<SubscriptionView> {
        vec![SubscriptionView {
            subscription_id: SUBSCRIPTION.to_owned(),
            tenant_id: TENANT.to_owned(),
            display_name: "lab".to_owned(),
            state: "Enabled".to_owned(),
        }]
    }
    fn networks(&self) -> Option<&Networks> {
        self.networks.as_deref()
    }
    fn resource_groups(&self) -> Vec<String> {
        vec!["rg-lab".to_owned()]
    }
    fn instances(&self) -> Vec<InstanceView> {
        let v_cores = self.state.lock().unwrap().v_cores;
        let properties = InstanceProperties {
            provisioning_state: "Succeeded".to_owned(),
            state: "Ready".to_owned(),
            fully_qualified_domain_name: "mi-a.abc123.database.windows.net".to_owned(),
            dns_zone: "abc123".to_owned(),
            v_cores,
            storage_size_in_gb: 256,
            database_format: Some("SQLServer2022".to_owned()),
            memory_size_in_gb: Some(41),
            ..InstanceProperties::default()
        };
        vec![InstanceView {
            name: "mi-a".to_owned(),
            subscription: SUBSCRIPTION.to_owned(),
            resource_group: "rg-lab".to_owned(),
            location: "westeurope".to_owned(),
            tags: [("team".to_owned(), "dba".to_owned())].into(),
            sku: Sku { name: "GP_Gen5".to_owned(), tier: Some("GeneralPurpose".to_owned()), ..Sku::default() },
            principal_id: None,
            properties,
        }]
    }
    fn endpoint_certificate(&self, _: &str, kind: EndpointType) -> Option<EndpointCertificateView> {
        let roots = vec![("CN=Lab Root".to_owned(), self.certificate.clone())];
        (kind == EndpointType::DatabaseMirroring)
            .then(|| EndpointCertificateView { der: self.certificate.clone(), trusted_roots: roots })
    }
    fn trust_certificates(&self, _: &str) -> Vec<TrustCertificateView> {
        self.state.lock().unwrap().certificates.clone()
    }
    fn links(&self, _: &str) -> Vec<LinkView> {
        self.state.lock().unwrap().links.clone()
    }
    fn databases(&self, _: &str) -> Vec<DatabaseView> {
        Vec::new()
    }
    fn operations(&self, _: &str) -> Vec<InstanceOperationView> {
        Vec::new()
    }
    fn check(&self, instance: &str, change: &Change) -> ArmResult<()> {
        match change {
            Change::CreateLink(spec) if self.link(instance, &spec.name).is_some() => {
                let text = "A link for the provided availability groups already exists.";
                Err(ArmError::bad_request("ManagedInstanceLinkForProvidedAvailabilityGroupsAlreadyExists", text))
            }
            _ => Ok(()),
        }
    }
    async fn run(&self, _: &str, change: Change) -> ArmResult<()> {
        if let Change::CreateLink(spec) = &change {
            self.state.lock().unwrap().links.push(link(spec));
            self.set_state(&spec.name, "Seeding", "40%");
            tokio::time::sleep(self.seeding).await;
            self.set_state(&spec.name, "LinkSynchronizing", "100%");
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut state = self.state.lock().unwrap();
        match change {
            Change::DeleteLink { name } => state.links.retain(|l| l.name != name),
            Change::UpdateLink { name, mode: Some(mode), .. } => {
                if let Some(link) = state.links.iter_mut().find(|l| l.name == name) {
                    mode.as_str().clone_into(&mut link.properties.replication_mode);
                }
            }
            Change::FailoverLink { name, .. } => {
                if let Some(link) = state.links.iter_mut().find(|l| l.name == name) {
                    link.properties.instance_link_role = Some("Primary".to_owned());
                }
            }
            Change::PutCertificate { name, der } => {
                state.certificates.push(TrustCertificateView { name, der, thumbprint: "00".repeat(20) });
            }
            Change::DeleteCertificate { name } => state.certificates.retain(|c| c.name != name),
            Change::UpdateInstance(patch) => state.v_cores = patch.v_cores.unwrap_or(state.v_cores),
            _ => {}
        }
        Ok(())
    }
}
