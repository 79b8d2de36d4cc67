//! Clients within the process: pipes over the lab's network instead of sockets.

use crate::lab::net::BoxStream;
use crate::lab::net::Listener;
use crate::lab::net::Network;
use crate::lab::tds::backend::Backend;
use crate::lab::tds::serve::TdsConfig;
use crate::lab::tds::serve::serve_connection;
use crate::lab::workload::alias::Address;
use crate::lab::workload::client::Dialer;
use async_trait::async_trait;
use std::io;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Dials from a named machine, so that its path to a server can be slow or cut.
pub struct PipeDialer {
    pub network: Arc<Network>,
    pub from: String,
}

#[async_trait]
impl Dialer for PipeDialer {
    async fn dial(&self, address: &Address) -> io::Result<BoxStream> {
        self.network.connect(&self.from, &address.host, address.port).await
    }
}

/// Accepts until told to stop.
pub(super) async fn serve(
    mut listener: Listener,
    config: Arc<TdsConfig>,
    backend: Arc<dyn Backend>,
    stop: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, peer)) = accepted else { return };
        tokio::spawn(serve_connection(stream, peer, config.clone(), backend.clone(), stop.clone()));
    }
}
