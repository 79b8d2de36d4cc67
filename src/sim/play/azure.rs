//! An operator's way to ARM: the emulator called directly, with the delays, cuts and losses of a network.

use super::gate::Gate;
use crate::arm::Transport;
use crate::arm::transport::Request;
use crate::arm::transport::Response;
use crate::arm::transport::TransportError;
use crate::base::clock::pause;
use crate::base::clock::within;
use crate::base::redact::ExposeSecret;
use crate::lab::arm::server::ArmServer;
use crate::lab::net::Network;
use crate::lab::up::listen::ARM_HOST;
use async_trait::async_trait;
use hyper::body::Bytes;
use std::sync::Arc;
use std::time::Duration;

/// What the HTTPS client waits for an answer.
const ANSWER_MAX: Duration = Duration::from_secs(60);
/// What it waits for a connection.
const CONNECT_MAX: Duration = Duration::from_secs(15);
/// How often a cut path is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub struct AzureLine {
    pub server: Arc<ArmServer>,
    pub network: Arc<Network>,
    pub from: String,
    pub gate: Gate,
}

fn lost(sent: bool, message: &str) -> TransportError {
    TransportError { sent, tls: false, message: message.to_owned() }
}

impl AzureLine {
    async fn while_cut(&self) {
        while self.network.is_cut(&self.from, ARM_HOST) {
            pause(LOOK_EVERY).await;
        }
        pause(self.network.path(&self.from, ARM_HOST).latency).await;
    }
}

#[async_trait]
impl Transport for AzureLine {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.gate.pass().await;
        within(CONNECT_MAX, self.while_cut()).await.ok_or_else(|| lost(false, "no route to Azure"))?;
        let mut builder = hyper::Request::builder().method(request.method.as_str()).uri(&request.url);
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        if let Some(token) = &request.bearer {
            builder = builder.header("authorization", format!("Bearer {}", token.expose_secret()));
        }
        let body = match &request.body {
            Some(body) => {
                builder = builder.header("content-type", "application/json");
                Bytes::from(body.to_string())
            }
            None => Bytes::new(),
        };
        let whole = builder.body(body).map_err(|e| lost(false, &format!("bad request: {e}")))?;
        let answer = async {
            let answer = self.server.exchange(whole).await.map_err(|_| lost(true, "connection closed"))?;
            // The way back may be cut by now.
            self.while_cut().await;
            self.gate.pass().await;
            Ok(answer)
        };
        let answer = within(ANSWER_MAX, answer).await.ok_or_else(|| lost(true, "timed out"))??;
        let headers = answer
            .headers()
            .iter()
            .map(|(k, v)| (k.as_str().to_owned(), String::from_utf8_lossy(v.as_bytes()).into_owned()))
            .collect();
        Ok(Response { status: answer.status().as_u16(), headers, body: answer.body().to_vec() })
    }
}
