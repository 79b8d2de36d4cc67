//! The verdict on a lab directory: what the writers were told, against what the servers hold.

use super::record::CA;
use super::record::LEDGER;
use super::record::LabRecord;
use super::record::SAMPLES;
use crate::lab::verdict::Report;
use crate::lab::verdict::copies;
use crate::lab::verdict::judge;
use crate::lab::verdict::sample::Sample;
use crate::lab::verdict::sample::Samples;
use crate::lab::workload::alias::Address;
use crate::lab::workload::client::Access;
use crate::lab::workload::client::TcpDialer;
use crate::lab::workload::client::Tls;
use crate::lab::workload::ledger::Ledger;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// For each connection and statement of the oracle.
const LIMIT: Duration = Duration::from_secs(20);

/// Re-reads every copy over TDS and judges. `current`: database → server the application uses.
pub async fn judge_dir(dir: &Path, current: &BTreeMap<String, String>) -> io::Result<Report> {
    let record = LabRecord::read(dir)?;
    let ca = std::fs::read(dir.join(CA))?;
    let addresses = record.addresses();
    // Before the copies: what is acknowledged while they are read need not be in them yet.
    let records = Ledger::read(&dir.join(LEDGER))?;
    let mut found = Vec::new();
    for d in &record.databases {
        for server in [&d.source, &d.target] {
            let Some(address) = addresses.get(server) else { continue };
            let Some(access) = admin(&record, server, &ca) else { continue };
            found.push(read(&access, address, &d.name).await);
        }
    }
    let samples: Vec<Sample> = match Samples::read(&dir.join(SAMPLES)) {
        Ok(samples) => samples,
        Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(e) => return Err(e),
    };
    Ok(judge(&records, &found, &samples, current))
}

async fn read(access: &Access, address: &Address, database: &str) -> copies::Copy {
    copies::read(access, address, database).await
}

fn admin(record: &LabRecord, server: &str, ca: &[u8]) -> Option<Access> {
    let login = record.server(server)?.logins.iter().find(|l| l.sysadmin)?;
    Some(Access {
        dialer: Arc::new(TcpDialer),
        tls: Tls::Ca(ca.to_vec()),
        user: login.name.clone(),
        password: login.password.clone(),
        program: "lab oracle",
        timeout: LIMIT,
    })
}
