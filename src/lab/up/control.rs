//! The lab's control door: repoint the application, break and mend things. Loopback, bearer token.

use super::listener;
use super::power::Power;
use crate::lab::arm::fault::FaultRule;
use crate::lab::arm::server::ArmServer;
use crate::lab::geo::Hub;
use crate::lab::net::Network;
use crate::lab::net::Path;
use crate::lab::workload::alias::Address;
use crate::lab::workload::alias::AliasTable;
use crate::lab::world::instance::Instance;
use http_body_util::BodyExt;
use http_body_util::Full;
use http_body_util::Limited;
use hyper::Request;
use hyper::Response;
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What can be asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// The application's name of a database points at another server, or at a listener, from now on.
    Repoint {
        database: String,
        to: String,
    },
    /// No packet passes between two servers.
    Cut {
        a: String,
        b: String,
    },
    Restore {
        a: String,
        b: String,
    },
    Slow {
        a: String,
        b: String,
        latency_ms: f64,
        mib_per_s: f64,
    },
    Arm {
        rule: FaultRule,
    },
    ArmClear,
    /// A fact that no statement of a client changes: what is done on the host, by other tools or in the portal.
    Set {
        server: String,
        key: String,
        value: String,
        database: Option<String>,
    },
    /// The instance stops, or starts again at its address.
    Stop {
        server: String,
    },
    Start {
        server: String,
    },
    /// A secondary is made primary although the old primary lives.
    ForceFailover {
        server: String,
        database: String,
    },
    /// Where the application's names point, and what is cut.
    Status,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Answer {
    pub ok: bool,
    pub said: String,
}

/// What the door leads to.
pub struct Door {
    pub token: String,
    pub alias: Arc<AliasTable>,
    pub hub: Arc<Hub>,
    pub addresses: BTreeMap<String, Address>,
    /// Host on the lab's network by server id.
    pub hosts: BTreeMap<String, String>,
    pub network: Arc<Network>,
    pub arm: Arc<ArmServer>,
    pub instances: BTreeMap<String, Arc<Instance>>,
    pub power: Power,
}

/// Largest question.
const QUESTION_MAX: usize = 64 * 1024;

impl Door {
    fn host(&self, id: &str) -> Result<&str, String> {
        let known = || self.hosts.keys().cloned().collect::<Vec<_>>().join(", ");
        self.hosts.get(id).map(String::as_str).ok_or_else(|| format!("no server `{id}`; there are {}", known()))
    }

    fn pair(&self, a: &str, b: &str) -> Result<(&str, &str), String> {
        Ok((self.host(a)?, self.host(b)?))
    }

    /// Does what is asked.
    pub fn answer(&self, ask: Ask) -> Result<String, String> {
        Ok(match ask {
            Ask::Repoint { database, to } => {
                let address = match self.addresses.get(&to) {
                    Some(server) => server.clone(),
                    None => listener::address(&self.hub, &to).ok_or_else(|| format!("no server or listener `{to}`"))?,
                };
                if self.alias.get(&database).is_none() {
                    return Err(format!("the application uses no database `{database}`"));
                }
                self.alias.repoint(&database, address);
                format!("{database} -> {to}")
            }
            Ask::Cut { a, b } => {
                let (x, y) = self.pair(&a, &b)?;
                self.network.cut(x, y);
                format!("{a} and {b} are cut off from each other")
            }
            Ask::Restore { a, b } => {
                let (x, y) = self.pair(&a, &b)?;
                self.network.restore(x, y);
                format!("{a} and {b} reach each other")
            }
            Ask::Slow { a, b, latency_ms, mib_per_s } => {
                if !(0.0..=60_000.0).contains(&latency_ms) || !(0.0..=1e6).contains(&mib_per_s) {
                    return Err("latency 0 to 60000 ms, bandwidth 0 (unlimited) to 1000000 MiB/s".to_owned());
                }
                let (x, y) = self.pair(&a, &b)?;
                let latency = Duration::from_secs_f64(latency_ms / 1000.0);
                self.network.set_path(
                    x,
                    y,
                    Path { latency, bytes_per_second: (mib_per_s * f64::from(1 << 20)) as u64 },
                );
                format!("{a} to {b}: {latency_ms} ms, {mib_per_s} MiB/s")
            }
            Ask::Arm { rule } => {
                self.arm.faults.add(rule);
                "the rule holds".to_owned()
            }
            Ask::ArmClear => {
                self.arm.faults.clear();
                "no rule holds".to_owned()
            }
            Ask::Set { server, key, value, database } => {
                let instance = self.instances.get(&server).ok_or_else(|| format!("no server `{server}`"))?;
                super::fact::set(&self.instances, instance, &self.arm, &key, &value, database.as_deref())?
            }
            Ask::Stop { server } => {
                self.power.off(&server)?;
                format!("{server} has stopped")
            }
            Ask::Start { server } => {
                self.power.on(&server)?;
                format!("{server} starts")
            }
            Ask::ForceFailover { server, database } => {
                let instance = self.instances.get(&server).ok_or_else(|| format!("no server `{server}`"))?;
                super::fault::force_failover(instance, &database)?;
                format!("{server} is primary of {database} now, whatever its partner thinks")
            }
            Ask::Status => {
                let now = listener::current(&self.alias, &self.hub);
                let points: Vec<_> = now.into_iter().map(|(d, server)| format!("{d} -> {server}")).collect();
                points.join("\n")
            }
        })
    }

    async fn respond(&self, request: Request<Incoming>) -> (StatusCode, Answer) {
        let bearer = request.headers().get("authorization").and_then(|v| v.to_str().ok());
        if bearer != Some(&format!("Bearer {}", self.token)) {
            return (
                StatusCode::UNAUTHORIZED,
                Answer { ok: false, said: "the token of lab.json is needed".to_owned() },
            );
        }
        let body = match Limited::new(request.into_body(), QUESTION_MAX).collect().await {
            Ok(body) => body.to_bytes(),
            Err(e) => return (StatusCode::BAD_REQUEST, Answer { ok: false, said: e.to_string() }),
        };
        let said = serde_json::from_slice::<Ask>(&body).map_err(|e| e.to_string()).and_then(|ask| self.answer(ask));
        match said {
            Ok(said) => (StatusCode::OK, Answer { ok: true, said }),
            Err(said) => (StatusCode::BAD_REQUEST, Answer { ok: false, said }),
        }
    }
}

/// Answers until told to stop.
pub async fn serve(listener: TcpListener, door: Arc<Door>, stop: CancellationToken) {
    loop {
        let stream = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => continue,
            },
        };
        let (door, stop) = (door.clone(), stop.clone());
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let door = door.clone();
                async move {
                    let (status, answer) = door.respond(request).await;
                    let text = serde_json::to_vec(&answer).unwrap_or_default();
                    let mut response = Response::new(Full::new(Bytes::from(text)));
                    *response.status_mut() = status;
                    Ok::<_, Infallible>(response)
                }
            });
            let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                _ = connection => {}
            }
        });
    }
}
