//! A failover group from both of its addresses and from inside its primary.

use crate::arm::Arm;
use crate::arm::InstanceRef;
use crate::arm::resource::access;
use crate::arm::resource::failover_group::FailoverGroup;
use crate::arm::resource::instance::InstanceOperation;
use crate::arm::resource::instance::ManagedInstance;
use crate::effects::perform::Effects;
use crate::model::fact::Fact;
use crate::model::geo::GeoDatabase;
use crate::model::geo::GroupFacts;
use crate::model::geo::GroupView;
use crate::model::geo::Member;
use crate::model::geo::MemberFacts;
use crate::model::geo::Side;
use crate::model::ids::ResourceGroup;
use crate::model::ids::SiteId;
use crate::sql::query::database;
use crate::sql::query::geo;

/// What the service asks for on both resource groups (facts: failover-groups 8).
const ACTIONS: [&str; 7] = [
    "Microsoft.Sql/managedInstances/read",
    "Microsoft.Sql/managedInstances/write",
    "Microsoft.Sql/locations/instanceFailoverGroups/read",
    "Microsoft.Sql/locations/instanceFailoverGroups/write",
    "Microsoft.Sql/locations/instanceFailoverGroups/delete",
    "Microsoft.Sql/locations/instanceFailoverGroups/failover/action",
    "Microsoft.Sql/locations/instanceFailoverGroups/forceFailoverAllowDataLoss/action",
];

/// Who is asked.
#[derive(Debug, Clone)]
pub struct Place {
    pub site: SiteId,
    pub instance: InstanceRef,
}

/// Reads both members side by side, then the databases of the one that is primary (of `a` if no group is there).
pub async fn look(effects: &Effects, name: &str, a: &Place, b: &Place) -> GroupFacts {
    let (mut member_a, mut member_b) = tokio::join!(member(effects, a), member(effects, b));
    tenants(effects, &mut member_a, &mut member_b).await;
    let mut facts = GroupFacts {
        name: name.to_owned(),
        a: member_a,
        b: member_b,
        databases: Vec::new(),
        bytes: None,
        servers: None,
    };
    let is_primary = |side| facts.view(side).known().and_then(|v| v.as_ref()?.is_primary);
    let primary = if is_primary(Side::B) == Some(true) { b } else { a };
    let list = match database::list() {
        Ok(query) => effects.read(&primary.site, Ok(query)).await,
        Err(e) => Err(e),
    };
    match list {
        Ok(all) => {
            let users: Vec<_> = all.into_iter().filter(|d| d.database_id > 4).collect();
            let total: Option<i64> =
                users.iter().map(|d| Some(d.data_bytes? + d.log_bytes.unwrap_or(0))).sum::<Option<i64>>();
            facts.bytes = total.and_then(|t| u64::try_from(t).ok());
            for d in users {
                let row = effects.read(&primary.site, geo::link_status(&d.name)).await;
                let in_memory = d.stream_containers.map(|n| n > 0);
                facts.databases.push(GeoDatabase { name: d.name, row: row.into(), in_memory });
            }
        }
        // What Azure lists still has a name; its replication is unknown.
        Err(e) => {
            let member = if primary.site == a.site { &facts.a } else { &facts.b };
            let names: Vec<String> =
                member.databases.known().into_iter().flatten().map(|(name, _)| name.clone()).collect();
            let why = e.chain();
            facts.databases = names
                .into_iter()
                .map(|name| GeoDatabase { name, row: Fact::unknown(why.clone()), in_memory: None })
                .collect();
        }
    }
    facts
}

/// Of two subscriptions the tenants are asked, too.
async fn tenants(effects: &Effects, a: &mut Member, b: &mut Member) {
    let subscription = |m: &Member| m.facts.known().and_then(MemberFacts::scope).map(|(subscription, _)| subscription);
    let (Some(sa), Some(sb), Ok(arm)) = (subscription(a), subscription(b), effects.arm()) else { return };
    if sa == sb {
        return;
    }
    let (ta, tb) = tokio::join!(arm.tenant_of(&sa), arm.tenant_of(&sb));
    for (m, tenant) in [(a, ta), (b, tb)] {
        if let Fact::Known { value } = &mut m.facts {
            value.tenant = tenant.ok().flatten();
        }
    }
}

