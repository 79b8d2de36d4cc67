//! Addresses: who listens where, and how to get there.

use super::fabric::Fabric;
use super::fabric::Path;
use super::node::Node;
use super::node::REDIRECT;
use super::pump::pump;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::net::TcpListener;
use tokio::net::TcpSocket;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A connection, whatever carries it.
pub trait ByteStream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> ByteStream for T {}
/// A boxed connection.
pub type BoxStream = Box<dyn ByteStream>;

/// How long a dial into a cut path takes: three SYN retransmissions of Windows.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(21);
/// Bytes a pipe holds before the writer waits, like a socket buffer.
const PIPE: usize = 64 * 1024;
/// Connections waiting to be accepted.
const BACKLOG: usize = 1024;

type Address = (String, u16);
type Incoming = mpsc::Sender<(BoxStream, String)>;

enum Bound {
    Tcp(SocketAddr),
    Memory(Incoming),
}

#[derive(Default)]
struct Directory {
    bound: BTreeMap<Address, Bound>,
    hosts: BTreeSet<String>,
    /// Lab host behind a loopback client address, so that the accepting side can tell who dials.
    callers: BTreeMap<SocketAddr, String>,
    /// Nodes, and the instance that each holds.
    nodes: BTreeMap<String, String>,
}

/// Security groups and routes on the way, and the addresses behind names.
pub trait Wires: Send + Sync {
    /// Whether a new connection passes.
    fn passes(&self, from: &str, to: &str, port: u16) -> bool;
    /// IP address of a host.
    fn address(&self, host: &str) -> Option<String>;
}

/// The network of one lab.
pub struct Network {
    in_memory: bool,
    directory: Mutex<Directory>,
    fabric: Arc<Fabric>,
    /// None: everything passes.
    wires: OnceLock<Arc<dyn Wires>>,
}

impl Network {
    /// Loopback sockets on ephemeral ports.
    pub fn tcp() -> Arc<Self> {
        Self::new(false)
    }

    /// Pipes only: works under tokio's paused clock.
    pub fn in_memory() -> Arc<Self> {
        Self::new(true)
    }

    fn new(in_memory: bool) -> Arc<Self> {
        let wires = OnceLock::new();
        Arc::new(Self { in_memory, directory: Mutex::default(), fabric: Arc::new(Fabric::new()), wires })
    }

    /// Puts security groups and routes on the way, once.
    pub fn set_wires(&self, wires: Arc<dyn Wires>) {
        let _ = self.wires.set(wires);
    }

    /// IP address of a host, where the lab knows one.
    pub fn address_of(&self, host: &str) -> Option<String> {
        self.wires.get().and_then(|w| w.address(host))
    }

    /// Whether a new connection would pass what stands on the way.
    pub fn lets(&self, from: &str, to: &str, port: u16) -> bool {
        self.wires.get().is_none_or(|w| w.passes(from, to, port))
    }

    /// Dials a mirroring endpoint. A managed instance hands the caller on to a port of the node (facts: mi-link 13): the
    /// connection stands only if that one is open, too.
    pub async fn connect_mirroring(&self, from_host: &str, host: &str, port: u16) -> io::Result<BoxStream> {
        let stream = self.connect(from_host, host, port).await?;
        if let Some(node) = Node::of(host)
            && !self.lets(from_host, &node.host(), REDIRECT)
        {
            tokio::time::sleep(CONNECT_TIMEOUT).await;
            return Err(io::Error::from(io::ErrorKind::TimedOut));
        }
        Ok(stream)
    }

    fn directory(&self) -> MutexGuard<'_, Directory> {
        self.directory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a host known, so that its closed ports refuse instead of being unreachable.
    pub fn add_host(&self, host: &str) {
        self.directory().hosts.insert(host.to_ascii_lowercase());
    }

