//! Reading every row of a copy over TDS.

use super::sample::PROBE_SEQ;
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

impl Content {
    /// What a copy that is being written to held when its accounts were read: entries that came while the rest was read are
    /// taken out. Only the newest of a writer can be such, and none that was acknowledged before the reading began; if that
    /// does not make the accounts add up, nothing does, and the copy is torn.
    pub fn before_newcomers(&self, acknowledged: impl Fn(u32, i64) -> bool) -> Option<Self> {
        let mut kept = Self { entries: Vec::new(), balances: self.balances.clone() };
        let mut of: BTreeMap<u32, Vec<Entry>> = BTreeMap::new();
        for entry in &self.entries {
            match entry.seq {
                PROBE_SEQ => kept.entries.push(*entry),
                _ => of.entry(entry.writer).or_default().push(*entry),
            }
        }
        for (writer, mut entries) in of {
            entries.sort_unstable_by_key(|e| e.seq);
            let balance = self.balances.get(&writer).copied().unwrap_or(0);
            let mut sum: i64 = entries.iter().map(|e| e.amount).sum();
            while sum != balance {
                let newest = entries.pop().filter(|e| !acknowledged(e.writer, e.seq))?;
                sum -= newest.amount;
            }
            kept.entries.extend(entries);
        }
        Some(kept)
    }
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
    // One statement: a copy that is being written to should be seen as nearly at one moment as READ COMMITTED allows. Accounts
    // first, so that no entry is missing that a balance already counts.
    let rows = async {
        let mut stream = sql
            .simple_query(
                "SELECT 1 AS kind, account_id AS who, CAST(0 AS bigint) AS seq, balance AS amount FROM dbo.account \
                 UNION ALL SELECT 0, writer, seq, CAST(amount AS bigint) FROM dbo.entry",
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

#[cfg(test)]
mod tests {
    use super::*;

    fn content(entries: &[(u32, i64, i64)], balances: &[(u32, i64)]) -> Content {
        Content {
            entries: entries.iter().map(|&(writer, seq, amount)| Entry { writer, seq, amount }).collect(),
            balances: balances.iter().copied().collect(),
        }
    }

    #[test]
    fn an_entry_that_came_meanwhile_is_no_tear() {
        let busy = content(&[(1, 1, 5), (1, 3, 2), (1, 2, 7)], &[(1, 12)]);
        let kept = busy.before_newcomers(|_, seq| seq <= 2).unwrap();
        assert_eq!(kept, content(&[(1, 1, 5), (1, 2, 7)], &[(1, 12)]));
    }

    #[test]
    fn a_tear_stays_one() {
        // The entry was acknowledged, its account never moved.
        assert!(content(&[(1, 1, 5), (1, 2, 7)], &[(1, 5)]).before_newcomers(|_, seq| seq <= 2).is_none());
        // An account moved without its entry; an older entry without its account.
        assert!(content(&[(1, 1, 5)], &[(1, 12)]).before_newcomers(|_, _| false).is_none());
        assert!(content(&[(1, 1, 5), (1, 2, 7), (1, 3, 9)], &[(1, 14)]).before_newcomers(|_, _| false).is_none());
        assert!(content(&[(1, 1, 5)], &[]).before_newcomers(|_, _| true).is_none());
    }
}
