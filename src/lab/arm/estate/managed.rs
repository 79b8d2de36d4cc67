//! What ARM knows of a managed instance beside the engine's own state.

use crate::lab::arm::ids::sha1;
use crate::lab::arm::network::seed;
use crate::lab::arm::network::seed::Tenant;
use crate::lab::arm::provider::Named;
use crate::lab::arm::provider::Retention;
use crate::lab::arm::view::InstanceOperationView;
use crate::lab::arm::view::InstanceProperties;
use crate::lab::arm::view::InstanceView;
use crate::lab::arm::view::Sku;
use crate::lab::scenario::types::Azure;
use crate::lab::scenario::types::ManagedInstance;
use crate::lab::world::instance::Instance;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use time::OffsetDateTime;

/// Memory per vCore of standard-series hardware, in tenths of a GB.
const MEMORY_TENTHS_PER_VCORE: u32 = 51;

pub(super) const READY: &str = "Ready";

/// A managed instance and its settings.
pub struct Managed {
    pub instance: Arc<Instance>,
    /// Short name.
    pub name: String,
    settings: Mutex<Settings>,
    spec: ManagedInstance,
    created: OffsetDateTime,
}

/// What PUT and PATCH may change.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) sku_name: String,
    pub(super) v_cores: u32,
    pub(super) storage_gb: u32,
    /// The update policy.
    pub(super) database_format: String,
    pub(super) next_gen: bool,
    pub(super) zone_redundant: bool,
    pub(super) license_type: String,
    pub(super) hybrid_secondary_usage: String,
    pub(super) tags: BTreeMap<String, String>,
    /// Scaling-type operations, oldest first.
    pub(super) operations: Vec<InstanceOperationView>,
    /// Ready, Stopping, Stopped, Starting.
    pub(super) state: &'static str,
    /// The customer's key over encrypted databases, and whether it rotates by itself.
    pub(super) key: Option<(String, bool)>,
    /// Name and URI of each key that it knows.
    pub(super) keys: Vec<(String, String)>,
    /// By the database's name, folded; what is not here is as it began.
    pub(super) retention: BTreeMap<String, Retention>,
}

impl Managed {
    pub fn new(instance: Arc<Instance>, spec: &ManagedInstance) -> Self {
        let settings = Settings {
            sku_name: spec.sku().to_owned(),
            v_cores: spec.vcores,
            storage_gb: spec.storage_gb,
            database_format: spec.database_format.clone(),
            next_gen: spec.next_gen,
            zone_redundant: false,
            license_type: "LicenseIncluded".to_owned(),
            hybrid_secondary_usage: "Active".to_owned(),
            tags: BTreeMap::new(),
            operations: Vec::new(),
            state: READY,
            key: None,
            keys: Vec::new(),
            retention: BTreeMap::new(),
        };
        let created = instance.clock.now();
        Self { instance, name: spec.name.clone(), settings: Mutex::new(settings), spec: spec.clone(), created }
    }

    pub(super) fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn spec(&self) -> &ManagedInstance {
        &self.spec
    }
    /// Its region, and its resource group.
    pub(super) fn region<'a>(&'a self, azure: &'a Azure) -> &'a str {
        self.spec.region.as_deref().unwrap_or(&azure.region)
    }
    pub(super) fn group<'a>(&'a self, azure: &'a Azure) -> &'a str {
        self.spec.resource_group.as_deref().unwrap_or(&azure.resource_group)
    }
    pub(super) fn subscription<'a>(&'a self, azure: &'a Azure) -> &'a str {
        self.spec.subscription.as_deref().unwrap_or(&azure.subscription)
    }
    /// Entra tenant of its subscription.
    pub(super) fn tenant<'a>(&'a self, azure: &'a Azure) -> &'a str {
        self.spec.tenant.as_deref().unwrap_or(&azure.tenant)
    }
    /// As an id names it.
    pub(super) fn named(&self, azure: &Azure) -> Named {
        Named {
            subscription: self.subscription(azure).to_owned(),
            resource_group: self.group(azure).to_owned(),
            name: self.name.clone(),
        }
    }

    pub(super) fn database_format(&self) -> String {
        self.settings().database_format.clone()
    }
    /// Follows the SKU: `GP_…`, `BC_…`.
    pub(super) fn tier(&self) -> String {
        match self.settings().sku_name.split('_').next() {
            Some("GP") => "GeneralPurpose".to_owned(),
            Some("BC") => "BusinessCritical".to_owned(),
            _ => self.spec.tier.clone(),
        }
    }

    /// The instance as ARM lists it.
    pub(super) fn view(&self, azure: &Azure) -> InstanceView {
        let settings = self.settings().clone();
        let (subscription, group, region) = (self.subscription(azure), self.group(azure), self.region(azure));
        let fqdn = self.spec.fqdn();
        let tenant = Tenant { name: &self.name, fqdn: &fqdn, resource_group: group, region };
        let virtual_cluster = format!(
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Sql/virtualClusters/VirtualCluster-{}",
            self.name
        );
        // The free licence is deserved while the instance is nothing but the secondary of links.
        let passive = self.instance.with(|s| !s.hadr.links.is_empty());
        let properties = InstanceProperties {
            provisioning_state: "Succeeded".to_owned(),
            state: settings.state.to_owned(),
            fully_qualified_domain_name: fqdn.clone(),
            dns_zone: self.spec.dns_zone.clone(),
            administrator_login: Some("lab_admin".to_owned()),
            subnet_id: Some(seed::subnet_id(azure, &tenant)),
            license_type: settings.license_type,
            hybrid_secondary_usage: Some(settings.hybrid_secondary_usage),
            hybrid_secondary_usage_detected: Some(if passive { "Passive" } else { "Active" }.to_owned()),
            v_cores: settings.v_cores,
            storage_size_in_gb: settings.storage_gb,
            storage_iops: None,
            memory_size_in_gb: Some(settings.v_cores * MEMORY_TENTHS_PER_VCORE / 10),
            is_general_purpose_v2: Some(settings.next_gen),
            collation: self.spec.collation.clone(),
            timezone_id: "UTC".to_owned(),
            public_data_endpoint_enabled: false,
            proxy_override: "Proxy".to_owned(),
            virtual_cluster_id: Some(virtual_cluster),
            private_endpoint_connections: Vec::new(),
            minimal_tls_version: "1.2".to_owned(),
            current_backup_storage_redundancy: "Geo".to_owned(),
            requested_backup_storage_redundancy: "Geo".to_owned(),
            zone_redundant: settings.zone_redundant,
            administrators: None,
            external_governance_status: Some("Disabled".to_owned()),
            pricing_model: Some("Regular".to_owned()),
            create_time: Some(self.created),
            authentication_metadata: Some("AzureAD".to_owned()),
            database_format: Some(settings.database_format),
            requested_logical_availability_zone: Some("NoPreference".to_owned()),
        };
        let family = settings.sku_name.split_once('_').map(|(_, family)| family.to_owned());
        InstanceView {
            name: self.name.clone(),
            subscription: subscription.to_owned(),
            resource_group: group.to_owned(),
            location: region.to_owned(),
            tags: settings.tags,
            sku: Sku { name: settings.sku_name, tier: Some(self.tier()), family, capacity: Some(settings.v_cores) },
            principal_id: Some(principal_of(&self.name)),
            properties,
        }
    }
}

/// Object id of the instance's identity: made from its name, so that a run repeats.
fn principal_of(name: &str) -> String {
    let digest = sha1(name.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}
