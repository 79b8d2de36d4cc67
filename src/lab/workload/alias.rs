//! Where the application thinks its databases are: one address per database, switchable while it runs.

use crate::base::changes::Changes;
use crate::base::changes::Seen;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often a control file is looked at.
const FILE_EVERY: Duration = Duration::from_millis(200);

/// A server the application can reach, and how it logs in there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Key of the instance in the estate; goes into the ledger.
    pub server: String,
    pub host: String,
    pub port: u16,
    /// The application connects by this name, and resolves it each time; the rest is what it led to when it was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listener: Option<String>,
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.listener {
            Some(name) => f.write_str(name),
            None => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// Database → address, and who is to be woken when it changes.
pub struct AliasTable {
    current: Mutex<BTreeMap<String, Address>>,
    changed: Changes,
}

impl AliasTable {
    pub fn new(first: BTreeMap<String, Address>) -> Self {
        Self { current: Mutex::new(first), changed: Changes::new() }
    }
    fn locked(&self) -> MutexGuard<'_, BTreeMap<String, Address>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub fn get(&self, database: &str) -> Option<Address> {
        self.locked().get(database).cloned()
    }
    pub fn all(&self) -> BTreeMap<String, Address> {
        self.locked().clone()
    }
    /// The application is repointed. True if that changed anything.
    pub fn repoint(&self, database: &str, address: Address) -> bool {
        let changed = self.locked().insert(database.to_owned(), address.clone()).as_ref() != Some(&address);
        if changed {
            self.changed.bump();
        }
        changed
    }
    /// A number that moves on every change.
    pub fn subscribe(&self) -> Seen {
        self.changed.subscribe()
    }

    /// Writes the table as JSON, whole or not at all.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        let text = serde_json::to_string_pretty(&self.all())?;
        let staged = path.with_extension("new");
        std::fs::write(&staged, text)?;
        std::fs::rename(staged, path)
    }
    /// Takes over what the control file says, database by database. Databases it does not name stay.
    pub fn read(&self, path: &Path) -> io::Result<()> {
        let told: BTreeMap<String, Address> = serde_json::from_str(&std::fs::read_to_string(path)?)?;
        for (database, address) in told {
            self.repoint(&database, address);
        }
        Ok(())
    }
    /// Follows the control file until told to stop. A file that is missing or half written changes nothing.
    pub async fn follow(&self, path: &Path, stop: CancellationToken) {
        let mut seen = None;
        while !stop.is_cancelled() {
            let stamp = std::fs::metadata(path).and_then(|m| Ok((m.modified()?, m.len()))).ok();
            if stamp.is_some() && stamp != seen {
                match self.read(path) {
                    Ok(()) => seen = stamp,
                    Err(error) => tracing::warn!(%error, "alias file not taken over"),
                }
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = tokio::time::sleep(FILE_EVERY) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(server: &str, port: u16) -> Address {
        Address { server: server.to_owned(), host: "127.0.0.1".to_owned(), port, listener: None }
    }

    #[test]
    fn only_a_real_change_wakes_the_writers() {
        let table = AliasTable::new([("ledger".to_owned(), at("sql-a", 1))].into());
        let watch = table.subscribe();
        assert!(!table.repoint("ledger", at("sql-a", 1)));
        assert!(!watch.has_changed());
        assert!(table.repoint("ledger", at("mi-a", 2)));
        assert!(watch.has_changed());
        assert_eq!(table.get("ledger"), Some(at("mi-a", 2)));
    }

    #[test]
    fn a_control_file_repoints_what_it_names() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("alias.json");
        let table = AliasTable::new([("a".to_owned(), at("sql-a", 1)), ("b".to_owned(), at("sql-a", 1))].into());
        table.save(&path).unwrap();
        std::fs::write(&path, r#"{"b": {"server": "mi-a", "host": "127.0.0.1", "port": 9}}"#).unwrap();
        table.read(&path).unwrap();
        assert_eq!((table.get("a").unwrap().port, table.get("b").unwrap().port), (1, 9));
        std::fs::write(&path, "{\"b\":").unwrap();
        assert!(table.read(&path).is_err());
        assert_eq!(table.get("b").unwrap().port, 9);
    }
}
