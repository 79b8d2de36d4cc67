//! The emulator on real sockets, real time: TLS, the identity endpoint, a dropped connection.

use super::config::ArmConfig;
use super::fake::FakeEstate;
use super::fake::SUBSCRIPTION;
use super::fake::TENANT;
use super::fault::FaultAction;
use super::fault::FaultRule;
use super::server::ArmServer;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

struct Served {
    server: Arc<ArmServer>,
    arm: String,
    identity: String,
    client: reqwest::Client,
    stop: CancellationToken,
}

async fn serve() -> Served {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let signed = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = rustls_pki_types::PrivateKeyDer::try_from(signed.signing_key.serialize_der()).unwrap();
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![signed.cert.der().clone()], key)
        .unwrap();
    let config =
        ArmConfig::new(TENANT, SUBSCRIPTION, "westeurope", Arc::new(|| time::macros::datetime!(2026-11-01 00:00 UTC)));
    let server = ArmServer::new(Arc::new(FakeEstate::new(Duration::ZERO)), config);
    let stop = CancellationToken::new();
    let arm = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let identity = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let arm_url = format!("https://localhost:{}", arm.local_addr().unwrap().port());
    let identity_url = format!("http://{}/msi/token", identity.local_addr().unwrap());
    tokio::spawn(Arc::clone(&server).listen(arm, Arc::new(tls), stop.clone()));
    tokio::spawn(Arc::clone(&server).serve_identity(identity, stop.clone()));
    let root = reqwest::Certificate::from_der(signed.cert.der()).unwrap();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([root]).build().unwrap();
    Served { server, arm: arm_url, identity: identity_url, client, stop }
}

#[tokio::test]
async fn a_client_gets_a_token_and_then_the_list() {
    let served = serve().await;
    let url =
        format!("{}?api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.core.windows.net%2F", served.identity);
    let refused = served.client.get(&url).send().await.unwrap();
    assert_eq!(refused.status(), 401, "without the header");
    let granted: Value =
        served.client.get(&url).header("X-IDENTITY-HEADER", "x").send().await.unwrap().json().await.unwrap();
    let token = granted["access_token"].as_str().unwrap();
    assert_eq!((token.split('.').count(), granted["token_type"].as_str()), (3, Some("Bearer")));
    assert!(granted["expires_on"].as_str().unwrap().parse::<i64>().is_ok(), "seconds as a string");
    let list = format!(
        "{}/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Sql/managedInstances?api-version=2025-01-01",
        served.arm
    );
    let answer = served.client.get(&list).bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/json; charset=utf-8");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["value"][0]["name"], "mi-a");
    served.stop.cancel();
}

#[tokio::test]
async fn a_dropped_connection_has_no_answer() {
    let served = serve().await;
    let rule = FaultRule { method: None, path: None, skip: 0, times: 1, action: FaultAction::DropBefore };
    served.server.faults.add(rule);
    let url = format!("{}/metadata/endpoints?api-version=2022-09-01", served.arm);
    assert!(served.client.get(&url).send().await.unwrap_err().is_request());
    assert_eq!(served.client.get(&url).send().await.unwrap().status(), 200);
    served.stop.cancel();
}
