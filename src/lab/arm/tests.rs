//! The front against a fake estate, in memory, on tokio's paused clock.

use super::config::ArmConfig;
use super::config::Principal;
use super::config::Token;
use super::fake::FakeEstate;
use super::fake::SUBSCRIPTION;
use super::fake::TENANT;
use super::fake::certificate;
use super::fault::FaultAction;
use super::fault::FaultRule;
use super::ids::hex;
use super::server::ArmServer;
use super::server::Dropped;
use bytes::Bytes;
use hyper::http::Request;
use hyper::http::Response;
use serde_json::Value;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use time::macros::datetime;

const V25: &str = "2025-01-01";

fn start() -> Arc<ArmServer> {
    start_with(Duration::from_secs(60), |_| {})
}

fn start_with(seeding: Duration, tune: impl FnOnce(&mut ArmConfig)) -> Arc<ArmServer> {
    let epoch = tokio::time::Instant::now();
    let now = Arc::new(move || datetime!(2026-03-01 10:00 UTC) + epoch.elapsed());
    let mut config = ArmConfig::new(TENANT, SUBSCRIPTION, "westeurope", now);
    config.tokens.push(Token {
        value: "good".to_owned(),
        principal: Principal { client_id: "app".to_owned(), object_id: "oid".to_owned() },
        audience: "https://management.core.windows.net/".to_owned(),
        expires: datetime!(2026-03-02 10:00 UTC),
    });
    tune(&mut config);
    ArmServer::new(Arc::new(FakeEstate::new(seeding)), config)
}

fn request(method: &str, url: &str, token: Option<&str>, body: &str) -> Request<Bytes> {
    let mut builder = Request::builder().method(method).uri(url).header("host", "127.0.0.1:4443");
    if let Some(token) = token {
        builder = builder.header("authorization", format!("Bearer {token}"));
    }
    builder.header("content-type", "application/json").body(Bytes::copy_from_slice(body.as_bytes())).unwrap()
}

fn mi(tail: &str, version: &str) -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-lab/providers/Microsoft.Sql/managedInstances/mi-a{tail}?api-version={version}"
    )
}

fn link(tail: &str) -> String {
    mi(&format!("/distributedAvailabilityGroups/dag{tail}"), V25)
}

fn content(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap_or(Value::Null)
}

fn code(response: &Response<Bytes>) -> (u16, String) {
    let body = content(response);
    (response.status().as_u16(), body["error"]["code"].as_str().unwrap_or_default().to_owned())
}

fn header<'a>(response: &'a Response<Bytes>, name: &str) -> &'a str {
    response.headers().get(name).map(|v| v.to_str().unwrap()).unwrap_or_default()
}

async fn call(server: &ArmServer, method: &str, url: &str, body: &Value) -> Response<Bytes> {
    let text = if body.is_null() { String::new() } else { body.to_string() };
    server.handle(request(method, url, Some("good"), &text)).await
}

async fn get(server: &ArmServer, url: &str) -> Response<Bytes> {
    call(server, "GET", url, &Value::Null).await
}

fn create_body() -> Value {
    json!({"properties": {"databases": [{"databaseName": "db1"}], "failoverMode": "Manual",
        "instanceAvailabilityGroupName": "AG_MI", "instanceLinkRole": "Secondary", "partnerAvailabilityGroupName": "AG_SQL",
        "partnerEndpoint": "tcp://10.0.1.8:5022", "seedingMode": "Automatic"}})
}

