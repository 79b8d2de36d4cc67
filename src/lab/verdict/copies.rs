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
    pub amount: i32,
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

/// Every entry, and every balance in a fourth column.
const ALL: &str = "SELECT writer, seq, amount, CAST(NULL AS bigint) AS balance FROM dbo.entry \
    UNION ALL SELECT account_id, CAST(NULL AS bigint), CAST(NULL AS int), balance FROM dbo.account";

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
    // One statement: entry and balance of a copy that is being written must be seen at one moment.
    let rows = async {
        let mut stream = sql.simple_query(ALL).await?;
        while let Some(item) = stream.try_next().await? {
            let QueryItem::Row(row) = item else { continue };
            let owner = u32::try_from(row.try_get::<i32, _>(0)?.unwrap_or(-1)).unwrap_or(u32::MAX);
            match (row.try_get::<i64, _>(1)?, row.try_get::<i32, _>(2)?, row.try_get::<i64, _>(3)?) {
                (_, _, Some(balance)) => {
                    content.balances.insert(owner, balance);
                }
                (seq, amount, None) => {
                    let (seq, amount) = (seq.unwrap_or(-1), amount.unwrap_or(0));
                    content.entries.push(Entry { writer: owner, seq, amount });
                }
            }
        }
        Ok(())
    };
    bounded(limit, rows).await?;
    Ok(content)
}
