//! The local availability group of one database on the source.

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::rules::version::Build;
use crate::sql::query::database;
use crate::sql::query::group;
use crate::sql::query::instance;
use crate::workflow::link_step::LinkStep;
use crate::workflow::link_step::link_step;
use async_trait::async_trait;

pub struct Group(pub LinkStep);

/// Evidence: this run made the group, so undo may drop it.
const MADE: &str = "made";

impl Group {
    /// 2016 does not know CLUSTER_TYPE (facts: mi-link 5.4).
    fn cluster(&self) -> group::Cluster {
        match Build::parse(&self.0.link.source_build).map(Build::major) {
            Some(13) => group::Cluster::Windows,
            _ => group::Cluster::None,
        }
    }
}

#[async_trait]
impl Step for Group {
    link_step!(source);

    fn summary(&self) -> String {
        format!(
            "create availability group {} for {} on {}",
            self.0.link.group, self.0.link.database, self.0.link.source
        )
    }
    fn preview(&self) -> Vec<String> {
        let link = &self.0.link;
        group::create(self.cluster(), &link.group, &link.database, "<@@SERVERNAME>", &link.endpoint_url)
            .map(|s| vec![s.rendered.shown.clone()])
            .unwrap_or_default()
    }
    fn undo_summary(&self) -> String {
        "drop the group if this run made it; the database stays as it is".to_owned()
    }
    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        let link = &self.0.link;
        let groups = cx.effects.read(&link.source, group::list()).await?;
        if groups.iter().any(|g| !g.is_distributed && g.name.eq_ignore_ascii_case(&link.group)) {
            let access = cx.effects.read(&link.source, database::access(&link.database)).await?;
            let inside = access.is_some_and(|a| a.groups.iter().any(|g| g.group.eq_ignore_ascii_case(&link.group)));
            return Ok(if inside {
                Precheck::AlreadyDone("there, with the database in it".to_owned())
            } else {
                Precheck::Blocked {
                    expected: format!("{} with {} in it, or no such group", link.group, link.database),
                    found: "a group of that name without the database".to_owned(),
                    hint: "name another group in [[link]] ag".to_owned(),
                }
            });
        }
        let databases = cx.effects.read(&link.source, database::list()).await?;
        let Some(db) = databases.iter().find(|d| d.name.eq_ignore_ascii_case(&link.database)) else {
            return Ok(Precheck::Blocked {
                expected: format!("a database `{}` on {}", link.database, link.source),
                found: "none".to_owned(),
                hint: "correct [[link]] database in the estate file".to_owned(),
            });
        };
        if db.replica_id.is_some() {
            return Ok(Precheck::Blocked {
                expected: format!("{} in no other group", link.database),
                found: "it is in one".to_owned(),
                hint: "name that group in [[link]] ag".to_owned(),
            });
        }
        if db.last_log_backup_lsn.is_none() {
            return Ok(Precheck::Blocked {
                expected: "FULL recovery and a full backup that is not copy-only (else error 1475)".to_owned(),
                found: format!("recovery {}, no backup chain", db.recovery_model),
                hint: format!("BACKUP DATABASE [{}] TO DISK = N'…' WITH CHECKSUM", link.database),
            });
        }
        Ok(Precheck::Ready)
    }
    async fn run(&self, cx: &Context) -> Result<Done> {
        let link = &self.0.link;
        let facts = cx.effects.read(&link.source, instance::facts()).await?;
        let server = facts.server_name.ok_or_else(|| {
            Error::new(Kind::Server, format!("@@SERVERNAME of {} is NULL", link.source))
                .hint("sp_addserver N'<name>', N'local', then restart SQL Server")
        })?;
        let statement = group::create(self.cluster(), &link.group, &link.database, &server, &link.endpoint_url)?;
        cx.prove(&self.0.id, MADE, &true)?;
        cx.effects.change(&self.0.id, &link.source, &statement).await?;
        Ok(Done::note(format!("{} is primary in {}", link.source, link.group)))
    }
    async fn undo(&self, cx: &Context) -> Result<String> {
        drop_if_made(cx, &self.0, &self.0.link.group, MADE).await
    }
}

/// Drops a group that this run made, if it is still there.
pub(super) async fn drop_if_made(cx: &Context, step: &LinkStep, name: &str, made: &str) -> Result<String> {
    if cx.proven::<bool>(&step.id, made)? != Some(true) {
        return Ok("not made by this run".to_owned());
    }
    let there = cx.effects.read(&step.link.source, group::list()).await?;
    if there.iter().any(|g| g.name.eq_ignore_ascii_case(name)) {
        cx.effects.change(&step.id, &step.link.source, &group::drop(name)?).await?;
        return Ok(format!("{name} dropped"));
    }
    Ok("not there".to_owned())
}
