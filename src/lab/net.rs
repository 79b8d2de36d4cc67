//! The lab's network: virtual addresses (`10.0.1.8:5022`, `mi.zone.database.windows.net:5022`) over loopback sockets or
//! in-memory pipes, with partitions, latency and bandwidth between two hosts. (Skeleton of the contract; owner: mirror.)

use std::time::Duration;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;

pub trait ByteStream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> ByteStream for T {}
pub type BoxStream = Box<dyn ByteStream>;

/// Properties of the path between two hosts, both ways alike.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Path {
    /// One-way delay.
    pub latency: Duration,
    /// 0: unlimited.
    pub bytes_per_second: u64,
}

// Contract of `Network` (owner: mirror):
//   pub fn tcp() -> Arc<Network>;      // loopback sockets on ephemeral ports
//   pub fn in_memory() -> Arc<Network>;
//   pub async fn listen(&self, host: &str, port: u16) -> io::Result<Listener>;   // AddrInUse if taken; drop = closed
//   impl Listener { pub async fn accept(&mut self) -> io::Result<(BoxStream, String /* peer host */)>; pub fn local_addr(&self) -> Option<SocketAddr>; }
//   pub async fn connect(&self, from_host: &str, host: &str, port: u16) -> io::Result<BoxStream>;  // HostUnreachable / ConnectionRefused / TimedOut
//   pub fn set_path(&self, a: &str, b: &str, path: Path); pub fn default_path(..)
//   pub fn cut(&self, a: &str, b: &str); pub fn restore(&self, a: &str, b: &str);   // established connections stall, new ones time out
//   pub fn addresses(&self) -> Vec<(String, u16, SocketAddr)>;
pub struct Network {
    _private: (),
}

impl Network {
    /// A network without sockets.
    pub fn in_memory() -> std::sync::Arc<Network> {
        std::sync::Arc::new(Network { _private: () })
    }
}
