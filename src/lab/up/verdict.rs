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
use crate::lab::verdict::torn_accounts;
use crate::lab::workload::alias::Address;
use crate::lab::workload::client::Access;
use crate::lab::workload::client::Dialer;
use crate::lab::workload::client::TcpDialer;
use crate::lab::workload::client::Tls;
use crate::lab::workload::ledger::Ledger;
use crate::lab::workload::ledger::Outcome;
use crate::lab::workload::ledger::Record;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// For each connection and statement of the oracle.
const LIMIT: Duration = Duration::from_secs(20);

/// Readings of a copy until one finds every account adding up.
const READINGS_MAX: u32 = 6;

/// What the oracle looks at besides the copies.
pub struct Evidence<'a> {
    pub record: &'a LabRecord,
    /// Read before the copies: what is acknowledged while they are read must not count as lost.
    pub acknowledged: Vec<Record>,
    pub samples: Vec<Sample>,
    pub dialer: Arc<dyn Dialer>,
    pub tls: Tls,
}

/// Re-reads every copy over TDS and judges. `current`: database → server the application uses.
pub async fn judge_dir(dir: &Path, current: &BTreeMap<String, String>) -> io::Result<Report> {
    let record = LabRecord::read(dir)?;
    let evidence = Evidence {
        record: &record,
        acknowledged: Ledger::read(&dir.join(LEDGER))?,
        samples: samples(dir)?,
        dialer: Arc::new(TcpDialer),
        tls: Tls::Ca(std::fs::read(dir.join(CA))?),
    };
    Ok(judge_estate(evidence, current).await)
}

/// The sampler's file; none if it never ran.
pub(super) fn samples(dir: &Path) -> io::Result<Vec<Sample>> {
    match Samples::read(&dir.join(SAMPLES)) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        other => other,
    }
}

/// The same for an estate within reach.
pub async fn judge_estate(evidence: Evidence<'_>, current: &BTreeMap<String, String>) -> Report {
    let addresses = evidence.record.addresses();
    let acknowledged: BTreeSet<_> = evidence
        .acknowledged
        .iter()
        .filter(|r| r.outcome == Outcome::Acknowledged)
        .map(|r| (r.database.as_str(), r.writer, r.seq))
        .collect();
    let mut found = Vec::new();
    for d in &evidence.record.databases {
        for server in d.servers() {
            let Some(address) = addresses.get(server) else { continue };
            let Some(access) = admin(&evidence, server) else { continue };
            found.push(read(&access, address, &d.name, &acknowledged).await);
        }
    }
    judge(&evidence.acknowledged, &found, &evidence.samples, current)
}

/// A copy that is being written to may be caught between the two tables of a transaction: what is torn for good stays torn. If
/// it never comes to rest, what came while it was read is taken out.
async fn read(
    access: &Access,
    address: &Address,
    database: &str,
    acknowledged: &BTreeSet<(&str, u32, i64)>,
) -> copies::Copy {
    let mut copy = copies::read(access, address, database).await;
    let mut rests = false;
    for _ in 1..READINGS_MAX {
        if copy.content.as_ref().map_or(true, |c| torn_accounts(c) == 0) {
            return copy;
        }
        let before = copy;
        copy = copies::read(access, address, database).await;
        rests = before.content == copy.content;
    }
    if let Ok(content) = &copy.content
        && !rests
        && let Some(kept) = content.before_newcomers(|writer, seq| acknowledged.contains(&(database, writer, seq)))
    {
        copy.content = Ok(kept);
    }
    copy
}

fn admin(evidence: &Evidence<'_>, server: &str) -> Option<Access> {
    let login = evidence.record.server(server)?.logins.iter().find(|l| l.sysadmin)?;
    Some(Access {
        dialer: evidence.dialer.clone(),
        tls: evidence.tls.clone(),
        user: login.name.clone(),
        password: login.password.clone(),
        program: "lab oracle",
        timeout: LIMIT,
    })
}
