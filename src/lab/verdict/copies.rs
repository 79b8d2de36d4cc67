//! Reading every row of a copy over TDS.

use crate::lab::workload::alias::Address;
use crate::lab::workload::client::Access;
use crate::lab::workload::client::Failure;
use crate::lab::workload::client::bounded;
use crate::lab::workload::client::connect;
use futures_util::TryStreamExt;
use std::collections::BTreeMap;
use tiberius::QueryItem;

/// A row of `dbo.entry` as far as the oracle cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub writer: u32,
    pub seq: i64,
    pub amount: i64,
}

/// The content of one copy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    pub entries: Vec<Entry>,
    /// Balance by account.
    pub balances: BTreeMap<u32, i64>,
}

/// One copy of one database, read or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    pub database: String,
    pub server: String,
    pub content: Result<Content, String>,
}

/// Reads the copy of `database` at `address`.
pub async fn read(access: &Access, address: &Address, database: &str) -> Copy {
    let content = content(access, address, database).await.map_err(|f| f.to_string());
    Copy { database: database.to_owned(), server: address.server.clone(), content }
}

async fn content(access: &Access, address: &Address, database: &str) -> Result<Content, Failure> {
    let mut sql = connect(access, address, database).await?;
    let mut content = Content::default();
    // A long table takes longer than a short statement: ten times the usual limit.
    let limit = access.timeout * 10;
    // One statement: a copy that is being written to should be seen as nearly at one moment as READ COMMITTED allows.
    let rows = async {
        let mut stream = sql
            .simple_query(
                "SELECT 0 AS kind, writer AS who, seq, CAST(amount AS bigint) AS amount FROM dbo.entry \
                 UNION ALL SELECT 1, account_id, CAST(0 AS bigint), balance FROM dbo.account",
            )
            .await?;
        while let Some(item) = stream.try_next().await? {
            let QueryItem::Row(row) = item else { continue };
            let kind = row.try_get::<i32, _>(0)?;
            let who = u32::try_from(row.try_get::<i32, _>(1)?.unwrap_or(-1)).unwrap_or(u32::MAX);
            let seq = row.try_get::<i64, _>(2)?.unwrap_or(-1);
            let amount = row.try_get::<i64, _>(3)?.unwrap_or(0);
            if kind == Some(1) {
                content.balances.insert(who, amount);
            } else {
                content.entries.push(Entry { writer: who, seq, amount });
            }
        }
        Ok(())
    };
    bounded(limit, rows).await?;
    Ok(content)
}
