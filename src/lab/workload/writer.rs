//! One writer: insert, update, select in a transaction, over and over, wherever the alias points.

use super::alias::Address;
use super::alias::AliasTable;
use super::client::Access;
use super::client::Failure;
use super::client::Sql;
use super::client::batch;
use super::client::bounded;
use super::client::connect;
use super::ledger::Ledger;
use super::ledger::Outcome;
use super::ledger::Record;
use super::names::Names;
use super::run::Clock;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What all writers of a database have in common.
#[derive(Clone)]
pub struct Shared {
    pub database: String,
    pub alias: Arc<AliasTable>,
    pub ledger: Arc<Ledger>,
    pub access: Access,
    pub names: Option<Names>,
    pub clock: Clock,
    pub think: Duration,
    pub backoff: Duration,
    pub updates: u32,
    pub selects: u32,
    pub stop: CancellationToken,
    /// Refusals by error number; 0 counts lost connections.
    pub refusals: Arc<Mutex<BTreeMap<u32, u64>>>,
}

/// One client of the application.
pub struct Writer {
    pub shared: Shared,
    pub id: u32,
    /// Last number used.
    pub seq: i64,
}

/// How a transaction ended.
enum End {
    Committed,
    /// Nothing was done, and that is sure.
    Refused(Failure),
    /// COMMIT was sent, no answer came.
    Unknown(Failure),
}

impl Writer {
    /// Writes until told to stop. While it is kept out it tries again after a short pause.
    pub async fn run(mut self) {
        let stop = self.shared.stop.clone();
        // With the address as it was given and the place it led to.
        let mut session: Option<(Sql, Address, Address)> = None;
        while !stop.is_cancelled() {
            let Some(address) = self.shared.alias.get(&self.shared.database) else { return };
            if session.as_ref().is_some_and(|(_, given, _)| *given != address) {
                session = None;
            }
            let (mut sql, given, at) = match session.take() {
                Some(open) => open,
                None => match self.open(&address).await {
                    Ok((sql, at)) => (sql, address, at),
                    Err(failure) => {
                        self.count(&failure);
                        self.rest(self.shared.backoff).await;
                        continue;
                    }
                },
            };
            let healthy = self.once(&mut sql, &at).await;
            if healthy {
                session = Some((sql, given, at));
                self.rest(self.shared.think).await;
            } else {
                self.rest(self.shared.backoff).await;
            }
        }
    }

    async fn rest(&self, pause: Duration) {
        tokio::select! {
            biased;
            () = self.shared.stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }

    fn count(&self, failure: &Failure) {
        let mut all = self.shared.refusals.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *all.entry(failure.number().unwrap_or(0)).or_default() += 1;
    }

    async fn open(&self, address: &Address) -> Result<(Sql, Address), Failure> {
        let at = match &self.shared.names {
            Some(names) => names.find(address).await?,
            None => address.clone(),
        };
        let mut sql = connect(&self.shared.access, &at, &self.shared.database).await?;
        // The writer's account, once. Two writers never share one, so this cannot collide.
        let limit = self.shared.access.timeout;
        let text = "IF NOT EXISTS (SELECT 1 FROM dbo.account WHERE account_id = @P1) INSERT INTO dbo.account (account_id, balance) VALUES (@P1, 0)";
        let id = i32::try_from(self.id).unwrap_or(i32::MAX);
        bounded(limit, sql.execute(text, &[&id])).await?;
        Ok((sql, at))
    }

    /// One transaction; false if the session is not worth keeping.
    async fn once(&mut self, sql: &mut Sql, at: &Address) -> bool {
        self.seq += 1;
        let end = self.transaction(sql).await;
        let (outcome, failure) = match end {
            End::Committed => (Some(Outcome::Acknowledged), None),
            End::Unknown(failure) => (Some(Outcome::Ambiguous), Some(failure)),
            End::Refused(failure) => (None, Some(failure)),
        };
        if let Some(outcome) = outcome {
            let record = Record {
                writer: self.id,
                seq: self.seq,
                database: self.shared.database.clone(),
                server: at.server.clone(),
                listener: at.listener.clone(),
                outcome,
                at_us: self.shared.clock.elapsed_us(),
                wall: self.shared.clock.wall(),
            };
            if let Err(error) = self.shared.ledger.record(record) {
                // Without a record the oracle would see too little: this writer must not go on.
                tracing::error!(%error, "the workload cannot keep its ledger");
                self.shared.stop.cancel();
            }
        }
        if let Some(failure) = &failure {
            self.count(failure);
        }
        failure.is_none()
    }

    async fn transaction(&self, sql: &mut Sql) -> End {
        if let Err(failure) = self.work(sql).await {
            return End::Refused(failure);
        }
        match batch(sql, self.shared.access.timeout, "COMMIT TRANSACTION").await {
            Ok(()) => End::Committed,
            Err(failure) if failure.is_certain() => End::Refused(failure),
            Err(failure) => End::Unknown(failure),
        }
    }

    /// Everything before COMMIT: whatever fails here was not done.
    async fn work(&self, sql: &mut Sql) -> Result<(), Failure> {
        let limit = self.shared.access.timeout;
        let id = i32::try_from(self.id).unwrap_or(i32::MAX);
        let amount = (self.seq % 97) as i32 + 1;
        batch(sql, limit, "BEGIN TRANSACTION").await?;
        let note = format!("writer {} entry {}", self.id, self.seq);
        let insert = "INSERT INTO dbo.entry (entry_id, writer, seq, amount, note) VALUES (NEWID(), @P1, @P2, @P3, @P4)";
        bounded(limit, sql.execute(insert, &[&id, &self.seq, &amount, &note.as_str()])).await?;
        for i in 0..self.shared.updates.max(1) {
            // Only the first moves money, so that balance = sum of amounts on every true copy.
            let add = if i == 0 { i64::from(amount) } else { 0 };
            let update = "UPDATE dbo.account SET balance = balance + @P2 WHERE account_id = @P1";
            bounded(limit, sql.execute(update, &[&id, &add])).await?;
        }
        for _ in 0..self.shared.selects {
            let select = "SELECT balance FROM dbo.account WHERE account_id = @P1";
            bounded(limit, async { sql.query(select, &[&id]).await?.into_results().await }).await?;
        }
        Ok(())
    }
}
