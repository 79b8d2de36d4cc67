//! Codes and descriptions of the catalogue.

/// `permission_name` → four-character `type` of `sys.server_permissions` and `sys.database_permissions`.
pub fn permission_code(permission: &str) -> &'static str {
    match permission {
        "CONNECT SQL" => "COSQ",
        "CONNECT" => "CO",
        "CONNECT ANY DATABASE" => "CADB",
        "CONTROL SERVER" | "CONTROL" => "CL",
        "ALTER" => "AL",
        "ALTER ANY AVAILABILITY GROUP" => "ALAG",
        "CREATE AVAILABILITY GROUP" => "CRAC",
        "ALTER ANY CONNECTION" => "ALCO",
        "ALTER ANY CREDENTIAL" => "ALCD",
        "ALTER ANY DATABASE" => "ALDB",
        "ALTER ANY ENDPOINT" => "ALHE",
        "ALTER ANY EVENT SESSION" => "AAES",
        "ALTER ANY LINKED SERVER" => "ALLS",
        "ALTER ANY LOGIN" => "ALLG",
        "ALTER ANY SERVER ROLE" => "ALSR",
        "ALTER SERVER STATE" => "ALSS",
        "ALTER SETTINGS" => "ALST",
        "ALTER TRACE" => "ALTR",
        "CREATE ANY DATABASE" => "CRDB",
        "CREATE ENDPOINT" => "CRHE",
        "CREATE LOGIN" => "CRLG",
        "CREATE SERVER ROLE" => "CRSR",
        "IMPERSONATE ANY LOGIN" => "IAL",
        "SELECT ALL USER SECURABLES" => "SUS",
        "SHUTDOWN" => "SHDN",
        "UNSAFE ASSEMBLY" => "XU",
        "VIEW ANY DATABASE" => "VWDB",
        "VIEW ANY DEFINITION" => "VWAD",
        "VIEW ANY SECURITY DEFINITION" => "VWAS",
        "VIEW ANY PERFORMANCE DEFINITION" => "VWAP",
        "VIEW SERVER STATE" => "VWSS",
        "VIEW SERVER PERFORMANCE STATE" => "VSPS",
        "VIEW SERVER SECURITY STATE" => "VSSS",
        "ADMINISTER BULK OPERATIONS" => "ADBO",
        "TAKE OWNERSHIP" => "TO",
        "VIEW DEFINITION" => "VW",
        "VIEW DATABASE STATE" => "VWDS",
        "SELECT" => "SL",
        "INSERT" => "IN",
        "UPDATE" => "UP",
        "DELETE" => "DL",
        "EXECUTE" => "EX",
        "REFERENCES" => "RF",
        "CREATE TABLE" => "CRTB",
        "CREATE SCHEMA" => "CRSM",
        "CREATE CERTIFICATE" => "CRCF",
        "ALTER ANY USER" => "ALUS",
        "ALTER ANY ROLE" => "ALRL",
        "ALTER ANY SCHEMA" => "ALSM",
        "BACKUP DATABASE" => "BADB",
        "BACKUP LOG" => "BALO",
        _ => "",
    }
}

/// `GRANT`, `DENY`, … of a state letter.
pub(super) fn state_desc(state: char) -> &'static str {
    match state {
        'D' => "DENY",
        'W' => "GRANT_WITH_GRANT_OPTION",
        _ => "GRANT",
    }
}

/// Description of a principal's type.
pub(super) fn principal_desc(kind: char, server: bool) -> &'static str {
    match (kind, server) {
        ('S', true) => "SQL_LOGIN",
        ('S', false) => "SQL_USER",
        ('U', true) => "WINDOWS_LOGIN",
        ('U', false) => "WINDOWS_USER",
        ('G', _) => "WINDOWS_GROUP",
        ('R', true) => "SERVER_ROLE",
        ('R', false) => "DATABASE_ROLE",
        ('C', true) => "CERTIFICATE_MAPPED_LOGIN",
        ('C', false) => "CERTIFICATE_MAPPED_USER",
        ('E', true) => "EXTERNAL_LOGIN",
        ('E', false) => "EXTERNAL_USER",
        ('X', _) => "EXTERNAL_GROUP",
        _ => "UNKNOWN",
    }
}

/// Class description of a permission.
pub(super) fn class_desc(class: u8) -> &'static str {
    match class {
        0 => "DATABASE",
        1 => "OBJECT_OR_COLUMN",
        3 => "SCHEMA",
        4 => "DATABASE_PRINCIPAL",
        25 => "CERTIFICATE",
        100 => "SERVER",
        101 => "SERVER_PRINCIPAL",
        105 => "ENDPOINT",
        108 => "AVAILABILITY_GROUP",
        _ => "UNKNOWN",
    }
}
