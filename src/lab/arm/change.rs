//! Turning a change into a long-running operation.

use super::error::ArmError;
use super::error::ArmResult;
use super::operation::Addresses;
use super::operation::Kind;
use super::operation::Operation;
use super::operation::Outcome;
use super::provider::Change;
use super::server::ArmServer;
use super::server::Call;
use super::server::Reply;
use hyper::http::StatusCode;
use std::sync::Arc;
use std::time::Duration;

/// Creation of a link is cancelled after six days (facts: mi-link 6.3); nothing else takes longer.
const LONGEST: Duration = Duration::from_secs(6 * 24 * 3600);

/// How an operation is called and what it leaves behind.
pub(super) struct Label {
    pub(super) kind: Kind,
    pub(super) name: &'static str,
    pub(super) outcome: Outcome,
}

/// Lets the provider judge the change, then starts it: 202 with the two addresses.
pub(super) fn start(server: &ArmServer, call: &Call, instance: &str, change: Change, label: Label) -> ArmResult<Reply> {
    if call.fail_operation.is_none() {
        server.provider.check(instance, &change)?;
        server.provider.accepted(&change)?;
    }
    let now = (server.config.now)();
    let operation = server.operations.start(&server.mint, label.kind, label.name, label.outcome, now);
    let (provider, operations) = (Arc::clone(&server.provider), Arc::clone(&server.operations));
    let (clock, stop, fail) = (Arc::clone(&server.config.now), server.stop.clone(), call.fail_operation.clone());
    let (id, instance) = (operation.id.clone(), instance.to_owned());
    server.tasks.spawn(async move {
        let work = async {
            match fail {
                Some(error) => {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    Err(error)
                }
                None => provider.run(&instance, change).await,
            }
        };
        let result = tokio::select! {
            biased;
            () = stop.cancelled() => Err(ArmError::conflict("OperationInterrupted", "The operation on the resource could not be completed because it was interrupted by another operation on the same resource.")),
            done = tokio::time::timeout(LONGEST, work) => done.unwrap_or_else(|_| {
                Err(ArmError::new(StatusCode::INTERNAL_SERVER_ERROR, "OperationTimedOut", "The operation timed out and automatically rolled back. Please retry the operation."))
            }),
        };
        operations.finish(&id, result, clock());
    });
    Ok(accepted(server, call, &operation))
}

/// An operation that will fail in a second, having nothing to work on (facts: arm-api 3.2, DELETE of a missing link).
pub(super) fn start_hopeless(server: &ArmServer, call: &Call, label: Label) -> Reply {
    let now = (server.config.now)();
    let operation = server.operations.start(&server.mint, label.kind, label.name, label.outcome, now);
    let (operations, clock, id) =
        (Arc::clone(&server.operations), Arc::clone(&server.config.now), operation.id.clone());
    server.tasks.spawn(async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        operations.finish(&id, Err(ArmError::operation_missing(&id)), clock());
    });
    accepted(server, call, &operation)
}

/// 202 with `Azure-AsyncOperation`, `Location` and `Retry-After`.
pub(super) fn accepted(server: &ArmServer, call: &Call, operation: &Operation) -> Reply {
    let route = &call.route;
    let addresses = Addresses {
        mint: &server.mint,
        base: &call.base,
        subscription: route.subscription.as_deref().unwrap_or_default(),
        group: route.group.as_deref().unwrap_or_default(),
        region: route.location.as_deref().unwrap_or(&server.config.region),
    };
    let version = call.version.as_str();
    Reply {
        status: StatusCode::ACCEPTED,
        body: Some(operation.started_body()),
        headers: vec![
            ("azure-asyncoperation", addresses.status(operation, version)),
            ("location", addresses.result(operation, version)),
            ("retry-after", server.config.retry_after_s.max(1).to_string()),
        ],
    }
}
