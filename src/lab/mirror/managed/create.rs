//! Creation of a link from the managed side.

use super::types::LinkError;
use super::types::LinkSpec;
use crate::lab::mirror::handshake;
use crate::lab::mirror::handshake::Failure;
use crate::lab::mirror::roles;
use crate::lab::mirror::url::EndpointUrl;
use crate::lab::mirror::wire;
use crate::lab::mirror::wire::Open;
use crate::lab::mirror::wire::OpenReply;
use crate::lab::mirror::wire::Purpose;
use crate::lab::world::hadr::Group;
use crate::lab::world::hadr::ManagedLink;
use crate::lab::world::hadr::Progress;
use crate::lab::world::hadr::Replica;
use crate::lab::world::hadr::Role;
use crate::lab::world::hadr_ddl::error;
use crate::lab::world::hadr_ddl::new_group;
use crate::lab::world::hadr_ddl::new_replica;
use crate::lab::world::instance::Instance;
use crate::lab::world::instance::InstanceKind;
use crate::lab::world::instance::InstanceState;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Prefix of the codes that refuse a malformed request.
const INVALID: &str = "InvalidDistributedAvailabilityGroupsCreateOrUpdateRequest";
/// Pause between two looks at the partner.
const PROBE_PAUSE: Duration = Duration::from_secs(5);
/// Bound of one look.
const PROBE_TIMEOUT: Duration = Duration::from_secs(40);

fn bad(code: impl Into<String>, message: impl Into<String>) -> LinkError {
    LinkError::new(400, code, message)
}

/// User databases an instance of this tier may have (facts: mi-link 6.5).
fn database_limit(kind: &InstanceKind) -> usize {
    match kind {
        InstanceKind::Managed { next_gen: true, .. } => 500,
        _ => 100,
    }
}

fn is_primary(spec: &LinkSpec) -> bool {
    spec.instance_link_role.eq_ignore_ascii_case("Primary")
}

/// What can be refused at once (facts: arm-api 3.4).
pub fn validate(mi: &Instance, spec: &LinkSpec) -> Result<(), LinkError> {
    if spec.databases.len() != 1 || spec.databases[0].is_empty() {
        return Err(bad(format!("{INVALID}Databases"), "Exactly one database must be specified."));
    }
    for (name, member) in [
        (&spec.instance_availability_group, "InstanceAvailabilityGroupName"),
        (&spec.partner_availability_group, "PartnerAvailabilityGroupName"),
    ] {
        if name.is_empty() || name.chars().count() > 128 {
            return Err(bad(format!("{INVALID}{member}"), format!("The value of {member} is missing or invalid.")));
        }
    }
    if spec.instance_availability_group.eq_ignore_ascii_case(&spec.partner_availability_group) {
        return Err(bad(
            "InstanceAvailabilityGroupNamePartnerAvailabilityGroupNameMatch",
            "The names of the availability groups on the instance and on the partner must differ.",
        ));
    }
    if EndpointUrl::parse(&spec.partner_endpoint).is_none_or(|u| u.server.is_some() || u.database.is_some()) {
        return Err(bad(
            "InvalidParameterValue",
            format!("Invalid value '{}' specified for parameter SourceEndpoint.", spec.partner_endpoint),
        ));
    }
    if !spec.seeding_mode.is_empty() && !spec.seeding_mode.eq_ignore_ascii_case("Automatic") {
        return Err(bad(format!("{INVALID}SeedingMode"), "Only automatic seeding is supported."));
    }
    mi.with(|s| against_state(s, mi, spec))
}

fn against_state(s: &InstanceState, mi: &Instance, spec: &LinkSpec) -> Result<(), LinkError> {
    let database = &spec.databases[0];
    let taken = s.hadr.links.values().any(|l| {
        l.name.eq_ignore_ascii_case(&spec.name)
            || l.instance_ag.eq_ignore_ascii_case(&spec.instance_availability_group)
            || (l.partner_ag.eq_ignore_ascii_case(&spec.partner_availability_group)
                && l.partner_endpoint.eq_ignore_ascii_case(&spec.partner_endpoint))
    });
    if taken || s.hadr.group(&spec.name).is_some() {
        return Err(bad(
            "ManagedInstanceLinkForProvidedAvailabilityGroupsAlreadyExists",
            format!(
                "Managed Instance link '{}' or a link for the provided availability groups already exists.",
                spec.name
            ),
        ));
    }
    if s.hadr.group(&spec.instance_availability_group).is_some() {
        let e = error(41987, &[&spec.instance_availability_group]);
        return Err(bad(format!("{INVALID}InstanceAvailabilityGroupName"), e.message));
    }
    let users = s.databases.values().filter(|d| !d.is_system()).count();
    match (s.database(database), is_primary(spec)) {
        (Some(_), false) => {
            Err(bad("ManagedDatabaseNameInUse", format!("The specified database name '{database}' is already in use.")))
        }
        (None, true) => {
            Err(LinkError::new(404, "DatabaseDoesNotExist", format!("Database '{database}' does not exist.")))
        }
        (None, false) if users >= database_limit(&mi.config.kind) => {
            Err(bad("DatabaseNumberLimitReached", "The managed instance has reached its limit of databases."))
        }
        _ => Ok(()),
    }
}

