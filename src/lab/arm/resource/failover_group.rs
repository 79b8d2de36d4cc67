//! `instanceFailoverGroups`: below a location, the same group at two addresses (facts: arm-api 6, failover-groups 2).

use crate::lab::arm::activity::Entry;
use crate::lab::arm::body;
use crate::lab::arm::change;
use crate::lab::arm::change::Label;
use crate::lab::arm::error::ArmError;
use crate::lab::arm::error::ArmResult;
use crate::lab::arm::operation::Kind;
use crate::lab::arm::operation::Outcome;
use crate::lab::arm::provider::Change;
use crate::lab::arm::provider::GroupAct;
use crate::lab::arm::provider::GroupAddress;
use crate::lab::arm::provider::GroupSpec;
use crate::lab::arm::provider::Named;
use crate::lab::arm::route::FOG_TYPE;
use crate::lab::arm::server::ArmServer;
use crate::lab::arm::server::Call;
use crate::lab::arm::server::Reply;
use crate::lab::arm::view::FailoverGroupView;
use hyper::http::StatusCode;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

const PREFIX: &str = "InstanceFailoverGroup";
/// Grace period at least, minutes (facts: failover-groups 2.2).
const GRACE_MIN: u32 = 60;

fn refuse(code: &str, message: impl Into<String>) -> ArmError {
    ArmError::bad_request(&format!("{PREFIX}{code}"), message)
}

fn address(call: &Call, name: &str) -> GroupAddress {
    GroupAddress {
        subscription: call.route.subscription.clone().unwrap_or_default(),
        resource_group: call.route.group.clone().unwrap_or_default(),
        location: call.route.location.clone().unwrap_or_default(),
        name: name.to_owned(),
    }
}

pub(super) fn shown(view: &FailoverGroupView) -> Value {
    let mut read_write = json!({"failoverPolicy": if view.automatic { "Automatic" } else { "Manual" }});
    if let Some(minutes) = view.grace_minutes {
        read_write["failoverWithDataLossGracePeriodMinutes"] = minutes.into();
    }
    let at = &view.address;
    json!({
        "id": format!(
            "/subscriptions/{}/resourceGroups/{}/providers/{}/{}/instanceFailoverGroups/{}",
            at.subscription, at.resource_group, "Microsoft.Sql/locations", at.location, at.name
        ),
        "name": at.name,
        "type": FOG_TYPE,
        "properties": {
            "readWriteEndpoint": read_write,
            "readOnlyEndpoint": {"failoverPolicy": if view.read_only_failover { "Enabled" } else { "Disabled" }},
            "secondaryType": if view.standby { "Standby" } else { "Geo" },
            "replicationRole": if view.is_primary { "Primary" } else { "Secondary" },
            "replicationState": view.replication_state,
            "partnerRegions": [{
                "location": view.partner_location,
                "replicationRole": if view.is_primary { "Secondary" } else { "Primary" },
            }],
            "managedInstancePairs": [{
                "primaryManagedInstanceId": view.primary.id(),
                "partnerManagedInstanceId": view.secondary.id(),
            }],
        },
    })
}

pub(super) fn list(server: &ArmServer, call: &Call) -> ArmResult<Reply> {
    let at = address(call, "");
    let mut value: Vec<Value> = server
        .provider
        .failover_groups(&at.subscription, &at.resource_group, &at.location)?
        .iter()
        .map(shown)
        .collect();
    // Groups that were only declared, by hand.
    let declared = server.access.failover_groups_body(&call.path);
    value.extend(declared["value"].as_array().cloned().unwrap_or_default());
    Ok(Reply::ok(json!({ "value": value })))
}

pub(super) fn find(server: &ArmServer, at: &GroupAddress) -> ArmResult<FailoverGroupView> {
    let all = server.provider.failover_groups(&at.subscription, &at.resource_group, &at.location)?;
    let found = all.into_iter().find(|g| g.address.name.eq_ignore_ascii_case(&at.name));
    found.ok_or_else(|| ArmError::child_missing(FOG_TYPE, &at.name))
}

pub(super) fn get(server: &ArmServer, call: &Call, name: &str) -> ArmResult<Reply> {
    let found = find(server, &address(call, name))?;
    Ok(Reply::ok(shown(&found)))
}

fn start(server: &ArmServer, call: &Call, at: GroupAddress, act: GroupAct) -> ArmResult<Reply> {
    let name = match &act {
        GroupAct::Put(_) => "CreateOrUpdateInstanceFailoverGroup",
        GroupAct::Delete => "DropInstanceFailoverGroup",
        GroupAct::Failover { .. } => "FailoverInstanceFailoverGroup",
    };
    let outcome = if act == GroupAct::Delete { Outcome::Nothing } else { Outcome::FailoverGroup(at.clone()) };
    let label = Label { kind: Kind::FailoverGroup, name, outcome };
    change::start(server, call, "", Change::FailoverGroup { at, act }, label)
}

pub(super) fn put(server: &ArmServer, call: &Call, name: &str) -> ArmResult<Reply> {
    let at = address(call, name);
    let spec = spec(&call.body)?;
    start(server, call, at, GroupAct::Put(spec))
}

