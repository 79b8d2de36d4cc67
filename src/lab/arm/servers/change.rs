//! Changes of failover groups and of geo-replication, done.

use super::state::LogicalHost;
use super::state::Servers;
use crate::lab::arm::error::ArmError;
use crate::lab::arm::error::ArmResult;
use crate::lab::geo::How;
use crate::lab::geo::ServerGroup;
use crate::lab::geo::Settings;
use crate::lab::geo::Trouble;
use crate::lab::scenario::servers::ServiceLevel;
use std::sync::Arc;
use std::sync::PoisonError;
use std::time::Duration;

/// How long an update or a deletion takes.
const SMALL: Duration = Duration::from_millis(300);

/// A group as asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupSpec {
    pub settings: Settings,
    /// Id of the partner server.
    pub partner: String,
    /// Ids of databases; the list replaces the old one.
    pub databases: Vec<String>,
    pub tags: Option<serde_json::Value>,
}

/// A geo-secondary as asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondarySpec {
    pub source: String,
    /// Absent: as the tier does it by itself.
    pub zone_redundant: Option<bool>,
    pub pool: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupAct {
    Put(GroupSpec),
    Delete,
    Failover(How),
}

/// A change below a logical server, which is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerChange {
    Group {
        server: String,
        name: String,
        act: GroupAct,
    },
    /// A database becomes the geo-secondary of another.
    Secondary {
        server: String,
        database: String,
        spec: SecondarySpec,
    },
    /// Replication of a database ends.
    StopLink {
        server: String,
        database: String,
    },
}

pub(super) fn busy() -> ArmError {
    ArmError::conflict("FailoverGroupBusy", "The failover group is busy with another operation.")
}

fn trouble(trouble: Trouble) -> ArmError {
    match trouble {
        Trouble::Busy => busy(),
        Trouble::NotSynchronized => ArmError::conflict(
            "FailoverGroupUnableToPerformGroupOperationOnDatabases",
            "The failover group is not in a state in which it can be failed over.",
        ),
        Trouble::TimedOut(why) => ArmError::bad_request("PlannedFailoverTimedOut", why),
        Trouble::Gone => ArmError::bad_request("FailoverGroupDoesNotExist", "The failover group does not exist."),
    }
}

/// Some databases are not in the group, the others are (facts: failover-groups 9.3).
fn partial(databases: &[String]) -> ArmError {
    ArmError::bad_request(
        "FailoverGroupCreateOrUpdatePartiallySucceeded",
        format!(
            "45122: Create or update Failover Group operation successfully completed; however, some of the databases could not be added to or removed from Failover Group: '{}': Provisioning of zone redundant database/pool is not supported for your current request.",
            databases.join("', '")
        ),
    )
}

impl Servers {
    fn host_of(&self, name: &str) -> ArmResult<&LogicalHost> {
        let group = self.azure.resource_group.as_str();
        self.host(name).ok_or_else(|| ArmError::parent_missing(super::address::SERVER_TYPE, name, group))
    }

    /// A group is there from the moment its creation is accepted.
    pub fn accepted(&self, change: &ServerChange) -> ArmResult<()> {
        let ServerChange::Group { server, name, act: GroupAct::Put(spec) } = change else { return Ok(()) };
        if self.hub.server_group(name).is_some() {
            return Ok(());
        }
        let (here, partner) = (self.host_of(server)?, self.by_id(&spec.partner));
        let partner = partner.ok_or_else(|| trouble(Trouble::Gone))?;
        self.hub.add_server_group(name, &here.instance, &partner.instance, spec.settings.clone());
        Ok(())
    }

    pub async fn run(&self, change: ServerChange) -> ArmResult<()> {
        match change {
            ServerChange::Group { server, name, act } => {
                let group = self.hub.server_group(&name).ok_or_else(|| trouble(Trouble::Gone))?;
                match act {
                    GroupAct::Put(spec) => {
                        if !group.begin() {
                            return Err(busy());
                        }
                        let done = self.put(&group, &server, spec).await;
                        group.end();
                        done
                    }
                    GroupAct::Delete => {
                        tokio::time::sleep(SMALL).await;
                        self.hub.remove_server_group(&name);
                        Ok(())
                    }
                    GroupAct::Failover(how) => self.hub.fail_over_servers(&group, how).await.map_err(trouble),
                }
            }
            ServerChange::Secondary { server, database, spec } => {
                let host = self.host_of(&server)?;
                let (source, name) = self.database_by_id(&spec.source).ok_or_else(no_source)?;
                let level = secondary_level(&source.level(&name), spec.zone_redundant);
                if level.zone_redundant && !host.spec.zones {
                    return Err(no_zones());
                }
                self.hub.replicate(&source.instance, &host.instance, &database).await.map_err(trouble)?;
                host.set_level(&database, level);
                Ok(())
            }
            ServerChange::StopLink { server, database } => {
                tokio::time::sleep(SMALL).await;
                let host = self.host_of(&server)?;
                self.hub.stop_replica(&host.instance.config.id, &database);
                Ok(())
            }
        }
    }

    async fn put(&self, group: &Arc<ServerGroup>, server: &str, spec: GroupSpec) -> ArmResult<()> {
        let here = self.host_of(server)?;
        let partner = self.by_id(&spec.partner).ok_or_else(|| trouble(Trouble::Gone))?;
        tokio::time::sleep(SMALL).await;
        group.set(spec.settings);
        if let Some(tags) = spec.tags {
            here.tags.lock().unwrap_or_else(PoisonError::into_inner).insert(group.name.to_lowercase(), tags);
        }
        let wanted: Vec<String> = spec.databases.iter().filter_map(|id| Some(self.database_by_id(id)?.1)).collect();
        for gone in group.databases().into_iter().filter(|d| !wanted.iter().any(|w| w.eq_ignore_ascii_case(d))) {
            group.release(&gone);
        }
        // The name as the server spells it.
        let spelled = |name: &String| {
            here.databases().into_iter().find(|d| d.eq_ignore_ascii_case(name)).unwrap_or_else(|| name.clone())
        };
        let (mut left_out, mut copies) = (Vec::new(), Vec::new());
        for database in wanted.iter().map(spelled) {
            if group.contains(&database) {
                continue;
            }
            let stands = self.hub.replica(&here.instance.config.id, &database).is_some();
            let level = secondary_level(&here.level(&database), None);
            if !stands && level.zone_redundant && !partner.spec.zones {
                left_out.push(database);
                continue;
            }
            if !stands {
                partner.set_level(&database, level);
            }
            group.add(&database);
            copies.push(database);
        }
        // All databases side by side.
        let all = copies.iter().map(|d| self.hub.replicate(&here.instance, &partner.instance, d));
        for done in futures_util::future::join_all(all).await {
            done.map_err(trouble)?;
        }
        if left_out.is_empty() { Ok(()) } else { Err(partial(&left_out)) }
    }
}

fn no_source() -> ArmError {
    ArmError::not_found("DatabaseDoesNotExist", "The source database does not exist.")
}

fn no_zones() -> ArmError {
    ArmError::bad_request(
        "ProvisioningDisabled",
        "Provisioning of zone redundant database/pool is not supported for your current request.",
    )
}

/// Same tier and size; zone redundancy is inherited on Hyperscale, off elsewhere (facts: failover-groups 9.3).
fn secondary_level(primary: &ServiceLevel, zone_redundant: Option<bool>) -> ServiceLevel {
    let inherits = primary.tier == "Hyperscale" && primary.zone_redundant;
    ServiceLevel { zone_redundant: zone_redundant.unwrap_or(inherits), ..primary.clone() }
}
