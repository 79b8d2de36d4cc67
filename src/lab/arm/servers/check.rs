//! What the service refuses with the request itself, before any operation exists (facts: arm-api 7, failover-groups 9).

use super::change::GroupAct;
use super::change::GroupSpec;
use super::change::ServerChange;
use super::change::busy;
use super::spec::refuse;
use super::state::LogicalHost;
use super::state::Servers;
use crate::lab::arm::error::ArmError;
use crate::lab::arm::error::ArmResult;
use crate::lab::geo::How;
use crate::lab::geo::Hub;
use crate::lab::geo::ServerGroup;

/// Groups of one server at most; the service's own number is not published.
const GROUPS_MAX: usize = 50;

fn bad(code: &str, message: impl Into<String>) -> ArmError {
    ArmError::bad_request(code, message)
}

fn on_databases(message: String) -> ArmError {
    ArmError::conflict("FailoverGroupUnableToPerformGroupOperationOnDatabases", message)
}

impl Servers {
    pub fn check(&self, change: &ServerChange) -> ArmResult<()> {
        match change {
            ServerChange::Group { server, name, act } => {
                let here = self.host(server).ok_or_else(|| bad("ServerNotFound", "The server does not exist."))?;
                self.check_group(here, name, act)
            }
            ServerChange::Secondary { server, database, spec } => {
                let missing = || ArmError::not_found("DatabaseDoesNotExist", "The source database does not exist.");
                let host = self.host(server).ok_or_else(missing)?;
                let (source, name) = self.database_by_id(&spec.source).ok_or_else(missing)?;
                if !Hub::is_open(&source.instance, &name) {
                    return Err(missing());
                }
                if !name.eq_ignore_ascii_case(database) {
                    return Err(ArmError::invalid_parameter("sourceDatabaseId"));
                }
                if source.level(&name).pool.is_some() {
                    self.check_pool(source, host, &name)?;
                }
                self.check_copy(source, host, &name)
            }
            ServerChange::StopLink { .. } => Ok(()),
        }
    }

    fn check_group(&self, here: &LogicalHost, name: &str, act: &GroupAct) -> ArmResult<()> {
        let group = self.hub.server_group(name);
        let mine = group.filter(|g| g.servers.iter().any(|s| s.config.id == here.spec.id));
        match (mine, act) {
            (Some(group), GroupAct::Put(spec)) => self.check_update(here, &group, spec),
            (None, GroupAct::Put(spec)) => self.check_create(here, name, spec),
            (None, _) => Err(ArmError::child_missing(super::address::GROUP_TYPE, name)),
            (Some(group), act) => self.check_existing(here, &group, act),
        }
    }

    fn check_existing(&self, here: &LogicalHost, group: &ServerGroup, act: &GroupAct) -> ArmResult<()> {
        let is_primary = group.primary().config.id == here.spec.id;
        match act {
            GroupAct::Delete if !is_primary => Err(on_secondary()),
            GroupAct::Failover(_) if is_primary => Err(bad(
                "FailoverGroupFailoverRequestOnPrimary",
                "The failover request must be sent to the secondary server.",
            )),
            _ if group.is_busy() => Err(busy()),
            GroupAct::Failover(How::Planned) if self.hub.server_group_state(group) != "CATCH_UP" => {
                Err(on_databases("A database of the failover group is being copied.".to_owned()))
            }
            _ => Ok(()),
        }
    }

    fn check_update(&self, here: &LogicalHost, group: &ServerGroup, spec: &GroupSpec) -> ArmResult<()> {
        if group.primary().config.id != here.spec.id {
            return Err(on_secondary());
        }
        let same = self.by_id(&spec.partner).is_some_and(|p| p.spec.id == group.secondary().config.id);
        if !same {
            return Err(refuse("ReadOnlyPropertyModified", "The partner of a failover group cannot be changed."));
        }
        if group.is_busy() {
            return Err(busy());
        }
        let partner = self.by_id(&spec.partner).ok_or_else(|| refuse("InvalidPartner", "No such server."))?;
        self.check_databases(here, partner, &group.name, spec)
    }

