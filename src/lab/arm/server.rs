//! The emulator itself: one request in, one answer out. Sockets are `serve.rs`'s business.

use super::access::Access;
use super::activity::Activity;
use super::auth::Tokens;
use super::config::ArmConfig;
use super::config::Principal;
use super::error::ArmError;
use super::error::ArmResult;
use super::fault::FaultAction;
use super::fault::Faults;
use super::heard::Ear;
use super::ids::Mint;
use super::oauth;
use super::operation::Operations;
use super::provider::Provider;
use super::resource;
use super::route::Route;
use super::route::Target;
use super::route::query_value;
use super::throttle::Class;
use super::throttle::Throttle;
use super::version::ApiVersion;
use bytes::Bytes;
use hyper::http::HeaderValue;
use hyper::http::Method;
use hyper::http::Request;
use hyper::http::Response;
use hyper::http::StatusCode;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Largest body taken: ARM's own limit.
pub const BODY_BYTES_MAX: usize = 4 << 20;

/// The connection is to be closed without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropped;
impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("connection dropped on demand")
    }
}
impl std::error::Error for Dropped {}

/// An emulated Azure Resource Manager in front of a [`Provider`].
pub struct ArmServer {
    pub(super) config: ArmConfig,
    pub(super) provider: Arc<dyn Provider>,
    pub(super) tokens: Tokens,
    pub(super) operations: Arc<Operations>,
    pub(super) mint: Mint,
    pub(super) tasks: TaskTracker,
    pub(super) stop: CancellationToken,
    throttle: Throttle,
    pub access: Access,
    pub faults: Faults,
    pub(super) ear: Ear,
    pub activity: Activity,
}

/// One authorised request.
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) route: Route,
    pub(super) version: ApiVersion,
    pub(super) query: Option<String>,
    pub(super) body: Bytes,
    /// Path as sent.
    pub(super) path: String,
    /// `https://host:port`, as the client called us.
    pub(super) base: String,
    /// Set by a fault: the operation will end so.
    pub(super) fail_operation: Option<ArmError>,
    /// Who asks: the object id of the token's principal.
    pub(super) caller: String,
}

/// What goes back, before the headers that every answer has.
#[derive(Debug, Default)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Option<Value>,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Reply {
    pub(super) fn ok(body: Value) -> Self {
        Self { status: StatusCode::OK, body: Some(body), headers: Vec::new() }
    }
    pub(super) fn empty(status: StatusCode) -> Self {
        Self { status, body: None, headers: Vec::new() }
    }
    fn error(error: &ArmError) -> Self {
        let mut reply = Self { status: error.status, body: Some(error.body()), headers: Vec::new() };
        if error.gateway {
            reply.headers.push(("x-ms-failure-cause", "gateway".to_owned()));
        }
        if let Some(seconds) = error.retry_after_s {
            reply.headers.push(("retry-after", seconds.to_string()));
        }
        if let Some(challenge) = &error.challenge {
            reply.headers.push(("www-authenticate", challenge.clone()));
        }
        reply
    }
}

impl ArmServer {
    /// Resource id of an instance by its short name.
    pub fn instance_id(&self, name: &str) -> Option<String> {
        let view = self.provider.instance(name)?;
        let (subscription, group) = (&view.subscription, &view.resource_group);
        Some(format!(
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Sql/managedInstances/{}",
            view.name
        ))
    }
    pub fn new(provider: Arc<dyn Provider>, config: ArmConfig) -> Arc<Self> {
        Arc::new(Self {
            tokens: Tokens::new(&config.tokens),
            mint: Mint::new(config.seed),
            operations: Arc::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            throttle: Throttle::default(),
            access: Access::default(),
            faults: Faults::default(),
            ear: Ear::default(),
            activity: Activity::default(),
            provider,
            config,
        })
    }

    /// Tokens in force: to revoke one.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Ends running operations (their work is dropped) and waits for them, at most five seconds of lab time.
    pub async fn shutdown(&self) {
        self.stop.cancel();
        self.tasks.close();
        let _ = tokio::time::timeout(Duration::from_secs(5), self.tasks.wait()).await;
    }

