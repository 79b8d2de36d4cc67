//! What the ARM front needs from the estate behind it.

use super::error::ArmError;
use super::error::ArmResult;
use super::network::Networks;
use super::servers::ServerChange;
use super::servers::Servers;
use super::view::DatabaseView;
use super::view::EndpointCertificateView;
use super::view::EndpointType;
use super::view::FailoverGroupView;
use super::view::InstanceOperationView;
use super::view::InstanceView;
use super::view::LinkView;
use super::view::SubscriptionView;
use super::view::TrustCertificateView;
use async_trait::async_trait;
use std::collections::BTreeMap;

/// A link as asked for by PUT, its shape checked (facts: arm-api 3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkSpec {
    pub name: String,
    pub databases: Vec<String>,
    /// `tcp://host-or-ip:port`, as sent.
    pub partner_endpoint: String,
    pub partner_ag: String,
    pub instance_ag: String,
    pub instance_role: LinkRole,
    /// `Manual` (meant for both directions) or `None`; absent: the service decides.
    pub two_way: Option<bool>,
    pub automatic_seeding: bool,
    pub multi_database: bool,
    /// Sent by old shapes only; the service decides at creation.
    pub replication_mode: Option<ReplicationMode>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkRole {
    Primary,
    Secondary,
}
impl LinkRole {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "Primary",
            Self::Secondary => "Secondary",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplicationMode {
    Async,
    Sync,
}
impl ReplicationMode {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Async => "Async",
            Self::Sync => "Sync",
        }
    }
}

/// Where a failover group was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupAddress {
    pub subscription: String,
    pub resource_group: String,
    pub location: String,
    pub name: String,
}

/// A managed instance as an id names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub subscription: String,
    pub resource_group: String,
    pub name: String,
}

impl Named {
    pub fn id(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Sql/managedInstances/{}",
            self.subscription, self.resource_group, self.name
        )
    }
}

/// A failover group as asked for by PUT, its shape checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupSpec {
    pub automatic: bool,
    pub grace_minutes: Option<u32>,
    pub read_only_failover: bool,
    pub standby: bool,
    pub partner_location: String,
    pub primary: Named,
    pub secondary: Named,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupAct {
    Put(GroupSpec),
    Delete,
    Failover { forced: bool },
}

/// Members of an instance that PUT or PATCH may change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InstancePatch {
    pub sku_name: Option<String>,
    pub v_cores: Option<u32>,
    pub storage_gb: Option<u32>,
    pub database_format: Option<String>,
    /// Next-gen General Purpose.
    pub next_gen: Option<bool>,
    pub zone_redundant: Option<bool>,
    pub hybrid_secondary_usage: Option<String>,
    pub license_type: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
}

/// For how long the backups of a database are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// For a restore to any moment.
    pub days: u32,
    /// ISO 8601 durations; `PT0S`: not kept.
    pub weekly: String,
    pub monthly: String,
    pub yearly: String,
    pub week_of_year: u32,
}

/// One of the two policies of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetentionChange {
    Short { days: u32 },
    Long { weekly: String, monthly: String, yearly: String, week_of_year: u32 },
}

impl Default for Retention {
    /// As every new database begins.
    fn default() -> Self {
        let not = || "PT0S".to_owned();
        Self { days: 7, weekly: not(), monthly: not(), yearly: not(), week_of_year: 0 }
    }
}

