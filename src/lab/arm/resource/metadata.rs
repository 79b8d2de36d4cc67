//! `GET /metadata/endpoints`: what a client reads before it has a token (facts: az-cli 3).

use crate::lab::arm::config::ArmConfig;
use serde_json::Value;
use serde_json::json;

/// The form of 2022-09-01, `suffixes` included: az stops with a KeyError without them.
pub(in crate::lab::arm) fn endpoints(config: &ArmConfig, base: &str) -> Value {
    let authority = config.authority.as_deref().unwrap_or(base);
    json!({
        "name": "AzureLab",
        "resourceManager": format!("{base}/"),
        "portal": format!("{base}/"),
        "authentication": {
            "loginEndpoint": authority,
            "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "graph": format!("{base}/"),
        "graphAudience": format!("{base}/"),
        "microsoftGraphResourceId": format!("{base}/"),
        "media": "https://rest.media.azure.net",
        "batch": "https://batch.core.windows.net/",
        "gallery": format!("{base}/"),
        "activeDirectoryDataLake": "https://datalake.azure.net/",
        "vmImageAliasDoc": format!("{base}/aliases.json"),
        "sqlManagement": "https://management.core.windows.net:8443/",
        "suffixes": {
            "acrLoginServer": "azurecr.io",
            "azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
            "azureDataLakeStoreFileSystem": "azuredatalakestore.net",
            "azureFrontDoorEndpointSuffix": "azurefd.net",
            "keyVaultDns": "vault.azure.net",
            "mariadbServerEndpoint": "mariadb.database.azure.com",
            "mhsmDns": "managedhsm.azure.net",
            "mysqlServerEndpoint": "mysql.database.azure.com",
            "postgresqlServerEndpoint": "postgres.database.azure.com",
            "sqlServerHostname": "database.windows.net",
            "storage": "core.windows.net",
            "storageSyncEndpointSuffix": "afs.azure.net",
            "synapseAnalytics": "dev.azuresynapse.net",
        },
    })
}
