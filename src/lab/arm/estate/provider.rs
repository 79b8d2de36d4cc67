//! The provider over the lab's instances.

use super::convert;
use super::managed::Managed;
use super::managed::READY;
use crate::lab::arm::error::ArmError;
use crate::lab::arm::error::ArmResult;
use crate::lab::arm::ids::hex;
use crate::lab::arm::ids::sha1;
use crate::lab::arm::network::Networks;
use crate::lab::arm::provider::Change;
use crate::lab::arm::provider::InstancePatch;
use crate::lab::arm::provider::LinkRole;
use crate::lab::arm::provider::Provider;
use crate::lab::arm::provider::ReplicationMode;
use crate::lab::arm::provider::Retention;
use crate::lab::arm::provider::RetentionChange;
use crate::lab::arm::servers::Servers;
use crate::lab::arm::view::DatabaseView;
use crate::lab::arm::view::EndpointCertificateView;
use crate::lab::arm::view::EndpointType;
use crate::lab::arm::view::FailoverGroupView;
use crate::lab::arm::view::InstanceOperationView;
use crate::lab::arm::view::InstanceView;
use crate::lab::arm::view::LinkView;
use crate::lab::arm::view::SubscriptionView;
use crate::lab::arm::view::TrustCertificateView;
use crate::lab::geo::Hub;
use crate::lab::mirror::managed;
use crate::lab::scenario::types::Azure;
use crate::lab::world::hadr::Role;
use async_trait::async_trait;
use hyper::http::StatusCode;
use std::sync::Arc;
use std::time::Duration;

/// How long scaling takes in the lab.
const SCALING: Duration = Duration::from_secs(8);
/// How long a small change (certificate, tag) takes.
const SMALL: Duration = Duration::from_millis(300);

/// All managed instances of a lab.
pub struct Estate {
    pub azure: Azure,
    pub managed: Vec<Managed>,
    /// Failover groups.
    pub hub: Arc<Hub>,
    /// Logical servers of Azure SQL Database.
    pub servers: Servers,
    /// Networks that the instances stand in.
    pub networks: Arc<Networks>,
    /// Subject and DER of each root that SQL Server must trust.
    pub roots: Vec<(String, Vec<u8>)>,
}

impl Estate {
    fn find(&self, name: &str) -> ArmResult<&Managed> {
        self.managed
            .iter()
            .find(|m| m.name.eq_ignore_ascii_case(name))
            .ok_or_else(|| ArmError::parent_missing(crate::lab::arm::route::MI_TYPE, name, &self.azure.resource_group))
    }

    /// A link of this instance is still seeding.
    fn seeding(managed: &Managed) -> bool {
        managed::list_links(&managed.instance)
            .iter()
            .flat_map(|l| &l.databases)
            .any(|d| d.replica_state.as_deref().is_some_and(|s| s.eq_ignore_ascii_case("CreatingLink")))
    }

    /// Members of a group are scaled one at a time and in order: the secondary is never the weaker one (facts:
    /// failover-groups 6.4).
    fn check_order(&self, managed: &Managed, patch: &InstancePatch) -> ArmResult<()> {
        let own = &managed.instance.config.id;
        let Some(group) = self.hub.of(own) else { return Ok(()) };
        let scales = patch.v_cores.is_some()
            || patch.storage_gb.is_some()
            || patch.sku_name.is_some()
            || patch.database_format.is_some();
        if !scales {
            return Ok(());
        }
        let is_primary = group.primary().config.id == *own;
        let partner = self.managed.iter().find(|m| group.holds(&m.instance.config.id) && m.instance.config.id != *own);
        let Some(partner) = partner else { return Ok(()) };
        if partner.settings().operations.iter().any(|o| o.state == "InProgress") {
            return Err(ArmError::conflict(
                "ManagedInstanceUpdateSloOngoing",
                "The other instance of the failover group is being scaled.",
            ));
        }
        let (mine, theirs) = (managed.settings().clone(), partner.settings().clone());
        if patch
            .database_format
            .as_deref()
            .is_some_and(|f| is_primary && !f.eq_ignore_ascii_case(&theirs.database_format))
        {
            return Err(ArmError::bad_request(
                "ManagedInstanceUpdateSloGeoPrimaryWithNewerVersionEditionThanSecondary",
                "Change the update policy of the geo-secondary first.",
            ));
        }
        let tier = |sku: &str| u32::from(sku.starts_with("BC_"));
        let out_of_order = |wanted: Option<u32>, mine: u32, theirs: u32| {
            wanted.is_some_and(|w| (is_primary && w > mine && theirs < w) || (!is_primary && w < mine && theirs > w))
        };
        let sku = patch.sku_name.as_deref().map(tier);
        if out_of_order(patch.v_cores, mine.v_cores, theirs.v_cores)
            || out_of_order(patch.storage_gb, mine.storage_gb, theirs.storage_gb)
            || out_of_order(sku, tier(&mine.sku_name), tier(&theirs.sku_name))
        {
            return Err(ArmError::bad_request(
                "GeoDrInstanceScalingOrder",
                "Scale the geo-secondary up before the primary, and the primary down before the geo-secondary.",
            ));
        }
        Ok(())
    }

