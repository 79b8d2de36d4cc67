//! A second instance in the words of other tools. The password is asked for by the shell, and stands in none of them.

use super::quote;
use super::quote::command;
use crate::model::network::id_after;
use crate::model::new_instance::NewInstance;
use crate::model::new_instance::PASSWORD_STANDS_FOR;
use crate::model::new_instance::SubnetFacts;
use crate::plan::network::bicep_value;
use crate::rules::fog::network::DELEGATED_TO;
use serde_json::Value;
use serde_json::json;
use std::fmt::Write;

/// A member of the body as a word; empty members are left out.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(n) => Some(n.to_string()),
        Value::Bool(b) => Some(b.to_string()),
        _ => None,
    }
}

fn line(name: &str, options: Vec<(&str, Option<String>)>, quote: fn(&str) -> String) -> String {
    let given: Vec<(&str, Option<&str>)> =
        options.iter().filter(|(_, v)| v.is_some()).map(|(o, v)| (*o, v.as_deref())).collect();
    command(name, &given, quote)
}

pub fn az(new: &NewInstance) -> String {
    let (b, p) = (&new.body, &new.body["properties"]);
    let text = |v: &Value| word(v);
    let storage = text(&p["storageSizeInGB"]).map(|gb| format!("{gb}GB"));
    let admin = &p["administrators"];
    let mut all = line(
        "az sql mi create",
        vec![
            ("--subscription", id_after(&new.id, "subscriptions").map(str::to_owned)),
            ("--resource-group", Some(new.resource_group.name.clone())),
            ("--name", Some(new.name.clone())),
            ("--location", text(&b["location"])),
            ("--subnet", Some(new.subnet.clone())),
            ("--edition", text(&b["sku"]["tier"])),
            ("--family", text(&b["sku"]["family"])),
            ("--capacity", text(&p["vCores"])),
            ("--storage", storage),
            ("--license-type", text(&p["licenseType"])),
            ("--collation", text(&p["collation"])),
            ("--timezone-id", text(&p["timezoneId"])),
            ("--database-format", text(&p["databaseFormat"])),
            ("--gpv2", text(&p["isGeneralPurposeV2"])),
            ("--backup-storage-redundancy", text(&p["requestedBackupStorageRedundancy"])),
            ("--zone-redundant", text(&p["zoneRedundant"])),
            ("--minimal-tls-version", text(&p["minimalTlsVersion"])),
            ("--proxy-override", text(&p["proxyOverride"])),
            ("--dns-zone-partner", text(&p["dnsZonePartner"])),
            ("--admin-user", text(&p["administratorLogin"])),
            ("--external-admin-principal-type", text(&admin["principalType"])),
            ("--external-admin-name", text(&admin["login"])),
            ("--external-admin-sid", text(&admin["sid"])),
        ],
        quote::sh,
    );
    if admin.is_object() {
        all.push_str(" --enable-ad-only-auth");
    } else {
        all.push_str(" --admin-password \"$MI_ADMIN_PASSWORD\"");
    }
    all
}

