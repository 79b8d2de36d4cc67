//! One link, both ends and Azure, as they say themselves.

use super::fact::Fact;
use crate::arm::InstanceRef;
use crate::effects::perform::Effects;
use crate::model::database::BackupFacts;
use crate::model::database::DatabaseAccess;
use crate::model::database::Role;
use crate::model::group::ReplicaDatabase;
use crate::model::group::SyncState;
use crate::model::ids::SiteId;
use crate::model::login::DatabaseLogins;
use crate::model::login::Login;
use crate::sql::query::backup;
use crate::sql::query::database;
use crate::sql::query::group;
use crate::sql::query::login;
use serde::Serialize;
use time::OffsetDateTime;

/// What to look at.
#[derive(Debug, Clone)]
pub struct LinkQuestion {
    pub name: String,
    pub database: String,
    /// When it was cut over, as far as the journal knows.
    pub switched: Option<OffsetDateTime>,
    pub source: SiteId,
    pub target: SiteId,
    pub instance: InstanceRef,
}

/// One end.
#[derive(Debug, Clone, Serialize)]
pub struct End {
    pub site: SiteId,
    pub access: Fact<Option<DatabaseAccess>>,
    pub logins: Fact<DatabaseLogins>,
    /// Rows of the DAG, as this server knows them.
    pub rows: Fact<Vec<ReplicaDatabase>>,
}

/// Azure's view of the link.
#[derive(Debug, Clone, Serialize)]
pub struct AzureView {
    pub replica_state: Option<String>,
    pub connected_state: Option<String>,
    pub health: Option<String>,
    pub seeding_progress: Option<String>,
    pub error: Option<String>,
}

/// Everything read of a link in one look.
#[derive(Debug, Clone, Serialize)]
pub struct LinkFacts {
    pub name: String,
    pub database: String,
    pub source: End,
    pub target: End,
    /// `None` inside: there is no such link.
    pub azure: Fact<Option<AzureView>>,
    pub first_backup: Fact<Option<BackupFacts>>,
    /// When it was cut over, as far as the journal knows.
    #[serde(with = "time::serde::rfc3339::option")]
    pub switched: Option<OffsetDateTime>,
}

/// Reads both ends and Azure in parallel; each part may be unknown by itself.
pub async fn read(effects: &Effects, q: &LinkQuestion) -> LinkFacts {
    let azure = async {
        let link = effects.arm()?.link(&q.instance, &q.name).await?;
        Ok(link.map(|l| {
            let db = l.database(&q.database);
            AzureView {
                replica_state: db.and_then(|d| d.replica_state.clone()),
                connected_state: db.and_then(|d| d.connected_state.as_ref().map(ToString::to_string)),
                health: db.and_then(|d| d.synchronization_health.as_ref().map(ToString::to_string)),
                seeding_progress: db.and_then(|d| d.seeding_progress.clone()),
                error: db.and_then(|d| d.most_recent_link_error.clone()),
            }
        }))
    };
    let (source, target, azure, first_backup) = tokio::join!(
        end(effects, &q.source, q),
        end(effects, &q.target, q),
        azure,
        effects.read(&q.target, backup::last_full(&q.database)),
    );
    LinkFacts {
        name: q.name.clone(),
        database: q.database.clone(),
        source,
        target,
        azure: azure.into(),
        first_backup: first_backup.into(),
        switched: q.switched,
    }
}

async fn end(effects: &Effects, site: &SiteId, q: &LinkQuestion) -> End {
    let (access, logins, rows) = tokio::join!(
        effects.read(site, database::access(&q.database)),
        effects.read(site, login::for_database(&q.database)),
        effects.read(site, group::databases()),
    );
    let rows = rows.map(|all| {
        all.into_iter()
            .filter(|r| r.is_distributed && r.group.eq_ignore_ascii_case(&q.name))
            .filter(|r| r.database.as_deref().is_none_or(|d| d.eq_ignore_ascii_case(&q.database)))
            .collect()
    });
    End { site: site.clone(), access: access.into(), logins: logins.into(), rows: rows.into() }
}

impl End {
    /// Could an application login commit here now? `None`: cannot be judged.
    pub fn writable(&self) -> Option<bool> {
        let Some(access) = self.access.known()? else { return Some(false) };
        if !access.accepts_writes() {
            return Some(false);
        }
        let logins = self.logins.known()?;
        let somebody = logins.logins.iter().any(|l| !l.is_sysadmin && !l.is_internal() && Login::may_connect(l));
        Some(somebody || logins.guest_enabled || !logins.contained.is_empty())
    }
}

impl LinkFacts {
    /// `None`: a copy cannot be judged.
    pub fn writable_copies(&self) -> Option<u32> {
        Some(u32::from(self.source.writable()?) + u32::from(self.target.writable()?))
    }

    /// Seconds the target is behind, as the primary reports it.
    pub fn lag_seconds(&self) -> Option<i64> {
        let rows = self.source.rows.known()?;
        rows.iter().find(|r| !r.is_local).and_then(|r| r.secondary_lag_seconds)
    }

    pub fn sync_state(&self) -> Option<&SyncState> {
        self.source.rows.known()?.iter().find(|r| !r.is_local)?.sync_state.as_ref()
    }

    /// `none`, `linked`, `cut_over`, `unlinked`; `None` when it cannot be told. `protected` needs a failover group and is told elsewhere.
    pub fn milestone(&self) -> Option<&'static str> {
        let azure = self.azure.known()?;
        let target = self.target.access.known()?.as_ref();
        let writable_there = target.is_some_and(DatabaseAccess::accepts_writes);
        let role = target.and_then(DatabaseAccess::distributed_role);
        if writable_there && role != Some(&Role::Secondary) {
            // The source must be shut before a migration may be called cut over.
            if self.source.writable()? {
                return None;
            }
            // The instance backs a link's database up while it is secondary too: only a backup from after the change counts, and
            // where nobody knows when that was, nothing beyond `cut_over` is proven (facts: mi-link 8.6).
            let newest = self.first_backup.known()?.as_ref().map(|b| b.finished);
            let backed_up = newest.zip(self.switched).is_some_and(|(finished, switched)| finished > switched);
            return Some(if azure.is_none() && backed_up { "unlinked" } else { "cut_over" });
        }
        let following = matches!(self.sync_state(), Some(SyncState::Synchronizing | SyncState::Synchronized));
        Some(if azure.is_some() && following { "linked" } else { "none" })
    }

    /// One sentence.
    pub fn sentence(&self) -> String {
        let unknown = [self.azure.why(), self.source.access.why(), self.target.access.why(), self.source.rows.why()];
        if let Some(why) = unknown.into_iter().flatten().next() {
            return format!("unknown: {why}");
        }
        let azure = self.azure.known().and_then(Option::as_ref);
        match azure {
            None => "no link".to_owned(),
            Some(a) => {
                let state = a.replica_state.as_deref().unwrap_or("state unknown");
                let error =
                    a.error.as_deref().filter(|e| !e.is_empty()).map_or(String::new(), |e| format!(", error {e}"));
                let seeding = a.seeding_progress.as_deref().map_or(String::new(), |p| format!(", seeded {p}"));
                format!("{state}{seeding}{error}")
            }
        }
    }
}
