//! Transactions: text statements and transaction manager requests.

use crate::lab::tds::backend::Event;
use crate::lab::tds::backend::TransactionRequest;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::exec::Run;
use crate::lab::tsql::exec::core::Snapshot;
use crate::lab::tsql::exec::outcome::Fail;
use crate::lab::tsql::exec::outcome::Outcome;

/// 3930.
fn doomed() -> SqlError {
    SqlError::new(
        3930,
        16,
        "The current transaction cannot be committed and cannot support operations that write to the log file. Roll back the transaction.",
    )
}

impl Run<'_> {
    fn open_count(&self) -> i32 {
        self.core.host.transaction_state(&self.core.cx).0
    }

    /// 3930 when the transaction is doomed.
    pub(super) fn writable(&self) -> Outcome<()> {
        if self.core.host.transaction_state(&self.core.cx).1 == -1 { Err(doomed().into()) } else { Ok(()) }
    }

    async fn opened(&mut self) -> Outcome<()> {
        self.core.transactions = self.core.transactions.wrapping_add(1);
        let descriptor = (u64::from(self.core.cx.spid.unsigned_abs()) << 32) | u64::from(self.core.transactions.max(1));
        self.core.descriptor = Some(descriptor);
        self.core.snapshots = vec![Snapshot { name: None, temps: self.core.temps.clone() }];
        self.send(Event::TransactionBegun(descriptor)).await
    }

    /// SET IMPLICIT_TRANSACTIONS ON: data statements open a transaction.
    pub(super) async fn implicit(&mut self) -> Outcome<()> {
        if !self.core.cx.implicit_transactions || self.open_count() > 0 {
            return Ok(());
        }
        let host = self.core.host.clone();
        host.begin(&self.core.cx, None).await?;
        self.opened().await
    }

    pub(super) async fn begin_named(&mut self, name: Option<&str>) -> Outcome<()> {
        let host = self.core.host.clone();
        let before = self.open_count();
        host.begin(&self.core.cx, name).await?;
        if before == 0 { self.opened().await } else { Ok(()) }
    }

    pub(super) async fn begin(&mut self, name: Option<&str>) -> Outcome<()> {
        self.begin_named(name).await?;
        self.core.status.rowcount = 0;
        self.done(None, 0).await
    }

    async fn commit_one(&mut self) -> Outcome<()> {
        if self.open_count() == 0 {
            return Err(SqlError::new(
                3902,
                16,
                "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.",
            )
            .into());
        }
        self.writable()?;
        let host = self.core.host.clone();
        host.commit(&self.core.cx).await?;
        if self.open_count() == 0 {
            self.core.snapshots.clear();
            if let Some(d) = self.core.descriptor.take() {
                self.send(Event::TransactionCommitted(d)).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn commit(&mut self) -> Outcome<()> {
        self.commit_one().await?;
        self.core.status.rowcount = 0;
        self.done(None, 0).await
    }

    async fn rollback_to(&mut self, name: Option<&str>) -> Outcome<()> {
        if self.open_count() == 0 {
            return Err(SqlError::new(
                3903,
                16,
                "The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.",
            )
            .into());
        }
        if name.is_some_and(|n| self.savepoint(n).is_some()) && self.core.host.transaction_state(&self.core.cx).1 == -1
        {
            return Err(SqlError::new(
                3931,
                16,
                "The current transaction cannot be committed and cannot be rolled back to a savepoint. Roll back the entire transaction.",
            )
            .into());
        }
        self.core.host.rollback(&self.core.cx, name)?;
        if self.open_count() == 0 {
            return self.rolled_back().await;
        }
        if let Some(at) = name.and_then(|n| self.savepoint(n)) {
            self.core.snapshots.truncate(at + 1);
            self.restore(at);
        }
        Ok(())
    }

    fn savepoint(&self, name: &str) -> Option<usize> {
        self.core.snapshots.iter().rposition(|s| s.name.as_deref() == Some(name))
    }

    fn restore(&mut self, at: usize) {
        if let Some(s) = self.core.snapshots.get(at) {
            self.core.temps.clone_from(&s.temps);
            self.core.status.temp_ids = self.core.temps.iter().map(|(k, t)| (k.clone(), t.object_id)).collect();
        }
    }

    async fn rolled_back(&mut self) -> Outcome<()> {
        self.restore(0);
        self.core.snapshots.clear();
        match self.core.descriptor.take() {
            Some(d) => self.send(Event::TransactionRolledBack(d)).await,
            None => Ok(()),
        }
    }

    pub(super) async fn rollback(&mut self, name: Option<&str>) -> Outcome<()> {
        self.rollback_to(name).await?;
        self.core.status.rowcount = 0;
        self.done(None, 0).await
    }

    pub(super) async fn save(&mut self, name: &str) -> Outcome<()> {
        self.savepoint_here(name)?;
        self.done(None, 0).await
    }

    fn savepoint_here(&mut self, name: &str) -> Outcome<()> {
        if self.open_count() == 0 {
            return Err(
                SqlError::new(628, 16, "Cannot issue SAVE TRANSACTION when there is no active transaction.").into()
            );
        }
        self.writable()?;
        self.core.host.savepoint(&self.core.cx, name)?;
        self.core.snapshots.push(Snapshot { name: Some(name.to_owned()), temps: self.core.temps.clone() });
        Ok(())
    }

    /// Ends whatever is open.
    pub(super) async fn roll_back_all(&mut self) -> Outcome<()> {
        if self.open_count() > 0 {
            self.core.host.rollback(&self.core.cx, None)?;
        }
        self.rolled_back().await
    }

    /// The host may have ended the transaction itself (deadlock, role change): tell the client.
    pub(super) async fn follow_host(&mut self) -> Outcome<()> {
        if self.core.descriptor.is_some() && self.open_count() == 0 { self.rolled_back().await } else { Ok(()) }
    }

    /// A transaction manager request of the client.
    pub async fn transaction_request(&mut self, request: TransactionRequest) {
        let out = self.request(request).await;
        let failed = match out {
            Ok(()) => self.done(None, 0).await,
            Err(Fail::Sql { mut error, .. }) => {
                error.line = error.line.max(1);
                self.report(error, true, false).await
            }
            Err(Fail::Closed) => Ok(()),
        };
        if failed.is_err() {
            tracing::debug!("answer was not read");
        }
    }

    async fn request(&mut self, request: TransactionRequest) -> Outcome<()> {
        match request {
            TransactionRequest::Begin { name, .. } => {
                self.begin_named(Some(name.as_str()).filter(|n| !n.is_empty())).await
            }
            TransactionRequest::Commit { begin_again } => {
                self.commit_one().await?;
                self.again(begin_again).await
            }
            TransactionRequest::Rollback { name, begin_again } => {
                self.rollback_to(Some(name.as_str()).filter(|n| !n.is_empty())).await?;
                self.again(begin_again).await
            }
            TransactionRequest::Save { name } => self.savepoint_here(&name),
        }
    }

    async fn again(&mut self, isolation: Option<u8>) -> Outcome<()> {
        if isolation.is_some() { self.begin_named(None).await } else { Ok(()) }
    }
}
