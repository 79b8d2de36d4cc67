//! Failover groups as ARM sees them: who is asked where, and what is refused (facts: failover-groups 1, 2, 3).

use super::managed::Managed;
use super::provider::Estate;
use crate::lab::arm::error::ArmError;
use crate::lab::arm::error::ArmResult;
use crate::lab::arm::provider::GroupAct;
use crate::lab::arm::provider::GroupAddress;
use crate::lab::arm::provider::GroupSpec;
use crate::lab::arm::provider::Named;
use crate::lab::arm::route::FOG_TYPE;
use crate::lab::arm::view::FailoverGroupView;
use crate::lab::geo;
use crate::lab::mirror::managed as links;
use hyper::http::StatusCode;
use std::sync::Arc;
use std::time::Duration;

/// How long an update or a deletion takes.
const SMALL: Duration = Duration::from_millis(300);

fn refuse(code: &str, message: &str) -> ArmError {
    ArmError::bad_request(code, message)
}

fn plain(location: &str) -> String {
    location.replace(' ', "").to_lowercase()
}

fn trouble(trouble: geo::Trouble) -> ArmError {
    match trouble {
        geo::Trouble::Busy => busy(),
        geo::Trouble::NotSynchronized => ArmError::conflict(
            "InstanceFailoverGroupBusy",
            "The instance failover group is not in a state in which it can be failed over.",
        ),
        geo::Trouble::TimedOut(why) => refuse("PlannedFailoverTimedOut", &why),
        geo::Trouble::Gone => {
            refuse("InstanceFailoverGroupDoesNotExist", "The instance failover group does not exist.")
        }
    }
}

fn busy() -> ArmError {
    ArmError::conflict("InstanceFailoverGroupBusy", "The instance failover group is busy with another operation.")
}

