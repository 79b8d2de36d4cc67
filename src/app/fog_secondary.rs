//! The second instance of a group, where it is not there yet: copied from the primary, judged, planned.

use super::build::App;
use super::fog::FogLook;
use super::fog::FogOp;
use super::fog_network;
use crate::arm::InstanceRef;
use crate::arm::change::API_VERSION;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::config::create::Creation;
use crate::config::types::Target;
use crate::config::types::TargetLogin;
use crate::inventory::fog::look;
use crate::inventory::fog_network as networks;
use crate::inventory::new_instance;
use crate::model::fact::Fact;
use crate::model::geo::Side;
use crate::model::ids::SiteId;
use crate::model::network::MemberNetwork;
use crate::model::network::id_tail;
use crate::model::new_instance::NewInstance;
use crate::model::new_instance::PASSWORD_STANDS_FOR;
use crate::model::new_instance::SubnetFacts;
use crate::plan::fog::FogPlan;
use crate::plan::fog::PlannedNetwork;
use crate::plan::network::NetworkChange;
use crate::plan::types::Plan;
use crate::rules::fog::prerequisites::Row;
use crate::rules::fog::prerequisites::Status;
use crate::rules::fog::secondary::scaling_room;
use crate::workflow::fog::secondary;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// Settings that a secondary shares with its primary, as they stand in a body. Those of a region (maintenance window, virtual
/// cluster) and those of one instance alone (pool, private endpoints) are not among them.
const COPIED: [&str; 11] = [
    "licenseType",
    "vCores",
    "storageSizeInGB",
    "storageIOps",
    "isGeneralPurposeV2",
    "collation",
    "timezoneId",
    "databaseFormat",
    "zoneRedundant",
    "minimalTlsVersion",
    "proxyOverride",
];

/// What a look found.
pub struct SecondaryLook {
    /// The pair: the primary, and the one that is to be made.
    pub pair: FogLook,
    pub new: NewInstance,
    pub rows: Vec<Row>,
    /// State of an instance of that name, if there is one already.
    pub there: Option<String>,
    pub subnet: Option<SubnetFacts>,
}

impl SecondaryLook {
    pub fn is_ready(&self) -> bool {
        !self.rows.iter().any(Row::blocks)
    }
}

/// The request as it will be sent, but for the password.
fn body(primary: &Value, target: &Target, create: &Creation) -> Value {
    let from = &primary["properties"];
    let mut p = Map::new();
    for name in COPIED {
        if !from[name].is_null() {
            p.insert(name.to_owned(), from[name].clone());
        }
    }
    let mut put = |name: &str, value: Value| p.insert(name.to_owned(), value);
    if !from["currentBackupStorageRedundancy"].is_null() {
        put("requestedBackupStorageRedundancy", from["currentBackupStorageRedundancy"].clone());
    }
    put("subnetId", json!(create.subnet));
    put("publicDataEndpointEnabled", json!(false));
    if let Some(n) = create.v_cores {
        put("vCores", json!(n));
    }
    if let Some(gb) = create.storage_gb {
        put("storageSizeInGB", json!(gb));
    }
    if let Some(license) = &create.license {
        put("licenseType", json!(license));
    }
    if create.dns_zone_partner {
        put("dnsZonePartner", primary["id"].clone());
    }
    match (&target.login, &create.entra_admin) {
        (TargetLogin::Sql { user, .. }, _) => {
            put("administratorLogin", json!(user));
            put("administratorLoginPassword", json!(PASSWORD_STANDS_FOR));
        }
        (TargetLogin::Entra, Some(admin)) => {
            put(
                "administrators",
                json!({
                    "administratorType": "ActiveDirectory",
                    "principalType": admin.kind.as_deref().unwrap_or("Group"),
                    "login": admin.login,
                    "sid": admin.object_id,
                    "azureADOnlyAuthentication": true,
                }),
            );
        }
        (TargetLogin::Entra, None) => {}
    }
    let mut sku = primary["sku"].clone();
    if let Some(name) = &create.sku {
        let tier = if name.to_uppercase().starts_with("BC_") { "BusinessCritical" } else { "GeneralPurpose" };
        sku = json!({ "name": name, "tier": tier, "family": name.split_once('_').map(|(_, f)| f) });
    }
    if sku.is_object() {
        sku["capacity"] = p.get("vCores").cloned().unwrap_or_default();
    }
    json!({ "location": create.location, "sku": sku, "properties": p })
}

fn of_creation(target: &Target) -> Result<&Creation> {
    target.create.as_ref().ok_or_else(|| {
        Error::usage(format!("the estate file does not say where `{}` is to be made", target.name))
            .hint("add [target.create] to it, with `subnet` (its id) and `location`")
    })
}

