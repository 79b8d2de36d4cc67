//! One request, one response: the only place that knows HTTP.

use crate::base::error::Error;
use crate::base::error::Result;
use crate::base::redact::ExposeSecret;
use crate::base::redact::SecretString;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// HTTP methods in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    Get,
    Put,
    Patch,
    Post,
    Delete,
}

impl Method {
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Post => "POST",
            Method::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A request. `Debug` shows no token.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: Method,
    /// Absolute, used as it is.
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub bearer: Option<SecretString>,
    pub body: Option<serde_json::Value>,
}

/// A response. Header names are in lower case: the service sends them in any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// No response came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportError {
    /// False: nothing of the request left, so it was certainly not carried out.
    pub sent: bool,
    /// TLS refused the other side.
    pub tls: bool,
    pub message: String,
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TransportError {}

/// Sends requests: over HTTPS, or to a simulation.
#[async_trait]
pub trait Transport: Send + Sync {
    async fn send(&self, request: Request) -> std::result::Result<Response, TransportError>;
}

/// Largest body read, in bytes. A list page of the service stays far below.
const MAX_BODY: usize = 32 << 20;

/// How connections are made.
#[derive(Debug, Clone, Default)]
pub struct HttpOptions {
    /// PEM files that add to the trusted roots of the system.
    pub roots: Vec<PathBuf>,
    /// Limit of one request; none: one minute.
    pub timeout: Option<Duration>,
    /// Allows `http://` to a loopback address.
    pub plain_loopback: bool,
}

/// HTTPS.
pub struct HttpTransport {
    client: reqwest::Client,
    plain_loopback: bool,
}

impl HttpTransport {
    pub fn new(options: &HttpOptions) -> Result<Self> {
        let mut builder = reqwest::Client::builder()
            .timeout(options.timeout.unwrap_or(Duration::from_secs(60)))
            .connect_timeout(Duration::from_secs(15))
            .redirect(reqwest::redirect::Policy::none())
            // The pipeline alone decides what is sent twice.
            .retry(reqwest::retry::never());
        for path in &options.roots {
            let pem = std::fs::read(path)
                .map_err(|e| Error::usage(format!("trusted root `{}` cannot be read", path.display())).caused_by(e))?;
            let certificates = reqwest::Certificate::from_pem_bundle(&pem)
                .map_err(|e| Error::usage(format!("`{}` holds no PEM certificate", path.display())).caused_by(e))?;
            builder = builder.tls_certs_merge(certificates);
        }
        let client = builder.build().map_err(|e| Error::bug("the HTTP client cannot be built").caused_by(e))?;
        Ok(Self { client, plain_loopback: options.plain_loopback })
    }

    fn allows(&self, url: &reqwest::Url) -> bool {
        let loopback = match url.host() {
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost",
            None => false,
        };
        url.scheme() == "https" || (self.plain_loopback && url.scheme() == "http" && loopback)
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: Request) -> std::result::Result<Response, TransportError> {
        let unsent = |message: String| TransportError { sent: false, tls: false, message };
        let url = reqwest::Url::parse(&request.url).map_err(|e| unsent(format!("bad address: {e}")))?;
        if !self.allows(&url) {
            return Err(unsent(format!("a token is never sent over {}", url.scheme())));
        }
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Post => reqwest::Method::POST,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut builder = self.client.request(method, url);
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        if let Some(token) = &request.bearer {
            builder = builder.bearer_auth(token.expose_secret());
        }
        builder = match &request.body {
            Some(body) => builder.json(body),
            // Front ends answer 411 to a bodiless POST or PUT without a length.
            None if request.method != Method::Get => builder.header("content-length", "0"),
            None => builder,
        };
        let mut response = builder.send().await.map_err(|e| failed(&e))?;
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(k, v)| (k.as_str().to_ascii_lowercase(), String::from_utf8_lossy(v.as_bytes()).into_owned()))
            .collect();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| failed(&e))? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(TransportError { sent: true, tls: false, message: "the answer is too long".to_owned() });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status, headers, body })
    }
}

fn failed(error: &reqwest::Error) -> TransportError {
    let mut message = String::new();
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(e) = cause {
        let line = e.to_string();
        // The address may carry a signature: only the causes are told.
        if !std::ptr::eq(std::ptr::from_ref(e).cast::<u8>(), std::ptr::from_ref(error).cast::<u8>())
            && !message.contains(&line)
        {
            if !message.is_empty() {
                message.push_str(": ");
            }
            message.push_str(&line);
        }
        cause = e.source();
    }
    if message.is_empty() {
        message = if error.is_timeout() { "timed out".to_owned() } else { "the request failed".to_owned() };
    }
    let tls = error.is_connect() && message.to_ascii_lowercase().contains("certificate");
    TransportError { sent: !(error.is_connect() || error.is_builder()), tls, message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::redact::secret;
    use tokio::io::AsyncReadExt;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    fn request(method: Method, url: String) -> Request {
        Request { method, url, headers: vec![("accept", "x".into())], bearer: Some(secret("tok")), body: None }
    }

    fn plain() -> HttpTransport {
        HttpTransport::new(&HttpOptions { plain_loopback: true, ..Default::default() }).unwrap()
    }

    /// Serves one connection: reads a request head, answers with `answer`, closes; gives the head back.
    async fn serve(answer: &'static str) -> (u16, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let task = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(head).unwrap().to_ascii_lowercase()
        });
        (port, task)
    }

    #[tokio::test]
    async fn headers_fold_and_a_bodiless_post_has_a_length() {
        let (port, server) =
            serve("HTTP/1.1 202 Accepted\r\nAzure-AsyncOperation: https://X/Y\r\ncontent-length: 2\r\n\r\n{}").await;
        let sent = plain().send(request(Method::Post, format!("http://127.0.0.1:{port}/a%2fb?s=A%3D"))).await.unwrap();
        assert_eq!(
            (sent.status, sent.header("azure-asyncoperation"), sent.body.as_slice()),
            (202, Some("https://X/Y"), &b"{}"[..])
        );
        let head = server.await.unwrap();
        assert!(head.starts_with("post /a%2fb?s=a%3d http/1.1"), "as it is: {head}");
        assert_eq!(head.matches("content-length: 0").count(), 1);
        assert!(head.contains("authorization: bearer tok"));
    }

    #[tokio::test]
    async fn refused_was_not_sent_and_dropped_was() {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let error = plain().send(request(Method::Put, format!("http://127.0.0.1:{free}/"))).await.unwrap_err();
        assert!(!error.sent, "{error}");
        let (port, _server) = serve("").await;
        let error = plain().send(request(Method::Put, format!("http://127.0.0.1:{port}/?secret=1"))).await.unwrap_err();
        assert!(error.sent && !error.message.contains("secret"), "{error}");
    }

    #[tokio::test]
    async fn a_token_stays_off_plain_http() {
        let strict = HttpTransport::new(&HttpOptions::default()).unwrap();
        for (transport, url) in [(strict, "http://127.0.0.1:9/"), (plain(), "http://example.invalid/")] {
            let error = transport.send(request(Method::Get, url.into())).await.unwrap_err();
            assert!(!error.sent && error.message.contains("never sent"), "{error}");
        }
    }
}
