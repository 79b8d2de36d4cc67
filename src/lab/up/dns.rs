//! The name server of the lab's zone: instances are addresses on loopback, listeners are CNAMEs of instances.

use crate::lab::geo::Hub;
use hickory_proto::op::Message;
use hickory_proto::op::MessageType;
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::Name;
use hickory_proto::rr::RData;
use hickory_proto::rr::Record;
use hickory_proto::rr::RecordType;
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::rdata::CNAME;
use std::io;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;

/// Seconds a record may be kept: documented for SQL Database only (facts: failover-groups 3.4).
const TTL: u32 = 30;
/// Largest question over UDP.
const QUESTION_MAX: usize = 1232;

/// Answers until told to stop; gives where.
pub(super) async fn start(hub: Arc<Hub>, hosts: Vec<String>, stop: CancellationToken) -> io::Result<SocketAddr> {
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    let address = socket.local_addr()?;
    tokio::spawn(async move {
        let mut buffer = [0; QUESTION_MAX];
        loop {
            let (length, from) = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                got = socket.recv_from(&mut buffer) => match got {
                    Ok(got) => got,
                    Err(_) => continue,
                },
            };
            if let Some(reply) = buffer.get(..length).and_then(|bytes| answer(&hub, &hosts, bytes)) {
                let _ = socket.send_to(&reply, from).await;
            }
        }
    });
    Ok(address)
}

/// The reply to one question; `None`: not a question at all.
fn answer(hub: &Hub, hosts: &[String], bytes: &[u8]) -> Option<Vec<u8>> {
    let asked = Message::from_vec(bytes).ok()?;
    let query = asked.queries.first()?.clone();
    let mut reply = Message::response(asked.metadata.id, asked.metadata.op_code);
    reply.metadata.message_type = MessageType::Response;
    reply.metadata.authoritative = true;
    reply.metadata.recursion_desired = asked.metadata.recursion_desired;
    let name = query.name().to_ascii();
    reply.add_query(query.clone());
    let known = |n: &str| hosts.iter().any(|h| h.eq_ignore_ascii_case(n.trim_end_matches('.')));
    let mut owner = query.name().clone();
    let mut found = known(&name);
    if let Some(instance) = hub.resolve(&name)
        && let Ok(target) = Name::from_str(&format!("{instance}."))
    {
        reply.add_answer(Record::from_rdata(owner, TTL, RData::CNAME(CNAME(target.clone()))));
        owner = target;
        found = true;
    }
    if found && query.query_type() == RecordType::A {
        reply.add_answer(Record::from_rdata(owner, TTL, RData::A(A(Ipv4Addr::LOCALHOST))));
    }
    if !found {
        reply.metadata.response_code = ResponseCode::NXDomain;
    }
    reply.to_vec().ok()
}
