//! Agent jobs.

use super::kinds::Query;
use super::kinds::Statement;
use super::kinds::rows;
use super::kinds::script;
use super::kinds::set;
use crate::base::error::Result;
use crate::model::session::Job;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Every job, with the databases its steps start in.
pub fn list() -> Result<Query<Vec<Job>>> {
    Ok(Query::new(script("job.list")?.done()?, |sets| {
        let mut databases: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
        for row in &set(sets, 1)?.rows {
            databases.entry(row.get("job_id")?).or_default().push(row.get("database_name")?);
        }
        let mut jobs = rows(sets, |row| {
            Ok(Job {
                job_id: row.get("job_id")?,
                name: row.get("name")?,
                is_enabled: row.get::<i64>("is_enabled")? != 0,
                is_running: row.get("is_running")?,
                owner: row.get("owner")?,
                category: row.get("category")?,
                databases: Vec::new(),
            })
        })?;
        for job in &mut jobs {
            job.databases = databases.remove(&job.job_id).unwrap_or_default();
        }
        Ok(jobs)
    }))
}

/// A disabled job still obeys `sp_start_job`.
pub fn set_enabled(job: Uuid, enabled: bool) -> Result<Statement> {
    let rendered = script("job.set_enabled")?.guid("job", job).int("enabled", i64::from(enabled)).done()?;
    Ok(Statement::new(rendered))
}

pub fn stop(job: Uuid) -> Result<Statement> {
    Ok(Statement::new(script("job.stop")?.guid("job", job).done()?))
}