    /// Opens the node port of a managed instance. Mirroring itself goes on at the instance's own port: what connects here is
    /// let go again.
    pub async fn open_node(self: &Arc<Self>, instance: &str, stop: CancellationToken) -> io::Result<()> {
        let Some(node) = Node::of(instance) else { return Ok(()) };
        let mut listener = self.listen(&node.host(), REDIRECT).await?;
        self.directory().nodes.insert(node.host(), instance.to_ascii_lowercase());
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => return,
                    accepted = listener.accept() => if accepted.is_err() { return },
                }
            }
        });
        Ok(())
    }

    /// Starts to listen; `AddrInUse` if the address is taken. Dropping the listener closes it.
    pub async fn listen(self: &Arc<Self>, host: &str, port: u16) -> io::Result<Listener> {
        let address = (host.to_ascii_lowercase(), port);
        if self.directory().bound.contains_key(&address) {
            return Err(io::Error::from(io::ErrorKind::AddrInUse));
        }
        let (source, bound, local) = if self.in_memory {
            let (tx, rx) = mpsc::channel(BACKLOG);
            (Source::Memory(rx), Bound::Memory(tx), None)
        } else {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            let local = listener.local_addr()?;
            (Source::Tcp(listener), Bound::Tcp(local), Some(local))
        };
        let mut directory = self.directory();
        if directory.bound.contains_key(&address) {
            return Err(io::Error::from(io::ErrorKind::AddrInUse));
        }
        directory.hosts.insert(address.0.clone());
        directory.bound.insert(address.clone(), bound);
        drop(directory);
        Ok(Listener { network: self.clone(), address, source, local })
    }

    /// Dials. `HostUnreachable` for an unknown host, `ConnectionRefused` for a closed port, `TimedOut` through a cut.
    pub async fn connect(&self, from_host: &str, host: &str, port: u16) -> io::Result<BoxStream> {
        let (from, to) = (from_host.to_ascii_lowercase(), host.to_ascii_lowercase());
        if !self.directory().hosts.contains(&to) {
            return Err(io::Error::from(io::ErrorKind::HostUnreachable));
        }
        if !self.lets(&from, &to, port) {
            tokio::time::sleep(CONNECT_TIMEOUT).await;
            return Err(io::Error::from(io::ErrorKind::TimedOut));
        }
        // A node is where its instance is.
        let wire = self.directory().nodes.get(&to).cloned().unwrap_or_else(|| to.clone());
        if tokio::time::timeout(CONNECT_TIMEOUT, self.fabric.open(&from, &wire)).await.is_err() {
            return Err(io::Error::from(io::ErrorKind::TimedOut));
        }
        let latency = self.fabric.get(&from, &to).latency;
        if !latency.is_zero() {
            tokio::time::sleep(latency * 2).await;
        }
        let target = match self.directory().bound.get(&(to.clone(), port)) {
            None => return Err(io::Error::from(io::ErrorKind::ConnectionRefused)),
            Some(Bound::Tcp(address)) => Err(*address),
            Some(Bound::Memory(tx)) => Ok(tx.clone()),
        };
        let (near, inner) = tokio::io::duplex(PIPE);
        match target {
            Ok(incoming) => {
                let (outer, far) = tokio::io::duplex(PIPE);
                let refused = |_| io::Error::from(io::ErrorKind::ConnectionRefused);
                incoming.try_send((Box::new(far), from.clone())).map_err(refused)?;
                self.join(&from, &to, inner, outer);
            }
            Err(address) => self.join(&from, &to, inner, self.dial(&from, address).await?),
        }
        Ok(Box::new(near))
    }

    async fn dial(&self, from: &str, address: SocketAddr) -> io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        // known before the other side can accept
        self.directory().callers.insert(socket.local_addr()?, from.to_string());
        let stream = tokio::time::timeout(CONNECT_TIMEOUT, socket.connect(address))
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    fn join<S>(&self, from: &str, to: &str, near: tokio::io::DuplexStream, far: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (near_read, near_write) = tokio::io::split(near);
        let (far_read, far_write) = tokio::io::split(far);
        let (from, to) = (from.to_string(), to.to_string());
        tokio::spawn(pump(self.fabric.clone(), from.clone(), to.clone(), near_read, far_write));
        tokio::spawn(pump(self.fabric.clone(), to, from, far_read, near_write));
    }

    /// Sets the path between two hosts.
    pub fn set_path(&self, a: &str, b: &str, path: Path) {
        self.fabric.set(a, b, path);
    }

    /// The path between two hosts, or the default one.
    pub fn path(&self, a: &str, b: &str) -> Path {
        self.fabric.get(a, b)
    }

    /// Sets the path of all pairs that have none of their own.
    pub fn default_path(&self, path: Path) {
        self.fabric.set_default(path);
    }

    /// Books the path for bytes of a modelled copy: when they have left, in lab time.
    pub fn count(&self, from: &str, to: &str, bytes: u64, now: Duration) -> Duration {
        self.fabric.count(from, to, bytes, now)
    }

    /// Cuts a path: established connections stall, new ones time out.
    pub fn cut(&self, a: &str, b: &str) {
        self.fabric.cut(a, b);
    }

    /// Heals a path: stalled connections go on.
    pub fn restore(&self, a: &str, b: &str) {
        self.fabric.restore(a, b);
    }

    /// True while the path is cut.
    pub fn is_cut(&self, a: &str, b: &str) -> bool {
        self.fabric.is_cut(a, b)
    }

    /// Virtual address and socket of everything that listens; empty for an in-memory network.
    pub fn addresses(&self) -> Vec<(String, u16, SocketAddr)> {
        let directory = self.directory();
        let tcp = |(a, b): (&Address, &Bound)| match b {
            Bound::Tcp(s) => Some((a.0.clone(), a.1, *s)),
            Bound::Memory(_) => None,
        };
        directory.bound.iter().filter_map(tcp).collect()
    }
}

enum Source {
    Tcp(TcpListener),
    Memory(mpsc::Receiver<(BoxStream, String)>),
}

/// A bound virtual address.
pub struct Listener {
    network: Arc<Network>,
    address: Address,
    source: Source,
    local: Option<SocketAddr>,
}

impl Listener {
    /// The next connection and the lab host it comes from (an IP for a client from outside the lab).
    pub async fn accept(&mut self) -> io::Result<(BoxStream, String)> {
        match &mut self.source {
            Source::Memory(rx) => rx.recv().await.ok_or_else(|| io::Error::from(io::ErrorKind::BrokenPipe)),
            Source::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                stream.set_nodelay(true)?;
                let host = self.network.directory().callers.remove(&peer).unwrap_or_else(|| peer.ip().to_string());
                Ok((Box::new(stream), host))
            }
        }
    }

    /// The socket behind it; `None` in memory.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.local
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.network.directory().bound.remove(&self.address);
    }
}
