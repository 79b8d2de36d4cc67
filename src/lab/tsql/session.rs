//! A logged-in session of the engine.

use crate::lab::tds::backend::RpcCall;
use crate::lab::tds::backend::Session;
use crate::lab::tds::backend::Sink;
use crate::lab::tds::backend::TransactionRequest;
use crate::lab::tsql::exec::Core;
use crate::lab::tsql::exec::Run;
use crate::lab::tsql::host::Host;
use crate::lab::tsql::host::SessionCx;
use async_trait::async_trait;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The engine as the TDS layer sees it. Dropping it rolls open work back.
pub struct EngineSession {
    core: Core,
}

impl EngineSession {
    /// A session on an instance. `killed` is what the host cancels to end it; a fatal error cancels it too.
    pub fn new(host: Arc<dyn Host>, cx: SessionCx, killed: CancellationToken) -> Self {
        Self { core: Core::new(host, cx, killed) }
    }
}

#[async_trait]
impl Session for EngineSession {
    fn spid(&self) -> u16 {
        u16::try_from(self.core.spid()).unwrap_or(u16::MAX)
    }

    async fn batch(&mut self, text: &str, sink: &Sink) {
        Run::new(&mut self.core, sink).batch(text).await;
    }

    async fn rpc(&mut self, call: RpcCall, sink: &Sink) {
        Run::new(&mut self.core, sink).rpc(call).await;
    }

    async fn transaction(&mut self, request: TransactionRequest, sink: &Sink) {
        Run::new(&mut self.core, sink).transaction_request(request).await;
    }

    async fn reset(&mut self) {
        self.core.reset();
    }

    async fn cancelled(&mut self) {
        self.core.interrupted();
    }

    fn killed(&self) -> CancellationToken {
        self.core.killed()
    }
}
