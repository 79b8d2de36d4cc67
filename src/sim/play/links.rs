//! One run on a link other than its cutover (creation, deletion, objects) with one blow, gone on with until it ends, and judged.

use super::estate::Estate;
use super::estate::small;
use super::faults::Blow;
use super::faults::Blows;
use super::faults::Place;
use super::gate::Gate;
use super::operator::Fate;
use super::operator::Mortal;
use super::operator::Operator;
use super::runtime::play;
use crate::base::clock::SharedClock;
use crate::base::clock::pause;
use crate::base::clock::within;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::engine::cancel::Cancel;
use crate::lab::world::instance::InstanceState;
use std::sync::Arc;
use std::time::Duration;

/// How often the command is given again before that counts as a failure of its own.
const AGAIN_MAX: u32 = 4;
const PROCESS_MAX: Duration = Duration::from_secs(1_800);
/// Virtual time until the other side shows what was done on one.
const SETTLE_MAX: Duration = Duration::from_secs(120);
const FIRST_BACKUP: Duration = Duration::from_secs(60);

/// What is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Create,
    /// Before a cutover: the copy on the managed instance goes.
    Delete,
    /// After a two-way cutover: the old copy on the source goes out of service.
    DeleteKept,
    /// `objects sync`.
    Objects,
}

