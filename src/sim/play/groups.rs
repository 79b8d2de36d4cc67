//! One operation on a failover group with one blow, taken up again until it ends, and judged.

use super::estate::Estate;
use super::estate::small;
use super::estate::small_of;
use super::faults::Blow;
use super::faults::Blows;
use super::faults::Place;
use super::fog_night::deed::Deed;
use super::gate::Gate;
use super::operator::Fate;
use super::operator::Mortal;
use super::operator::Operator;
use super::runtime::play;
use crate::app::fog::FogOp;
use crate::app::fog_runbook::RunbookAsk;
use crate::base::clock::SharedClock;
use crate::base::clock::pause;
use crate::base::clock::within;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::engine::cancel::Cancel;
use crate::lab::arm::fault::FaultAction;
use crate::lab::arm::fault::FaultRule;
use hyper::body::Bytes;
use std::sync::Arc;
use std::time::Duration;

const RESUMES_MAX: u32 = 3;
/// Virtual time until the copies are whole again.
const SETTLE_MAX: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(100);
const PROCESS_MAX: Duration = Duration::from_secs(3_600);

/// What is to be played.
#[derive(Debug, Clone)]
pub struct Case {
    pub op: FogOp,
    /// Of a runbook: what is asked.
    pub ask: Option<RunbookAsk>,
    /// Between two logical servers instead of two instances.
    pub servers: bool,
    pub seed: u64,
    pub blow: Option<(Place, Blow)>,
}

impl Case {
    /// The group, where the estate has several.
    fn name(&self) -> Option<&'static str> {
        self.servers.then_some("fog-shop")
    }
}

#[derive(Debug)]
pub struct Played {
    pub committed: bool,
    pub struck: bool,
    pub passed: Vec<Place>,
}

/// Plays a case in virtual time. `Err` is a violation; its message ends with the trace.
pub fn run(case: &Case) -> Result<Played> {
    play(case.seed, |clock| whole(case, clock))
}

async fn whole(case: &Case, clock: SharedClock) -> Result<Played> {
    let scenario = match case.op {
        _ if case.servers => small_of("sqldb-fog", None),
        FogOp::Protect => small("payments-2tb", 1),
        FogOp::Runbook => small("fog-three", 1),
        FogOp::Secondary => small("fog-new", 1),
        _ => small("fog-ready", 1),
    };
    let mut estate = Estate::up(scenario?, clock).await?;
    let result = course(case, &mut estate).await;
    let trace = estate.trace.lines();
    result.map_err(|e| {
        let tail = trace.len().saturating_sub(40);
        Error::new(Kind::Bug, format!("{}\n{}", e.chain(), trace[tail..].join("\n")))
    })
}

/// Requests of the kind that the operation sends beyond those it may send: a second one is refused, and the run fails.
fn only_once(estate: &Estate, case: &Case) {
    const OF_INSTANCES: &str = "*/instancefailovergroups/*";
    const OF_SERVERS: &str = "*/servers/*/failovergroups/*";
    const INSTANCE: &str = "*/managedinstances/*";
    let group = if case.servers { OF_SERVERS } else { OF_INSTANCES };
    let rules = match (case.op, &case.ask) {
        (FogOp::Create | FogOp::Protect | FogOp::Update, _) => vec![("PUT", group, 1)],
        (FogOp::Failover | FogOp::ForcedFailover | FogOp::PlannedFirst, _) => vec![("POST", group, 1)],
        (FogOp::Drill | FogOp::ForcedDrill, _) => vec![("POST", group, 2)],
        (FogOp::Delete, _) => vec![("DELETE", group, 1)],
        // One for each member.
        (FogOp::Runbook, Some(RunbookAsk::Resize(..))) => vec![("PATCH", INSTANCE, 2)],
        (FogOp::Runbook, Some(RunbookAsk::ChangePrimary(_))) => {
            vec![("PUT", group, 1), ("DELETE", group, 1), ("POST", group, 2)]
        }
        (FogOp::Runbook, _) => vec![("PUT", group, 1), ("DELETE", group, 1), ("POST", group, 0)],
        (FogOp::Network, _) => Vec::new(),
        (FogOp::Secondary, _) => vec![("PUT", INSTANCE, 1)],
    };
    for (method, path, may) in rules {
        estate.lab.arm.faults.add(FaultRule {
            method: Some(method.to_owned()),
            path: Some(path.to_owned()),
            skip: may,
            times: 100,
            action: FaultAction::Refuse {
                status: 409,
                code: "SentTwice".to_owned(),
                message: "the same request came again".to_owned(),
                retry_after_s: None,
            },
        });
    }
}

