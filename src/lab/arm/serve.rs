//! The emulator on sockets: ARM over TLS, the identity endpoint over plain HTTP.

use super::config::ArmConfig;
use super::oauth;
use super::provider::Provider;
use super::server::ArmServer;
use super::server::BODY_BYTES_MAX;
use super::server::Scheme;
use bytes::Bytes;
use http_body_util::BodyExt;
use http_body_util::Full;
use http_body_util::Limited;
use hyper::body::Incoming;
use hyper::http::HeaderValue;
use hyper::http::Request;
use hyper::http::Response;
use hyper::http::StatusCode;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// Connections at once; more wait in the backlog.
const CONNECTIONS_MAX: usize = 512;
/// A client that does not finish its handshake or its headers in this time is let go.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(15);

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl ArmServer {
    /// Serves ARM over HTTPS until `shutdown`, with a server of its own.
    pub async fn serve(
        listener: TcpListener,
        tls: Arc<rustls::ServerConfig>,
        provider: Arc<dyn Provider>,
        config: ArmConfig,
        shutdown: CancellationToken,
    ) -> io::Result<()> {
        Self::new(provider, config).listen(listener, tls, shutdown).await
    }

    /// Serves this server over HTTPS until `shutdown`; running operations end with it.
    pub async fn listen(
        self: Arc<Self>,
        listener: TcpListener,
        tls: Arc<rustls::ServerConfig>,
        shutdown: CancellationToken,
    ) -> io::Result<()> {
        let acceptor = TlsAcceptor::from(tls);
        let server = Arc::clone(&self);
        accept_all(listener, shutdown, move |stream| {
            let (acceptor, server) = (acceptor.clone(), Arc::clone(&server));
            async move {
                let tls = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await??;
                connection(tls, move |request| arm_request(Arc::clone(&server), request, Scheme("https"))).await
            }
        })
        .await;
        self.shutdown().await;
        Ok(())
    }

    /// Serves ARM over plain HTTP: for clients that were told to allow it.
    pub async fn listen_plain(self: Arc<Self>, listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
        let server = Arc::clone(&self);
        accept_all(listener, shutdown, move |stream| {
            let server = Arc::clone(&server);
            connection(stream, move |request| arm_request(Arc::clone(&server), request, Scheme("http")))
        })
        .await;
        Ok(())
    }

    /// Serves the App Service managed-identity endpoint (`IDENTITY_ENDPOINT`), any path, plain HTTP.
    pub async fn serve_identity(self: Arc<Self>, listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
        accept_all(listener, shutdown, move |stream| {
            let server = Arc::clone(&self);
            connection(stream, move |request| {
                let server = Arc::clone(&server);
                async move { Ok(identity_request(&server, &request)) }
            })
        })
        .await;
        Ok(())
    }
}

/// Accepts until told to stop; each connection in a task of its own.
async fn accept_all<F, Fut>(listener: TcpListener, shutdown: CancellationToken, handle: F)
where
    F: Fn(TcpStream) -> Fut + Send + 'static,
    Fut: Future<Output = Result<(), BoxError>> + Send + 'static,
{
    let slots = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
        let accepted = tokio::select! {
            biased;
            () = shutdown.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            // Out of descriptors, most likely: a short rest instead of a busy loop.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        // Nagle would cost every answer 40 ms (facts: az-cli 5).
        let _ = stream.set_nodelay(true);
        let work = handle(stream);
        let stop = shutdown.clone();
        tokio::spawn(async move {
            let _slot = slot;
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                result = work => if let Err(error) = result {
                    tracing::debug!(%error, "lab arm: connection ended");
                },
            }
        });
    }
}

async fn connection<S, F, Fut>(stream: S, answer: F) -> Result<(), BoxError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Fn(Request<Incoming>) -> Fut,
    Fut: Future<Output = Result<Response<Full<Bytes>>, BoxError>>,
{
    hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(300))
        .max_buf_size(64 << 10)
        .serve_connection(TokioIo::new(stream), service_fn(answer))
        .await
        .map_err(Into::into)
}

async fn arm_request(
    server: Arc<ArmServer>,
    request: Request<Incoming>,
    scheme: Scheme,
) -> Result<Response<Full<Bytes>>, BoxError> {
    let (mut parts, body) = request.into_parts();
    // One byte over the limit is enough for the server to refuse it.
    let body =
        tokio::time::timeout(Duration::from_secs(60), Limited::new(body, BODY_BYTES_MAX + 1).collect()).await??;
    parts.extensions.insert(scheme);
    let response = server.exchange(Request::from_parts(parts, body.to_bytes())).await?;
    Ok(response.map(Full::new))
}

fn identity_request(server: &ArmServer, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let query = request.uri().query();
    let (status, body) = if request.method() == hyper::Method::GET {
        oauth::identity(&server.config, &server.tokens, &server.mint, query, request.headers())
    } else {
        (StatusCode::METHOD_NOT_ALLOWED, serde_json::json!({"statusCode": 405, "message": "GET only."}))
    };
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    response
}