pub fn powershell(new: &NewInstance) -> String {
    let (b, p) = (&new.body, &new.body["properties"]);
    let text = |v: &Value| word(v);
    let admin = &p["administrators"];
    let context = line(
        "Set-AzContext",
        vec![("-Subscription", id_after(&new.id, "subscriptions").map(str::to_owned))],
        quote::powershell,
    );
    let mut all = line(
        "New-AzSqlInstance",
        vec![
            ("-ResourceGroupName", Some(new.resource_group.name.clone())),
            ("-Name", Some(new.name.clone())),
            ("-Location", text(&b["location"])),
            ("-SubnetId", Some(new.subnet.clone())),
            ("-Edition", text(&b["sku"]["tier"])),
            ("-ComputeGeneration", text(&b["sku"]["family"])),
            ("-VCore", text(&p["vCores"])),
            ("-StorageSizeInGB", text(&p["storageSizeInGB"])),
            ("-LicenseType", text(&p["licenseType"])),
            ("-Collation", text(&p["collation"])),
            ("-TimezoneId", text(&p["timezoneId"])),
            ("-DatabaseFormat", text(&p["databaseFormat"])),
            ("-BackupStorageRedundancy", text(&p["requestedBackupStorageRedundancy"])),
            ("-MinimalTlsVersion", text(&p["minimalTlsVersion"])),
            ("-DnsZonePartner", text(&p["dnsZonePartner"])),
            ("-ExternalAdminName", text(&admin["login"])),
        ],
        quote::powershell,
    );
    for (switch, member) in [("-ZoneRedundant", "zoneRedundant"), ("-IsGeneralPurposeV2", "isGeneralPurposeV2")] {
        if p[member] == json!(true) {
            all.push(' ');
            all.push_str(switch);
        }
    }
    if admin.is_object() {
        all.push_str(" -EnableActiveDirectoryOnlyAuthentication");
    } else {
        let user = text(&p["administratorLogin"]).unwrap_or_default();
        let _ = write!(all, " -AdministratorCredential (Get-Credential -UserName {})", quote::powershell(&user));
    }
    format!("{context} | Out-Null\n{all}")
}

/// The subnet with delegation, security group and route table, and the instance in it. `prefix`: of a subnet that is not there.
pub fn bicep(new: &NewInstance, subnet: Option<&SubnetFacts>, prefix: Option<&str>) -> Option<String> {
    let network = id_after(&new.subnet, "virtualNetworks")?;
    let name = id_after(&new.subnet, "subnets")?;
    let location = word(&new.body["location"])?;
    let prefix = subnet.and_then(|s| s.prefixes.first().map(String::as_str)).or(prefix)?;
    let mut text = format!(
        "// az deployment group create --resource-group {}\n",
        id_after(&new.subnet, "resourceGroups").unwrap_or("?")
    );
    let mut part = |symbol: &str, kind: &str, own: &str, id: Option<&String>| {
        if let Some(id) = id {
            return format!("{{\n      id: {}\n    }}", quote::bicep(id));
        }
        let _ = write!(
            text,
            "resource {symbol} 'Microsoft.Network/{kind}@{VERSION}' = {{\n  name: {}\n  location: {}\n  properties: {{}}\n}}\n\n",
            quote::bicep(own),
            quote::bicep(&location)
        );
        format!("{{\n      id: {symbol}.id\n    }}")
    };
    let group = part(
        "securityGroup",
        "networkSecurityGroups",
        &format!("nsg-{}", new.name),
        subnet.and_then(|s| s.group.as_ref()),
    );
    let table = part("routeTable", "routeTables", &format!("rt-{}", new.name), subnet.and_then(|s| s.table.as_ref()));
    let _ = write!(
        text,
        "resource network 'Microsoft.Network/virtualNetworks@{VERSION}' existing = {{\n  name: {}\n}}\n\n",
        quote::bicep(network)
    );
    let _ = write!(
        text,
        "resource subnet 'Microsoft.Network/virtualNetworks/subnets@{VERSION}' = {{\n  parent: network\n  name: {}\n  properties: {{\n    addressPrefix: {}\n    networkSecurityGroup: {group}\n    routeTable: {table}\n    delegations: [\n      {{\n        name: 'managed-instances'\n        properties: {{\n          serviceName: '{DELEGATED_TO}'\n        }}\n      }}\n    ]\n  }}\n}}\n\n",
        quote::bicep(name),
        quote::bicep(prefix)
    );
    let stand_in = quote::bicep(PASSWORD_STANDS_FOR);
    let asks = new.body["properties"].get("administratorLoginPassword").is_some();
    let _ = writeln!(text, "// az deployment group create --resource-group {}", new.resource_group);
    if asks {
        text.push_str("@secure()\nparam administratorPassword string\n\n");
    }
    let properties = bicep_value(&new.body["properties"], 1).replace(&stand_in, "administratorPassword");
    let _ = write!(
        text,
        "resource instance 'Microsoft.Sql/managedInstances@{SQL_VERSION}' = {{\n  name: {}\n  location: {}\n  sku: {}\n  properties: {properties}\n}}\n",
        quote::bicep(&new.name),
        quote::bicep(&location),
        bicep_value(&new.body["sku"], 1)
    );
    Some(text)
}

