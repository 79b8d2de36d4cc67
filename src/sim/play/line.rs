//! An operator's connections to servers: pipes over the lab's network.

use super::gate::Gate;
use super::gate::GatedStream;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::lab::net::Network;
use crate::sql::BoxStream;
use crate::sql::Dialer;
use crate::sql::Server;
use async_trait::async_trait;
use std::sync::Arc;

/// Dials from one machine, for one process.
pub struct Line {
    pub network: Arc<Network>,
    pub from: String,
    pub gate: Gate,
}

#[async_trait]
impl Dialer for Line {
    async fn dial(&self, server: &Server) -> Result<BoxStream> {
        self.gate.pass().await;
        let stream = self.network.connect(&self.from, &server.host, server.port).await.map_err(|e| {
            Error::new(Kind::Unreachable, format!("no connection to {} from {}", server.place(), self.from))
                .caused_by(e)
        })?;
        Ok(Box::new(GatedStream::new(self.gate.clone(), stream)))
    }
    fn needs_tls(&self) -> bool {
        false
    }
}
