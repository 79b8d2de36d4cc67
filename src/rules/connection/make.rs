//! Strings for a group's listeners (facts: failover-groups 4.4). None trusts a certificate blindly, each encrypts.

use std::fmt::Write;

/// Port of the listeners: they do not answer on another (facts: failover-groups 4.3).
const PORT: u16 = 1433;

/// Who reads the string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driver {
    AdoNet,
    Jdbc,
    Odbc,
    Go,
}

impl Driver {
    pub const ALL: [Self; 4] = [Self::AdoNet, Self::Jdbc, Self::Odbc, Self::Go];

    pub fn name(self) -> &'static str {
        match self {
            Self::AdoNet => "ADO.NET",
            Self::Jdbc => "JDBC",
            Self::Odbc => "ODBC",
            Self::Go => "go-mssqldb",
        }
    }
}

/// The string of a driver for a listener and a database; `read_only` says so to the server.
pub fn string(driver: Driver, host: &str, database: &str, read_only: bool) -> String {
    let intent = |text: &'static str| if read_only { text } else { "" };
    match driver {
        Driver::AdoNet => format!(
            "Server=tcp:{host},{PORT};Database={};{}Encrypt=True;",
            ado_net(database),
            intent("ApplicationIntent=ReadOnly;")
        ),
        Driver::Jdbc => format!(
            "jdbc:sqlserver://{host}:{PORT};databaseName={};{}encrypt=true;",
            braced(database),
            intent("applicationIntent=ReadOnly;")
        ),
        Driver::Odbc => format!(
            "Driver={{ODBC Driver 18 for SQL Server}};Server=tcp:{host},{PORT};Database={};{}Encrypt=yes;",
            braced(database),
            intent("ApplicationIntent=ReadOnly;")
        ),
        Driver::Go => format!(
            "sqlserver://{host}:{PORT}?database={}{}&encrypt=true",
            percent(database),
            intent("&applicationintent=ReadOnly")
        ),
    }
}

/// Needs no quotes in any of the forms.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "_-.$#".contains(c))
}

/// In quotes, which are doubled inside.
fn ado_net(value: &str) -> String {
    if is_plain(value) { value.to_owned() } else { format!("\"{}\"", value.replace('"', "\"\"")) }
}

/// In braces; a closing one is doubled inside.
fn braced(value: &str) -> String {
    if is_plain(value) { value.to_owned() } else { format!("{{{}}}", value.replace('}', "}}")) }
}

fn percent(value: &str) -> String {
    let mut text = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// What a string is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purpose {
    /// `read_write`, `read_only`, `local_replica`, `secondary_replica`.
    pub id: &'static str,
    pub words: &'static str,
    /// Through the listener of the secondary.
    pub to_secondary: bool,
    pub read_only: bool,
    pub warning: Option<&'static str>,
}

/// Reads of an application on a standby breach its licence (facts: failover-groups 2.5).
pub const STANDBY: &str =
    "the secondary is a standby: no application may read there, its licence is for disaster recovery alone";

/// Tiers with a replica for reads beside the primary (facts: failover-groups 4.4; 9 for servers).
pub fn has_read_replica(tier: &str, is_server: bool) -> bool {
    let is = |word: &str| tier.eq_ignore_ascii_case(word);
    is("BusinessCritical") || is_server && (is("Premium") || is("Hyperscale"))
}

/// What can be offered. It depends on nothing that a failover changes.
pub fn purposes(read_replica: bool, standby: bool) -> Vec<Purpose> {
    let purpose = |id, words, to_secondary, read_only| Purpose {
        id,
        words,
        to_secondary,
        read_only,
        warning: (to_secondary && standby).then_some(STANDBY),
    };
    let mut all = vec![
        purpose("read_write", "read-write, follows the primary", false, false),
        purpose("read_only", "read-only, the secondary in the other region", true, true),
    ];
    if read_replica {
        all.push(purpose("local_replica", "read-only, a read replica in the primary's region", false, true));
        all.push(purpose("secondary_replica", "read-only, a read replica in the secondary's region", true, true));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::connection::parse::parse;

    #[test]
    fn every_string_is_read_back_as_it_was_meant() {
        for driver in Driver::ALL {
            for database in ["ledger", "it's; a {mess} \"of\" $names", "a}b"] {
                for read_only in [false, true] {
                    let text = string(driver, "fog.zone.database.windows.net", database, read_only);
                    let p = parse(&text).unwrap_or_else(|why| panic!("{why}: {text}"));
                    assert_eq!(p.server.host, "fog.zone.database.windows.net", "{text}");
                    assert_eq!(p.server.port, Some(1433), "{text}");
                    assert_eq!(p.database.as_deref(), Some(database), "{text}");
                    assert_eq!((p.is_read_only, p.is_encrypted), (read_only, Some(true)), "{text}");
                    assert!(!p.trusts && !text.to_lowercase().contains("trust"), "{text}");
                }
            }
        }
        let text = string(Driver::AdoNet, "f.z.s", "d", true);
        assert_eq!(text, "Server=tcp:f.z.s,1433;Database=d;ApplicationIntent=ReadOnly;Encrypt=True;");
    }

    #[test]
    fn a_local_replica_is_offered_where_there_is_one() {
        assert!(has_read_replica("BusinessCritical", false) && !has_read_replica("GeneralPurpose", false));
        assert!(!has_read_replica("Hyperscale", false), "there is no such instance");
        for (tier, offered) in [
            ("Premium", true),
            ("businesscritical", true),
            ("Hyperscale", true),
            ("GeneralPurpose", false),
            ("Standard", false),
        ] {
            assert_eq!(has_read_replica(tier, true), offered, "{tier}");
        }
        assert_eq!(purposes(false, false).len(), 2);
        let warned: Vec<&str> = purposes(true, true).iter().filter(|p| p.warning.is_some()).map(|p| p.id).collect();
        assert_eq!(warned, ["read_only", "secondary_replica"]);
    }
}