/// Makes the groups of a link; everything the partner needs to meet this side.
fn install(mi: &Instance, s: &mut InstanceState, spec: &LinkSpec) {
    let now = mi.clock.now();
    let role = if is_primary(spec) { Role::Primary } else { Role::Secondary };
    let InstanceKind::Managed { name, .. } = &mi.config.kind else { return };
    let own_url = format!("tcp://{}:{};Server=[{name}]", mi.config.host, crate::lab::mirror::MANAGED_PORT);
    let replica = |name: &str, url: &str, role: Role| -> Replica {
        Replica { role, session_timeout_s: 20, ..new_replica(name, url, now) }
    };
    let mut ag =
        Group { cluster_type: 2, create_any_database: true, ..new_group(s, &spec.instance_availability_group) };
    ag.role = Role::Primary;
    ag.replicas.push(Replica {
        availability_mode: 1,
        secondary_allow: 2,
        ..replica(&mi.config.server_name, &own_url, Role::Primary)
    });
    let mut dag = Group { distributed: true, cluster_type: 2, ..new_group(s, &spec.name) };
    dag.role = role;
    let other = if role == Role::Primary { Role::Secondary } else { Role::Primary };
    dag.replicas.push(replica(&spec.partner_availability_group, &spec.partner_endpoint, other));
    dag.replicas.push(replica(&spec.instance_availability_group, &own_url, role));
    if role == Role::Primary {
        ag.databases.clone_from(&spec.databases);
        for db in &spec.databases {
            ag.database_id(db);
            let id = dag.database_id(db);
            let partner = dag.replicas[0].replica_id;
            dag.progress.push(Progress::unknown(db, id, partner));
        }
    }
    s.hadr.groups.insert(ag.name.to_lowercase(), ag);
    s.hadr.groups.insert(dag.name.to_lowercase(), dag);
    let text = |given: &str, default: &str| if given.is_empty() { default.to_owned() } else { given.to_owned() };
    s.hadr.links.insert(
        spec.name.to_lowercase(),
        ManagedLink {
            name: spec.name.clone(),
            databases: spec.databases.clone(),
            partner_endpoint: spec.partner_endpoint.clone(),
            partner_ag: spec.partner_availability_group.clone(),
            instance_ag: spec.instance_availability_group.clone(),
            instance_role: text(&spec.instance_link_role, "Secondary"),
            failover_mode: text(&spec.failover_mode, "Manual"),
            seeding_mode: text(&spec.seeding_mode, "Automatic"),
            replication_mode: "Async".to_owned(),
            replica_state: "CreatingLink".to_owned(),
            dropping: false,
            most_recent_error: None,
            partner_certificate: None,
        },
    );
}

/// Takes a link over as it was made earlier: its groups, without waiting for the partner. Access is the caller's to refresh.
pub fn accept_link(mi: &Instance, spec: &LinkSpec) -> Result<(), LinkError> {
    validate(mi, spec)?;
    mi.with(|s| install(mi, s, spec));
    Ok(())
}

/// What a look at the partner found.
enum Seen {
    /// Names fit; engine version of the partner.
    Ready(u32),
    /// Engine number of what is wrong.
    Wrong(i32),
}

