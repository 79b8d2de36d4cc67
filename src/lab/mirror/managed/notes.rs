//! What happens on connections, told in the words of the link resource. No-ops where there is no link of that name.

use crate::lab::mirror::wire::Refusal;
use crate::lab::world::database::Access;
use crate::lab::world::database::Database;
use crate::lab::world::database::DatabaseState;
use crate::lab::world::hadr::ManagedLink;
use crate::lab::world::hadr::Role;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceState;
use std::sync::Arc;
use time::OffsetDateTime;

fn link<'a>(state: &'a mut InstanceState, name: &str) -> Option<&'a mut ManagedLink> {
    state.hadr.links.get_mut(&name.to_lowercase())
}

/// Nothing may come in for a link that failed at its beginning: it is deleted and made again.
pub(in crate::lab::mirror) fn accepts(state: &InstanceState, name: &str) -> bool {
    state.hadr.links.get(&name.to_lowercase()).is_none_or(|l| !l.replica_state.contains("Error") && !l.dropping)
}

/// Latest error of a link, by number.
pub(in crate::lab::mirror) fn note_error(state: &mut InstanceState, name: &str, number: i32) {
    if let Some(l) = link(state, name) {
        l.most_recent_error = Some(number.to_string());
    }
}

/// A partner that was not let in, or did not let this instance in: it concerns the links to that host.
pub(in crate::lab::mirror) fn note_refusal(state: &mut InstanceState, client: &str, refusal: &Refusal) {
    let Some(number) = refusal.link_error else { return };
    for l in state.hadr.links.values_mut() {
        let host = crate::lab::mirror::url::EndpointUrl::parse(&l.partner_endpoint).map(|u| u.host);
        if host.is_some_and(|h| h.eq_ignore_ascii_case(client)) {
            l.most_recent_error = Some(number.to_string());
        }
    }
}

/// Creation failed after the connection stood.
pub(in crate::lab::mirror) fn note_creation_error(state: &mut InstanceState, name: &str, number: i32) {
    if let Some(l) = link(state, name) {
        l.most_recent_error = Some(number.to_string());
        if l.replica_state == "CreatingLink" {
            "LinkCreationError".clone_into(&mut l.replica_state);
        }
    }
}

/// The certificate the partner was recognised by.
pub(in crate::lab::mirror) fn note_partner(
    state: &mut InstanceState,
    name: &str,
    certificate: &str,
    expiry: OffsetDateTime,
) {
    if let Some(l) = link(state, name) {
        l.partner_certificate = Some((certificate.to_owned(), expiry));
    }
}

/// The partner is connected.
pub(in crate::lab::mirror) fn note_connected(state: &mut InstanceState, name: &str) {
    if let Some(l) = link(state, name) {
        l.most_recent_error = None;
    }
}

/// State of the replica.
pub(in crate::lab::mirror) fn note_state(state: &mut InstanceState, name: &str, to: &str) {
    if let Some(l) = link(state, name) {
        to.clone_into(&mut l.replica_state);
    }
}

/// A database has caught up.
pub(in crate::lab::mirror) fn note_synchronizing(state: &mut InstanceState, name: &str, _database: &str) {
    if let Some(l) = link(state, name)
        && l.replica_state == "CreatingLink"
    {
        "LinkSynchronizing".clone_into(&mut l.replica_state);
    }
}

/// The instance has another role now.
pub(in crate::lab::mirror) fn note_role(state: &mut InstanceState, name: &str, role: Role) {
    if let Some(l) = link(state, name) {
        let text = if role == Role::Primary { "Primary" } else { "Secondary" };
        text.clone_into(&mut l.instance_role);
        "LinkSynchronizing".clone_into(&mut l.replica_state);
    }
}

/// The service backs up a database that became its own, some time later (facts: mi-link 8.6).
pub(crate) fn schedule_first_backup(instance: &Arc<Instance>, database: &str) {
    if !instance.config.is_managed() {
        return;
    }
    let (instance, database) = (instance.clone(), database.to_owned());
    let delay = instance.with(|s| s.hadr.tuning.first_full_backup_delay);
    tokio::spawn(async move {
        tokio::select! {
            biased;
            () = instance.shutdown.cancelled() => return,
            () = tokio::time::sleep(delay) => {}
        }
        full_backup(&instance, &database).await;
    });
}

/// Takes a full backup, which lasts as long as the database is large.
pub(crate) async fn full_backup(instance: &Arc<Instance>, database: &str) {
    let began = instance.clock.now();
    let (size, rate) = instance
        .with(|s| (s.database(database).map_or(0, Database::size_bytes), s.hadr.tuning.backup_bytes_per_second));
    tokio::select! {
        biased;
        () = instance.shutdown.cancelled() => return,
        () = instance.clock.work_off(size, rate) => {}
    }
    let ended = instance.clock.now();
    instance.with(|s| {
        // A copy that is secondary (again) is not backed up (facts: failover-groups 3.5).
        let open =
            s.database(database).is_some_and(|d| d.state == DatabaseState::Online && d.access == Access::ReadWrite);
        if open {
            s.record_full_backup_from(database, began, ended);
        }
    });
    instance.notify();
}

/// Background work of a managed instance that a restart interrupted.
pub(in crate::lab::mirror) fn start(instance: &Arc<Instance>) {
    instance.with(|s| {
        for l in s.hadr.links.values_mut().filter(|l| l.replica_state == "LinkFailoverInProgress") {
            "LinkSynchronizing".clone_into(&mut l.replica_state);
        }
    });
}
