//! Instances that stop and start again: no login, no mirroring, and nothing forgotten.

use super::pipes;
use super::start::Wire;
use crate::lab::tds::backend::Backend;
use crate::lab::tds::serve as tds;
use crate::lab::tds::serve::TdsConfig;
use crate::lab::world::instance::Instance;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Pause before an address that is still taken is tried again.
const REBIND: Duration = Duration::from_millis(50);
/// How often.
const REBINDS_MAX: usize = 200;

/// The way in to one instance.
pub(super) struct Inlet {
    pub(super) config: Arc<TdsConfig>,
    pub(super) backend: Arc<dyn Backend>,
    pub(super) wire: Wire,
    pub(super) instance: Arc<Instance>,
    pub(super) host: String,
    pub(super) port: u16,
}

/// Of every instance, by id.
pub struct Power {
    inlets: BTreeMap<String, (Arc<Inlet>, Mutex<CancellationToken>)>,
    stop: CancellationToken,
}

impl Power {
    pub(super) fn new(inlets: Vec<(Inlet, CancellationToken)>, stop: CancellationToken) -> Self {
        let by_id = |(inlet, open): (Inlet, CancellationToken)| {
            (inlet.instance.config.id.clone(), (Arc::new(inlet), Mutex::new(open)))
        };
        Self { inlets: inlets.into_iter().map(by_id).collect(), stop }
    }

    fn find(&self, id: &str) -> Result<&(Arc<Inlet>, Mutex<CancellationToken>), String> {
        self.inlets.get(id).ok_or_else(|| format!("no server `{id}`"))
    }

    /// Every connection breaks, and none is let in.
    pub fn off(&self, id: &str) -> Result<(), String> {
        let (inlet, open) = self.find(id)?;
        open.lock().unwrap_or_else(PoisonError::into_inner).cancel();
        inlet.instance.with(|s| s.hadr.away = true);
        inlet.instance.log("SQL Server is terminating because of a system shutdown.");
        inlet.instance.notify();
        Ok(())
    }

    /// At the same address again.
    pub fn on(&self, id: &str) -> Result<(), String> {
        let (inlet, open) = self.find(id)?;
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        if !open.is_cancelled() {
            return Err(format!("`{id}` runs"));
        }
        *open = self.stop.child_token();
        inlet.instance.with(|s| s.hadr.away = false);
        inlet.instance.log("SQL Server is starting at normal priority base (=7).");
        inlet.instance.notify();
        tokio::spawn(inlet.clone().let_in(open.clone()));
        Ok(())
    }
}

impl Inlet {
    async fn let_in(self: Arc<Self>, open: CancellationToken) {
        for _ in 0..REBINDS_MAX {
            let (config, backend) = (self.config.clone(), self.backend.clone());
            match self.wire {
                Wire::Sockets => {
                    if let Ok(listener) = TcpListener::bind((self.host.as_str(), self.port)).await {
                        return tds::serve(listener, config, backend, open).await;
                    }
                }
                Wire::Pipes => {
                    if let Ok(listener) = self.instance.network.listen(&self.host, self.port).await {
                        return pipes::serve(listener, config, backend, open).await;
                    }
                }
            }
            tokio::time::sleep(REBIND).await;
        }
    }
}