async fn probe(mi: &Instance, spec: &LinkSpec) -> Seen {
    let Some(url) = EndpointUrl::parse(&spec.partner_endpoint) else { return Seen::Wrong(41986) };
    let InstanceKind::Managed { name, .. } = &mi.config.kind else { return Seen::Wrong(41986) };
    let talk = async {
        let mut opened = handshake::dial(mi, &url.host, url.port).await?;
        let open = Open {
            purpose: Purpose::Probe,
            group: spec.name.clone(),
            distributed: true,
            group_id: uuid::Uuid::nil(),
            from: spec.instance_availability_group.clone(),
            to: spec.partner_availability_group.clone(),
            server: Some(name.clone()),
            replicas: Vec::new(),
            role: 0,
            databases: Vec::new(),
            synchronous: false,
            session_timeout_s: 20,
            major: mi.config.major(),
            configuration: Vec::new(),
        };
        wire::send(&mut opened.stream, &open).await?;
        let (reply, _) = wire::receive::<OpenReply, _>(&mut opened.stream).await?;
        Ok::<_, Failure>(reply)
    };
    match tokio::time::timeout(PROBE_TIMEOUT, talk).await {
        Ok(Ok(OpenReply::Accepted { major, .. })) => Seen::Ready(major),
        Ok(Ok(OpenReply::Refused(r))) => Seen::Wrong(r.link_error.unwrap_or(41976)),
        Ok(Err(Failure::Ours(r) | Failure::Theirs(r))) => Seen::Wrong(r.link_error.unwrap_or(41986)),
        Ok(Err(Failure::Io(e))) if e.kind() == io::ErrorKind::UnexpectedEof => Seen::Wrong(41976),
        Ok(Err(Failure::Io(_))) | Err(_) => Seen::Wrong(41986),
    }
}

/// Engine version a database format belongs to.
fn format_major(mi: &Instance) -> Option<u32> {
    match &mi.config.kind {
        InstanceKind::Managed { database_format, .. } => match database_format.as_str() {
            "SQLServer2022" => Some(16),
            "SQLServer2025" => Some(17),
            _ => None,
        },
        InstanceKind::SqlServer { .. } => None,
    }
}

/// Do the versions of both sides fit together (facts: mi-link 1.5, 41988)?
fn formats(mi: &Instance, spec: &LinkSpec, partner: u32) -> Result<(), (i32, LinkError)> {
    let own = format_major(mi);
    if own.is_some_and(|own| partner > own) && !is_primary(spec) {
        let e = LinkError::new(
            400,
            "ManagedInstanceRestoreToInstanceWithOlderVersionEdition",
            "The database format of the source is newer than that of the managed instance.",
        );
        return Err((41984, e));
    }
    let two_way = spec.failover_mode.eq_ignore_ascii_case("Manual") || is_primary(spec);
    if two_way && own != Some(partner) {
        let e = error(41988, &[&spec.name]);
        return Err((41988, LinkError::new(400, "ManagedInstanceLinkDatabaseFormatsDoNotMatch", e.message)));
    }
    Ok(())
}

/// How the operation fails for an engine number.
fn failure(number: i32, spec: &LinkSpec, minutes: u64) -> LinkError {
    let code = match number {
        41973 => "ManagedInstanceLinkCertificateNotFoundOnManagedInstance",
        41974 => "ManagedInstanceLinkCertificateNotFoundOnSqlServer",
        41948 => "ManagedInstanceLinkSourceDbHasMultipleLogFiles",
        41950 => "ManagedInstanceLinkSourceDbHasFilestream",
        41951 => "ManagedInstanceLinkSourceDbHasDefunctFiles",
        1408 | 1412 | 41977 => "ManagedInstanceLinkIsNotInTheCatchupState",
        _ => "ManagedInstanceLinkConnectivityIsNotEstablished",
    };
    let text = match number {
        41962 => error(41962, &[&minutes]).message,
        41976 => error(41976, &[&spec.partner_availability_group, &spec.partner_endpoint]).message,
        other => error(other, &[&spec.databases.first().cloned().unwrap_or_default()]).message,
    };
    LinkError::new(0, code, format!("{text} (error {number})"))
}

/// Creates a link. Returns when the secondary has caught up; a failure leaves the link in its error state until it is
/// deleted. At once with a status if the request cannot be accepted.
pub async fn create_link(mi: &Arc<Instance>, spec: LinkSpec) -> Result<(), LinkError> {
    validate(mi, &spec)?;
    mi.with(|s| {
        install(mi, s, &spec);
        roles::refresh_access(s, &mi.config);
    });
    mi.notify();
    let (start, whole) = mi.with(|s| (s.hadr.tuning.link_start_timeout, s.hadr.tuning.link_creation_timeout));
    started(mi, &spec, Instant::now() + start, start.as_secs() / 60).await?;
    caught_up(mi, &spec, Instant::now() + whole).await
}

/// Where the creation stands.
enum Phase {
    Waiting,
    /// Connected, and the copy is under way or there.
    Started,
    CaughtUp,
    Failed(i32),
    Gone,
}