/// Polls an operation to its end; the last status body.
async fn finish(server: &ArmServer, started: &Response<Bytes>) -> Value {
    assert_eq!(started.status(), 202, "{:?}", started.body());
    let url = header(started, "azure-asyncoperation").to_owned();
    for _ in 0..1_000 {
        let answer = get(server, &url).await;
        assert_eq!(answer.status(), 200);
        let body = content(&answer);
        if body["status"] != "InProgress" {
            return body;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    panic!("the operation never ended");
}

#[tokio::test(start_paused = true)]
async fn creating_a_link_takes_as_long_as_seeding_and_can_be_watched() {
    let server = start();
    let started = call(&server, "PUT", &link(""), &create_body()).await;
    assert_eq!(content(&started)["operation"], "DistributedAvailabilityGroupsLinkCreate");
    assert_eq!(content(&started)["startTime"], "2026-03-01T10:00:00.000Z");
    assert_eq!(header(&started, "retry-after"), "1");
    let status = header(&started, "azure-asyncoperation").to_owned();
    let location = header(&started, "location").to_owned();
    assert!(status.starts_with("https://127.0.0.1:4443/subscriptions/"));
    assert!(status.contains("/locations/westeurope/distributedAvailabilityGroupsAzureAsyncOperation/"));
    assert!(location.contains("/locations/westeurope/distributedAvailabilityGroupsOperationResults/"));
    assert!((2_500..4_096).contains(&status.len()), "{}", status.len());

    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(content(&get(&server, &status).await)["status"], "InProgress");
    assert_eq!(get(&server, &location).await.status(), 202);
    let watched = content(&get(&server, &link("")).await);
    assert_eq!(watched["properties"]["databases"][0]["seedingProgress"], "40%");

    let done = finish(&server, &started).await;
    assert_eq!(done["status"], "Succeeded");
    assert!(location.contains(done["name"].as_str().unwrap()));
    let result = get(&server, &location).await;
    assert_eq!((result.status().as_u16(), content(&result)["name"].as_str()), (200, Some("dag")));
}

#[tokio::test(start_paused = true)]
async fn operation_addresses_are_opaque() {
    let server = start();
    let started = call(&server, "PUT", &link(""), &create_body()).await;
    let status = header(&started, "azure-asyncoperation");
    let (short, _) = status.split_once("&c=").unwrap();
    for broken in [status.to_ascii_lowercase(), short.to_owned(), status.replace("&h=", "&h=x")] {
        assert_eq!(code(&get(&server, &broken).await), (404, "OperationIdNotFound".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_shows_only_what_it_has() {
    let server = start();
    finish(&server, &call(&server, "PUT", &link(""), &create_body()).await).await;
    let shown = content(&get(&server, &link("")).await);
    let id = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-lab/providers/Microsoft.Sql/managedInstances/mi-a/distributedAvailabilityGroups/dag"
    );
    assert_eq!(
        shown,
        json!({"id": id, "name": "dag", "type": "Microsoft.Sql/managedInstances/distributedAvailabilityGroups", "properties": {
            "distributedAvailabilityGroupName": "dag", "distributedAvailabilityGroupId": "5fc1a2a4-4dd4-4b72-8c3c-1c5d0d3c7b11",
            "replicationMode": "Async", "partnerLinkRole": "Primary", "partnerAvailabilityGroupName": "AG_SQL",
            "partnerEndpoint": "tcp://10.0.1.8:5022", "instanceLinkRole": "Secondary", "instanceAvailabilityGroupName": "AG_MI",
            "failoverMode": "Manual", "seedingMode": "Automatic",
            "databases": [{"databaseName": "db1", "replicaState": "LinkSynchronizing", "seedingProgress": "100%"}]}})
    );
    let preview = content(&get(&server, &mi("/distributedAvailabilityGroups/DAG", "2025-08-01-preview")).await);
    assert_eq!(preview["properties"]["linkMode"], "SingleDatabase");
    let old = content(&get(&server, &mi("/distributedAvailabilityGroups/dag", "2021-11-01-preview")).await);
    assert_eq!(old["properties"]["targetDatabase"], "db1");
    assert_eq!(old["properties"]["primaryAvailabilityGroupName"], "AG_SQL");
    assert_eq!(old["properties"]["databases"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn each_bad_link_body_has_its_code() {
    let server = start();
    let prefix = "InvalidDistributedAvailabilityGroupsCreateOrUpdateRequest";
    let cases: Vec<(Value, String)> = vec![
        (json!({"partnerEndpoint": "10.0.1.8:5022"}), "InvalidParameterValue".to_owned()),
        (json!({"partnerEndpoint": null}), format!("{prefix}PartnerEndpoint")),
        (json!({"databases": []}), format!("{prefix}Databases")),
        (json!({"databases": [{"databaseName": "a"}, {"databaseName": "b"}]}), format!("{prefix}Databases")),
        (json!({"seedingMode": "Later"}), format!("{prefix}SeedingMode")),
        (json!({"instanceAvailabilityGroupName": ""}), format!("{prefix}InstanceAvailabilityGroupName")),
        (json!({"partnerAvailabilityGroupName": null}), format!("{prefix}PartnerAvailabilityGroupName")),
        (
            json!({"instanceAvailabilityGroupName": "ag_sql"}),
            "InstanceAvailabilityGroupNamePartnerAvailabilityGroupNameMatch".to_owned(),
        ),
        (json!({"databases": "db1"}), "InvalidRequestContent".to_owned()),
    ];
    for (change, want) in cases {
        let mut body = create_body();
        for (name, value) in change.as_object().unwrap() {
            body["properties"][name] = value.clone();
        }
        assert_eq!(code(&call(&server, "PUT", &link(""), &body).await), (400, want), "{change}");
    }
    assert_eq!(code(&call(&server, "PUT", &link(""), &Value::Null).await), (400, prefix.to_owned()));
    let torn = server.handle(request("PUT", &link(""), Some("good"), "{\"properties\":")).await;
    assert_eq!(code(&torn), (400, "InvalidRequestContent".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn deleting_a_link_that_is_not_there_is_accepted_and_then_fails() {
    let server = start();
    let started = call(&server, "DELETE", &link(""), &Value::Null).await;
    let done = finish(&server, &started).await;
    assert_eq!(done["status"], "Failed");
    assert_eq!(done["error"]["code"], "OperationIdNotFound");
    assert_eq!(code(&get(&server, header(&started, "location")).await), (404, "OperationIdNotFound".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn failover_answers_the_link_at_its_location() {
    let server = start();
    finish(&server, &call(&server, "PUT", &link(""), &create_body()).await).await;
    let planned = call(&server, "POST", &link("/failover"), &json!({"failoverType": "Planned"})).await;
    assert_eq!(code(&planned), (400, "InvalidDistributedAvailabilityGroupFailoverInstanceRole".to_owned()));
    let nothing = call(&server, "POST", &link("/failover"), &json!({"properties": {"failoverType": "Planned"}})).await;
    assert_eq!(code(&nothing), (400, "InvalidDistributedAvailabilityGroupFailoverRequest".to_owned()));
    let forced = call(&server, "POST", &link("/FailOver"), &json!({"failoverType": "ForcedAllowDataLoss"})).await;
    assert_eq!(finish(&server, &forced).await["status"], "Succeeded");
    let result = content(&get(&server, header(&forced, "location")).await);
    assert_eq!(result["properties"]["instanceLinkRole"], "Primary");
    let early = mi("/distributedAvailabilityGroups/dag/failover", "2023-05-01-preview");
    let refused = call(&server, "POST", &early, &json!({"failoverType": "Planned"})).await;
    assert_eq!(code(&refused), (400, "NoRegisteredProviderFound".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn the_three_kinds_of_404_differ() {
    let server = start();
    let parent = get(&server, &mi("", V25).replace("mi-a", "mi-x")).await;
    assert_eq!(code(&parent), (404, "ResourceNotFound".to_owned()));
    assert_eq!(header(&parent, "x-ms-failure-cause"), "gateway");
    let child = get(&server, &link("")).await;
    assert_eq!(
        content(&child)["error"]["message"],
        "The requested resource of type 'Microsoft.Sql/managedInstances/distributedAvailabilityGroups' with name 'dag' was not found."
    );
    assert_eq!(header(&child, "x-ms-failure-cause"), "");
    let group = get(&server, &mi("", V25).replace("rg-lab", "rg-x")).await;
    assert_eq!(code(&group), (404, "ResourceGroupNotFound".to_owned()));
    let subscription = get(&server, &mi("", V25).replace(SUBSCRIPTION, TENANT)).await;
    assert_eq!(code(&subscription), (404, "SubscriptionNotFound".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn ids_compare_folded_and_come_back_in_the_service_s_case() {
    let server = start();
    let url = mi("", V25);
    let (path, query) = url.split_once('?').unwrap();
    let answer = content(&get(&server, &format!("{}?{query}", path.to_ascii_uppercase())).await);
    assert_eq!(answer["name"], "mi-a");
    assert!(answer["id"].as_str().unwrap().contains("/resourceGroups/rg-lab/providers/Microsoft.Sql/"));
}

#[tokio::test(start_paused = true)]
async fn an_instance_shows_what_its_version_knows() {
    let server = start();
    let at = async |version: &str| content(&get(&server, &mi("", version)).await)["properties"].clone();
    assert_eq!(at(V25).await["databaseFormat"], "SQLServer2022");
    assert_eq!(at(V25).await["memorySizeInGB"], 41);
    assert_eq!(at("2023-08-01").await["memorySizeInGB"], Value::Null);
    assert_eq!(at("2021-11-01").await["databaseFormat"], Value::Null);
    let properties = at(V25).await;
    for member in ["vCores", "storageSizeInGB", "fullyQualifiedDomainName", "dnsZone", "provisioningState", "state"] {
        assert!(!properties[member].is_null(), "{member}");
    }
}

#[tokio::test(start_paused = true)]
async fn certificates_are_checked_before_they_are_taken() {
    let server = start();
    let trust = |name: &str| mi(&format!("/serverTrustCertificates/{name}"), V25);
    let put = async |name: &str, blob: &str| {
        let body = json!({"properties": {"publicBlob": blob}});
        call(&server, "PUT", &trust(name), &body).await
    };
    assert_eq!(code(&call(&server, "PUT", &trust("c"), &json!({"properties": {}})).await).1, "MissingPublicBlob");
    assert_eq!(code(&put("c", "zz").await).1, "InvalidPublicBlob");
    assert_eq!(code(&put("c", "0x3082").await).1, "InvalidPublicBlob");
    let blob = hex(&certificate("sql-a"));
    assert_eq!(code(&put("c", &format!("{blob}00")).await).1, "InvalidPublicBlob");
    let started = put("c", &format!("0x{}", blob.to_ascii_lowercase())).await;
    assert_eq!(finish(&server, &started).await["status"], "Succeeded");
    let shown = content(&get(&server, &trust("C")).await);
    assert_eq!(shown["properties"]["publicBlob"], format!("0x{blob}"));
    assert_eq!(shown["properties"]["certificateName"], "c");
    assert_eq!(code(&put("C", &hex(&certificate("other"))).await).1, "CertificateAlreadyExists");
    assert_eq!(code(&put("d", &blob).await).1, "CertificateAlreadyExists");
    assert_eq!(call(&server, "DELETE", &trust("nobody"), &Value::Null).await.status(), 204);
}

#[tokio::test(start_paused = true)]
async fn the_endpoint_certificate_has_roots_in_the_newest_version_only() {
    let server = start();
    let kind = "/endpointCertificates/DATABASE_MIRRORING";
    let stable = content(&get(&server, &mi(kind, V25)).await);
    assert!(stable["properties"]["publicBlob"].as_str().unwrap().starts_with("0x3082"));
    assert_eq!(stable["properties"]["trustedRootCertificates"], Value::Null);
    let preview = content(&get(&server, &mi(kind, "2025-08-01-preview")).await);
    assert_eq!(preview["properties"]["trustedRootCertificates"][0]["subject"], "CN=Lab Root");
    assert_eq!(
        code(&get(&server, &mi("/endpointCertificates/OTHER", V25)).await),
        (404, "ResourceNotFound".to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn bearer_tokens_are_judged() {
    let server = start_with(Duration::ZERO, |config| {
        let principal = Principal { client_id: "a".to_owned(), object_id: "o".to_owned() };
        let expires = datetime!(2026-03-01 10:30 UTC);
        let audience = "https://database.windows.net/".to_owned();
        config.tokens.push(Token { value: "sql".to_owned(), principal: principal.clone(), audience, expires });
        let audience = "https://management.azure.com/.default".to_owned();
        config.tokens.push(Token { value: "short".to_owned(), principal, audience, expires });
    });
    let with = async |token: Option<&str>| server.handle(request("GET", &mi("", V25), token, "")).await;
    let missing = with(None).await;
    assert_eq!(code(&missing), (401, "AuthenticationFailed".to_owned()));
    assert!(header(&missing, "www-authenticate").starts_with("Bearer authorization_uri="));
    assert_eq!(code(&with(Some("bad")).await), (401, "InvalidAuthenticationToken".to_owned()));
    assert_eq!(code(&with(Some("sql")).await), (401, "InvalidAuthenticationTokenAudience".to_owned()));
    assert_eq!(with(Some("short")).await.status(), 200);
    tokio::time::advance(Duration::from_secs(1_800)).await;
    assert_eq!(code(&with(Some("short")).await), (401, "ExpiredAuthenticationToken".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn client_credentials_buy_a_token_that_works() {
    let server = start_with(Duration::ZERO, |config| {
        let principal = Principal { client_id: "app-1".to_owned(), object_id: "o".to_owned() };
        config.applications.push(super::config::Application { principal, secret: "s&cret".to_owned() });
    });
    let ask = async |secret: &str| {
        let form = format!(
            "grant_type=client_credentials&client_id=app-1&client_secret={secret}&scope=https%3A%2F%2Fmanagement.core.windows.net%2F%2F.default"
        );
        let mut sent = request("POST", &format!("/{TENANT}/oauth2/v2.0/token"), None, &form);
        sent.headers_mut().insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
        server.handle(sent).await
    };
    let wrong = ask("guess").await;
    assert_eq!((wrong.status().as_u16(), content(&wrong)["error"].as_str()), (401, Some("invalid_client")));
    let granted = content(&ask("s%26cret").await);
    let token = granted["access_token"].as_str().unwrap();
    assert_eq!(granted["expires_in"], 3_600);
    assert_eq!(server.handle(request("GET", &mi("", V25), Some(token), "")).await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn rights_and_locks_are_enforced() {
    let server = start();
    let permissions = mi("/providers/Microsoft.Authorization/permissions", "2022-04-01");
    assert_eq!(content(&get(&server, &permissions).await)["value"][0]["actions"], json!(["*"]));
    server.access.set_permissions(vec![super::access::Permission {
        actions: vec!["*/read".to_owned()],
        not_actions: vec!["Microsoft.Sql/managedInstances/endpointCertificates/*".to_owned()],
    }]);
    let refused = call(&server, "PUT", &link(""), &create_body()).await;
    assert_eq!(code(&refused), (403, "AuthorizationFailed".to_owned()));
    assert!(content(&refused)["error"]["message"].as_str().unwrap().contains("distributedAvailabilityGroups/write"));
    assert_eq!(get(&server, &mi("", V25)).await.status(), 200);
    assert_eq!(get(&server, &mi("/endpointCertificates", V25)).await.status(), 403);
}

#[tokio::test(start_paused = true)]
async fn faults_lose_answers_but_not_always_work() {
    let server = start_with(Duration::ZERO, |_| {});
    let rule =
        |method: &str, action| FaultRule { method: Some(method.to_owned()), path: None, skip: 0, times: 1, action };
    let put = || request("PUT", &link(""), Some("good"), &create_body().to_string());
    server.faults.add(rule("PUT", FaultAction::DropBefore));
    assert_eq!(server.exchange(put()).await.unwrap_err(), Dropped);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(get(&server, &link("")).await.status(), 404, "nothing was done");
    server.faults.add(rule("PUT", FaultAction::DropAfter));
    assert_eq!(server.exchange(put()).await.unwrap_err(), Dropped);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(get(&server, &link("")).await.status(), 200, "done, though nobody heard");
    let busy = FaultAction::Refuse {
        status: 429,
        code: "SubscriptionTooManyRequests".into(),
        message: String::new(),
        retry_after_s: Some(7),
    };
    server.faults.add(rule("GET", busy));
    let throttled = get(&server, &link("")).await;
    assert_eq!((throttled.status().as_u16(), header(&throttled, "retry-after")), (429, "7"));
    let code = "ManagedInstanceLinkConnectivityIsNotEstablished".to_owned();
    server.faults.add(rule("PATCH", FaultAction::FailOperation { code: code.clone(), message: "m".into() }));
    let started = call(&server, "PATCH", &link(""), &json!({"properties": {"replicationMode": "Sync"}})).await;
    let done = finish(&server, &started).await;
    assert_eq!((done["status"].as_str(), done["error"]["code"].as_str()), (Some("Failed"), Some(code.as_str())));
    assert_eq!(content(&get(&server, &link("")).await)["properties"]["replicationMode"], "Async");
}

#[tokio::test(start_paused = true)]
async fn every_answer_carries_ids_and_what_is_left() {
    let server = start();
    let mut sent = request("GET", &mi("", V25), Some("good"), "");
    sent.headers_mut().insert("x-ms-correlation-request-id", "abc".parse().unwrap());
    let answer = server.handle(sent).await;
    assert_eq!(header(&answer, "x-ms-correlation-request-id"), "abc");
    assert_eq!(header(&answer, "x-ms-request-id").len(), 36);
    assert!(header(&answer, "x-ms-routing-request-id").starts_with("WESTEUROPE:20260301T100000Z:"));
    let left: u32 = header(&answer, "x-ms-ratelimit-remaining-subscription-global-reads").parse().unwrap();
    assert!((16_000..16_500).contains(&left));
    let missing = get(&server, mi("", "").trim_end_matches('=')).await;
    assert_eq!(code(&missing), (400, "MissingApiVersionParameter".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn az_finds_its_way_in() {
    let server = start();
    let metadata = server.handle(request("GET", "/metadata/endpoints?api-version=2022-09-01", None, "")).await;
    assert_eq!(content(&metadata)["suffixes"]["sqlServerHostname"], "database.windows.net");
    assert_eq!(content(&metadata)["resourceManager"], "https://127.0.0.1:4443/");
    let subscriptions = content(&get(&server, "/subscriptions?api-version=2022-12-01").await);
    for member in ["id", "subscriptionId", "tenantId", "displayName", "state"] {
        assert!(!subscriptions["value"][0][member].is_null(), "{member}");
    }
    assert_eq!(get(&server, "/tenants?api-version=2022-12-01").await.status(), 200);
    let capabilities = format!(
        "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Sql/locations/westeurope/capabilities?include=supportedManagedInstanceVersions&api-version=2024-11-01-preview"
    );
    let families = content(&get(&server, &capabilities).await);
    let family = &families["supportedManagedInstanceVersions"][0]["supportedEditions"][0]["supportedFamilies"][0];
    assert_eq!(family["sku"], "GP_Gen5");
}

#[tokio::test(start_paused = true)]
async fn shutdown_ends_what_is_running() {
    let server = start();
    let started = call(&server, "PUT", &link(""), &create_body()).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.shutdown().await;
    let status = content(&get(&server, header(&started, "azure-asyncoperation")).await);
    assert_eq!(
        (status["status"].as_str(), status["error"]["code"].as_str()),
        (Some("Failed"), Some("OperationInterrupted"))
    );
}
