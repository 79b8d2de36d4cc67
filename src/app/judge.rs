//! Before a run begins, the check registry is asked: what blocks refuses the run, and so does what is unknown.

use super::build::App;
use super::check::Checked;
use crate::base::clock::pause;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::engine::event::Event;
use crate::engine::event::SharedObserver;
use crate::journal::record::Record;
use crate::model::ids::StepId;
use crate::plan::types::Plan;
use crate::plan::types::PlanKind;
use crate::rules::checks::case::Purpose;
use crate::rules::checks::registry::Severity;
use crate::rules::checks::verdict::Finding;
use crate::rules::checks::verdict::Readiness;
use crate::rules::checks::verdict::Status;
use crate::rules::checks::verdict::Waiver;
use crate::sql::query::lease;
use serde::Serialize;
use std::time::Duration;

/// Evidence name of what the checks said.
const CHECKS: &str = "checks";
/// How long what moves by itself (a connection that comes back, a lag that drains) may take to settle. A lost connection of a
/// link is taken up again within seconds; what takes longer needs somebody to look.
const SETTLE_MAX: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Findings told in the refusal; `milink check` has them all.
const TOLD_MAX: usize = 5;

/// A check that did not pass, as the journal keeps it.
#[derive(Debug, Serialize)]
struct Open<'a> {
    id: &'a str,
    status: Status,
    severity: Severity,
    found: &'a str,
    remedy: &'a str,
    /// Why it was let pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiver: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Judged<'a> {
    verdict: Readiness,
    passed: usize,
    open: Vec<Open<'a>>,
}

fn blocks(f: &Finding) -> bool {
    f.check.severity == Severity::Block && matches!(f.status, Status::Fail | Status::Unknown)
}

/// It may settle by itself: it is about the connection between the two sides, not about how they are set up.
fn is_live(f: &Finding) -> bool {
    matches!(f.check.id.as_str(), "link.healthy" | "link.lag" | "link.state" | "endpoint.connected")
}

/// Something stands in the way, and nothing but what may settle by itself.
fn settles(checked: &[Checked]) -> bool {
    let mut open = 0;
    for finding in checked.iter().flat_map(|c| &c.verdict.findings).filter(|f| blocks(f)) {
        if !is_live(finding) {
            return false;
        }
        open += 1;
    }
    open > 0
}

impl App {
    /// What the checks say of a plan's links, as records for its journal; a refusal if they do not let it begin.
    pub(super) async fn admit(&self, plan: &Plan, observer: &SharedObserver) -> Result<Vec<Record>> {
        let purpose = match plan.kind {
            PlanKind::Cutover => Purpose::Cutover,
            // Parts of a creation (a certificate, an endpoint) need not wait for what the whole needs.
            PlanKind::Create if plan.steps().any(|s| s.id.kind() == "create.link") => Purpose::Create,
            // Groups have prerequisites of their own.
            PlanKind::Create
            | PlanKind::Delete
            | PlanKind::Objects
            | PlanKind::Fog
            | PlanKind::Drill
            | PlanKind::Probe => return Ok(Vec::new()),
        };
        let names: Vec<String> = plan.links.iter().map(|l| l.name.0.clone()).collect();
        let waivers: Vec<Waiver> = plan
            .policy
            .waivers
            .iter()
            .map(|w| Waiver { check: w.check.clone(), reason: w.reason.clone(), links: Vec::new() })
            .collect();
        let end = self.clock.monotonic() + SETTLE_MAX;
        let mut told = false;
        let checked = loop {
            let checked = self.check(&names, Some(purpose), waivers.clone()).await?;
            if !settles(&checked) || self.clock.monotonic() >= end {
                break checked;
            }
            if !told {
                observer.on(&Event::Note { text: "waits for the link to settle".to_owned() });
                told = true;
            }
            pause(LOOK_EVERY).await;
        };
        if let Some(c) = checked.iter().find(|c| c.verdict.readiness != Readiness::Ready) {
            // Half way through somebody else's cutover much is out of order: that is the cause then.
            if let Some(held) = self.held_elsewhere(plan).await {
                return Err(held);
            }
            return Err(refusal(c, purpose));
        }
        Ok(checked.iter().filter_map(|c| evidence(c, plan)).collect())
    }
}

impl App {
    /// What stands in the way of cutting these links over, worst first: `id: what was found`.
    pub async fn blocking_cutover(&self, names: &[String]) -> Result<Vec<String>> {
        let checked = self.check(names, Some(Purpose::Cutover), Vec::new()).await?;
        let open = checked.iter().flat_map(|c| c.verdict.findings.iter().filter(|f| blocks(f)));
        Ok(open.map(|f| format!("{}: {}", f.check.id, f.found)).collect())
    }

    /// Who has the lease of one of the plan's links now; `None` too where nobody answers.
    async fn held_elsewhere(&self, plan: &Plan) -> Option<Error> {
        let sites = self.sites("milink").ok()?;
        for link in &plan.links {
            let query = lease::read(&lease::resource(link.name.as_str())).ok()?;
            let mut loan = sites.lend(&link.source).await.ok()?;
            let holders = loan.session.read(&query).await.ok()?;
            loan.done();
            if let Some(holder) = holders.first() {
                let why = format!("the lease of link {} is held by {holder}; nothing was changed", link.name);
                return Some(Error::refused(why).hint("milink cutover status; wait for that run to end, or abort it"));
            }
        }
        None
    }
}

fn refusal(c: &Checked, purpose: Purpose) -> Error {
    let open: Vec<&Finding> = c.verdict.findings.iter().filter(|f| blocks(f)).collect();
    let told = open.iter().take(TOLD_MAX).map(|f| {
        let word = if f.status == Status::Unknown { "is unknown" } else { "fails" };
        format!("`{}` {word}: {}", f.check.id, f.found)
    });
    let mut words = told.collect::<Vec<_>>().join("; ");
    if open.len() > TOLD_MAX {
        words = format!("{words}; and {} more", open.len() - TOLD_MAX);
    }
    let kind = if c.is_dark { Kind::Unreachable } else { Kind::Refused };
    let word = purpose.word();
    let e = Error::new(kind, format!("link {} is not ready for {word}, nothing was changed: {words}", c.link));
    match open.first() {
        Some(f) => e.hint(format!(
            "{}; then again. Or answer for it yourself: --waive \"{}=REASON\"",
            f.remedy.trim_end_matches('.'),
            f.check.id
        )),
        None => e.hint("milink check --all"),
    }
}

/// Under the gates of a cutover, or the first step of a creation.
fn evidence(c: &Checked, plan: &Plan) -> Option<Record> {
    let step = match plan.kind {
        PlanKind::Cutover => StepId::new(format!("cutover.gates/{}", c.link)),
        _ => plan.steps().find(|s| s.link.as_ref() == Some(&c.link)).or(plan.steps().next())?.id.clone(),
    };
    let open =
        c.verdict.findings.iter().filter(|f| matches!(f.status, Status::Fail | Status::Unknown | Status::Waived));
    let judged = Judged {
        verdict: c.verdict.readiness,
        passed: c.verdict.findings.iter().filter(|f| f.status == Status::Pass).count(),
        open: open
            .map(|f| Open {
                id: f.check.id.as_str(),
                status: f.status,
                severity: f.check.severity,
                found: &f.found,
                remedy: &f.remedy,
                waiver: f.waiver.as_deref(),
            })
            .collect(),
    };
    let value = serde_json::to_value(judged).ok()?;
    Some(Record::Evidence { step, name: CHECKS.to_owned(), value })
}
