//! Set-based reads of a whole instance, for checks: few statements, however many databases there are.

use super::certificate;
use super::endpoint;
use super::group;
use super::kinds::Query;
use super::kinds::script;
use super::kinds::set;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::base::hex;
use crate::model::object::Agent;
use crate::model::object::AgentJob;
use crate::model::object::Credential;
use crate::model::object::DatabaseUser;
use crate::model::object::JobStep;
use crate::model::object::LinkedServer;
use crate::model::object::Operator;
use crate::model::object::Outside;
use crate::model::object::Schedule;
use crate::model::object::ServerLogin;
use crate::model::survey::Accelerated;
use crate::model::survey::Door;
use crate::model::survey::FileFacts;
use crate::model::survey::Groups;
use crate::model::survey::Inside;
use crate::model::survey::Protection;
use crate::sql::row::ResultSet;
use crate::sql::row::Row;
use crate::sql::script::Rendered;
use uuid::Uuid;

fn flag(row: &Row, column: &str) -> Result<bool> {
    Ok(row.get::<i64>(column)? != 0)
}

fn sid(row: &Row) -> Result<Option<String>> {
    Ok(row.get::<Option<Vec<u8>>>("sid")?.map(|sid| format!("0x{}", hex::encode(&sid))))
}

fn each<T>(set: &ResultSet, decode: impl Fn(&Row) -> Result<T>) -> Result<Vec<T>> {
    set.rows.iter().map(decode).collect()
}

/// Files of all user databases.
pub fn files() -> Result<Query<Vec<FileFacts>>> {
    Ok(Query::new(script("database.files")?.done()?, |sets| {
        each(set(sets, 0)?, |row| {
            Ok(FileFacts {
                database: row.get("database_name")?,
                kind: row.get("kind")?,
                name: row.get("name")?,
                bytes: row.get("bytes")?,
                state: row.get("state")?,
            })
        })
    }))
}

/// Encrypted databases.
pub fn protection() -> Result<Query<Vec<Protection>>> {
    Ok(Query::new(script("database.protection")?.done()?, |sets| {
        each(set(sets, 0)?, |row| {
            Ok(Protection {
                database: row.get("database_name")?,
                state: row.get("state")?,
                encryptor: row.get("encryptor")?,
                thumbprint: row.get::<Option<Vec<u8>>>("thumbprint")?.map(|t| hex::encode(&t)),
                certificate: row.get("certificate")?,
            })
        })
    }))
}

/// Not before 2019: the column is not there.
pub fn accelerated() -> Result<Query<Vec<Accelerated>>> {
    Ok(Query::new(script("database.accelerated")?.done()?, |sets| {
        each(set(sets, 0)?, |row| {
            Ok(Accelerated {
                database: row.get("database_name")?,
                is_on: row.get("is_on")?,
                filegroup_id: row.get("filegroup_id")?,
            })
        })
    }))
}

/// Looks into every named database, in one batch. They must be open to this login: one that is not ends the batch.
pub fn inside(databases: &[&str]) -> Result<Query<Vec<Inside>>> {
    let reads: Result<Vec<Rendered>> = databases
        .iter()
        .map(|name| script("database.inside")?.text("database", name).text("name", name).done())
        .collect();
    Ok(Query::new(Rendered::join(reads?)?, |sets| {
        let (all, rest) = sets.as_chunks::<3>();
        if !rest.is_empty() {
            return Err(Error::bug("database.inside: a part of an answer"));
        }
        all.iter().map(one_inside).collect()
    }))
}

fn one_inside([facts, users, others]: &[ResultSet; 3]) -> Result<Inside> {
    let row = facts.rows.first().ok_or_else(|| Error::bug("database.inside: no row"))?;
    Ok(Inside {
        database: row.get("database_name")?,
        memory_filegroups: row.get("memory_filegroups")?,
        stream_filegroups: row.get("stream_filegroups")?,
        memory_tables: row.get("memory_tables")?,
        file_tables: row.get("file_tables")?,
        has_master_key: flag(row, "master_keys")?,
        guest_connects: flag(row, "guest_grants")?,
        users: each(users, |row| {
            Ok(DatabaseUser {
                name: row.get("name")?,
                kind: row.get::<String>("kind")?.trim().to_owned(),
                sid: sid(row)?,
                authentication: row.get("authentication")?,
                login: row.get("login")?,
            })
        })?,
        refers_to: each(others, |row| {
            let (server, database): (Option<String>, String) = (row.get("other_server")?, row.get("other_database")?);
            Ok(server.map_or_else(|| database.clone(), |s| format!("{s}.{database}")))
        })?,
    })
}

/// The mirroring endpoint and the certificates of `master`.
pub fn door() -> Result<Query<Door>> {
    let rendered = Rendered::join(vec![endpoint::show()?.rendered, certificate::list()?.rendered])?;
    Ok(Query::new(rendered, |sets| {
        Ok(Door {
            endpoint: endpoint::show()?.decode(sets.get(..1).unwrap_or_default())?,
            certificates: certificate::list()?.decode(sets.get(1..).unwrap_or_default())?,
        })
    }))
}

