//! Transactions and locks.

use super::scan::Ctx;
use super::scan::ViewRow;
use super::scan::row;
use crate::lab::world::session::LockMode;
use crate::lab::world::session::LockOwner;
use crate::lab::world::session::Resource;
use crate::lab::world::session::SessionState;
use crate::lab::world::session::Transaction;

pub(super) fn provide(c: &Ctx<'_>, view: &str) -> Option<Vec<ViewRow>> {
    Some(match view {
        "sys.dm_tran_active_transactions" => open(c).map(|(_, t)| active(t)).collect(),
        "sys.dm_tran_session_transactions" => open(c)
            .map(|(s, t)| {
                row! {
                    "session_id" => s.spid, "transaction_id" => t.id, "transaction_descriptor" => t.id.to_be_bytes().to_vec(),
                    "enlist_count" => i32::from(s.request.is_some()), "is_user_transaction" => t.nesting > 0,
                    "is_local" => true, "open_transaction_count" => t.nesting.max(1),
                }
            })
            .collect(),
        "sys.dm_tran_database_transactions" => open(c).flat_map(|(_, t)| per_database(c, t)).collect(),
        "sys.dm_tran_locks" => locks(c),
        _ => return None,
    })
}

fn open<'a>(c: &'a Ctx<'_>) -> impl Iterator<Item = (&'a SessionState, &'a Transaction)> {
    c.state.sessions.sessions.values().filter_map(|s| s.transaction.as_ref().map(|t| (s, t)))
}

fn active(t: &Transaction) -> ViewRow {
    let name: String = t.name.chars().take(32).collect();
    let writes = t.work.values().any(|w| !w.ops.is_empty());
    row! {
        "transaction_id" => t.id, "name" => name, "transaction_begin_time" => t.began,
        "transaction_type" => if writes { 1 } else { 2 }, "transaction_state" => 2,
    }
}

fn per_database(c: &Ctx<'_>, t: &Transaction) -> Vec<ViewRow> {
    t.work
        .iter()
        .filter_map(|(name, w)| c.state.databases.get(name).map(|d| (d, w)))
        .map(|(d, w)| {
            let begun = w.began.is_some();
            row! {
                "transaction_id" => t.id, "database_id" => d.id, "database_transaction_begin_time" => w.began,
                "database_transaction_type" => 1, "database_transaction_state" => if begun { 4 } else { 3 },
                "database_transaction_log_record_count" => w.ops.len() as i64 + 1,
                "database_transaction_log_bytes_used" => w.bytes as i64,
                "database_transaction_log_bytes_reserved" => w.bytes as i64 / 2,
                "database_transaction_begin_lsn" => begun.then_some(w.begin_lsn),
                "database_transaction_last_lsn" => begun.then_some(d.log_end),
            }
        })
        .collect()
}

fn locks(c: &Ctx<'_>) -> Vec<ViewRow> {
    let table = &c.state.sessions.locks;
    let mut out: Vec<ViewRow> = Vec::new();
    for s in c.state.sessions.sessions.values() {
        let id = c.state.database(&s.database).map_or(1, |d| d.id);
        out.push(row! {
            "resource_type" => "DATABASE", "resource_database_id" => id, "request_mode" => "S", "request_type" => "LOCK",
            "request_status" => "GRANT", "request_reference_count" => 1, "request_session_id" => s.spid,
            "request_owner_type" => "SHARED_TRANSACTION_WORKSPACE", "request_owner_id" => 0i64,
        });
    }
    for (resource, held) in &table.held {
        for l in held {
            out.push(lock(c, resource, l.spid, l.mode, l.owner, "GRANT", l.count));
        }
    }
    for (resource, queue) in &table.queues {
        for w in queue {
            out.push(lock(c, resource, w.spid, w.mode, w.owner, "WAIT", 1));
        }
    }
    out
}

fn lock(
    c: &Ctx<'_>,
    resource: &Resource,
    spid: i32,
    mode: LockMode,
    owner: LockOwner,
    status: &'static str,
    count: u32,
) -> ViewRow {
    let (kind, database, entity) = match resource {
        Resource::Table(d, t) => ("OBJECT", *d, i64::from(*t)),
        Resource::Row(d, t, _) => ("RID", *d, i64::from(*t)),
        Resource::Key(d, t, ..) => ("KEY", *d, i64::from(*t)),
        Resource::App(d, ..) => ("APPLICATION", *d, 0),
    };
    let text = crate::lab::world::host::describe(resource);
    let description = match resource {
        Resource::App(..) => text,
        Resource::Table(..) => String::new(),
        _ => text.split_once(": ").map_or(String::new(), |(_, r)| r.to_owned()),
    };
    let transaction = c.state.sessions.get(spid).and_then(|s| s.transaction.as_ref()).map(|t| t.id);
    row! {
        "resource_type" => kind, "resource_database_id" => database, "resource_description" => description,
        "resource_associated_entity_id" => entity, "request_mode" => mode.short(), "request_type" => "LOCK",
        "request_status" => status, "request_reference_count" => count, "request_session_id" => spid,
        "request_owner_type" => if owner == LockOwner::Session { "SESSION" } else { "TRANSACTION" },
        "request_owner_id" => if owner == LockOwner::Session { Some(0) } else { transaction },
    }
}
