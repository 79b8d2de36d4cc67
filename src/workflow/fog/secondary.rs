//! The second instance of a group, where it is not there yet: judged, asked for once, waited for, its DNS zone read back.

use super::base::FogStep;
use super::base::SENT;
use super::base::fog_step;
use super::base::only_reads;
use crate::arm::Arm;
use crate::arm::ArmChange;
use crate::arm::InstanceRef;
use crate::arm::change::API_VERSION;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::inventory::new_instance;
use crate::journal::record::Line;
use crate::model::fact::Fact;
use crate::model::geo::GroupFacts;
use crate::model::geo::MemberFacts;
use crate::model::new_instance::NewInstance;
use crate::rules::fog::prerequisites::Row;
use crate::rules::fog::secondary::Wish;
use crate::rules::fog::secondary::judge;
use async_trait::async_trait;
use serde_json::Value;
use std::time::Duration;

/// Making an instance takes hours; the longest documented operations of one stay below this.
const MAKE_MAX: Duration = Duration::from_secs(24 * 3600);

/// Everything that can be told of a new instance beforehand, read afresh.
pub async fn rows(arm: &Arm, group: &GroupFacts, new: &NewInstance) -> Vec<Row> {
    let primary = async {
        let id = group.a.facts.known().map(|f| f.id.clone()).unwrap_or_default();
        let place = InstanceRef { resource_group: group.a.resource_group.clone(), name: group.a.instance.clone() };
        let found = match arm.instance(&place).await {
            Ok(found) => found,
            Err(e) => return Fact::unknown(e.chain()),
        };
        let Some(subnet) = found.properties.subnet_id else {
            return Fact::unknown("Azure does not say where the primary stands");
        };
        match new_instance::subnet(arm, &subnet, &id).await {
            Fact::Known { value: Some(value) } => Fact::Known { value },
            Fact::Known { value: None } => Fact::unknown("the primary's subnet is not shown"),
            Fact::Unknown { why } => Fact::unknown(why),
        }
    };
    let (subnet, primary) = tokio::join!(new_instance::subnet(arm, &new.subnet, &new.id), primary);
    let has_partner = new.body["properties"].get("dnsZonePartner").is_some();
    let member = wished(new, group.a.facts.known().filter(|_| has_partner).and_then(|f| f.dns_zone.clone()));
    judge(&Wish { group, member, has_partner, subnet, primary })
}

/// The instance as it would be.
fn wished(new: &NewInstance, dns_zone: Option<String>) -> MemberFacts {
    let (b, p) = (&new.body, &new.body["properties"]);
    let text = |v: &Value| v.as_str().map(str::to_owned);
    MemberFacts {
        id: new.id.clone(),
        location: text(&b["location"]).unwrap_or_default(),
        fqdn: String::new(),
        dns_zone,
        tier: text(&b["sku"]["tier"]),
        storage_gb: p["storageSizeInGB"].as_i64(),
        v_cores: p["vCores"].as_i64(),
        collation: text(&p["collation"]),
        time_zone: text(&p["timezoneId"]),
        policy: text(&p["databaseFormat"]),
        next_gen: Some(p["isGeneralPurposeV2"].as_bool().unwrap_or(false)),
        pool: text(&p["instancePoolId"]),
        pricing: Some("Regular".to_owned()),
        state: Some("Ready".to_owned()),
        provisioning: Some("Succeeded".to_owned()),
        license: text(&p["licenseType"]),
        hybrid_usage: None,
        minimal_tls: text(&p["minimalTlsVersion"]),
        backup_redundancy: text(&p["requestedBackupStorageRedundancy"]),
        maintenance: text(&p["maintenanceConfigurationId"]),
        connection: text(&p["proxyOverride"]),
        made_at: None,
        tenant: None,
    }
}

/// The instance as Azure shows it; `None`: it is not there.
pub async fn found(arm: &Arm, id: &str) -> Result<Option<Value>> {
    match arm.resource(id, API_VERSION).await {
        // Of an instance it is the front door that says so, with the word that it has for a missing parent.
        Err(e) if e.service_code().is_some_and(|c| c.eq_ignore_ascii_case("ResourceNotFound")) => Ok(None),
        other => other,
    }
}

fn new_of(step: &FogStep) -> Result<&NewInstance> {
    step.plan.new_instance.as_deref().ok_or_else(|| Error::bug(format!("{} makes nothing", step.id)))
}

/// Looked at again before it is asked for: what was true when the plan was made may not be.
pub struct Gate(pub FogStep);

#[async_trait]
impl Step for Gate {
    fog_step!(secondary);
    only_reads!();