    fn check_create(&self, here: &LogicalHost, name: &str, spec: &GroupSpec) -> ArmResult<()> {
        let well_formed = (1..=63).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !name.starts_with('-')
            && !name.ends_with('-');
        if !well_formed {
            return Err(ArmError::conflict("InvalidFailoverGroupName", "The failover group name is not valid."));
        }
        // A group's listener and a server share one DNS domain.
        if self.host(name).is_some() || self.hub.server_group(name).is_some() {
            return Err(ArmError::conflict(
                "FailoverGroupDnsRecordInUse",
                "The DNS record of the failover group is in use.",
            ));
        }
        let partner =
            self.by_id(&spec.partner).ok_or_else(|| refuse("InvalidPartner", "The partner server does not exist."))?;
        if partner.spec.id == here.spec.id {
            return Err(refuse("DuplicatePartner", "A server cannot be its own partner."));
        }
        let plain = |h: &LogicalHost| self.region(h).replace(' ', "").to_lowercase();
        if plain(here) == plain(partner) {
            return Err(bad("InvalidFailoverGroupRegion", "The servers are in the same region."));
        }
        let of_server = |g: &std::sync::Arc<ServerGroup>| g.servers.iter().any(|s| s.config.id == here.spec.id);
        if self.hub.all_server_groups().iter().filter(|g| of_server(g)).count() >= GROUPS_MAX {
            return Err(bad(
                "LimitOfFailoverGroupsPerServerExceeded",
                "The server holds as many failover groups as it may.",
            ));
        }
        self.check_databases(here, partner, name, spec)
    }

    fn check_databases(
        &self,
        here: &LogicalHost,
        partner: &LogicalHost,
        group: &str,
        spec: &GroupSpec,
    ) -> ArmResult<()> {
        let rules = !here.spec.virtual_network_rules.is_empty() || !partner.spec.virtual_network_rules.is_empty();
        if spec.settings.automatic && rules {
            return Err(bad(
                "FailoverGroupWithVirtualNetworkRulesNotSupported",
                "The automatic policy is not supported for servers with virtual network rules.",
            ));
        }
        for id in &spec.databases {
            let (server, name) = self
                .database_by_id(id)
                .filter(|(server, _)| server.spec.id == here.spec.id)
                .ok_or_else(|| refuse("InvalidDatabaseServer", "A database is not on the primary server."))?;
            if !Hub::is_open(&server.instance, &name) {
                return Err(ArmError::not_found(
                    "DatabaseDoesNotExist",
                    format!("Database '{name}' does not exist on server '{}'.", here.spec.name),
                ));
            }
            if let Some(other) = self.hub.group_of_database(&here.spec.id, &name) {
                if other.name.eq_ignore_ascii_case(group) {
                    continue;
                }
                return Err(ArmError::conflict(
                    "DatabaseBelongsToOtherFailoverGroup",
                    format!("Database '{name}' belongs to failover group '{}'.", other.name),
                ));
            }
            self.check_pool(here, partner, &name)?;
            self.check_copy(here, partner, &name)?;
        }
        Ok(())
    }

    /// A pool of the same name must be there to take a pooled database (facts: failover-groups 9.2).
    fn check_pool(&self, here: &LogicalHost, partner: &LogicalHost, name: &str) -> ArmResult<()> {
        match here.level(name).pool {
            Some(pool) if !partner.spec.pools.iter().any(|p| p.name.eq_ignore_ascii_case(&pool)) => {
                let server = &partner.spec.name;
                Err(on_databases(format!("Elastic pool '{pool}' does not exist on server '{server}'.")))
            }
            _ => Ok(()),
        }
    }

    /// Where a copy stands it must be this database's own.
    fn check_copy(&self, here: &LogicalHost, partner: &LogicalHost, name: &str) -> ArmResult<()> {
        let replica = self.hub.replica(&here.spec.id, name);
        let taken = partner.databases().iter().any(|d| d.eq_ignore_ascii_case(name));
        match replica {
            Some(r) if r.holds(&partner.spec.id) && r.primary().config.id == here.spec.id => Ok(()),
            Some(_) => Err(ArmError::new(
                hyper::http::StatusCode::NOT_IMPLEMENTED,
                "NotImplemented",
                "The lab does not offer this: more than one geo-secondary of a database.",
            )),
            None if taken => Err(on_databases(format!(
                "A database '{name}' that is no secondary exists on server '{}'.",
                partner.spec.name
            ))),
            None => Ok(()),
        }
    }
}

fn on_secondary() -> ArmError {
    bad(
        "FailoverGroupUpdateOrDeleteRequestOnSecondary",
        "The request must be sent to the primary server of the failover group.",
    )
}