async fn course(case: &Case, estate: &mut Estate) -> Result<Played> {
    let operator = Operator::new("laptop-a", estate);
    estate.start_writers()?;
    estate.until_written(3).await?;
    if case.op == FogOp::Protect {
        first_half(estate, &operator).await?;
    } else if case.op == FogOp::Network {
        unpeer(estate).await?;
    } else if !matches!(case.op, FogOp::Create | FogOp::Secondary) {
        let calm: Arc<dyn Mortal> = Blows::none();
        let made = bounded(operator.group(estate, case.name(), FogOp::Create, &calm)).await?;
        if !matches!(made, Fate::Committed) {
            return Err(Error::bug(format!("the group was not made: {}", made.word())));
        }
    }
    only_once(estate, case);
    let blows = Blows::new(case.blow.iter().cloned().collect());
    let mortal: Arc<dyn Mortal> = blows.clone();
    if case.op == FogOp::ForcedDrill {
        // It is refused while anybody is connected.
        estate.lab.stop_writers().await;
    }
    let mut fate = match &case.ask {
        Some(ask) => bounded(operator.runbook(estate, ask, &mortal)).await?,
        None if case.op == FogOp::Network => {
            let cancel = Cancel::new();
            bounded(operator.deed(estate, Deed::Network, &mortal, &Gate::default(), cancel)).await?
        }
        None if case.op == FogOp::Secondary => bounded(operator.secondary(estate, &mortal)).await?,
        None => bounded(operator.group(estate, case.name(), case.op, &mortal)).await?,
    };
    let mut passed = blows.passed();
    let mut processes = 1;
    while !fate.is_end() && operator.open_run_of(&["fog", "drill"])?.is_some() {
        if processes > RESUMES_MAX {
            return Err(Error::new(Kind::Stopped, format!("does not end: {}", fate.word())));
        }
        let none = Blows::none();
        let calm: Arc<dyn Mortal> = none.clone();
        fate = bounded(operator.resume_group(estate, &calm)).await?;
        processes += 1;
        passed.extend(none.passed());
    }
    let committed = matches!(fate, Fate::Committed);
    settle(case, estate, &operator, committed).await?;
    Ok(Played { committed, struck: blows.struck(), passed })
}

/// Somebody deletes both halves of the peering, in the portal.
pub(super) async fn unpeer(estate: &Estate) -> Result<()> {
    const PEERINGS: [(&str, &str); 2] = [
        ("rg-lab", "vnet-lab/virtualNetworkPeerings/to-vnet-lab-northeurope"),
        ("rg-lab-dr", "vnet-lab-northeurope/virtualNetworkPeerings/to-vnet-lab"),
    ];
    let arm = &estate.lab.record.arm;
    for (group, peering) in PEERINGS {
        let uri = format!(
            "https://portal/subscriptions/{}/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/{peering}?api-version=2024-05-01",
            arm.subscription
        );
        let request = hyper::Request::builder()
            .method("DELETE")
            .uri(uri)
            .header("authorization", format!("Bearer {}", arm.token))
            .body(Bytes::new())
            .map_err(|e| Error::bug("a request of the portal").caused_by(e))?;
        let answer = estate.lab.arm.handle(request).await;
        if !answer.status().is_success() {
            let why = String::from_utf8_lossy(answer.body()).into_owned();
            return Err(Error::bug(format!("{peering} could not be deleted: {why}")));
        }
    }
    Ok(())
}

/// Linked and cut over: what comes before a protection.
pub(super) async fn first_half(estate: &Estate, operator: &Operator) -> Result<()> {
    operator.create(estate).await?;
    operator.objects(estate).await?;
    let calm: Arc<dyn Mortal> = Blows::none();
    let cut = bounded(operator.cutover(estate, &calm, &Gate::default(), Cancel::new())).await?;
    if !matches!(cut, Fate::Committed) {
        return Err(Error::bug(format!("the cutover was not made: {}", cut.word())));
    }
    Ok(())
}

async fn bounded(work: impl Future<Output = Fate>) -> Result<Fate> {
    within(PROCESS_MAX, work).await.ok_or_else(|| Error::new(Kind::TimedOut, "the process hangs"))
}

