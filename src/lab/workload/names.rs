//! How the application finds a listener: its name is asked for, and what it leads to is connected to.

use super::alias::Address;
use super::client::Failure;
use crate::lab::geo::Hub;
use hickory_proto::op::Message;
use hickory_proto::op::Query;
use hickory_proto::rr::Name;
use hickory_proto::rr::RData;
use hickory_proto::rr::RecordType;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;

/// One question to a name server.
const ANSWER_MAX: Duration = Duration::from_secs(2);
const ANSWER_BYTES_MAX: usize = 4096;

/// Whom the application asks.
#[derive(Clone)]
pub enum Asked {
    /// A name server, over UDP.
    Server(SocketAddr),
    /// The lab's zone itself: in a simulation without sockets.
    Zone(Arc<Hub>),
}

/// Names to instances.
#[derive(Clone)]
pub struct Names {
    pub asked: Asked,
    /// Where each instance lets clients in, by its full name.
    pub by_host: BTreeMap<String, Address>,
}

impl Names {
    /// Where to connect now.
    pub async fn find(&self, address: &Address) -> Result<Address, Failure> {
        let Some(name) = &address.listener else { return Ok(address.clone()) };
        let lost = |why: String| Failure::Lost(format!("{name}: {why}"));
        let host = match &self.asked {
            Asked::Zone(hub) => hub.resolve(name),
            Asked::Server(server) => tokio::time::timeout(ANSWER_MAX, ask(*server, name))
                .await
                .map_err(|_| lost("the name server does not answer".to_owned()))?
                .map_err(|e| lost(e.to_string()))?,
        };
        let host = host.ok_or_else(|| lost("no such name".to_owned()))?;
        let found = self.by_host.get(&host.to_lowercase()).ok_or_else(|| lost(format!("leads to {host}")))?;
        Ok(Address { listener: Some(name.clone()), ..found.clone() })
    }
}

/// The end of the chain of CNAMEs; `None`: there is no such name.
async fn ask(server: SocketAddr, name: &str) -> io::Result<Option<String>> {
    let bad = |e: hickory_proto::ProtoError| io::Error::other(e);
    let mut question = Message::query();
    let asked = Name::from_str(&format!("{}.", name.trim_end_matches('.'))).map_err(bad)?;
    question.add_query(Query::query(asked, RecordType::A));
    let id = question.metadata.id;
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    socket.connect(server).await?;
    socket.send(&question.to_vec().map_err(bad)?).await?;
    let mut buffer = [0; ANSWER_BYTES_MAX];
    loop {
        let length = socket.recv(&mut buffer).await?;
        let Ok(reply) = Message::from_vec(buffer.get(..length).unwrap_or_default()) else { continue };
        if reply.metadata.id != id {
            continue;
        }
        let end = reply.answers.iter().rev().find_map(|r| match &r.data {
            RData::CNAME(target) => Some(target.0.to_ascii().trim_end_matches('.').to_owned()),
            _ => None,
        });
        return Ok(end);
    }
}
