//! An instance that is made while the lab runs. Its place is prepared (name, region, subnet); until somebody asks ARM for it, ARM
//! does not know it and nobody gets in. Asked for, it takes its settings, its DNS zone and its administrator from the request.

use super::Estate;
use super::managed::ABSENT;
use super::managed::CREATING;
use super::managed::Managed;
use super::managed::READY;
use crate::lab::arm::error::ArmError;
use crate::lab::arm::error::ArmResult;
use crate::lab::arm::ids::hex;
use crate::lab::arm::ids::sha1;
use crate::lab::arm::network::seed;
use crate::lab::arm::network::seed::Tenant;
use crate::lab::arm::provider::InstanceSpec;
use crate::lab::world::setup::LoginSpec;
use std::time::Duration;

/// What takes hours in Azure.
const MAKING: Duration = Duration::from_secs(10);

fn plain(location: &str) -> String {
    location.replace(' ', "").to_ascii_lowercase()
}

impl Estate {
    /// Prepared and not asked for yet.
    fn newcomer(&self, name: &str) -> Option<&Managed> {
        self.managed.iter().find(|m| m.name.eq_ignore_ascii_case(name) && m.settings().state == ABSENT)
    }

    fn seat(&self, managed: &Managed) -> String {
        let fqdn = managed.spec().fqdn();
        let (resource_group, region) = (managed.group(&self.azure), managed.region(&self.azure));
        seed::subnet_id(&self.azure, &Tenant { name: &managed.name, fqdn: &fqdn, resource_group, region })
    }

    pub(super) fn check_newcomer(&self, name: &str, spec: &InstanceSpec) -> ArmResult<()> {
        let restricted = || {
            ArmError::bad_request(
                "ProvisioningDisabled",
                "Provisioning is restricted in this region. Please choose a different region.",
            )
        };
        let managed = self.newcomer(name).ok_or_else(restricted)?;
        let in_group = managed.group(&self.azure).eq_ignore_ascii_case(&spec.resource_group);
        if !in_group || plain(&spec.location) != plain(managed.region(&self.azure)) {
            return Err(restricted());
        }
        let subnet = self.networks.subnet(&spec.subnet).ok_or_else(|| ArmError::invalid_parameter("subnetId"))?;
        if plain(&subnet.location) != plain(&spec.location) {
            return Err(ArmError::invalid_parameter("subnetId"));
        }
        if !subnet.is_delegated || !subnet.is_guarded || subnet.addresses < 32 {
            return Err(ArmError::bad_request(
                "InvalidSubnetConfiguration",
                format!(
                    "The subnet {} must have at least 32 addresses, be delegated to Microsoft.Sql/managedInstances, and have a network security group and a route table.",
                    spec.subnet
                ),
            ));
        }
        if !self.seat(managed).eq_ignore_ascii_case(&spec.subnet) {
            return Err(super::provider::not_offered("an instance in another subnet than the one prepared for it"));
        }
        if spec.collation.as_deref().is_some_and(|c| !c.eq_ignore_ascii_case(&managed.spec().collation)) {
            return Err(super::provider::not_offered("a new instance with another collation than the one prepared"));
        }
        self.zone_of(name, spec).map(drop)
    }

    /// The partner's zone, that of the neighbours, or any.
    fn zone_of(&self, name: &str, spec: &InstanceSpec) -> ArmResult<String> {
        let neighbours: Vec<String> = self
            .managed
            .iter()
            .filter(|m| m.is_there() && self.seat(m).eq_ignore_ascii_case(&spec.subnet))
            .map(Managed::zone)
            .collect();
        let Some(partner) = &spec.dns_zone_partner else {
            let made_up = || hex(&sha1(name.as_bytes())[..6]);
            return Ok(neighbours.first().cloned().unwrap_or_else(made_up));
        };
        let is = |m: &&Managed| m.is_there() && m.named(&self.azure).id().eq_ignore_ascii_case(partner);
        let found = self.managed.iter().find(is);
        let zone = found.map(Managed::zone).ok_or_else(|| ArmError::invalid_parameter("dnsZonePartner"))?;
        if neighbours.iter().any(|z| !z.eq_ignore_ascii_case(&zone)) {
            return Err(ArmError::bad_request(
                "InvalidDnsZone",
                "The DNS zone of the partner is not that of the instances in the subnet.",
            ));
        }
        Ok(zone)
    }

    /// From now on ARM shows it.
    pub(super) fn accept_newcomer(&self, name: &str, spec: &InstanceSpec) -> ArmResult<()> {
        let zone = self.zone_of(name, spec)?;
        let Some(managed) = self.newcomer(name) else { return Ok(()) };
        let mut settings = managed.settings();
        settings.state = CREATING;
        settings.zone = zone;
        settings.sku_name = spec.patch.sku_name.clone().unwrap_or_else(|| "GP_Gen5".to_owned());
        settings.v_cores = spec.patch.v_cores.unwrap_or(8);
        settings.storage_gb = spec.patch.storage_gb.unwrap_or(32);
        settings.database_format = spec.patch.database_format.clone().unwrap_or_else(|| "SQLServer2022".to_owned());
        settings.next_gen = spec.patch.next_gen.unwrap_or(false);
        if let Some(license) = &spec.patch.license_type {
            settings.license_type.clone_from(license);
        }
        settings.tags = spec.patch.tags.clone().unwrap_or_default();
        Ok(())
    }

    /// Made: its administrator gets in, with the password that was sent.
    pub(super) async fn make_newcomer(&self, name: &str, spec: InstanceSpec) -> ArmResult<()> {
        tokio::time::sleep(MAKING).await;
        let found = self.managed.iter().find(|m| m.name.eq_ignore_ascii_case(name));
        let managed = found.ok_or_else(|| ArmError::invalid_parameter("managedInstanceName"))?;
        let now = managed.instance.clock.now();
        managed.instance.with(|s| {
            if let Some((login, password)) = spec.administrator {
                let roles = vec!["sysadmin".to_owned()];
                s.add_login(&LoginSpec { name: login, password: Some(password), roles, ..LoginSpec::default() }, now);
            }
            s.server.stopped = false;
            s.hadr.away = false;
        });
        managed.settings().state = READY;
        managed.instance.notify();
        Ok(())
    }
}