impl Estate {
    fn side<'a>(&'a self, group: &geo::Group, at: &GroupAddress) -> Option<(&'a Managed, bool)> {
        let primary = group.primary().config.id.clone();
        let here = |m: &&Managed| {
            group.holds(&m.instance.config.id)
                && m.subscription(&self.azure).eq_ignore_ascii_case(&at.subscription)
                && m.group(&self.azure).eq_ignore_ascii_case(&at.resource_group)
                && plain(m.region(&self.azure)) == plain(&at.location)
        };
        let found = self.managed.iter().find(here)?;
        Some((found, found.instance.config.id == primary))
    }

    /// A region that is down answers nothing.
    fn awake(&self, location: &str) -> ArmResult<()> {
        let down = self
            .managed
            .iter()
            .any(|m| plain(m.region(&self.azure)) == plain(location) && m.instance.with(|s| s.server.region_down));
        if down {
            return Err(ArmError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailable",
                format!("The service in location '{location}' is unavailable."),
            ));
        }
        Ok(())
    }

    pub(super) fn group_views(
        &self,
        subscription: &str,
        resource_group: &str,
        location: &str,
    ) -> ArmResult<Vec<FailoverGroupView>> {
        self.awake(location)?;
        let view = |group: Arc<geo::Group>| {
            let at = GroupAddress {
                subscription: subscription.to_owned(),
                resource_group: resource_group.to_owned(),
                location: location.to_owned(),
                name: group.name.clone(),
            };
            let (_, is_primary) = self.side(&group, &at)?;
            let named = |id: &str| {
                let m = self.managed.iter().find(|m| m.instance.config.id == id)?;
                Some((m, m.named(&self.azure)))
            };
            let (primary, secondary) = (named(&group.primary().config.id)?, named(&group.secondary().config.id)?);
            let partner = if is_primary { secondary.0 } else { primary.0 };
            let settings = group.settings();
            Some(FailoverGroupView {
                is_primary,
                replication_state: group.replication_state().to_owned(),
                partner_location: partner.region(&self.azure).to_owned(),
                primary: primary.1,
                secondary: secondary.1,
                automatic: settings.automatic,
                grace_minutes: settings.grace_minutes,
                read_only_failover: settings.read_only_failover,
                standby: settings.standby,
                address: at,
            })
        };
        Ok(self.hub.all().into_iter().filter_map(view).collect())
    }

    pub(super) fn check_group(&self, at: &GroupAddress, act: &GroupAct) -> ArmResult<()> {
        self.awake(&at.location)?;
        match (self.hub.find(&at.name), act) {
            (Some(group), GroupAct::Put(spec)) if self.side(&group, at).is_some() => {
                self.check_update(&group, at, spec)
            }
            (Some(_), GroupAct::Put(_)) => Err(ArmError::conflict(
                "InstanceFailoverGroupDnsRecordInUse",
                "The DNS record of the instance failover group is in use.",
            )),
            (None, GroupAct::Put(spec)) => self.check_create(at, spec),
            (None, _) => Err(ArmError::child_missing(FOG_TYPE, &at.name)),
            (Some(group), act) => self.check_existing(&group, at, act),
        }
    }

    fn check_existing(&self, group: &geo::Group, at: &GroupAddress, act: &GroupAct) -> ArmResult<()> {
        let Some((_, is_primary)) = self.side(group, at) else {
            return Err(ArmError::child_missing(FOG_TYPE, &at.name));
        };
        let on_secondary = || {
            refuse(
                "InstanceFailoverGroupUpdateOrDeleteRequestOnSecondary",
                "The request must be sent to the location of the primary.",
            )
        };
        match act {
            GroupAct::Delete if !is_primary => Err(on_secondary()),
            GroupAct::Failover { .. } if is_primary => Err(refuse(
                "InstanceFailoverGroupFailoverRequestOnPrimary",
                "The failover request must be sent to the location of the secondary.",
            )),
            _ if group.is_busy() => Err(busy()),
            GroupAct::Failover { .. } if group.is_creating() => Err(busy()),
            GroupAct::Failover { forced: false } if group.replication_state() != "CATCH_UP" => {
                Err(trouble(geo::Trouble::NotSynchronized))
            }
            GroupAct::Failover { .. } => self.check_formats(group),
            _ => Ok(()),
        }
    }

    fn check_formats(&self, group: &geo::Group) -> ArmResult<()> {
        let format = |id: &str| {
            self.managed.iter().find(|m| m.instance.config.id == id).map(|m| m.database_format().to_lowercase())
        };
        if format(&group.primary().config.id) == format(&group.secondary().config.id) {
            return Ok(());
        }
        Err(refuse(
            "ManagedInstanceFailoverInFailoverGroupInstancesWithDifferentVersionEditions",
            "The instances of the failover group have different update policies.",
        ))
    }

    fn check_update(&self, group: &geo::Group, at: &GroupAddress, spec: &GroupSpec) -> ArmResult<()> {
        let Some((_, true)) = self.side(group, at) else {
            return Err(refuse(
                "InstanceFailoverGroupUpdateOrDeleteRequestOnSecondary",
                "The request must be sent to the location of the primary.",
            ));
        };
        let same = |id: &str, named: &Named| {
            self.managed.iter().any(|m| m.instance.config.id == id && m.name.eq_ignore_ascii_case(&named.name))
        };
        if !same(&group.primary().config.id, &spec.primary) || !same(&group.secondary().config.id, &spec.secondary) {
            return Err(refuse(
                "InstanceFailoverGroupCreateOrUpdateRequestReadOnlyPropertyModified",
                "The instance pair of a failover group cannot be changed.",
            ));
        }
        if group.is_busy() || group.is_creating() { Err(busy()) } else { Ok(()) }
    }

    fn named(&self, named: &Named) -> Option<&Managed> {
        self.managed.iter().find(|m| m.named(&self.azure).id().eq_ignore_ascii_case(&named.id()))
    }

    fn check_create(&self, at: &GroupAddress, spec: &GroupSpec) -> ArmResult<()> {
        const PREFIX: &str = "InstanceFailoverGroupCreateOrUpdateRequest";
        let well_formed = (1..=63).contains(&at.name.len())
            && at.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !at.name.starts_with('-')
            && !at.name.ends_with('-');
        if !well_formed {
            return Err(ArmError::conflict("InvalidFailoverGroupName", "The failover group name is not valid."));
        }
        let invalid = |tail: &str, why: &str| refuse(&format!("{PREFIX}{tail}"), why);
        let primary = self.named(&spec.primary).filter(|m| {
            m.subscription(&self.azure).eq_ignore_ascii_case(&at.subscription)
                && m.group(&self.azure).eq_ignore_ascii_case(&at.resource_group)
                && plain(m.region(&self.azure)) == plain(&at.location)
        });
        let primary = primary.ok_or_else(|| invalid("InvalidPrimary", "The primary is not at this address."))?;
        let secondary =
            self.named(&spec.secondary).ok_or_else(|| invalid("InvalidPartner", "The partner does not exist."))?;
        if primary.name == secondary.name {
            return Err(invalid("DuplicatePartner", "An instance cannot be its own partner."));
        }
        if plain(secondary.region(&self.azure)) != plain(&spec.partner_location) {
            return Err(invalid(
                "InvalidManagedInstanceRegion",
                "The partner is in another region than the one given.",
            ));
        }
        if plain(primary.region(&self.azure)) == plain(secondary.region(&self.azure)) {
            return Err(refuse("InvalidFailoverGroupRegion", "The instances are in the same region."));
        }
        if primary.tenant(&self.azure) != secondary.tenant(&self.azure) {
            return Err(invalid("InvalidPartner", "The partner is in another tenant."));
        }
        for m in [primary, secondary] {
            if self.hub.of(&m.instance.config.id).is_some() {
                return Err(ArmError::conflict(
                    "InstanceFailoverGroupAlreadyExists",
                    "An instance failover group already exists for the managed instance.",
                ));
            }
            if !links::list_links(&m.instance).is_empty() {
                return Err(ArmError::conflict(
                    "ManagedInstanceHasHybridLink",
                    "The managed instance has a hybrid link: an instance failover group cannot be created.",
                ));
            }
        }
        Self::check_pair(primary, secondary)
    }

    fn check_pair(primary: &Managed, secondary: &Managed) -> ArmResult<()> {
        let (a, b) = (primary.spec(), secondary.spec());
        if a.dns_zone != b.dns_zone {
            return Err(refuse("DnsZoneMismatch", "The instances are in different DNS zones."));
        }
        if primary.tier() != secondary.tier() {
            return Err(refuse("ServerEditionMismatch", "The instances have different service tiers."));
        }
        if primary.settings().storage_gb != secondary.settings().storage_gb {
            return Err(refuse("GeoDrInstanceSizeMismatch", "The instances have different storage sizes."));
        }
        if !primary.database_format().eq_ignore_ascii_case(&secondary.database_format()) {
            return Err(refuse(
                "ManagedInstanceEstablishingFailoverGroupGeoPrimaryWithNewerVersionEditionThanSecondary",
                "The instances have different update policies.",
            ));
        }
        Self::check_keys(primary, secondary)?;
        let users = secondary.instance.with(|s| s.databases.values().filter(|d| !d.is_system()).count());
        if users > 0 {
            return Err(refuse("GeoDrSecondaryInstanceNotEmpty", "The secondary instance holds user databases."));
        }
        Ok(())
    }

    /// The secondary must know the key that the primary's databases are encrypted with (facts: failover-groups P19).
    fn check_keys(primary: &Managed, secondary: &Managed) -> ArmResult<()> {
        let (here, there) = (primary.settings().clone(), secondary.settings().keys.clone());
        let Some((name, rotates)) = here.key else { return Ok(()) };
        let uri = here.keys.iter().find(|(n, _)| *n == name).map(|(_, uri)| uri);
        if there.iter().any(|(_, known)| uri.is_some_and(|u| known.eq_ignore_ascii_case(u))) {
            return Ok(());
        }
        Err(if rotates {
            refuse("SameKeyUriNotFoundOnRemoteServer", "The same key URI was not found on the partner.")
        } else {
            refuse("KeyMaterialNotFoundOnRemoteServer", "The key material was not found on the partner.")
        })
    }

    /// A group exists from the moment its creation is accepted, and so does the end of an accepted failover's quiet.
    pub(super) fn accept_group(&self, at: &GroupAddress, act: &GroupAct) -> ArmResult<()> {
        let GroupAct::Put(spec) = act else { return Ok(()) };
        if self.hub.find(&at.name).is_some() {
            return Ok(());
        }
        let id = |named| self.named(named).map(|m| m.instance.config.id.clone());
        let pair = id(&spec.primary).zip(id(&spec.secondary));
        let (primary, secondary) = pair.ok_or_else(|| trouble(geo::Trouble::Gone))?;
        self.hub.register(&at.name, &primary, &secondary, settings(spec)).map_err(trouble)
    }

    pub(super) async fn run_group(&self, at: &GroupAddress, act: GroupAct) -> ArmResult<()> {
        let group = self.hub.find(&at.name).ok_or_else(|| trouble(geo::Trouble::Gone))?;
        match act {
            GroupAct::Put(_) if group.is_creating() => self.hub.complete(&at.name).await.map_err(trouble),
            GroupAct::Put(spec) => {
                tokio::time::sleep(SMALL).await;
                group.update(settings(&spec));
                Ok(())
            }
            GroupAct::Delete => {
                tokio::time::sleep(SMALL).await;
                self.hub.remove(&at.name);
                Ok(())
            }
            GroupAct::Failover { forced } => group.fail_over(forced).await.map_err(trouble),
        }
    }
}

fn settings(spec: &GroupSpec) -> geo::Settings {
    geo::Settings {
        automatic: spec.automatic,
        grace_minutes: spec.grace_minutes,
        read_only_failover: spec.read_only_failover,
        standby: spec.standby,
    }
}
