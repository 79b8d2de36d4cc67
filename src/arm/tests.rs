//! The client against a scripted service: shapes of facts arm-api, retries, lost answers, operations.

use super::auth::StaticToken;
use super::change::FailoverMode;
use super::change::InstanceRole;
use super::change::ReplicationMode;
use super::client::same_id;
use super::transport::Method;
use super::transport::Request;
use super::transport::Response;
use super::transport::TransportError;
use super::*;
use crate::base::clock::Clock;
use crate::base::clock::TokioClock;
use crate::base::error::Kind;
use crate::base::redact::ExposeSecret;
use crate::base::redact::secret;
use crate::model::lsn::Lsn;
use async_trait::async_trait;
use serde_json::Value;
use serde_json::json;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use time::macros::datetime;

const SUBSCRIPTION: &str = "11111111-2222-3333-4444-555555555555";

type Answer = std::result::Result<Response, TransportError>;

/// Answers in order, whatever is asked; keeps what was asked.
struct Scripted {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<Request>>,
}

#[async_trait]
impl Transport for Scripted {
    async fn send(&self, request: Request) -> Answer {
        self.asked.lock().unwrap().push(request);
        self.answers.lock().unwrap().pop_front().expect("one more request than scripted")
    }
}

impl Scripted {
    fn calls(&self) -> Vec<(Method, String)> {
        self.asked.lock().unwrap().iter().map(|r| (r.method, r.url.clone())).collect()
    }
    fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

fn reply(status: u16, headers: &[(&str, &str)], body: Value) -> Answer {
    Ok(Response {
        status,
        headers: headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        body: if body.is_null() { Vec::new() } else { body.to_string().into_bytes() },
    })
}

fn refusal(status: u16, code: &str) -> Answer {
    let headers = [("x-ms-request-id", "req-1"), ("x-ms-correlation-request-id", "cor-1")];
    reply(status, &headers, json!({"error": {"code": code, "message": "Because."}}))
}

fn dropped(sent: bool) -> Answer {
    Err(TransportError { sent, tls: false, message: "connection reset".into() })
}

fn arm(answers: Vec<Answer>) -> (Arm, Arc<Scripted>, Arc<dyn Clock>) {
    let transport = Arc::new(Scripted { answers: Mutex::new(answers.into()), asked: Mutex::default() });
    let clock = TokioClock::starting_at(datetime!(2026-01-01 0:00 UTC));
    let config = ArmConfig {
        endpoint: "https://management.azure.com".into(),
        subscription: SUBSCRIPTION.into(),
        scope: "https://management.azure.com/.default".into(),
        user_agent: "milink/test".into(),
    };
    let tokens = Arc::new(StaticToken::new(secret("very-secret-token")));
    let arm = Arm::new(config, transport.clone(), tokens, clock.clone()).unwrap();
    (arm, transport, clock)
}

fn instance() -> InstanceRef {
    InstanceRef { resource_group: "rg one".into(), name: "mi-1".into() }
}

fn delete() -> ArmChange {
    ArmChange::DeleteLink { instance: instance(), name: "ledger".into() }
}

fn put() -> ArmChange {
    ArmChange::PutLink {
        instance: instance(),
        name: "ledger".into(),
        link: LinkBody {
            databases: vec!["db1".into()],
            partner_endpoint: "tcp://10.0.1.8:5022".into(),
            partner_availability_group: "AG_SQL".into(),
            instance_availability_group: "AG_MI".into(),
            instance_role: InstanceRole::Secondary,
            failover_mode: FailoverMode::Manual,
            multi_database: false,
        },
    }
}

const OPERATION: &str = "https://management.azure.com/subscriptions/s/providers/Microsoft.Sql/locations/eastus2euap/\
    distributedAvailabilityGroupsAzureAsyncOperation/0f?api-version=2025-01-01&t=6386&c=MII%2bX&s=Ab_-9%3d&h=q";

fn accepted() -> Answer {
    let headers = [
        ("azure-asyncoperation", OPERATION),
        ("location", "https://management.azure.com/r?x=1"),
        ("retry-after", "15"),
    ];
    reply(
        202,
        &headers,
        json!({"operation": "DistributedAvailabilityGroupsLinkCreate", "startTime": "2024-10-30T15:05:22.123Z"}),
    )
}

#[tokio::test(start_paused = true)]
async fn the_link_is_put_as_the_service_wants_it() {
    let (arm, transport, _) = arm(vec![accepted()]);
    let begun = arm.begin(&put()).await.unwrap();
    let request = transport.asked.lock().unwrap()[0].clone();
    assert_eq!(request.method, Method::Put);
    assert_eq!(
        request.url,
        format!(
            "https://management.azure.com/subscriptions/{SUBSCRIPTION}/resourceGroups/rg%20one/providers/Microsoft.Sql/\
             managedInstances/mi-1/distributedAvailabilityGroups/ledger?api-version=2025-01-01"
        )
    );
    assert_eq!(
        request.body.unwrap(),
        json!({"properties": {
            "databases": [{"databaseName": "db1"}], "failoverMode": "Manual", "instanceAvailabilityGroupName": "AG_MI",
            "instanceLinkRole": "Secondary", "partnerAvailabilityGroupName": "AG_SQL",
            "partnerEndpoint": "tcp://10.0.1.8:5022", "seedingMode": "Automatic"}})
    );
    assert_eq!(request.bearer.unwrap().expose_secret(), "very-secret-token");
    assert!(request.headers.iter().any(|(name, value)| *name == "x-ms-client-request-id" && value.len() == 36));
    let Begun::Pending(continuation) = begun else { panic!("not pending") };
    assert_eq!(continuation.operation.as_deref(), Some(OPERATION), "byte for byte");
    assert_eq!(continuation.first_wait, Some(15));
    let stored = serde_json::to_string(&continuation).unwrap();
    assert_eq!(serde_json::from_str::<Continuation>(&stored).unwrap(), continuation);
    assert!(!format!("{continuation:?}").contains("Ab_-9"), "the signature is not shown");
}

#[test]
fn a_preview_is_the_call() {
    let (arm, _, _) = arm(vec![]);
    let shown = |change: &ArmChange| {
        let preview = arm.preview(change).unwrap();
        let path = preview.url.split("/managedInstances/").nth(1).unwrap().to_owned();
        (preview.method, path, preview.body)
    };
    let (instance, name) = (instance(), "ledger".to_owned());
    assert_eq!(
        shown(&ArmChange::FailoverLink { instance: instance.clone(), name: name.clone(), kind: FailoverType::Planned }),
        (
            Method::Post,
            "mi-1/distributedAvailabilityGroups/ledger/failover?api-version=2025-01-01".into(),
            Some(json!({"failoverType": "Planned"}))
        )
    );
    let mode = ArmChange::SetReplicationMode { instance: instance.clone(), name, mode: ReplicationMode::Sync };
    assert_eq!(shown(&mode).0, Method::Patch);
    assert_eq!(shown(&mode).2, Some(json!({"properties": {"replicationMode": "Sync"}})));
    let upload =
        ArmChange::PutTrustCertificate { instance: instance.clone(), name: "Cert_a/b".into(), der: vec![0x30, 0x82] };
    assert_eq!(
        shown(&upload),
        (
            Method::Put,
            "mi-1/serverTrustCertificates/Cert_a%2Fb?api-version=2025-01-01".into(),
            Some(json!({"properties": {"publicBlob": "0x3082"}}))
        )
    );
    let climbing = ArmChange::DeleteTrustCertificate { instance, name: "..".into() };
    assert_eq!(arm.preview(&climbing).unwrap_err().kind(), Kind::Usage);
    let text = serde_json::to_string(&put()).unwrap();
    assert_eq!(serde_json::from_str::<ArmChange>(&text).unwrap(), put());
}

#[tokio::test(start_paused = true)]
async fn reads_are_repeated_and_waits_follow_the_service() {
    let answers = vec![
        reply(429, &[("retry-after", "7")], Value::Null),
        reply(503, &[], Value::Null),
        dropped(true),
        reply(200, &[], json!({"value": []})),
    ];
    let (arm, transport, clock) = arm(answers);
    assert!(arm.links(&instance()).await.unwrap().is_empty());
    assert_eq!(transport.count(), 4);
    let took = clock.monotonic();
    assert!(took >= Duration::from_secs(7) && took < Duration::from_secs(10), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_read_gives_up_in_the_end() {
    let (arm, transport, clock) = arm((0..20).map(|_| reply(500, &[], Value::Null)).collect());
    let error = arm.links(&instance()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unreachable);
    assert!(transport.count() <= 6 && clock.monotonic() < Duration::from_secs(121));
}

#[tokio::test(start_paused = true)]
async fn a_change_is_repeated_only_when_it_surely_was_not_made() {
    let throttled = || reply(429, &[("retry-after", "3")], Value::Null);
    let (client, transport, clock) = arm(vec![throttled(), dropped(false), accepted()]);
    assert!(matches!(client.begin(&delete()).await.unwrap(), Begun::Pending(_)));
    assert_eq!(transport.count(), 3);
    assert!(clock.monotonic() >= Duration::from_secs(3));

    for unknown in [
        dropped(true),
        refusal(500, "GatewayInternalServerError"),
        refusal(504, "RequestTimeout"),
        reply(503, &[], Value::Null),
    ] {
        let (client, transport, _) = arm(vec![unknown]);
        let error = client.begin(&delete()).await.unwrap_err();
        assert_eq!(error.kind(), Kind::AnswerLost, "{error}");
        assert_eq!(transport.count(), 1, "sent once");
    }

    let (client, transport, _) = arm(vec![refusal(503, "TooManyRequests")]);
    let error = client.begin(&delete()).await.unwrap_err();
    assert_eq!((error.kind(), error.service_code()), (Kind::Server, Some("TooManyRequests")));
    assert_eq!(transport.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_carries_code_ids_and_a_hint() {
    let (client, _, _) = arm(vec![refusal(400, "InvalidDistributedAvailabilityGroupFailoverInstanceRole")]);
    let error = client.begin(&delete()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Server);
    let text = error.to_string();
    assert!(text.contains("Because (request req-1, correlation cor-1)"), "{text}");
    assert!(error.get_hint().unwrap().contains("primary"));

    let (client, _, _) = arm(vec![refusal(403, "AuthorizationFailed")]);
    assert_eq!(client.links(&instance()).await.unwrap_err().kind(), Kind::Denied);

    let (client, transport, _) =
        arm(vec![refusal(401, "ExpiredAuthenticationToken"), refusal(401, "ExpiredAuthenticationToken")]);
    assert_eq!(client.begin(&delete()).await.unwrap_err().kind(), Kind::Denied);
    assert_eq!(transport.count(), 2, "once more with a fresh token");

    let (client, _, _) = arm(vec![reply(418, &[], Value::Null)]);
    assert!(client.links(&instance()).await.unwrap_err().to_string().contains("Azure answered 418"));
}

#[tokio::test(start_paused = true)]
async fn a_missing_link_is_none_but_a_missing_instance_is_an_error() {
    let (client, _, _) = arm(vec![refusal(404, "ResourceNotFound")]);
    assert_eq!(client.link(&instance(), "ledger").await.unwrap(), None);

    let gateway = [("x-ms-failure-cause", "gateway")];
    let body = json!({"error": {"code": "ResourceNotFound", "message": "The Resource was not found."}});
    let (client, _, _) = arm(vec![reply(404, &gateway, body)]);
    assert_eq!(client.link(&instance(), "ledger").await.unwrap_err().kind(), Kind::NotFound);

    let (client, _, _) = arm(vec![refusal(404, "ResourceGroupNotFound")]);
    assert_eq!(client.link(&instance(), "ledger").await.unwrap_err().kind(), Kind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn an_operation_is_polled_to_its_end() {
    let running = json!({"name": "0f", "status": "InProgress", "percentComplete": 40});
    let odd = json!({"name": "0f", "status": "DroppingOldCopy"});
    let failed = json!({"status": "failed", "error": {"code": "OperationIdNotFound", "message": "The operation with Id: '0f' does not exist."}});
    let (client, transport, _) = arm(vec![
        accepted(),
        reply(200, &[("retry-after", "15")], running),
        reply(200, &[("retry-after", "0")], odd),
        reply(200, &[], failed),
        reply(200, &[], json!({"status": "SUCCEEDED"})),
        reply(200, &[], json!({"status": "Canceled"})),
        refusal(404, "OperationIdNotFound"),
    ]);
    let Begun::Pending(continuation) = client.begin(&delete()).await.unwrap() else { panic!("not pending") };
    assert_eq!(continuation.final_get, None, "nothing is left to read after a DELETE");
    let fifteen = Some(Duration::from_secs(15));
    assert_eq!(
        client.poll(&continuation).await.unwrap(),
        Polled::Running { retry_after: fifteen, percent: Some(40.0) }
    );
    assert_eq!(client.poll(&continuation).await.unwrap(), Polled::Running { retry_after: None, percent: None });
    let Polled::Failed { code, .. } = client.poll(&continuation).await.unwrap() else { panic!("not failed") };
    assert_eq!(code, "OperationIdNotFound");
    assert_eq!(client.poll(&continuation).await.unwrap(), Polled::Succeeded);
    assert!(matches!(client.poll(&continuation).await.unwrap(), Polled::Failed { code, .. } if code == "Canceled"));
    assert_eq!(client.poll(&continuation).await.unwrap_err().kind(), Kind::NotFound);
    assert!(transport.calls()[1..].iter().all(|(method, url)| *method == Method::Get && url == OPERATION));
}

#[tokio::test(start_paused = true)]
async fn without_an_operation_address_the_location_is_asked() {
    let location = "https://management.azure.com/subscriptions/s/x?api-version=1";
    let (client, _, _) = arm(vec![
        reply(202, &[("location", location)], Value::Null),
        reply(202, &[("retry-after", "1")], Value::Null),
        reply(204, &[], Value::Null),
        refusal(409, "DistributedAvailabilityGroupFailoverRedoQueueSizeTooBig"),
    ]);
    let Begun::Pending(continuation) = client.begin(&delete()).await.unwrap() else { panic!("not pending") };
    assert!(matches!(client.poll(&continuation).await.unwrap(), Polled::Running { .. }));
    assert_eq!(client.poll(&continuation).await.unwrap(), Polled::Succeeded);
    assert!(matches!(client.poll(&continuation).await.unwrap(), Polled::Failed { .. }));

    for done in [reply(200, &[], json!({})), reply(204, &[], Value::Null)] {
        let (client, _, _) = arm(vec![done]);
        assert_eq!(client.begin(&delete()).await.unwrap(), Begun::Done);
    }
    let (client, _, _) = arm(vec![reply(202, &[], Value::Null)]);
    assert_eq!(client.begin(&delete()).await.unwrap_err().kind(), Kind::AnswerLost);
}

#[tokio::test(start_paused = true)]
async fn a_token_never_goes_to_another_host() {
    let evil = "https://management.azure.com.evil.example/op";
    let (client, transport, _) = arm(vec![reply(202, &[("azure-asyncoperation", evil)], Value::Null)]);
    let Begun::Pending(continuation) = client.begin(&delete()).await.unwrap() else { panic!("not pending") };
    assert_eq!(client.poll(&continuation).await.unwrap_err().kind(), Kind::Denied);
    assert_eq!(transport.count(), 1);
    for (url, good) in [
        ("https://eastus.management.azure.com/op", true),
        ("http://management.azure.com/op", false),
        ("https://management.azure.com:444/op", false),
        ("https://xmanagement.azure.com/op", false),
    ] {
        let (client, _, _) = arm(vec![reply(200, &[], json!({"status": "Succeeded"}))]);
        let continuation = Continuation { operation: Some(url.into()), ..continuation.clone() };
        assert_eq!(client.poll(&continuation).await.is_ok(), good, "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_is_read_whatever_is_missing_or_new() {
    let link = json!({
        "id": "/subscriptions/S/resourcegroups/RG/providers/microsoft.sql/managedinstances/MI-1/distributedavailabilitygroups/ledger",
        "name": "ledger", "type": "x", "brandNew": [1],
        "properties": {
            "replicationMode": "Async", "partnerLinkRole": "Primary", "instanceLinkRole": "Arbiter", "failoverMode": "None",
            "databases": [{
                "databaseName": "Ledger", "replicaState": "LinkSynchronizing", "seedingProgress": "80%",
                "synchronizationHealth": "HEALTHY", "connectedState": "CONNECTED",
                "lastHardenedLsn": "4294967295429496729500001", "lastHardenedTime": "2024-10-30T15:05:22.1234567Z",
                "lastReceivedTime": "soon", "mostRecentLinkError": "41976", "instanceRedoReplicationLagSeconds": 3,
                "partnerAuthCertValidity": {"certificateName": "c", "expiryDate": "2027-01-01T00:00:00Z"}
            }, {"databaseName": "bare"}]
        }
    });
    let (client, _, _) = arm(vec![reply(200, &[], link), reply(200, &[], json!({"name": "x"}))]);
    let link = client.link(&instance(), "ledger").await.unwrap().unwrap();
    assert_eq!(link.properties.instance_link_role.as_ref().unwrap().as_str(), "Arbiter");
    let database = link.database("LEDGER").unwrap();
    assert_eq!(database.hardened(), Lsn::parse("4294967295429496729500001"));
    assert_eq!(database.seeding_percent(), Some(80.0));
    assert_eq!(database.error_number(), Some(41976));
    assert_eq!(database.last_received_time, None, "a time that cannot be read is absent");
    assert_eq!(database.last_hardened_time, Some(datetime!(2024-10-30 15:05:22.1234567 UTC)));
    assert!(!database.has_failed());
    assert_eq!(link.database("bare").unwrap().hardened(), None);
    let text = serde_json::to_string(&link).unwrap();
    assert_eq!(serde_json::from_str::<resource::link::LinkResource>(&text).unwrap(), link);
    assert!(client.link(&instance(), "x").await.unwrap().unwrap().properties.databases.is_empty());
}

#[tokio::test(start_paused = true)]
async fn lists_follow_their_next_link_as_it_is() {
    let next = "https://management.azure.com/next?%24skipToken=a%2Bb&api-version=2025-01-01";
    let (client, transport, _) = arm(vec![
        reply(200, &[], json!({"value": [{"name": "a"}], "nextLink": next})),
        reply(200, &[], json!({"value": [{"name": "b"}], "nextLink": ""})),
    ]);
    assert_eq!(client.databases(&instance()).await.unwrap().len(), 2);
    assert_eq!(transport.calls()[1].1, next);

    let (client, _, _) = arm((0..201).map(|_| reply(200, &[], json!({"value": [], "nextLink": next}))).collect());
    assert_eq!(client.databases(&instance()).await.unwrap_err().kind(), Kind::Server, "a list without end ends");
}

#[tokio::test(start_paused = true)]
async fn the_endpoint_certificate_falls_back_to_the_stable_version() {
    let (client, transport, _) = arm(vec![
        refusal(400, "NoRegisteredProviderFound"),
        reply(200, &[], json!({"name": "DATABASE_MIRRORING", "properties": {"publicBlob": "0x3082AB"}})),
    ]);
    let found = client.endpoint_certificate(&instance()).await.unwrap();
    assert_eq!(found.der(), Some(vec![0x30, 0x82, 0xab]));
    assert!(found.roots().is_empty());
    let calls = transport.calls();
    assert!(calls[0].1.ends_with("api-version=2025-08-01-preview") && calls[1].1.ends_with("api-version=2025-01-01"));

    let roots = json!({"properties": {"publicBlob": "3082", "trustedRootCertificates": [{"subject": "CN=R", "publicBlob": "30"}]}});
    let (client, _, _) = arm(vec![reply(200, &[], roots)]);
    assert_eq!(client.endpoint_certificate(&instance()).await.unwrap().roots()[0].der(), Some(vec![0x30]));
}

#[tokio::test(start_paused = true)]
async fn an_instance_shows_its_policy_and_absence_is_not_one() {
    let (client, _, _) = arm(vec![
        reply(
            200,
            &[],
            json!({"name": "mi-1", "sku": {"name": "GP_Gen5", "tier": "GeneralPurpose"}, "properties": {
            "state": "Ready", "vCores": 8, "storageSizeInGB": 256, "databaseFormat": "SqlServer2025",
            "fullyQualifiedDomainName": "mi-1.zone.database.windows.net", "isGeneralPurposeV2": true}}),
        ),
        reply(200, &[], json!({"name": "mi-1"})),
    ]);
    let found = client.instance(&instance()).await.unwrap();
    assert_eq!(found.properties.database_format, Some(resource::instance::DatabaseFormat::SqlServer2025));
    assert_eq!((found.properties.v_cores, found.properties.storage_size_in_gb), (Some(8), Some(256)));
    assert_eq!(client.instance(&instance()).await.unwrap().properties.database_format, None);
}

#[test]
fn ids_compare_folded() {
    let (client, _, _) = arm(vec![]);
    let ours = client.config().instance_id(&instance());
    assert!(same_id(&ours, &ours.to_uppercase()));
    assert!(same_id(&ours, &format!("{}/", ours.replace("resourceGroups", "resourcegroups"))));
    assert!(!same_id(&ours, "/subscriptions/other"));
}

#[tokio::test(start_paused = true)]
async fn an_instance_in_a_failover_group_is_found_by_its_folded_id() {
    let id = arm(vec![]).0.config().instance_id(&instance());
    let body = json!({"value": [{"name": "fog", "properties": {"replicationRole": "Primary",
        "managedInstancePairs": [{"primaryManagedInstanceId": id.to_uppercase(), "partnerManagedInstanceId": "/x"}]}}]});
    let (client, transport, _) = arm(vec![reply(200, &[], body)]);
    let groups = client.failover_groups(&"rg one".into(), "East US 2").await.unwrap();
    assert!(transport.calls()[0].1.contains("/locations/eastus2/instanceFailoverGroups?"));
    assert!(groups[0].holds(&id) && !groups[0].holds("/y"));
}
