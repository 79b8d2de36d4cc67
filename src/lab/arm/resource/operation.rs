//! Polling: the status address and the result address (facts: arm-api 1.2).

use super::certificate;
use super::failover_group;
use super::instance;
use super::link;
use crate::lab::arm::change;
use crate::lab::arm::error::ArmError;
use crate::lab::arm::error::ArmResult;
use crate::lab::arm::operation::Operation;
use crate::lab::arm::operation::Outcome;
use crate::lab::arm::operation::State;
use crate::lab::arm::operation::signature_holds;
use crate::lab::arm::server::ArmServer;
use crate::lab::arm::server::Call;
use crate::lab::arm::server::Reply;
use hyper::http::StatusCode;

fn find(server: &ArmServer, call: &Call, id: &str) -> ArmResult<Operation> {
    // An address that was rebuilt, shortened or re-encoded leads nowhere: it is opaque.
    if !signature_holds(&server.mint, &call.path, call.query.as_deref().unwrap_or_default()) {
        return Err(ArmError::operation_missing(id));
    }
    server.operations.get(id)
}

pub(super) fn status(server: &ArmServer, call: &Call, id: &str) -> ArmResult<Reply> {
    let operation = find(server, call, id)?;
    let mut reply = Reply::ok(operation.status_body());
    if operation.state == State::InProgress {
        reply.headers.push(("retry-after", server.config.retry_after_s.max(1).to_string()));
    }
    Ok(reply)
}

pub(super) fn result(server: &ArmServer, call: &Call, id: &str) -> ArmResult<Reply> {
    let operation = find(server, call, id)?;
    match &operation.state {
        State::InProgress => Ok(change::accepted(server, call, &operation)),
        State::Failed(error) => Err(error.clone()),
        State::Succeeded => Ok(resource(server, call, &operation.outcome)),
    }
}

/// The resource the operation was about; 204 when there is none (any more).
fn resource(server: &ArmServer, call: &Call, outcome: &Outcome) -> Reply {
    let instance_of = |name: &str| server.provider.instance(name);
    let body = match outcome {
        Outcome::Nothing => None,
        Outcome::Server(target) => crate::lab::arm::servers::outcome(server, call, target),
        Outcome::FailoverGroup(at) => failover_group::find(server, at).ok().map(|v| failover_group::shown(&v)),
        Outcome::Instance { instance } => instance_of(instance).map(|i| instance::body(server, call, &i)),
        Outcome::Link { instance, name } => {
            instance_of(instance).and_then(|i| Some(link::body(call, &i, &server.provider.link(instance, name)?)))
        }
        Outcome::TrustCertificate { instance, name } => instance_of(instance)
            .and_then(|i| Some(certificate::trust_body(&i, &server.provider.trust_certificate(instance, name)?))),
    };
    body.map_or_else(|| Reply::empty(StatusCode::NO_CONTENT), Reply::ok)
}