/// Versions of the resources in a template.
const VERSION: &str = "2024-05-01";
const SQL_VERSION: &str = "2024-11-01-preview";

#[cfg(test)]
mod tests {
    use super::*;

    fn new() -> NewInstance {
        NewInstance {
            resource_group: "rg-b".into(),
            name: "mi-b".to_owned(),
            id: "/subscriptions/s/resourceGroups/rg-b/providers/Microsoft.Sql/managedInstances/mi-b".to_owned(),
            body: json!({ "location": "northeurope",
                "sku": { "name": "BC_Gen5", "tier": "BusinessCritical", "family": "Gen5", "capacity": 8 },
                "properties": { "vCores": 8, "storageSizeInGB": 256, "licenseType": "LicenseIncluded",
                    "dnsZonePartner": "/subscriptions/s/resourceGroups/rg-a/providers/Microsoft.Sql/managedInstances/mi-a",
                    "administratorLogin": "it's me", "administratorLoginPassword": PASSWORD_STANDS_FOR } }),
            dns_zone: Some("zone".to_owned()),
            subnet: "/subscriptions/s/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v/subnets/mi"
                .to_owned(),
        }
    }

    #[test]
    fn every_option_is_there_and_no_password() {
        let az = az(&new());
        for part in [
            "--location northeurope",
            "--subnet /subscriptions/s/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v/subnets/mi",
            "--capacity 8",
            "--storage 256GB",
            "--edition BusinessCritical",
            "--family Gen5",
            "--license-type LicenseIncluded",
            "--dns-zone-partner /subscriptions/s/resourceGroups/rg-a/providers/Microsoft.Sql/managedInstances/mi-a",
            "--admin-user 'it'\\''s me'",
            "--admin-password \"$MI_ADMIN_PASSWORD\"",
        ] {
            assert!(az.contains(part), "{part} in {az}");
        }
        let ps = powershell(&new());
        assert!(
            ps.contains("New-AzSqlInstance") && ps.contains("-DnsZonePartner") && ps.contains("Get-Credential"),
            "{ps}"
        );
        for text in [az, ps] {
            assert!(!text.contains(PASSWORD_STANDS_FOR));
        }
    }

    #[test]
    fn a_template_holds_the_subnet_with_all_that_it_needs() {
        assert_eq!(bicep(&new(), None, None), None, "nobody chose a prefix");
        let text = bicep(&new(), None, Some("10.1.0.0/26")).unwrap();
        for part in [
            "addressPrefix: '10.1.0.0/26'",
            "serviceName: 'Microsoft.Sql/managedInstances'",
            "id: securityGroup.id",
            "id: routeTable.id",
            "administratorLoginPassword: administratorPassword",
            "@secure()",
            "dnsZonePartner: '/subscriptions",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        let open = |c| text.matches(c).count();
        assert_eq!((open('{'), open('[')), (open('}'), open(']')));
        let there = SubnetFacts {
            prefixes: vec!["10.2.0.0/24".to_owned()],
            group: Some("/x/nsg".to_owned()),
            ..SubnetFacts::default()
        };
        let text = bicep(&new(), Some(&there), Some("10.1.0.0/26")).unwrap();
        assert!(
            text.contains("10.2.0.0/24") && text.contains("id: '/x/nsg'") && text.contains("routeTable.id"),
            "{text}"
        );
    }
}