pub(super) fn delete(server: &ArmServer, call: &Call, name: &str) -> ArmResult<Reply> {
    let at = address(call, name);
    match find(server, &at) {
        Ok(_) => start(server, call, at, GroupAct::Delete),
        Err(e) if e.status == StatusCode::NOT_FOUND => Ok(Reply::empty(StatusCode::NO_CONTENT)),
        Err(e) => Err(e),
    }
}

pub(super) fn act(server: &ArmServer, call: &Call, name: &str, action: &str) -> ArmResult<Reply> {
    let forced = match action.to_ascii_lowercase().as_str() {
        "failover" => false,
        "forcefailoverallowdataloss" => true,
        _ => return Err(super::dispatch::not_allowed(call)),
    };
    let at = address(call, name);
    find(server, &at)?;
    let entry = Entry {
        at: (server.config.now)(),
        caller: call.caller.clone(),
        resource_group: at.resource_group.clone(),
        resource_id: call.path.rsplit_once('/').map_or_else(String::new, |(group, _)| group.to_owned()),
        forced,
    };
    let begun = start(server, call, at, GroupAct::Failover { forced })?;
    server.activity.note(entry);
    Ok(begun)
}

/// The body of a PUT, its shape checked.
fn spec(sent: &bytes::Bytes) -> ArmResult<GroupSpec> {
    let invalid = || refuse("CreateOrUpdateRequestInvalid", "The create or update request is not valid.");
    let sent = body::object(sent)?.ok_or_else(invalid)?;
    let p = body::child(&sent, "properties")?.ok_or_else(invalid)?;
    let (automatic, grace_minutes) = read_write(p)?;
    let read_only = body::child(p, "readOnlyEndpoint")?;
    let read_only_failover = match read_only {
        Some(e) => body::choice(e, "failoverPolicy", &["Disabled", "Enabled"], invalid())? == Some(1),
        None => false,
    };
    let standby = body::choice(p, "secondaryType", &["Geo", "Standby"], invalid())? == Some(1);
    let regions = body::list(p, "partnerRegions")?.ok_or_else(invalid)?;
    let [region] = regions.as_slice() else {
        return Err(refuse("CreateOrUpdateRequestUnsupportedPartnerCount", "Exactly one partner region is supported."));
    };
    let partner_location = region.get("location").and_then(Value::as_str).ok_or_else(invalid)?.to_owned();
    let pairs = body::list(p, "managedInstancePairs")?.ok_or_else(invalid)?;
    let [pair] = pairs.as_slice() else {
        return Err(refuse("CreateOrUpdateRequestUnsupportedPairCount", "Exactly one instance pair is supported."));
    };
    let id = |member: &str, code: &str| {
        let text = pair.as_object().and_then(|m| body::member(m, member)).and_then(Value::as_str);
        text.and_then(instance_of).ok_or_else(|| refuse(code, format!("'{member}' names no managed instance.")))
    };
    Ok(GroupSpec {
        automatic,
        grace_minutes,
        read_only_failover,
        standby,
        partner_location,
        primary: id("primaryManagedInstanceId", "CreateOrUpdateRequestInvalidPrimary")?,
        secondary: id("partnerManagedInstanceId", "CreateOrUpdateRequestInvalidPartner")?,
    })
}

/// Policy and grace (facts: failover-groups 2.2).
fn read_write(p: &Map<String, Value>) -> ArmResult<(bool, Option<u32>)> {
    let code = |tail: &str| format!("CreateOrUpdateRequest{tail}");
    let missing = || refuse(&code("InvalidReadWriteEndpoint"), "The read-write endpoint is missing.");
    let endpoint = body::child(p, "readWriteEndpoint")?.ok_or_else(missing)?;
    let bad = refuse(&code("InvalidReadWriteFailoverPolicy"), "The failover policy is not valid.");
    let policy = body::choice(endpoint, "failoverPolicy", &["Manual", "Automatic"], bad.clone())?.ok_or(bad)?;
    let grace = body::number(endpoint, "failoverWithDataLossGracePeriodMinutes")?;
    match (policy, grace) {
        (0, None) => Ok((false, None)),
        (0, Some(_)) => Err(refuse(
            &code("InvalidReadWriteEndpointFieldsForManualPolicy"),
            "A grace period cannot be given with a manual failover policy.",
        )),
        (_, None) => {
            Err(refuse(&code("InvalidReadWriteEndpointFields"), "A grace period is required with an automatic policy."))
        }
        (_, Some(minutes)) if minutes < GRACE_MIN => {
            Err(refuse(&code("LessThanMinimumGracePeriodValues"), "The grace period is below the minimum of one hour."))
        }
        (_, Some(minutes)) => Ok((true, Some(minutes))),
    }
}

/// Out of an instance's id.
fn instance_of(id: &str) -> Option<Named> {
    let parts: Vec<&str> = id.split('/').filter(|s| !s.is_empty()).collect();
    let [sub, subscription, groups, group, providers, namespace, kind, name] = parts.as_slice() else { return None };
    let fits = [(sub, "subscriptions"), (groups, "resourcegroups"), (providers, "providers")]
        .iter()
        .all(|(a, b)| a.eq_ignore_ascii_case(b))
        && namespace.eq_ignore_ascii_case("microsoft.sql")
        && kind.eq_ignore_ascii_case("managedinstances");
    fits.then(|| Named {
        subscription: (*subscription).to_owned(),
        resource_group: (*group).to_owned(),
        name: (*name).to_owned(),
    })
}