impl Op {
    fn scenario(self) -> &'static str {
        match self {
            Self::Create | Self::Delete => "migrate-2019",
            Self::DeleteKept => "two-way-2022",
            Self::Objects => "payments-2tb",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Case {
    pub op: Op,
    pub seed: u64,
    pub blow: Option<(Place, Blow)>,
}

#[derive(Debug)]
pub struct Played {
    pub struck: bool,
    /// Times that the command was given.
    pub processes: u32,
    pub passed: Vec<Place>,
}

/// Plays a case in virtual time. `Err` is a violation; its message ends with the trace.
pub fn run(case: &Case) -> Result<Played> {
    play(case.seed, |clock| whole(case, clock))
}

async fn whole(case: &Case, clock: SharedClock) -> Result<Played> {
    let mut estate = Estate::up(small(case.op.scenario(), 1)?, clock).await?;
    let result = course(case, &mut estate).await;
    let trace = estate.trace.lines();
    result.map_err(|e| {
        let tail = trace.len().saturating_sub(40);
        Error::new(Kind::Bug, format!("{}\n{}", e.chain(), trace[tail..].join("\n")))
    })
}

async fn bounded(work: impl Future<Output = Fate>) -> Result<Fate> {
    within(PROCESS_MAX, work).await.ok_or_else(|| Error::new(Kind::TimedOut, "the process hangs"))
}

async fn once(op: Op, operator: &Operator, estate: &Estate, faults: &Arc<dyn Mortal>) -> Fate {
    match op {
        Op::Create => operator.create_with(estate, faults).await,
        Op::Delete | Op::DeleteKept => operator.delete(estate, faults).await,
        Op::Objects => operator.objects_with(estate, faults).await,
    }
}

/// The command is given until it ends well, as its user would; a run that went back is begun anew.
async fn course(case: &Case, estate: &mut Estate) -> Result<Played> {
    let operator = Operator::new("laptop-a", estate);
    estate.start_writers()?;
    if case.op != Op::Create {
        operator.create(estate).await?;
    }
    if case.op == Op::DeleteKept {
        let calm: Arc<dyn Mortal> = Blows::none();
        let cut = bounded(operator.cutover(estate, &calm, &Gate::default(), Cancel::new())).await?;
        if !matches!(cut, Fate::Committed) {
            return Err(Error::bug(format!("the cutover was not made: {}", cut.word())));
        }
        // Until the first full backup of the new primary is there, the kept link may not go.
        pause(FIRST_BACKUP).await;
    }
    estate.until_written(3).await?;
    let blows = Blows::new(case.blow.iter().cloned().collect());
    let mortal: Arc<dyn Mortal> = blows.clone();
    let mut fate = bounded(once(case.op, &operator, estate, &mortal)).await?;
    let mut passed = blows.passed();
    let mut processes = 1;
    while !matches!(fate, Fate::Committed) {
        if processes > AGAIN_MAX {
            return Err(Error::new(Kind::Stopped, format!("does not end: {}", fate.word())));
        }
        if let Fate::RolledBack(why) = &fate {
            // Nobody was kept out by what has gone back.
            estate.until_written(2).await.map_err(|e| e.during(format!("after {}", why.chain())))?;
        }
        let none = Blows::none();
        let calm: Arc<dyn Mortal> = none.clone();
        fate = bounded(once(case.op, &operator, estate, &calm)).await?;
        processes += 1;
        passed.extend(none.passed());
    }
    settle(case.op, estate, &operator).await?;
    Ok(Played { struck: blows.struck(), processes, passed })
}

fn of(estate: &Estate, id: &str, look: impl Fn(&InstanceState) -> bool) -> bool {
    estate.lab.instances.get(id).is_some_and(|i| i.with(|s| look(s)))
}

/// What the servers show once the run has ended; the reason if it is not that.
fn shown(op: Op, estate: &Estate) -> Result<()> {
    let record = estate.lab.record.databases.first().ok_or_else(|| Error::bug("no database"))?;
    let (source, target, name) = (record.source.as_str(), record.target.as_str(), record.name.as_str());
    let grouped = |id: &str| of(estate, id, |s| s.hadr.groups.values().any(|g| g.distributed));
    let there = |id: &str| of(estate, id, |s| s.database(name).is_some());
    let is = |what: &str, found: bool, wanted: bool| {
        (found == wanted).then_some(()).ok_or_else(|| Error::bug(format!("{what}: {found}, should be {wanted}")))
    };
    match op {
        Op::Create => {
            is("group on the source", grouped(source), true)?;
            is("group on the target", grouped(target), true)?;
            is("copy on the target", there(target), true)
        }
        Op::Delete => {
            is("group on the source", grouped(source), false)?;
            is("group on the target", grouped(target), false)?;
            is("copy on the target", there(target), false)
        }
        Op::DeleteKept => {
            is("group on the source", grouped(source), false)?;
            is("group on the target", grouped(target), false)?;
            is("copy on the target", there(target), true)
        }
        Op::Objects => {
            let logins = |id: &str| {
                let found = estate.lab.instances.get(id).map(|i| {
                    i.with(|s| {
                        let of = s.security.principals.values().filter(|p| p.kind == 'S');
                        of.map(|p| (p.name.clone(), p.sid.clone())).collect::<Vec<_>>()
                    })
                });
                found.unwrap_or_default()
            };
            let here = logins(target);
            let lacks = logins(source).into_iter().filter(|(n, _)| n.starts_with("app") || n.contains("settle"));
            let lacks: Vec<_> = lacks.filter(|l| !here.contains(l)).map(|(n, _)| n).collect();
            is(&format!("all logins with their SIDs ({})", lacks.join(", ")), lacks.is_empty(), true)
        }
    }
}

async fn settle(op: Op, estate: &mut Estate, operator: &Operator) -> Result<()> {
    let settled = within(SETTLE_MAX, async {
        while shown(op, estate).is_err() {
            pause(Duration::from_millis(100)).await;
        }
    });
    if settled.await.is_none() {
        return shown(op, estate);
    }
    estate.until_written(4).await?;
    if op == Op::Create || op == Op::Objects {
        // What was made is good for what it is for.
        let steps = operator.steps(estate).await?;
        if !steps.iter().any(|s| s == "cutover.switch") {
            return Err(Error::bug(format!("no cutover can be planned on it: {steps:?}")));
        }
    }
    estate.lab.stop_writers().await;
    let report = estate.judge().await?;
    if !report.ok {
        return Err(Error::bug(format!("the oracle says: {}", report.reasons.join("; "))));
    }
    if !operator.journal.verify(None)?.is_whole() {
        return Err(Error::bug("the journal's chain is broken"));
    }
    Ok(())
}
