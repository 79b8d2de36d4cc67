//! The HTTP door. Only GET, nothing is changed by it, every answer is made from the newest snapshot.

use super::api;
use super::board::Board;
use super::guard::Guard;
use super::guard::Refusal;
use super::metrics;
use super::page;
use crate::base::clock::SharedClock;
use crate::base::clock::pause;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::redact::SecretString;
use crate::monitor::aged::age_ms;
use crate::report::watch;
use axum::Json;
use axum::Router;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::middleware;
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::response::sse::Event;
use axum::response::sse::Sse;
use axum::routing::get;
use futures_util::Stream;
use futures_util::stream;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Pages that are live at a time; the next is told to wait.
const LIVE_MAX: usize = 64;
/// Between two events of a page.
const EVENT: Duration = Duration::from_secs(1);
/// Of a large estate: its page is long.
const EVENT_LARGE: Duration = Duration::from_secs(4);
const LARGE: usize = 100;
/// A snapshot older than this says that the monitor stands still: it publishes every second.
const ALIVE_MS: u64 = 10_000;

struct Shared {
    board: Arc<dyn Board>,
    clock: SharedClock,
    guard: Guard,
    live: Arc<Semaphore>,
}

type Door = State<Arc<Shared>>;

/// Is this an address that only this machine reaches?
pub fn may_listen(listener: &std::net::SocketAddr, has_token: bool) -> Result<()> {
    if listener.ip().is_loopback() || has_token {
        return Ok(());
    }
    Err(Error::usage(format!("others can reach {listener}, and there is no token"))
        .hint("add `--token-file FILE`, or listen on 127.0.0.1 behind a proxy that asks for a login"))
}

/// Serves until stopped.
pub async fn serve(
    listener: TcpListener,
    board: Arc<dyn Board>,
    clock: SharedClock,
    token: Option<&SecretString>,
    stop: CancellationToken,
) -> Result<()> {
    let shared = Arc::new(Shared { board, clock, guard: Guard::new(token), live: Arc::new(Semaphore::new(LIVE_MAX)) });
    let router = Router::new()
        .route("/", get(home))
        .route("/links/{name}", get(link_page))
        .route("/events", get(events))
        .route("/page.css", get(|| async { ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], page::CSS) }))
        .route("/page.js", get(|| async { ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], page::JS) }))
        .route("/metrics", get(exposition))
        .route("/api/v1/links", get(links))
        .route("/api/v1/links/{name}", get(link))
        .route("/api/v1/runs", get(runs))
        .route("/openapi.json", get(|| async { Json(api::openapi()) }))
        .route("/healthz", get(health))
        .layer(middleware::from_fn_with_state(shared.clone(), door))
        .with_state(shared);
    // Live pages never end by themselves: they are cut with the process, the rest is answered.
    let ended = tokio::select! {
        biased;
        () = stop.cancelled() => Ok(()),
        ended = std::future::IntoFuture::into_future(axum::serve(listener, router)) => ended,
    };
    ended.map_err(|e| Error::new(Kind::Usage, "the listener ended").caused_by(e))
}

/// Lets in, and says on every answer what a browser may do with it.
async fn door(State(shared): Door, request: Request, next: Next) -> Response {
    let mut response = match shared.guard.check(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(Refusal::Token) => {
            let ask = [(header::WWW_AUTHENTICATE, "Basic realm=\"milink\", charset=\"UTF-8\"")];
            (StatusCode::UNAUTHORIZED, ask, "a bearer token is needed\n").into_response()
        }
        Err(Refusal::Host) => {
            (StatusCode::FORBIDDEN, "this address is for this machine only; others need --token-file\n").into_response()
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'",
        ),
    );
    response
}

fn html(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response()
}

fn no_link(name: &str) -> Response {
    let body = serde_json::json!({ "error": format!("no link is called `{name}`"), "hint": "/api/v1/links" });
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}

impl Shared {
    fn middle(&self, link: Option<&str>) -> Option<String> {
        let monitor = self.board.monitor();
        let snapshot = monitor.latest();
        match link {
            Some(name) => page::link(&snapshot, name, &monitor.history(name)),
            // A journal that cannot be read takes no link off the page; `/api/v1/runs` says why.
            None => Some(page::fleet(&snapshot, &|l| monitor.history(l), &self.board.cutovers().unwrap_or_default())),
        }
    }
}

async fn home(State(s): Door) -> Response {
    html(page::document("milink", "/events", &s.middle(None).unwrap_or_default()))
}

async fn link_page(State(s): Door, Path(name): Path<String>) -> Response {
    match s.middle(Some(&name)) {
        Some(main) => {
            let query = serde_json::to_string(&name).map(|_| page::encoded(&name)).unwrap_or_default();
            html(page::document(&format!("{name} · milink"), &format!("/events?link={query}"), &main))
        }
        None => no_link(&name),
    }
}

#[derive(serde::Deserialize)]
struct Which {
    link: Option<String>,
}

async fn events(State(s): Door, Query(which): Query<Which>) -> Response {
    let Ok(permit) = s.live.clone().try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "10")], "too many live pages\n")
            .into_response();
    };
    Sse::new(feed(s, which.link, permit)).into_response()
}

fn feed(
    shared: Arc<Shared>,
    link: Option<String>,
    permit: OwnedSemaphorePermit,
) -> impl Stream<Item = std::result::Result<Event, Infallible>> {
    stream::unfold((shared, link, permit, true), |(shared, link, permit, first)| async move {
        if !first {
            let large = link.is_none() && shared.board.monitor().latest().links.len() > LARGE;
            pause(if large { EVENT_LARGE } else { EVENT }).await;
        }
        // A monitor that has ended must not look alive: no event, and the page says so.
        if shared.board.monitor().has_ended() {
            return None;
        }
        let middle = shared.middle(link.as_deref())?;
        Some((Ok(Event::default().data(middle)), (shared, link, permit, false)))
    })
}

async fn exposition(State(s): Door) -> Response {
    let text = metrics::text(&s.board.monitor().latest());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

async fn links(State(s): Door) -> Response {
    Json(watch::report(&s.board.monitor().latest(), None)).into_response()
}

async fn link(State(s): Door, Path(name): Path<String>) -> Response {
    let snapshot = s.board.monitor().latest();
    match api::link(s.board.as_ref(), &snapshot, &name) {
        Some(answer) => Json(answer).into_response(),
        None => no_link(&name),
    }
}

async fn runs(State(s): Door) -> Response {
    match api::runs(s.board.as_ref()) {
        Ok(answer) => Json(answer).into_response(),
        Err(e) => {
            let body = serde_json::json!({ "error": e.chain(), "hint": e.get_hint() });
            (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
        }
    }
}

/// Of the monitor itself; what it sees is in the metrics.
async fn health(State(s): Door) -> Response {
    let snapshot = s.board.monitor().latest();
    let age = age_ms(snapshot.at, s.clock.now());
    let alive = age <= ALIVE_MS && !s.board.monitor().has_ended();
    let body = serde_json::json!({
        "status": if alive { "ok" } else { "standing still" },
        "snapshot_age_ms": age,
        "links": snapshot.links.len(),
    });
    let status = if alive { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(body)).into_response()
}