    fn summary(&self) -> String {
        format!("see the subnet of {} ready for it", self.0.plan.secondary.site)
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let (new, arm) = (new_of(&self.0)?, cx.effects.arm()?);
        if found(arm, &new.id).await?.is_some() || cx.effects.pending(&self.0.sibling("secondary.create")).is_some() {
            return Ok(Precheck::AlreadyDone("asked for already".to_owned()));
        }
        let rows = rows(arm, &self.0.look(cx).await, new).await;
        let waived = |r: &&Row| self.0.plan.waived.iter().any(|w| w == r.id);
        let blocking: Vec<String> = rows
            .iter()
            .filter(|r| r.blocks() && !waived(r))
            .map(|r| format!("{} ({}): {}", r.id, r.rule, r.found))
            .collect();
        if blocking.is_empty() {
            return Ok(Precheck::Ready);
        }
        Ok(Precheck::Blocked {
            expected: "a subnet and settings that fit the primary".to_owned(),
            found: blocking.join("; "),
            hint: format!("milink fog secondary plan {}", self.0.plan.group),
        })
    }
    async fn run(&self, _: &Context) -> Result<Done> {
        Ok(Done::note("region, zone, subnet and size fit"))
    }
}

/// Asked for once, whoever died in between: the instance is looked for first, and its name is its own.
pub struct Create(pub FogStep);

impl Create {
    fn change(&self) -> Result<ArmChange> {
        let new = new_of(&self.0)?;
        let instance = InstanceRef { resource_group: new.resource_group.clone(), name: new.name.clone() };
        Ok(ArmChange::PutInstance { instance, body: new.body.clone() })
    }
    async fn found(&self, cx: &Context) -> Result<Option<Value>> {
        found(cx.effects.arm()?, &new_of(&self.0)?.id).await
    }
    /// In the primary's zone; what Azure does not say yet is not wrong.
    fn zone_fits(&self, found: &Value) -> Result<bool> {
        let zone = found["properties"]["dnsZone"].as_str();
        let wanted = new_of(&self.0)?.dns_zone.as_deref();
        Ok(zone.zip(wanted).is_none_or(|(z, w)| z.eq_ignore_ascii_case(w)))
    }
}

fn is_ready(found: &Value) -> bool {
    let is = |name: &str, word: &str| found["properties"][name].as_str().is_some_and(|s| s.eq_ignore_ascii_case(word));
    is("provisioningState", "Succeeded") && is("state", "Ready")
}

fn words(found: &Value) -> String {
    let text = |name: &str| found["properties"][name].as_str().unwrap_or("not said").to_owned();
    format!("{} ({})", text("state"), text("provisioningState"))
}

#[async_trait]
impl Step for Create {
    fog_step!(secondary);

    fn summary(&self) -> String {
        let plan = &self.0.plan;
        format!(
            "make {} in the DNS zone of {}; it takes hours, and costs from then on",
            plan.secondary.site, plan.primary.site
        )
    }
    fn preview(&self) -> Vec<String> {
        self.change().map(|c| self.0.tools.request(&c)).unwrap_or_default()
    }
    fn undo_summary(&self) -> String {
        "nothing: once it is asked for it is made; delete the instance in Azure".to_owned()
    }
    fn crosses(&self) -> Option<Line> {
        self.0.line()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        Ok(match self.0.seen(cx, || self.found(cx)).await? {
            None if self.0.pending(cx) => Precheck::UnderWay,
            None => Precheck::Ready,
            Some(found) if !self.zone_fits(&found)? => Precheck::Blocked {
                expected: format!("{} in the DNS zone of {}", self.0.plan.secondary.site, self.0.plan.primary.site),
                found: found["properties"]["dnsZone"].as_str().unwrap_or("another").to_owned(),
                hint: "it can never join: delete it in Azure, and make it anew".to_owned(),
            },
            Some(found) if is_ready(&found) => Precheck::AlreadyDone("it is there, and ready".to_owned()),
            Some(_) => Precheck::Ready,
        })
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let site = &self.0.plan.secondary.site;
        let there = !self.0.forgets() && self.found(cx).await?.is_some();
        if !there && !self.0.pending(cx) {
            cx.prove(&self.0.id, SENT, &true)?;
            cx.effects.arm_change(&self.0.id, site, &self.change()?).await?;
        }
        cx.until("the new instance to be ready", MAKE_MAX, Backoff::relaxed(), || async {
            if let Some(e) = cx.effects.arm_failed(&self.0.id).await? {
                return Err(e
                    .with_kind(Kind::Refused)
                    .hint(format!("milink fog secondary plan {}", self.0.plan.group)));
            }
            let found = self.found(cx).await?;
            let state = found.as_ref().map_or("not shown yet".to_owned(), words);
            cx.progress(&self.0.id, format!("{site} is {state}"), None);
            Ok(found.is_some_and(|f| is_ready(&f)).then_some(()))
        })
        .await?;
        // Its end is heard, so that nobody asks for it again.
        cx.effects.arm_wait(&cx.clock, &self.0.id, MAKE_MAX).await?;
        let found = self.found(cx).await?.unwrap_or_default();
        let zone = found["properties"]["dnsZone"].as_str().unwrap_or("not said");
        if !self.zone_fits(&found)? {
            return Err(Error::refused(format!("{site} was made in DNS zone {zone}, and not in the primary's"))
                .hint("it can never join: delete it in Azure, and make it anew in another subnet"));
        }
        Ok(Done::note(format!("{site} is ready, in zone {zone}")))
    }
    async fn undo(&self, cx: &Context) -> Result<String> {
        Ok(match self.found(cx).await? {
            None => "it was never made".to_owned(),
            Some(_) => "it is there: delete it in Azure if it is not wanted".to_owned(),
        })
    }
}