impl App {
    /// The second instance does not answer, and the estate file says how it would be made.
    pub fn may_make_secondary(&self, look: &FogLook) -> bool {
        let b = &look.facts.b;
        b.facts.why().is_some() && self.config.target(&b.site).is_ok_and(|t| t.create.is_some())
    }

    /// Refused where the second instance does not answer and the estate file says how it would be made.
    pub(super) fn secondary_is_there(&self, look: &FogLook) -> Result<()> {
        let b = &look.facts.b;
        let Some(why) = b.facts.why().filter(|_| self.may_make_secondary(look)) else { return Ok(()) };
        Err(Error::refused(format!("the secondary {} cannot be read: {why}", b.site))
            .hint(format!("if it is not made yet: milink fog secondary create {}", look.facts.name)))
    }

    /// The second instance as it would be made; `to`: another target than the group's secondary.
    pub async fn look_at_secondary(&self, name: Option<&str>, to: Option<&str>) -> Result<SecondaryLook> {
        let mut wanted = self.config.failover_group(name)?.clone();
        if wanted.between_servers {
            return Err(Error::refused("a logical server is no managed instance: make it in Azure")
                .hint("az sql server create, in the other region"));
        }
        if let Some(to) = to {
            wanted.secondary = SiteId::from(to);
        }
        let target = self.config.target(&wanted.secondary)?;
        let create = of_creation(target)?;
        let cx = self.observer()?;
        let arm = cx.effects.arm()?;
        let (a, b) = (self.place(&wanted.primary)?, self.place(&wanted.secondary)?);
        let facts = look(&cx.effects, &wanted.name, &a, &b).await;
        let known = facts.a.facts.known().ok_or_else(|| {
            let why = facts.a.facts.why().unwrap_or("unknown").to_owned();
            Error::new(Kind::Unreachable, format!("the primary {} cannot be read: {why}", a.site))
                .hint("nothing can be copied from it, and its zone is not known")
        })?;
        let primary = arm.resource(&known.id, API_VERSION).await?;
        let primary = primary.ok_or_else(|| Error::new(Kind::NotFound, format!("{} is not there", known.id)))?;
        let id = arm.config().instance_id(&b.instance);
        let new = NewInstance {
            resource_group: b.instance.resource_group.clone(),
            name: b.instance.name.clone(),
            body: body(&primary, target, create),
            dns_zone: known.dns_zone.clone().filter(|_| create.dns_zone_partner),
            subnet: create.subnet.clone(),
            id,
        };
        let there = secondary::found(arm, &new.id).await?;
        let mut rows = secondary::rows(arm, &facts, &new).await;
        let path = self.path_row(&a.instance, &new).await;
        let place = rows.iter().position(|r| r.id == "secondary.size").unwrap_or(rows.len());
        rows.splice(place..place, path);
        let waived = self.waived();
        for row in &mut rows {
            if row.status != Status::Pass && waived.iter().any(|w| w == row.id) {
                row.status = Status::Waived;
            }
        }
        let subnet = match new_instance::subnet(arm, &new.subnet, &new.id).await {
            Fact::Known { value } => value,
            Fact::Unknown { .. } => None,
        };
        let state = |v: Value| v["properties"]["state"].as_str().unwrap_or("not said").to_owned();
        Ok(SecondaryLook { pair: FogLook::of(wanted, facts), new, rows, there: there.map(state), subnet })
    }

    /// What lies between the two subnets.
    async fn path_row(&self, primary: &InstanceRef, new: &NewInstance) -> Vec<Row> {
        let found = async {
            let arm = self.arm.as_ref().ok_or_else(|| Error::usage("no [azure]"))?;
            let (a, b) = tokio::join!(networks::read(arm, primary), networks::read_at(arm, &new.subnet));
            Ok::<_, Error>(fog_network::plan(&a?, &b?))
        };
        let answer = match found.await {
            Err(e) => Err(e.chain()),
            Ok(n) if n.missing.is_empty() && n.problems.is_empty() => {
                Ok((true, "peering and security rules of both subnets are configured".to_owned()))
            }
            Ok(n) => {
                let missing = n.missing.iter().map(|m| format!("missing: {}", m.change.words()));
                Ok((false, missing.chain(n.problems).collect::<Vec<_>>().join("; ")))
            }
        };
        crate::rules::fog::secondary::path(answer)
    }