    fn check_patch(managed: &Managed, patch: &InstancePatch) -> ArmResult<()> {
        if Self::seeding(managed) {
            return Err(ArmError::bad_request(
                "OperationCanNotStartDueToMiLink",
                "The operation cannot start because a Managed Instance link is being created.",
            ));
        }
        let rank = |format: &str| match format.to_ascii_lowercase().as_str() {
            "sqlserver2022" => Some(22),
            "sqlserver2025" => Some(25),
            "alwaysuptodate" => Some(99),
            _ => None,
        };
        let Some(wanted) = &patch.database_format else { return Ok(()) };
        let Some(asked) = rank(wanted) else { return Err(ArmError::invalid_parameter("databaseFormat")) };
        let now = rank(&managed.database_format()).unwrap_or(0);
        // The change is one-way (facts: arm-api 2).
        if asked < now {
            let code = if now == 99 {
                "ManagedInstanceUpdateSloFromVersionlessToVersionedNotAllowed"
            } else {
                "ManagedInstanceUpdateSloFromNewerToOlderVersionEditionNotAllowed"
            };
            return Err(ArmError::bad_request(code, "The update policy of a managed instance cannot be taken back."));
        }
        Ok(())
    }

    async fn scale(managed: &Managed, patch: InstancePatch) {
        let scaling = patch.v_cores.is_some()
            || patch.storage_gb.is_some()
            || patch.sku_name.is_some()
            || patch.database_format.is_some()
            || patch.next_gen.is_some()
            || patch.zone_redundant.is_some();
        if scaling {
            let start = managed.instance.clock.now();
            let mut settings = managed.settings();
            let id = format!("{}-{}-{}", managed.name, settings.operations.len(), start.unix_timestamp_nanos());
            settings.operations.push(InstanceOperationView {
                id: uuid_of(&id),
                managed_instance_name: managed.name.clone(),
                operation: "UpsertManagedServer".to_owned(),
                operation_friendly_name: "UPDATE MANAGED SERVER".to_owned(),
                percent_complete: 0,
                start_time: Some(start),
                state: "InProgress".to_owned(),
                error_description: None,
                is_cancellable: false,
            });
        }
        tokio::time::sleep(if scaling { SCALING } else { SMALL }).await;
        let mut settings = managed.settings();
        if let Some(operation) = settings.operations.last_mut().filter(|_| scaling) {
            operation.percent_complete = 100;
            "Succeeded".clone_into(&mut operation.state);
        }
        settings.v_cores = patch.v_cores.unwrap_or(settings.v_cores);
        settings.storage_gb = patch.storage_gb.unwrap_or(settings.storage_gb);
        let text = |new: Option<String>, old: &mut String| *old = new.unwrap_or_else(|| std::mem::take(old));
        text(patch.sku_name, &mut settings.sku_name);
        text(patch.database_format, &mut settings.database_format);
        settings.next_gen = patch.next_gen.unwrap_or(settings.next_gen);
        settings.zone_redundant = patch.zone_redundant.unwrap_or(settings.zone_redundant);
        text(patch.license_type, &mut settings.license_type);
        text(patch.hybrid_secondary_usage, &mut settings.hybrid_secondary_usage);
        if let Some(tags) = patch.tags {
            settings.tags = tags;
        }
    }

    /// Nobody gets in while it is stopped, and nothing goes on.
    async fn stop(managed: &Managed, stopped: bool) {
        managed.settings().state = if stopped { "Stopping" } else { "Starting" };
        tokio::time::sleep(SMALL).await;
        managed.instance.with(|s| {
            s.server.stopped = stopped;
            s.hadr.away = stopped;
        });
        if stopped {
            Self::fail_over_locally(managed);
        }
        managed.settings().state = if stopped { "Stopped" } else { READY };
        managed.instance.notify();
    }

    /// A local failover: every session ends, the databases stay.
    fn fail_over_locally(managed: &Managed) {
        managed.instance.with(|s| {
            let names: Vec<String> = s.databases.values().map(|d| d.name.clone()).collect();
            for name in names {
                s.kill_sessions_in(&name, None);
            }
        });
        managed.instance.notify();
    }
}

/// What a lab does not do is said, not faked.
fn not_offered(what: &str) -> ArmError {
    ArmError::new(StatusCode::NOT_IMPLEMENTED, "NotImplemented", format!("The lab does not offer this: {what}."))
}

