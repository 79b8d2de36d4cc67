//! A sysadmin at work while others cut over.

use super::start::APPLICATION_HOST;
use super::start::Running;
use crate::lab::workload::client;
use crate::lab::workload::client::Access;
use crate::lab::workload::ledger::Outcome;
use crate::lab::workload::ledger::Record;
use std::time::Duration;

/// Pause of a sysadmin at work.
const STRAGGLE_EVERY: Duration = Duration::from_millis(70);

impl Running {
    /// A sysadmin at work in every database on its source: writes, is killed, comes back. What he was told counts as any commit.
    /// Does not end.
    pub async fn straggle<T>(&self) -> T {
        let clock = self.clock.clone();
        let mut n = 0_i64;
        loop {
            tokio::time::sleep(STRAGGLE_EVERY).await;
            for d in &self.record.databases {
                let login = self.record.server(&d.source).and_then(|s| s.logins.iter().find(|l| l.sysadmin));
                let (Some(login), Some(address)) = (login, self.record.addresses().get(&d.source).cloned()) else {
                    continue;
                };
                let access = Access {
                    dialer: self.dialer(APPLICATION_HOST),
                    tls: self.tls(),
                    user: login.name.clone(),
                    password: login.password.clone(),
                    program: "lab sysadmin",
                    timeout: Duration::from_secs(5),
                };
                n += 1;
                let insert = format!(
                    "INSERT INTO dbo.entry (entry_id, writer, seq, amount, note) VALUES (NEWID(), 9002, {n}, 0, N'by hand')"
                );
                let Ok(mut sql) = client::connect(&access, &address, &d.name).await else { continue };
                if client::batch(&mut sql, access.timeout, &insert).await.is_ok() {
                    let record = Record {
                        writer: 9002,
                        seq: n,
                        database: d.name.clone(),
                        server: address.server.clone(),
                        listener: None,
                        outcome: Outcome::Acknowledged,
                        at_us: clock.elapsed_us(),
                        wall: clock.wall(),
                    };
                    let _ = self.ledger.record(record);
                }
            }
        }
    }
}