    /// Answers one request without sockets. A dropped connection shows as 502 here; `exchange` tells it apart.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        match self.exchange(request).await {
            Ok(response) => response,
            Err(Dropped) => self.finish(Reply::empty(StatusCode::BAD_GATEWAY), None),
        }
    }

    /// Answers one request, or says that the connection breaks.
    pub async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Dropped> {
        let correlation = request.headers().get("x-ms-correlation-request-id").cloned();
        let fault = self.faults.take(request.method(), request.uri().path());
        let mut fail_operation = None;
        match &fault {
            Some(FaultAction::DropBefore) => return Err(Dropped),
            Some(FaultAction::Delay { ms }) => tokio::time::sleep(Duration::from_millis(*ms)).await,
            Some(FaultAction::Refuse { status, code, message, retry_after_s }) => {
                let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
                let mut error = ArmError::new(status, code, message.clone());
                error.retry_after_s = *retry_after_s;
                return Ok(self.finish(Reply::error(&error), correlation));
            }
            Some(FaultAction::FailOperation { code, message }) => {
                fail_operation = Some(ArmError::bad_request(code, message.clone()));
            }
            Some(FaultAction::DropAfter) | None => {}
        }
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let reply = self.answer(request, fail_operation).unwrap_or_else(|error| Reply::error(&error));
        self.ear.note(&method, &path, &reply);
        if fault == Some(FaultAction::DropAfter) {
            return Err(Dropped);
        }
        Ok(self.finish(reply, correlation))
    }

    fn answer(&self, request: Request<Bytes>, fail_operation: Option<ArmError>) -> ArmResult<Reply> {
        let (parts, body) = request.into_parts();
        let header = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok());
        let path = parts.uri.path().to_owned();
        let query = parts.uri.query().map(ToOwned::to_owned);
        let authority = parts.uri.authority().map(ToString::to_string);
        let host = header("host").map(ToOwned::to_owned).or(authority).unwrap_or_else(|| "localhost".to_owned());
        let base = format!("{}://{host}", parts.extensions.get::<Scheme>().map_or("https", |s| s.0));
        let route = Route::parse(&path);
        if let Ok(open) = &route
            && let Some(reply) = self.without_token(open, &parts.method, &base, &body)
        {
            return Ok(reply);
        }
        let principal = self.tokens.check(&self.config, header("authorization"))?;
        let route = route?;
        let (namespace, kind) = route.namespace();
        let version = ApiVersion::parse(
            query_value(query.as_deref(), "api-version").as_deref(),
            namespace,
            kind,
            &self.config.region,
        )?;
        check_content(&body, header("content-type"))?;
        let rate = self.admit(&principal, &parts.method)?;
        let call = Call {
            method: parts.method,
            route,
            version,
            query,
            body,
            path,
            base,
            fail_operation,
            caller: principal.object_id.clone(),
        };
        self.check_scope(&call, &principal)?;
        let mut reply = resource::dispatch(self, &call).unwrap_or_else(|error| Reply::error(&error));
        reply.headers.extend(rate);
        Ok(reply)
    }

    /// What needs no bearer token.
    fn without_token(&self, route: &Route, method: &Method, base: &str, body: &Bytes) -> Option<Reply> {
        match (&route.target, method) {
            (Target::Metadata, &Method::GET) => Some(Reply::ok(resource::metadata::endpoints(&self.config, base))),
            (Target::OpenIdConfiguration(_), &Method::GET) => Some(Reply::ok(oauth::openid(&self.config, base))),
            (Target::Token(tenant), &Method::POST) => {
                let form = String::from_utf8_lossy(body);
                let (status, body) = oauth::token(&self.config, &self.tokens, &self.mint, tenant, &form);
                Some(Reply { status, body: Some(body), headers: vec![("cache-control", "no-store".to_owned())] })
            }
            _ => None,
        }
    }

    /// Takes a token of the rate limit; gives the headers that tell what is left.
    fn admit(&self, principal: &Principal, method: &Method) -> ArmResult<Vec<(&'static str, String)>> {
        let class = Class::of(method);
        match self.throttle.take(&principal.object_id, class) {
            Ok(left) => {
                Ok(class.headers().iter().map(|(n, max)| (*n, format!("{:.0}", f64::from(*max) * left))).collect())
            }
            Err(seconds) => {
                let text = format!(
                    "Number of requests for subscription '{}' actor '{}' exceeded. Please try again after '{seconds}' seconds after additional tokens are available.",
                    self.config.subscription, principal.object_id
                );
                let mut error =
                    ArmError::new(StatusCode::TOO_MANY_REQUESTS, "SubscriptionRequestsThrottled", text).from_gateway();
                error.retry_after_s = Some(seconds);
                Err(error)
            }
        }
    }

    /// Subscription, rights, group, locks: what the front door looks at, in its order.
    fn check_scope(&self, call: &Call, principal: &Principal) -> ArmResult<()> {
        let route = &call.route;
        if let Some(id) = &route.subscription
            && !self.provider.subscriptions().iter().any(|s| s.subscription_id.eq_ignore_ascii_case(id))
        {
            return Err(ArmError::subscription_missing(id));
        }
        // What belongs to the caller alone (subscriptions, tenants) is a list of what the caller may see: no refusal.
        if route.subscription.is_some() {
            let action = route.action(&call.method);
            self.access.authorize(principal, &action, &route.scope)?;
            self.access.check_locks(&action, &route.scope)?;
        }
        if let Some(group) = &route.group
            && !self.provider.resource_groups().iter().any(|g| g.eq_ignore_ascii_case(group))
        {
            return Err(ArmError::group_missing(group));
        }
        Ok(())
    }

    /// Puts on the headers that every answer has (facts: arm-api 1).
    fn finish(&self, reply: Reply, correlation: Option<HeaderValue>) -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = reply.status;
        let request_id = self.mint.guid().to_string();
        let region = self.config.region.to_ascii_uppercase();
        let time = super::view::stamp((self.config.now)());
        let routing = format!(
            "{region}:{}Z:{request_id}",
            time.split(['.', 'Z']).next().unwrap_or_default().replace(['-', ':'], "")
        );
        let headers = response.headers_mut();
        let mut put = |name: &'static str, value: String| {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.append(name, value);
            }
        };
        put("cache-control", "no-cache".to_owned());
        put("pragma", "no-cache".to_owned());
        put("expires", "-1".to_owned());
        put("x-ms-request-id", request_id.clone());
        put("x-ms-routing-request-id", routing);
        put("strict-transport-security", "max-age=31536000; includeSubDomains".to_owned());
        put("x-content-type-options", "nosniff".to_owned());
        if correlation.is_none() {
            put("x-ms-correlation-request-id", request_id);
        }
        for (name, value) in reply.headers {
            put(name, value);
        }
        if let Some(value) = correlation {
            headers.insert("x-ms-correlation-request-id", value);
        }
        if let Some(body) = reply.body {
            headers.insert("content-type", HeaderValue::from_static("application/json; charset=utf-8"));
            *response.body_mut() = Bytes::from(body.to_string());
        }
        response
    }
}

/// Scheme the client used; put into the request's extensions by a listener that is not TLS.
#[derive(Debug, Clone, Copy)]
pub struct Scheme(pub &'static str);

fn check_content(body: &Bytes, content_type: Option<&str>) -> ArmResult<()> {
    if body.len() > BODY_BYTES_MAX {
        let text = format!("The request content size exceeds the maximum size of '{BODY_BYTES_MAX}' bytes.");
        return Err(ArmError::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestContentTooLarge", text).from_gateway());
    }
    let json = content_type.is_none_or(|t| t.to_ascii_lowercase().contains("json"));
    if body.is_empty() || json {
        return Ok(());
    }
    let text = format!(
        "The content media type '{}' is not supported. Only 'application/json' is supported.",
        content_type.unwrap_or_default()
    );
    Err(ArmError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", text).from_gateway())
}