fn phase(mi: &Instance, spec: &LinkSpec) -> Phase {
    mi.with(|s| {
        let Some(link) = s.hadr.links.get(&spec.name.to_lowercase()) else { return Phase::Gone };
        let Some(group) = s.hadr.group(&spec.name) else { return Phase::Gone };
        if link.replica_state.contains("Error") {
            let number = link.most_recent_error.as_deref().and_then(|n| n.parse().ok());
            return Phase::Failed(number.unwrap_or(41962));
        }
        if link.replica_state == "LinkSynchronizing" {
            return Phase::CaughtUp;
        }
        if group.role == Role::Primary {
            let done = group.progress.iter().any(|p| p.seeded && p.sync_state > 0);
            let copy = s.hadr.seedings.iter().any(|x| x.ag_id == group.group_id && x.current_state == "COMPLETED");
            if done && copy {
                return Phase::CaughtUp;
            }
        }
        let moving = s.hadr.seedings.iter().any(|x| x.ag_id == group.group_id && x.current_state != "FAILED");
        if moving { Phase::Started } else { Phase::Waiting }
    })
}

fn fail(mi: &Instance, spec: &LinkSpec, state: &str, number: i32) {
    mi.with(|s| {
        if let Some(l) = s.hadr.links.get_mut(&spec.name.to_lowercase()) {
            state.clone_into(&mut l.replica_state);
            l.most_recent_error = Some(number.to_string());
        }
    });
    mi.notify();
}

fn cancelled(spec: &LinkSpec) -> LinkError {
    LinkError::new(0, "OperationCancelled", format!("Creation of link '{}' was cancelled.", spec.name))
}

/// Waits until the copy has begun: the partner is looked at again and again until the time limit.
async fn started(mi: &Arc<Instance>, spec: &LinkSpec, limit: Instant, minutes: u64) -> Result<(), LinkError> {
    let mut changed = mi.changed.subscribe();
    let mut reason;
    loop {
        reason = match probe(mi, spec).await {
            Seen::Wrong(number) => number,
            Seen::Ready(major) => match formats(mi, spec, major) {
                Ok(()) => 41962,
                Err((number, e)) => {
                    fail(mi, spec, "LinkCreationError", number);
                    return Err(e);
                }
            },
        };
        if reason != 41962 {
            mi.with(|s| super::notes::note_error(s, &spec.name, reason));
        }
        let pause = Instant::now() + PROBE_PAUSE;
        loop {
            changed.mark_unchanged();
            match phase(mi, spec) {
                Phase::Waiting => {}
                Phase::Started | Phase::CaughtUp => return Ok(()),
                Phase::Gone => return Err(cancelled(spec)),
                Phase::Failed(number) => return Err(failure(number, spec, minutes)),
            }
            tokio::select! {
                biased;
                () = mi.shutdown.cancelled() => return Err(cancelled(spec)),
                () = tokio::time::sleep_until(pause.min(limit)) => break,
                _ = changed.changed() => {}
            }
        }
        if Instant::now() >= limit {
            break;
        }
    }
    let connected = mi.with(|s| s.hadr.group(&spec.name).is_some_and(|g| g.replicas.iter().any(|r| r.connected)));
    // a refusal of the inbound connection says more than a good look from here
    let noted = mi.with(|s| s.hadr.links.get(&spec.name.to_lowercase()).and_then(|l| l.most_recent_error.clone()));
    let number = match (reason, connected) {
        (41962, true) => 41977,
        (41962, false) => noted.and_then(|n| n.parse().ok()).unwrap_or(41962),
        (other, _) => other,
    };
    fail(mi, spec, if number == 41977 { "LinkCreationError" } else { "LinkInitError" }, number);
    Err(failure(number, spec, minutes))
}

async fn caught_up(mi: &Arc<Instance>, spec: &LinkSpec, limit: Instant) -> Result<(), LinkError> {
    let mut changed = mi.changed.subscribe();
    loop {
        changed.mark_unchanged();
        match phase(mi, spec) {
            Phase::CaughtUp => break,
            Phase::Failed(number) => return Err(failure(number, spec, 0)),
            Phase::Gone => return Err(cancelled(spec)),
            Phase::Waiting | Phase::Started => {}
        }
        tokio::select! {
            biased;
            () = mi.shutdown.cancelled() => return Err(cancelled(spec)),
            () = tokio::time::sleep_until(limit) => {
                fail(mi, spec, "LinkCreationError", 41962);
                return Err(cancelled(spec));
            }
            _ = changed.changed() => {}
        }
    }
    mi.with(|s| super::notes::note_state(s, &spec.name, "LinkSynchronizing"));
    mi.notify();
    for db in &spec.databases {
        super::notes::schedule_first_backup(mi, db);
    }
    Ok(())
}