async fn member(effects: &Effects, place: &Place) -> Member {
    let arm = match effects.arm() {
        Ok(arm) => arm,
        Err(e) => return dark(place, &e.chain()),
    };
    let instance = match arm.instance(&place.instance).await {
        Ok(instance) => instance,
        Err(e) => return dark(place, &e.chain()),
    };
    let location = instance.location.clone().unwrap_or_default();
    let (groups, databases, links, operations, permissions) = tokio::join!(
        groups(arm, &place.instance.resource_group, &location),
        arm.databases(&place.instance),
        arm.links(&place.instance),
        arm.operations(&place.instance),
        arm.permissions(&place.instance),
    );
    Member {
        site: place.site.clone(),
        resource_group: place.instance.resource_group.clone(),
        instance: place.instance.name.clone(),
        facts: Fact::Known { value: facts(arm, place, instance) },
        databases: databases
            .map(|all| {
                let named = |d: crate::arm::resource::database::ManagedDatabase| {
                    Some((d.name?, d.properties.status.unwrap_or_default()))
                };
                all.into_iter().filter_map(named).collect()
            })
            .into(),
        links: links.map(|all| all.into_iter().filter_map(|l| l.name).collect()).into(),
        operations: operations
            .map(|all| {
                all.into_iter()
                    .filter(InstanceOperation::is_running)
                    .map(|o| o.properties.operation_friendly_name.or(o.properties.operation).unwrap_or_default())
                    .collect()
            })
            .into(),
        groups,
        forbidden: permissions
            .map(|entries| ACTIONS.iter().filter(|a| !access::allows(&entries, a)).map(|a| (*a).to_owned()).collect())
            .into(),
    }
}

async fn groups(arm: &Arm, resource_group: &ResourceGroup, location: &str) -> Fact<Vec<GroupView>> {
    if location.is_empty() {
        return Fact::unknown("Azure did not say where the instance is");
    }
    arm.failover_groups(resource_group, location).await.map(|all| all.iter().map(view).collect()).into()
}

/// What one address shows.
pub fn view(group: &FailoverGroup) -> GroupView {
    let p = &group.properties;
    let pair = p.managed_instance_pairs.first().cloned().unwrap_or_default();
    GroupView {
        name: group.name.clone().unwrap_or_default(),
        is_primary: group.is_primary(),
        state: p.replication_state.clone(),
        primary_id: pair.primary_managed_instance_id,
        partner_id: pair.partner_managed_instance_id,
        policy: p.read_write_endpoint.failover_policy.clone(),
        grace_minutes: p.read_write_endpoint.failover_with_data_loss_grace_period_minutes,
        read_only_failover: p.read_only_endpoint.failover_policy.as_deref().map(|f| f.eq_ignore_ascii_case("Enabled")),
        secondary_type: p.secondary_type.clone(),
        databases: group.database_names(),
    }
}

fn facts(arm: &Arm, place: &Place, instance: ManagedInstance) -> MemberFacts {
    let p = instance.properties;
    MemberFacts {
        id: instance.id.unwrap_or_else(|| arm.config().instance_id(&place.instance)),
        location: instance.location.unwrap_or_default(),
        fqdn: p.fully_qualified_domain_name.unwrap_or_default(),
        dns_zone: p.dns_zone,
        tier: instance.sku.and_then(|s| s.tier),
        storage_gb: p.storage_size_in_gb,
        v_cores: p.v_cores,
        collation: p.collation,
        time_zone: p.timezone_id,
        policy: p.database_format.map(|f| f.as_str().to_owned()),
        next_gen: p.is_general_purpose_v2,
        pool: p.instance_pool_id,
        pricing: p.pricing_model,
        state: p.state,
        provisioning: p.provisioning_state,
        license: p.license_type,
        hybrid_usage: p.hybrid_secondary_usage,
        minimal_tls: p.minimal_tls_version,
        backup_redundancy: p.current_backup_storage_redundancy,
        maintenance: p.maintenance_configuration_id,
        zone_redundant: p.zone_redundant,
        connection: p.proxy_override,
        made_at: p.create_time,
        tenant: None,
    }
}

fn dark(place: &Place, why: &str) -> Member {
    fn u<T>(why: &str) -> Fact<T> {
        Fact::unknown(why)
    }
    Member {
        site: place.site.clone(),
        resource_group: place.instance.resource_group.clone(),
        instance: place.instance.name.clone(),
        facts: u(why),
        databases: u(why),
        links: u(why),
        operations: u(why),
        groups: u(why),
        forbidden: u(why),
    }
}