    /// Where a member stands, or is to stand.
    pub(super) async fn member_network(&self, site: &SiteId) -> Result<MemberNetwork> {
        let arm = self.arm.as_ref().ok_or_else(|| Error::usage("a failover group needs [azure] in the estate file"))?;
        let planned = self.config.target(site).ok().and_then(|t| t.create.as_ref());
        match (networks::read(arm, &self.place(site)?.instance).await, planned) {
            (Err(e), Some(create)) if e.kind() == Kind::NotFound => networks::read_at(arm, &create.subnet).await,
            (found, _) => found,
        }
    }

    /// Method, address and body, as they will be sent but for the password.
    pub fn secondary_request(&self, found: &SecondaryLook) -> Result<String> {
        let arm = self.arm.as_ref().ok_or_else(|| Error::usage("a failover group needs [azure] in the estate file"))?;
        let url = arm.config().resource_url(&found.new.id, API_VERSION)?;
        Ok(format!("PUT {url}\n{:#}", found.new.body))
    }

    /// Both halves of the peering, there or not: for whoever wants to see how they are written.
    pub async fn whole_peering(&self, look: &FogLook) -> Result<Vec<PlannedNetwork>> {
        let (a, b) = tokio::join!(self.member_network(&look.facts.a.site), self.member_network(&look.facts.b.site));
        let (a, b) = (a?, b?);
        let half = |own: &MemberNetwork, other: &MemberNetwork, at_secondary: bool| {
            let there = own.peerings.iter().find(|p| {
                let id = p["properties"]["remoteVirtualNetwork"]["id"].as_str();
                id.is_some_and(|id| id.eq_ignore_ascii_case(&other.network))
            });
            let name = there.and_then(|p| p["name"].as_str()).map(str::to_owned);
            let name = name.unwrap_or_else(|| format!("to-{}", id_tail(&other.network)));
            let change = NetworkChange::Peering { network: own.network.clone(), name, remote: other.network.clone() };
            PlannedNetwork { at_secondary, change }
        };
        if a.network.eq_ignore_ascii_case(&b.network) {
            return Err(Error::refused("both subnets are in one network: there is nothing to peer")
                .hint(format!("milink fog network plan {}", look.facts.name)));
        }
        Ok(vec![half(&a, &b, false), half(&b, &a, true)])
    }

    /// Members whose subnets have too few addresses left for the time of a scaling, or of which that is not known.
    pub async fn tight_subnets(&self, look: &FogLook) -> Vec<String> {
        let Some(arm) = &self.arm else { return Vec::new() };
        let mut tight = Vec::new();
        for member in [&look.facts.a, &look.facts.b] {
            let answer = async {
                let subnet = self.member_network(&member.site).await?.subnet;
                // The member itself is counted among the instances.
                Ok::<_, Error>(new_instance::subnet(arm, &subnet, "").await)
            };
            let tier = member.facts.known().and_then(|f| f.tier.as_deref());
            let room = match answer.await {
                Ok(Fact::Known { value: Some(subnet) }) => scaling_room(&subnet, tier),
                Ok(Fact::Known { value: None }) => Err("its subnet is not shown".to_owned()),
                Ok(Fact::Unknown { why }) => Err(why),
                Err(e) => Err(e.chain()),
            };
            match room {
                Ok((true, _)) => {}
                Ok((false, words)) => tight.push(format!("{}: the subnet is nearly full: {words}", member.site)),
                Err(why) => {
                    tight.push(format!("{}: whether addresses are left for scaling is unknown: {why}", member.site));
                }
            }
        }
        tight
    }

    /// The steps; refused while a row blocks.
    pub fn plan_secondary(&self, found: &SecondaryLook) -> Result<Plan> {
        let name = &found.pair.facts.name;
        let blocking: Vec<String> =
            found.rows.iter().filter(|r| r.blocks()).map(|r| format!("{} ({}): {}", r.id, r.rule, r.found)).collect();
        if !blocking.is_empty() {
            return Err(Error::refused(format!(
                "{} cannot be made so: {}",
                found.pair.wanted.secondary,
                blocking.join("; ")
            ))
            .hint(format!("milink fog secondary plan {name}")));
        }
        let fog = self.fog_plan(&found.pair, FogOp::Secondary, Side::A)?;
        let mut secondary = fog.secondary.clone();
        secondary.location = crate::rules::fog::pairs::plain(found.new.body["location"].as_str().unwrap_or_default());
        let fog = FogPlan { secondary, new_instance: Some(Box::new(found.new.clone())), ..fog };
        let mut plan = crate::plan::fog::build(fog, self.policy());
        self.fill_in_words(&mut plan)?;
        Ok(plan)
    }
}