/// Groups, replicas and where each database is.
pub fn groups() -> Result<Query<Groups>> {
    let rendered = Rendered::join(vec![group::replicas()?.rendered, group::databases()?.rendered])?;
    Ok(Query::new(rendered, |sets| {
        Ok(Groups {
            replicas: group::replicas()?.decode(sets.get(..1).unwrap_or_default())?,
            databases: group::databases()?.decode(sets.get(1..).unwrap_or_default())?,
        })
    }))
}

/// Logins and the user's own server roles, with memberships and permissions on the server.
pub fn logins() -> Result<Query<Vec<ServerLogin>>> {
    Ok(Query::new(script("login.survey")?.done()?, |sets| {
        let mut found = each(set(sets, 0)?, |row| {
            Ok(ServerLogin {
                name: row.get("name")?,
                kind: row.get::<String>("kind")?.trim().to_owned(),
                sid: sid(row)?.unwrap_or_default(),
                is_disabled: row.get("is_disabled")?,
                default_database: row.get("default_database")?,
                default_language: row.get("default_language")?,
                is_policy_checked: row.get("is_policy_checked")?,
                is_expiration_checked: row.get("is_expiration_checked")?,
                has_hash: row.get("has_hash")?,
                roles: Vec::new(),
                permissions: Vec::new(),
            })
        })?;
        for row in &set(sets, 1)?.rows {
            let (role, member): (String, String) = (row.get("role")?, row.get("member")?);
            if let Some(login) = found.iter_mut().find(|l| l.name == member) {
                login.roles.push(role);
            }
        }
        for row in &set(sets, 2)?.rows {
            let (name, state): (String, String) = (row.get("name")?, row.get("state")?);
            let permission: String = row.get("permission")?;
            let Some(login) = found.iter_mut().find(|l| l.name == name) else { continue };
            let line = match state.trim() {
                "D" => format!("DENY {permission}"),
                "W" => format!("GRANT {permission} WITH GRANT OPTION"),
                _ => format!("GRANT {permission}"),
            };
            // Several grantors give the same line twice.
            if !login.permissions.contains(&line) {
                login.permissions.push(line);
            }
        }
        Ok(found)
    }))
}

/// Jobs with steps and schedules, and operators.
pub fn agent() -> Result<Query<Agent>> {
    Ok(Query::new(script("job.survey")?.done()?, |sets| {
        let mut jobs: Vec<(Uuid, AgentJob)> = each(set(sets, 0)?, |row| {
            let job = AgentJob {
                name: row.get("name")?,
                is_enabled: flag(row, "is_enabled")?,
                owner: row.get("owner")?,
                description: row.get("description")?,
                operator: row.get("operator")?,
                ..AgentJob::default()
            };
            Ok((row.get("job_id")?, job))
        })?;
        for row in &set(sets, 1)?.rows {
            let id: Uuid = row.get("job_id")?;
            let Some((_, job)) = jobs.iter_mut().find(|(j, _)| *j == id) else { continue };
            job.steps.push(JobStep {
                name: row.get("name")?,
                subsystem: row.get("subsystem")?,
                command: row.get::<Option<String>>("command")?.unwrap_or_default(),
                database: row.get("database_name")?,
                on_success: row.get("on_success")?,
                on_fail: row.get("on_fail")?,
                has_proxy: row.get("has_proxy")?,
            });
        }
        for row in &set(sets, 2)?.rows {
            let id: Uuid = row.get("job_id")?;
            let Some((_, job)) = jobs.iter_mut().find(|(j, _)| *j == id) else { continue };
            job.schedules.push(Schedule {
                name: row.get("name")?,
                is_enabled: flag(row, "is_enabled")?,
                frequency: row.get("frequency")?,
                interval: row.get("interval")?,
                subday: row.get("subday")?,
                subday_interval: row.get("subday_interval")?,
                start_date: row.get("start_date")?,
                start_time: row.get("start_time")?,
            });
        }
        let operators = each(set(sets, 3)?, |row| {
            Ok(Operator { name: row.get("name")?, email: row.get("email")?, is_enabled: flag(row, "is_enabled")? })
        })?;
        Ok(Agent { jobs: jobs.into_iter().map(|(_, job)| job).collect(), operators })
    }))
}

/// Linked servers and credentials.
pub fn outside() -> Result<Query<Outside>> {
    Ok(Query::new(script("server.outside")?.done()?, |sets| {
        Ok(Outside {
            linked_servers: each(set(sets, 0)?, |row| {
                Ok(LinkedServer {
                    name: row.get("name")?,
                    product: row.get("product")?,
                    provider: row.get("provider")?,
                    data_source: row.get("data_source")?,
                    catalog: row.get("catalog")?,
                    is_rpc_out: row.get("is_rpc_out")?,
                })
            })?,
            credentials: each(set(sets, 1)?, |row| {
                Ok(Credential { name: row.get("name")?, identity: row.get("identity_name")? })
            })?,
        })
    }))
}