fn uuid_of(text: &str) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&sha1(text.as_bytes())[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

#[async_trait]
impl Provider for Estate {
    fn subscriptions(&self) -> Vec<SubscriptionView> {
        let view = |subscription: &str, tenant: &str, name: &str| SubscriptionView {
            subscription_id: subscription.to_owned(),
            tenant_id: tenant.to_owned(),
            display_name: name.to_owned(),
            state: "Enabled".to_owned(),
        };
        let mut all = vec![view(&self.azure.subscription, &self.azure.tenant, "lab")];
        for spec in self.managed.iter().map(Managed::spec) {
            let Some(own) = &spec.subscription else { continue };
            if !all.iter().any(|s| s.subscription_id.eq_ignore_ascii_case(own)) {
                let tenant = spec.tenant.as_ref().unwrap_or(&self.azure.tenant);
                all.push(view(own, tenant, &format!("lab {}", all.len() + 1)));
            }
        }
        all
    }
    fn resource_groups(&self) -> Vec<String> {
        let mut all = vec![self.azure.resource_group.clone()];
        for m in &self.managed {
            let group = m.group(&self.azure);
            if !all.iter().any(|g| g.eq_ignore_ascii_case(group)) {
                all.push(group.to_owned());
            }
        }
        for host in &self.servers.hosts {
            let group = self.servers.group(host);
            if !all.iter().any(|g| g.eq_ignore_ascii_case(group)) {
                all.push(group.to_owned());
            }
        }
        all
    }
    fn instances(&self) -> Vec<InstanceView> {
        let azure = &self.azure;
        self.managed.iter().map(|m| m.view(azure)).collect()
    }
    fn endpoint_certificate(&self, instance: &str, kind: EndpointType) -> Option<EndpointCertificateView> {
        // The Service Broker endpoint of a lab instance has no certificate.
        let managed = self.find(instance).ok().filter(|_| kind == EndpointType::DatabaseMirroring)?;
        let der = managed::endpoint_certificate(&managed.instance)?;
        Some(EndpointCertificateView { der, trusted_roots: self.roots.clone() })
    }
    fn trust_certificates(&self, instance: &str) -> Vec<TrustCertificateView> {
        let Ok(managed) = self.find(instance) else { return Vec::new() };
        let view = |c: crate::lab::world::hadr::TrustCertificate| {
            let thumbprint = format!("0x{}", hex(&sha1(&c.der)));
            TrustCertificateView { name: c.name, der: c.der, thumbprint }
        };
        managed::list_trust_certificates(&managed.instance).into_iter().map(view).collect()
    }
    fn links(&self, instance: &str) -> Vec<LinkView> {
        let Ok(managed) = self.find(instance) else { return Vec::new() };
        managed::list_links(&managed.instance).into_iter().map(convert::link).collect()
    }
    fn databases(&self, instance: &str) -> Vec<DatabaseView> {
        let Ok(managed) = self.find(instance) else { return Vec::new() };
        managed.instance.with(|s| s.databases.values().filter(|d| !d.is_system()).map(convert::database).collect())
    }
    fn operations(&self, instance: &str) -> Vec<InstanceOperationView> {
        self.find(instance).map(|m| m.settings().operations.clone()).unwrap_or_default()
    }

    fn failover_groups(
        &self,
        subscription: &str,
        resource_group: &str,
        location: &str,
    ) -> ArmResult<Vec<FailoverGroupView>> {
        self.group_views(subscription, resource_group, location)
    }
    fn accepted(&self, change: &Change) -> ArmResult<()> {
        match change {
            Change::FailoverGroup { at, act } => self.accept_group(at, act),
            Change::Server(change) => self.servers.accepted(change),
            _ => Ok(()),
        }
    }

    fn servers(&self) -> Option<&Servers> {
        Some(&self.servers)
    }

    fn protector(&self, instance: &str) -> Option<(String, bool)> {
        self.find(instance).ok()?.settings().key.clone()
    }

    fn keys(&self, instance: &str) -> Vec<(String, String)> {
        self.find(instance).map(|m| m.settings().keys.clone()).unwrap_or_default()
    }

    fn retention(&self, instance: &str, database: &str) -> Retention {
        let found = self.find(instance).ok();
        found.and_then(|m| m.settings().retention.get(&database.to_lowercase()).cloned()).unwrap_or_default()
    }

    fn networks(&self) -> Option<&Networks> {
        Some(&self.networks)
    }

    fn check(&self, instance: &str, change: &Change) -> ArmResult<()> {
        if let Change::Server(change) = change {
            return self.servers.check(change);
        }
        if let Change::FailoverGroup { at, act } = change {
            return self.check_group(at, act);
        }
        let managed = self.find(instance)?;
        if matches!(change, Change::CreateLink(_)) && self.hub.of(&managed.instance.config.id).is_some() {
            return Err(ArmError::bad_request(
                "ManagedInstanceHasGeoReplica",
                "The managed instance is in a failover group: a link cannot be created.",
            ));
        }
        if managed.settings().state != READY && !matches!(change, Change::StartInstance) {
            return Err(ArmError::bad_request(
                "ManagedInstanceStoppingOrStopped",
                "The operation cannot be done: the managed instance is stopping or stopped.",
            ));
        }
        match change {
            Change::CreateLink(spec) if spec.multi_database => Err(not_offered("multi-database links")),
            Change::CreateLink(spec) => {
                managed::validate(&managed.instance, &convert::spec(spec)).map_err(convert::error)
            }
            Change::UpdateLink { databases: Some(_), .. } => Err(ArmError::bad_request(
                "InvalidDistributedAvailabilityGroupsCreateOrUpdateRequestDatabases",
                "The databases of a single-database link cannot be changed.",
            )),
            Change::UpdateInstance(patch) => {
                self.check_order(managed, patch)?;
                Self::check_patch(managed, patch)
            }
            Change::DeleteInstance => Err(not_offered("deleting an instance")),
            Change::StopInstance if Self::seeding(managed) => Err(ArmError::bad_request(
                "OperationCanNotStartDueToMiLink",
                "The operation cannot start because a Managed Instance link is being created.",
            )),
            _ => Ok(()),
        }
    }

    async fn run(&self, instance: &str, change: Change) -> ArmResult<()> {
        let change = match change {
            Change::Server(change) => return self.servers.run(change).await,
            other => other,
        };
        if let Change::FailoverGroup { at, act } = change {
            return self.run_group(&at, act).await;
        }
        let managed = self.find(instance)?;
        let mi = &managed.instance;
        let done = match change {
            Change::CreateLink(spec) => managed::create_link(mi, convert::spec(&spec)).await,
            Change::DeleteLink { name } => managed::delete_link(mi, &name).await,
            Change::FailoverLink { name, forced } => {
                let kind =
                    if forced { managed::FailoverType::ForcedAllowDataLoss } else { managed::FailoverType::Planned };
                managed::failover(mi, &name, kind).await
            }
            Change::SetLinkRole { name, role, forced } => {
                let role = if role == LinkRole::Primary { Role::Primary } else { Role::Secondary };
                managed::set_role(mi, &name, role, forced).await
            }
            Change::UpdateLink { name, mode: Some(mode), .. } => {
                let mode = match mode {
                    ReplicationMode::Async => managed::ReplicationMode::Async,
                    ReplicationMode::Sync => managed::ReplicationMode::Sync,
                };
                managed::set_replication_mode(mi, &name, mode).await
            }
            Change::PutCertificate { name, der } => {
                tokio::time::sleep(SMALL).await;
                managed::put_trust_certificate(mi, &name, &der)
            }
            Change::DeleteCertificate { name } => {
                tokio::time::sleep(SMALL).await;
                managed::delete_trust_certificate(mi, &name);
                Ok(())
            }
            Change::UpdateInstance(patch) => {
                // It ends with a local failover: another node takes over, and every session is dropped.
                let moves = patch.database_format.is_some() || patch.sku_name.is_some() || patch.v_cores.is_some();
                Self::scale(managed, patch).await;
                if moves {
                    Self::fail_over_locally(managed);
                }
                Ok(())
            }
            Change::SetProtector { key, rotates } => {
                tokio::time::sleep(SMALL).await;
                managed.settings().key = key.map(|k| (k, rotates));
                Ok(())
            }
            Change::PutKey { name, uri } => {
                tokio::time::sleep(SMALL).await;
                let mut settings = managed.settings();
                settings.keys.retain(|(n, _)| !n.eq_ignore_ascii_case(&name));
                settings.keys.push((name, uri));
                Ok(())
            }
            Change::SetRetention { database, to } => {
                tokio::time::sleep(SMALL).await;
                let mut settings = managed.settings();
                let kept = settings.retention.entry(database.to_lowercase()).or_default();
                *kept = match to {
                    RetentionChange::Short { days } => Retention { days, ..kept.clone() },
                    RetentionChange::Long { weekly, monthly, yearly, week_of_year } => {
                        Retention { days: kept.days, weekly, monthly, yearly, week_of_year }
                    }
                };
                Ok(())
            }
            Change::StopInstance => {
                Self::stop(managed, true).await;
                Ok(())
            }
            Change::StartInstance => {
                Self::stop(managed, false).await;
                Ok(())
            }
            Change::FailoverInstance { .. } => {
                Self::fail_over_locally(managed);
                Ok(())
            }
            _ => Ok(()),
        };
        done.map_err(convert::error)
    }
}
