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

/// Reads both sides in parallel. Neither side shows replicas that it does not speak for.
pub async fn read(cx: &Context, link: &LinkPlan) -> Result<Position> {
    let (source, target) = tokio::join!(rows(cx, &link.source, link), rows(cx, &link.target, link));
    let (source, target) = (source?, target?);
    Ok(Position {
        source: source.iter().find(|r| r.is_local).cloned(),
        source_of_target: source.into_iter().find(|r| !r.is_local),
        target: target.into_iter().find(|r| r.is_local),
    })
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
