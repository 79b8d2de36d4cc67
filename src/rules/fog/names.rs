//! Names of groups and of their listeners (facts: failover-groups 4.1, P20).

/// 1 to 63 lower-case letters, digits and inner hyphens.
pub fn is_group_name(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// Read-write and read-only listener; zone and suffix are cut from an instance's full name, so national clouds work.
pub fn listeners(group: &str, instance_fqdn: &str) -> Option<(String, String)> {
    let (_, zone) = instance_fqdn.split_once('.')?;
    Some((format!("{group}.{zone}"), format!("{group}.secondary.{zone}")))
}

/// Connection strings by driver: name, read-write, read-only (facts: failover-groups 4.4). None trusts a certificate blindly.
pub fn connection_strings(rw: &str, ro: &str, database: &str) -> Vec<(&'static str, String, String)> {
    vec![
        (
            "ADO.NET",
            format!("Server=tcp:{rw},1433;Database={database};Encrypt=True;"),
            format!("Server=tcp:{ro},1433;Database={database};ApplicationIntent=ReadOnly;Encrypt=True;"),
        ),
        (
            "JDBC",
            format!("jdbc:sqlserver://{rw}:1433;databaseName={database};encrypt=true;"),
            format!("jdbc:sqlserver://{ro}:1433;databaseName={database};applicationIntent=ReadOnly;encrypt=true;"),
        ),
        (
            "ODBC",
            format!("Driver={{ODBC Driver 18 for SQL Server}};Server=tcp:{rw},1433;Database={database};Encrypt=yes;"),
            format!(
                "Driver={{ODBC Driver 18 for SQL Server}};Server=tcp:{ro},1433;Database={database};ApplicationIntent=ReadOnly;Encrypt=yes;"
            ),
        ),
        (
            "go-mssqldb",
            format!("sqlserver://{rw}:1433?database={database}&encrypt=true"),
            format!("sqlserver://{ro}:1433?database={database}&applicationintent=ReadOnly&encrypt=true"),
        ),
    ]
}
