//! Where both sides stand, read at once and compared like with like.

use super::token::LsnColumn;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::model::group::ReplicaDatabase;
use crate::model::group::SyncState;
use crate::model::ids::SiteId;
use crate::model::lsn::Lsn;
use crate::plan::types::LinkPlan;
use crate::sql::query::group;

/// Both ends of one database of one link.
#[derive(Debug, Clone)]
pub struct Position {
    /// The source's own row in the DAG.
    pub source: Option<ReplicaDatabase>,
    /// What the source knows of the target.
    pub source_of_target: Option<ReplicaDatabase>,
    /// The target's own row.
    pub target: Option<ReplicaDatabase>,
}

impl Position {
    /// The column in which both sides have a value, and both values. `None`: cannot be compared; two NULLs are never equal.
    pub fn comparable(&self) -> Option<(LsnColumn, Lsn, Lsn)> {
        let (s, t) = (self.source.as_ref()?, self.target.as_ref()?);
        if let (Some(a), Some(b)) = (s.last_hardened_lsn, t.last_hardened_lsn) {
            return Some((LsnColumn::LastHardened, a, b));
        }
        match (s.end_of_log_lsn, t.end_of_log_lsn) {
            (Some(a), Some(b)) => Some((LsnColumn::EndOfLog, a, b)),
            _ => None,
        }
    }
    /// Same column on both sides; `None` where either is NULL.
    pub fn in_column(&self, column: LsnColumn) -> Option<(Lsn, Lsn)> {
        let of = |r: &ReplicaDatabase| match column {
            LsnColumn::LastHardened => r.last_hardened_lsn,
            LsnColumn::EndOfLog => r.end_of_log_lsn,
        };
        Some((of(self.source.as_ref()?)?, of(self.target.as_ref()?)?))
    }
    /// As the primary sees the target.
    pub fn sync_state(&self) -> Option<&SyncState> {
        self.source_of_target.as_ref()?.sync_state.as_ref()
    }
}

/// Reads both sides in parallel. On a Business Critical instance only the primary replica's rows count (facts: mi-link 7.5).
pub async fn read(cx: &Context, link: &LinkPlan) -> Result<Position> {
    let (source, target) = tokio::join!(rows(cx, &link.source, link), rows(cx, &link.target, link));
    let (source, target) = (source?, target?);
    Ok(Position {
        source: source.iter().find(|r| r.is_local).cloned(),
        source_of_target: source.into_iter().find(|r| !r.is_local),
        target: own(target),
    })
}

/// The instance's own row. A Business Critical instance may show its other replicas as well: the primary's is meant.
fn own(rows: Vec<ReplicaDatabase>) -> Option<ReplicaDatabase> {
    let local = || rows.iter().filter(|r| r.is_local);
    local().find(|r| r.is_primary_replica == Some(true)).or_else(|| local().next()).cloned()
}

async fn rows(cx: &Context, site: &SiteId, link: &LinkPlan) -> Result<Vec<ReplicaDatabase>> {
    let all = cx.effects.read(site, group::databases()).await?;
    Ok(all
        .into_iter()
        .filter(|r| r.is_distributed && r.group.eq_ignore_ascii_case(link.name.as_str()))
        .filter(|r| r.database.as_deref().is_none_or(|d| d.eq_ignore_ascii_case(&link.database)))
        .collect())
}

/// The error for a link that has no row where it must have one.
pub fn missing(link: &LinkPlan, site: &SiteId) -> Error {
    Error::new(Kind::Refused, format!("{site} shows no state of {} in link {}", link.database, link.name))
        .hint(format!("milink link show {}", link.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(replica: &str, is_local: bool, is_primary_replica: Option<bool>) -> ReplicaDatabase {
        let id = "00000000-0000-0000-0000-000000000001";
        let row = json!({
            "group_id": id, "group": "ledger", "is_distributed": true, "replica_id": id, "replica": replica,
            "group_database_id": id, "is_local": is_local, "is_primary_replica": is_primary_replica,
        });
        serde_json::from_value(row).unwrap()
    }

    #[test]
    fn of_the_rows_of_a_business_critical_instance_the_primary_replica_s_counts() {
        let name = |rows: Vec<ReplicaDatabase>| own(rows).and_then(|r| r.replica);
        let critical =
            || vec![row("node1", true, Some(false)), row("node2", true, Some(true)), row("remote", false, None)];
        assert_eq!(name(critical()), Some("node2".to_owned()));
        assert_eq!(name(critical().into_iter().rev().collect()), Some("node2".to_owned()));
        // General Purpose: one local row, and 2016 to 2017 do not say which is the primary.
        assert_eq!(name(vec![row("remote", false, Some(true)), row("own", true, None)]), Some("own".to_owned()));
        assert_eq!(name(vec![row("remote", false, Some(true))]), None);
    }
}
