//! Names to addresses, with the chain of CNAMEs and how long an answer may be kept.

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use async_trait::async_trait;
use hickory_proto::op::Message;
use hickory_proto::op::Query;
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::Name;
use hickory_proto::rr::RData;
use hickory_proto::rr::RecordType;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;
use tokio::net::UdpSocket;

/// One question, and how often it is asked.
const ANSWER_MAX: Duration = Duration::from_secs(3);
const ATTEMPTS: u32 = 2;
/// Largest answer over UDP that is taken.
const ANSWER_BYTES_MAX: usize = 4096;

/// Where a name leads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resolved {
    /// Names that the first one leads to, in order; empty if there was no CNAME, or the system's resolver hides it.
    pub chain: Vec<String>,
    pub addresses: Vec<IpAddr>,
    /// Smallest time to live of the answer, seconds; `None`: not told.
    pub ttl_s: Option<u32>,
}

/// Something that resolves names.
#[async_trait]
pub trait Resolve: Send + Sync {
    /// `None`: there is no such name.
    async fn resolve(&self, name: &str) -> Result<Option<Resolved>>;
    /// Who is asked, for people.
    fn describe(&self) -> String;
}

/// The operating system's own way: no chain, no time to live.
pub struct SystemResolver;

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, name: &str) -> Result<Option<Resolved>> {
        let looked_up = tokio::time::timeout(ANSWER_MAX, tokio::net::lookup_host((name, 0))).await;
        match looked_up {
            Err(_) => Err(Error::new(Kind::TimedOut, format!("resolving {name} took too long"))),
            // A name that does not exist and a resolver that fails look alike here.
            Ok(Err(_)) => Ok(None),
            Ok(Ok(found)) => {
                let addresses = found.map(|a| a.ip()).collect();
                Ok(Some(Resolved { addresses, ..Resolved::default() }))
            }
        }
    }
    fn describe(&self) -> String {
        "the system's resolver".to_owned()
    }
}

/// A chosen name server, asked over UDP.
pub struct NameServer(pub SocketAddr);

#[async_trait]
impl Resolve for NameServer {
    async fn resolve(&self, name: &str) -> Result<Option<Resolved>> {
        let bad = |e: &dyn std::fmt::Display| Error::usage(format!("`{name}` is no name: {e}"));
        let asked = Name::from_str(&format!("{}.", name.trim_end_matches('.'))).map_err(|e| bad(&e))?;
        let mut message = Message::query();
        message.metadata.recursion_desired = true;
        message.add_query(Query::query(asked, RecordType::A));
        let id = message.metadata.id;
        let bytes = message.to_vec().map_err(|e| bad(&e))?;
        let mut last = Error::new(Kind::TimedOut, format!("name server {} does not answer", self.0));
        for _ in 0..ATTEMPTS {
            match tokio::time::timeout(ANSWER_MAX, self.exchange(&bytes, id)).await {
                Ok(Ok(reply)) => return read(&reply, name),
                Ok(Err(e)) => {
                    last = Error::new(Kind::Unreachable, format!("name server {}", self.0)).caused_by(e);
                }
                Err(_) => {}
            }
        }
        Err(last.hint("is [dns] server in the estate file right?"))
    }
    fn describe(&self) -> String {
        format!("name server {}", self.0)
    }
}

impl NameServer {
    async fn exchange(&self, question: &[u8], id: u16) -> std::io::Result<Message> {
        let own: SocketAddr = if self.0.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
        let socket = UdpSocket::bind(own).await?;
        socket.connect(self.0).await?;
        socket.send(question).await?;
        let mut buffer = [0; ANSWER_BYTES_MAX];
        loop {
            let length = socket.recv(&mut buffer).await?;
            // Anything else is not the answer to this question.
            if let Ok(reply) = Message::from_vec(buffer.get(..length).unwrap_or_default())
                && reply.metadata.id == id
            {
                return Ok(reply);
            }
        }
    }
}

fn read(reply: &Message, name: &str) -> Result<Option<Resolved>> {
    match reply.metadata.response_code {
        ResponseCode::NoError => {}
        ResponseCode::NXDomain => return Ok(None),
        other => return Err(Error::new(Kind::Server, format!("the name server answers {other} for {name}"))),
    }
    let mut found = Resolved::default();
    for record in &reply.answers {
        match &record.data {
            RData::CNAME(target) => found.chain.push(target.0.to_ascii().trim_end_matches('.').to_lowercase()),
            RData::A(address) => found.addresses.push(IpAddr::V4(address.0)),
            _ => continue,
        }
        found.ttl_s = Some(found.ttl_s.map_or(record.ttl, |t| t.min(record.ttl)));
    }
    Ok((!found.chain.is_empty() || !found.addresses.is_empty()).then_some(found))
}
