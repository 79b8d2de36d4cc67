//! JSON over HTTP: the same values as `watch` and `runs` print.

use super::board::Board;
use crate::monitor::history::Point;
use crate::monitor::snapshot::LinkSnapshot;
use crate::monitor::snapshot::Snapshot;
use crate::report::cutovers::Cutover;
use crate::report::dto::RunSummary;
use crate::report::dto::SCHEMA_VERSION;
use crate::report::watch::WatchReport;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;
use time::OffsetDateTime;

/// Points of a link's past in one answer.
const POINTS: usize = 120;

/// The JSON of `/api/v1/links/{name}`.
#[derive(Serialize, JsonSchema)]
pub(super) struct LinkAnswer<'a> {
    schema_version: u32,
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String")]
    at: OffsetDateTime,
    link: &'a LinkSnapshot,
    /// Oldest first, thinned to the worst of each part.
    history: Vec<Point>,
}

/// The JSON of `/api/v1/runs`.
#[derive(Serialize, JsonSchema)]
pub(super) struct RunsAnswer {
    schema_version: u32,
    /// Newest first, at most 50.
    runs: Vec<RunSummary>,
    cutovers: Vec<Cutover>,
}

pub(super) fn link<'a>(board: &dyn Board, snapshot: &'a Snapshot, name: &str) -> Option<LinkAnswer<'a>> {
    let link = snapshot.link(name)?;
    let history = board.monitor().history(name).thinned(POINTS);
    Some(LinkAnswer { schema_version: SCHEMA_VERSION, at: snapshot.at, link, history })
}

pub(super) fn runs(board: &dyn Board) -> crate::base::error::Result<RunsAnswer> {
    Ok(RunsAnswer { schema_version: SCHEMA_VERSION, runs: board.runs()?, cutovers: board.cutovers()? })
}

/// What is offered, in words that machines read.
pub(super) fn openapi() -> Value {
    let json = |schema: Value| json!({ "description": "ok", "content": { "application/json": { "schema": schema } } });
    let text = |kind: &str| json!({ "description": "ok", "content": { kind: { "schema": { "type": "string" } } } });
    let refused = json!({ "description": "no token, or a wrong one" });
    let get =
        |summary: &str, ok: Value| json!({ "get": { "summary": summary, "responses": { "200": ok, "401": refused } } });
    let mut one = get("One link, and its recent past", json(schemars::schema_for!(LinkAnswer<'_>).to_value()));
    one["get"]["parameters"] =
        json!([{ "name": "name", "in": "path", "required": true, "schema": { "type": "string" } }]);
    one["get"]["responses"]["404"] = json!({ "description": "no link is called so" });
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "milink serve",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Read-only. Fields are added within a schema version, never renamed or removed.",
        },
        "components": { "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } } },
        "security": [{ "bearer": [] }, {}],
        "paths": {
            "/metrics": get("Exposition text of Prometheus", text("text/plain; version=0.0.4")),
            "/api/v1/links": get("Every link and collector", json(schemars::schema_for!(WatchReport<'_>).to_value())),
            "/api/v1/links/{name}": one,
            "/api/v1/runs": get("Runs of the journal", json(schemars::schema_for!(RunsAnswer).to_value())),
            "/healthz": get("Is the monitor alive? 503 if it publishes nothing", json(json!({ "type": "object" }))),
            "/": get("Status page", text("text/html")),
            "/events": get("The page's content again and again, as server-sent events", text("text/event-stream")),
        },
    })
}