/// What a runbook was asked for is so, or nothing of it.
fn runbook_done(case: &Case, estate: &Estate, committed: bool) -> Result<()> {
    let Some(ask) = &case.ask else { return Ok(()) };
    let all = estate.lab.hub.all();
    let found = all.first().map(|g| (g.name.clone(), g.secondary().config.id.clone()));
    let (name, secondary) = match (ask, committed) {
        (RunbookAsk::Rename(name), true) => (name.as_str(), "mi-b"),
        (RunbookAsk::ChangeSecondary(_), true) => ("fog-ledger", "mi-c"),
        _ => ("fog-ledger", "mi-b"),
    };
    if found != Some((name.to_owned(), secondary.to_owned())) {
        return Err(Error::bug(format!("the group should be {name} with secondary {secondary}, found {found:?}")));
    }
    Ok(())
}

/// The end state is that of a clean run, or that of before; the application writes, and the oracle holds.
async fn settle(case: &Case, estate: &mut Estate, operator: &Operator, committed: bool) -> Result<()> {
    let wanted = match (case.op, committed) {
        (FogOp::Create, true) | (FogOp::Update | FogOp::Drill | FogOp::ForcedDrill, _) => Some("mi-a"),
        (FogOp::Protect, true) => Some("mi-we"),
        (FogOp::Create | FogOp::Protect, false) | (FogOp::Delete, true) => None,
        (FogOp::Network | FogOp::Secondary, _) => None,
        (FogOp::Failover | FogOp::ForcedFailover | FogOp::PlannedFirst, true) => Some("mi-b"),
        (FogOp::Runbook, true) if matches!(case.ask, Some(RunbookAsk::ChangePrimary(_))) => Some("mi-c"),
        (FogOp::Runbook, _) => Some("mi-a"),
        (FogOp::Failover | FogOp::ForcedFailover | FogOp::PlannedFirst | FogOp::Delete, false) => Some("mi-a"),
    };
    // The first two servers stand where the first two instances do.
    let wanted = wanted.map(|w| if case.servers { w.replace("mi-", "srv-") } else { w.to_owned() });
    let stands = || {
        let found = estate.lab.hub.all().first().map(|g| (g.primary().config.id.clone(), g.replication_state()));
        let fits = match (&found, &wanted) {
            (None, None) => true,
            (Some((primary, state)), Some(wanted)) => primary == wanted && *state == "CATCH_UP",
            _ => false,
        };
        (fits, found)
    };
    // After a forced failover the old primary is copied again first.
    // What was between two servers stays replicated without its group; the run itself has read that the group is gone.
    let unknowable = case.servers && case.op == FogOp::Delete && committed;
    if !unknowable {
        let settled = within(SETTLE_MAX, async {
            while !stands().0 {
                pause(LOOK_EVERY).await;
            }
        });
        if settled.await.is_none() {
            return Err(Error::bug(format!("primary should be {wanted:?}, found {:?}", stands().1)));
        }
    }
    if case.op != FogOp::ForcedDrill {
        estate.until_written(4).await?;
    }
    runbook_done(case, estate, committed)?;
    if case.op == FogOp::Secondary && estate.lab.arm.instance_id("mi-b").is_some() != committed {
        return Err(Error::bug(format!(
            "the second instance should be {}",
            if committed { "there" } else { "missing" }
        )));
    }
    if case.op == FogOp::Protect && committed {
        let by_listener = estate.lab.alias.all().values().all(|a| a.listener.is_some());
        if !by_listener {
            return Err(Error::bug("the application is not on the listener"));
        }
    }
    estate.lab.stop_writers().await;
    if case.op != FogOp::Delete {
        // Without its group either copy takes writes: that is what a deletion does, and says.
        let report = estate.judge().await?;
        // A forced failover loses what had not arrived; two writable copies it must not make.
        let forced = matches!(case.op, FogOp::ForcedFailover | FogOp::PlannedFirst);
        let holds = report.ok || (forced && report.max_writable_copies <= 1);
        if !holds {
            return Err(Error::bug(format!("the oracle says: {}", report.reasons.join("; "))));
        }
    }
    if !operator.journal.verify(None)?.is_whole() {
        return Err(Error::bug("the journal's chain is broken"));
    }
    Ok(())
}
