//! A link as the management API shows it.

use super::types::LinkDatabaseView;
use super::types::LinkView;
use crate::lab::world::hadr::Group;
use crate::lab::world::hadr::ManagedLink;
use crate::lab::world::hadr::Progress;
use crate::lab::world::hadr::Role;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceState;
use crate::lab::world::lsn::Lsn;
use time::OffsetDateTime;

/// One link; `None` if there is none of that name.
pub fn link_view(mi: &Instance, name: &str) -> Option<LinkView> {
    mi.with(|s| {
        let link = s.hadr.links.get(&name.to_lowercase())?;
        Some(view(s, link))
    })
}

/// All links, by name.
pub fn list_links(mi: &Instance) -> Vec<LinkView> {
    mi.with(|s| s.hadr.links.values().map(|l| view(s, l)).collect())
}

fn view(s: &InstanceState, link: &ManagedLink) -> LinkView {
    let group = s.hadr.group(&link.name);
    let role = group.map_or(Role::Secondary, |g| g.role);
    let partner = match role {
        Role::Primary => Role::Secondary,
        Role::Secondary => Role::Primary,
        Role::Resolving => Role::Resolving,
    };
    LinkView {
        name: link.name.clone(),
        distributed_availability_group_id: group.map(|g| g.group_id).unwrap_or_default(),
        replication_mode: link.replication_mode.clone(),
        partner_link_role: partner,
        partner_availability_group_name: link.partner_ag.clone(),
        partner_endpoint: link.partner_endpoint.clone(),
        instance_link_role: role,
        instance_availability_group_name: link.instance_ag.clone(),
        failover_mode: link.failover_mode.clone(),
        seeding_mode: link.seeding_mode.clone(),
        databases: link.databases.iter().map(|d| database(s, link, group, d)).collect(),
    }
}

fn lsn(v: Option<(Lsn, OffsetDateTime)>) -> (Option<String>, Option<OffsetDateTime>) {
    match v {
        Some((lsn, at)) => (Some(lsn.numeric().to_string()), Some(at)),
        None => (None, None),
    }
}

fn health(p: Option<&Progress>, synchronous: bool, connected: bool) -> &'static str {
    match p {
        Some(p) if connected && p.suspended.is_none() => match (p.sync_state, synchronous) {
            (2, _) | (1, false) => "HEALTHY",
            (1, true) => "PARTIALLY_HEALTHY",
            _ => "NOT_HEALTHY",
        },
        _ => "NOT_HEALTHY",
    }
}

fn seeding_progress(s: &InstanceState, link: &ManagedLink, group: Option<&Group>, name: &str) -> Option<String> {
    if link.replica_state == "LinkSynchronizing" {
        return Some("100%".to_owned());
    }
    let group = group?;
    let row =
        s.hadr.seedings.iter().rev().find(|x| x.ag_id == group.group_id && x.database.eq_ignore_ascii_case(name))?;
    let percent = if row.size > 0 { (row.transferred * 100 / row.size).min(100) } else { 0 };
    Some(format!("{percent}%"))
}

fn database(s: &InstanceState, link: &ManagedLink, group: Option<&Group>, name: &str) -> LinkDatabaseView {
    let own = group.and_then(|g| g.own(&link.instance_ag));
    let partner = group.and_then(|g| g.own(&link.partner_ag));
    let primary = group.is_some_and(|g| g.role == Role::Primary);
    let of = |id: uuid::Uuid| {
        group.and_then(|g| g.progress.iter().find(|p| p.replica_id == id && p.database.eq_ignore_ascii_case(name)))
    };
    let shown = if primary { partner } else { own };
    let p = shown.and_then(|r| of(r.replica_id));
    let connected = partner.is_some_and(|r| r.connected);
    let synchronous =
        if primary { own.is_some_and(|r| r.availability_mode == 1) } else { group.is_some_and(|g| g.synchronous) };
    let db = s.database(name).filter(|_| primary || p.is_some_and(|p| p.seeded));
    let (received, received_at) = lsn(p.filter(|_| !primary).and_then(|p| p.last_received));
    let (sent, sent_at) = lsn(p.filter(|_| primary).and_then(|p| p.last_sent));
    let (hardened, hardened_at) = lsn(p.and_then(|p| p.last_hardened));
    let backup = s.server.backups.iter().rev().find(|b| b.database.eq_ignore_ascii_case(name));
    let redo =
        p.map(|p| if p.redo_queue_bytes == 0 { 0 } else { (p.redo_queue_bytes / p.redo_rate_bytes.max(1)).max(1) });
    LinkDatabaseView {
        database_name: name.to_owned(),
        instance_replica_id: own.map(|r| r.replica_id),
        partner_replica_id: partner.map(|r| r.replica_id),
        replica_state: Some(link.replica_state.clone()),
        seeding_progress: seeding_progress(s, link, group, name),
        synchronization_health: Some(health(p, synchronous, connected).to_owned()),
        connected_state: Some(if connected { "CONNECTED" } else { "DISCONNECTED" }.to_owned()),
        last_received_lsn: received,
        last_received_time: received_at,
        last_sent_lsn: sent,
        last_sent_time: sent_at,
        last_commit_lsn: db.map(|d| d.last_commit_lsn.numeric().to_string()),
        last_commit_time: db.and_then(|d| d.last_commit_time),
        last_hardened_lsn: hardened,
        last_hardened_time: hardened_at,
        last_backup_lsn: backup.map(|b| b.last_lsn.numeric().to_string()),
        last_backup_time: backup.map(|b| b.finish),
        most_recent_link_error: link.most_recent_error.clone(),
        partner_auth_cert_validity: link.partner_certificate.clone(),
        instance_send_replication_lag_seconds: p.filter(|_| primary).and_then(|p| p.lag_s),
        instance_redo_replication_lag_seconds: redo,
    }
}