/// A change that ARM turns into a long-running operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    CreateLink(LinkSpec),
    UpdateLink {
        name: String,
        mode: Option<ReplicationMode>,
        /// The complete new list (multi-database links).
        databases: Option<Vec<String>>,
    },
    DeleteLink {
        name: String,
    },
    FailoverLink {
        name: String,
        forced: bool,
    },
    SetLinkRole {
        name: String,
        role: LinkRole,
        forced: bool,
    },
    PutCertificate {
        name: String,
        der: Vec<u8>,
    },
    DeleteCertificate {
        name: String,
    },
    UpdateInstance(InstancePatch),
    DeleteInstance,
    /// Name of the customer's key; `None`: the service's own.
    SetProtector {
        key: Option<String>,
        rotates: bool,
    },
    /// Lets an instance know a customer's key.
    PutKey {
        name: String,
        uri: String,
    },
    SetRetention {
        database: String,
        to: RetentionChange,
    },
    /// Local failover, of the readable secondary if true.
    FailoverInstance {
        readable_secondary: bool,
    },
    StartInstance,
    StopInstance,
    /// Below a logical server.
    Server(ServerChange),
    /// Of no instance alone.
    FailoverGroup {
        at: GroupAddress,
        act: GroupAct,
    },
}

/// The estate, as ARM sees it. Instances are named by their short name, any case: it is unique in the world.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    fn subscriptions(&self) -> Vec<SubscriptionView>;
    fn resource_groups(&self) -> Vec<String>;
    fn instances(&self) -> Vec<InstanceView>;
    fn endpoint_certificate(&self, instance: &str, kind: EndpointType) -> Option<EndpointCertificateView>;
    fn trust_certificates(&self, instance: &str) -> Vec<TrustCertificateView>;
    fn links(&self, instance: &str) -> Vec<LinkView>;
    fn databases(&self, instance: &str) -> Vec<DatabaseView>;
    fn operations(&self, instance: &str) -> Vec<InstanceOperationView>;
    /// Groups that have a member at this address.
    fn failover_groups(
        &self,
        subscription: &str,
        resource_group: &str,
        location: &str,
    ) -> ArmResult<Vec<FailoverGroupView>> {
        let _ = (subscription, resource_group, location);
        Ok(Vec::new())
    }
    /// Logical servers, where the estate has any.
    fn servers(&self) -> Option<&Servers> {
        None
    }
    /// Name of the customer's key over encrypted databases, and whether it rotates by itself; `None`: the service's own.
    fn protector(&self, instance: &str) -> Option<(String, bool)> {
        let _ = instance;
        None
    }
    /// Name and URI of each customer's key that the instance knows.
    fn keys(&self, instance: &str) -> Vec<(String, String)> {
        let _ = instance;
        Vec::new()
    }
    fn retention(&self, instance: &str, database: &str) -> Retention {
        let _ = (instance, database);
        Retention::default()
    }
    /// Networks, where the estate has any.
    fn networks(&self) -> Option<&Networks> {
        None
    }
    /// Accepted: what others see of it at once.
    fn accepted(&self, change: &Change) -> ArmResult<()> {
        let _ = change;
        Ok(())
    }
    /// Cancels a scaling-type operation.
    fn cancel(&self, instance: &str, operation: &str) -> ArmResult<()> {
        let known = self.operations(instance).into_iter().any(|o| o.id.eq_ignore_ascii_case(operation));
        Err(if known {
            ArmError::conflict(
                "CannotCancelOperation",
                "The management operation is in a state that cannot be cancelled.",
            )
        } else {
            ArmError::operation_missing(operation)
        })
    }

    /// Refusals that come with the request itself, before any operation exists.
    fn check(&self, instance: &str, change: &Change) -> ArmResult<()>;
    /// Does it. For a link's creation this lasts until seeding has caught up, in lab time. Dropped at shutdown.
    async fn run(&self, instance: &str, change: Change) -> ArmResult<()>;

    fn instance(&self, name: &str) -> Option<InstanceView> {
        self.instances().into_iter().find(|i| i.name.eq_ignore_ascii_case(name))
    }
    fn link(&self, instance: &str, name: &str) -> Option<LinkView> {
        self.links(instance).into_iter().find(|l| l.name.eq_ignore_ascii_case(name))
    }
    fn trust_certificate(&self, instance: &str, name: &str) -> Option<TrustCertificateView> {
        self.trust_certificates(instance).into_iter().find(|c| c.name.eq_ignore_ascii_case(name))
    }
}
