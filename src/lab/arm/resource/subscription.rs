//! Subscriptions, tenants, groups, locations, capabilities: the ground that clients look at first.

use crate::lab::arm::error::ArmError;
use crate::lab::arm::error::ArmResult;
use crate::lab::arm::route::Target;
use crate::lab::arm::server::ArmServer;
use crate::lab::arm::server::Call;
use crate::lab::arm::server::Reply;
use crate::lab::arm::view::SubscriptionView;
use serde_json::Value;
use serde_json::json;

pub(super) fn get(server: &ArmServer, call: &Call) -> ArmResult<Reply> {
    let id = call.route.subscription.as_deref().unwrap_or_default();
    let region = &server.config.region;
    Ok(Reply::ok(match &call.route.target {
        Target::Subscriptions => {
            let value: Vec<Value> = server.provider.subscriptions().iter().map(subscription).collect();
            let count = value.len();
            json!({"value": value, "count": {"type": "Total", "value": count}})
        }
        Target::Subscription => {
            let all = server.provider.subscriptions();
            let found = all.iter().find(|s| s.subscription_id.eq_ignore_ascii_case(id));
            subscription(found.ok_or_else(|| ArmError::subscription_missing(id))?)
        }
        Target::Tenants => {
            let tenant = &server.config.tenant;
            json!({"value": [{"id": format!("/tenants/{tenant}"), "tenantId": tenant, "displayName": "Lab",
                "tenantCategory": "Home", "defaultDomain": "lab.onmicrosoft.com", "domains": ["lab.onmicrosoft.com"]}]})
        }
        Target::Locations => json!({"value": [{"id": format!("/subscriptions/{id}/locations/{region}"), "name": region,
            "type": "Region", "displayName": region, "regionalDisplayName": region}]}),
        Target::ResourceGroups => {
            let groups = server.provider.resource_groups();
            json!({"value": groups.iter().map(|g| group(id, region, g)).collect::<Vec<_>>()})
        }
        Target::ResourceGroup => {
            let name = call.route.group.as_deref().unwrap_or_default();
            let groups = server.provider.resource_groups();
            let found = groups.iter().find(|g| g.eq_ignore_ascii_case(name));
            group(id, region, found.ok_or_else(|| ArmError::group_missing(name))?)
        }
        Target::ResourceProvider(namespace) => {
            json!({"id": format!("/subscriptions/{id}/providers/{namespace}"), "namespace": namespace,
                "registrationState": "Registered", "registrationPolicy": "RegistrationRequired", "resourceTypes": []})
        }
        Target::Capabilities(location) => capabilities(location),
        _ => return Err(super::dispatch::not_allowed(call)),
    }))
}

fn subscription(view: &SubscriptionView) -> Value {
    json!({
        "id": format!("/subscriptions/{}", view.subscription_id),
        "subscriptionId": view.subscription_id, "tenantId": view.tenant_id, "displayName": view.display_name,
        "state": view.state, "authorizationSource": "RoleBased", "managedByTenants": [],
        "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off"},
    })
}

fn group(subscription: &str, region: &str, name: &str) -> Value {
    json!({"id": format!("/subscriptions/{subscription}/resourceGroups/{name}"), "name": name,
        "type": "Microsoft.Resources/resourceGroups", "location": region, "properties": {"provisioningState": "Succeeded"}})
}

/// Enough for `az sql mi update`: editions, families, vCores, each with a status (facts: arm-api 2).
fn capabilities(location: &str) -> Value {
    let family = |name: &str, sku: &str, vcores: &[u32]| {
        let values: Vec<Value> = vcores.iter().map(|v| json!({
            "name": v.to_string(), "value": v, "status": "Available", "includedMaxSize": {"limit": 32_768, "unit": "Megabytes"},
            "supportedStorageSizes": [{"minValue": {"limit": 32, "unit": "Gigabytes"}, "maxValue": {"limit": 16_384, "unit": "Gigabytes"},
                "scaleSize": {"limit": 32, "unit": "Gigabytes"}, "status": "Available"}],
            "instancePoolSupported": true, "standaloneSupported": true, "supportedMaintenanceConfigurations": [],
        })).collect();
        json!({"name": name, "sku": sku, "status": "Available", "supportedLicenseTypes": [
            {"name": "LicenseIncluded", "status": "Default"}, {"name": "BasePrice", "status": "Available"}],
            "supportedVcoresValues": values, "zoneRedundant": true})
    };
    let edition = |name: &str, prefix: &str| {
        json!({"name": name, "status": "Available", "zoneRedundant": true, "isGeneralPurposeV2": false,
            "supportedStorageCapabilities": [], "supportedFamilies": [
                family("Gen5", &format!("{prefix}_Gen5"), &[4, 8, 16, 24, 32, 40, 64, 80]),
                family("G8IM", &format!("{prefix}_G8IM"), &[4, 8, 16, 24, 32, 40, 64]),
                family("G8IH", &format!("{prefix}_G8IH"), &[4, 8, 16, 24, 32, 40, 64])]})
    };
    json!({"name": location, "status": "Available", "supportedServerVersions": [], "supportedManagedInstanceVersions": [
        {"name": "12.0", "status": "Available", "supportedInstancePoolEditions": [], "supportedEditions": [
            edition("GeneralPurpose", "GP"), edition("BusinessCritical", "BC")]}]})
}
