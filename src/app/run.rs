//! Starting, resuming and ending runs.

use super::build::App;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::base::redact::SecretString;
use crate::base::redact::secret;
use crate::effects::hand::Hand;
use crate::effects::mode::Mode;
use crate::effects::operation::ENDED;
use crate::effects::perform::Begin;
use crate::effects::perform::Effects;
use crate::engine::context::Context;
use crate::engine::event::Event;
use crate::engine::event::SharedObserver;
use crate::engine::run::Limits;
use crate::engine::run::RunEnd;
use crate::engine::run::Runner;
use crate::engine::steering::Steering;
use crate::engine::undo::Others;
use crate::journal::fold::ChangeState;
use crate::journal::fold::RunState;
use crate::journal::fold::fold;
use crate::journal::record::Line;
use crate::journal::record::Record;
use crate::model::ids::RunId;
use crate::pki::trust;
use crate::plan::cutover::BUDGET_FROM;
use crate::plan::types::Plan;
use crate::plan::types::PlanKind;
use crate::workflow::catalog;
use crate::workflow::tools::Hook;
use crate::workflow::tools::Root;
use crate::workflow::tools::Tools;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Version of milink, for the journal.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A run that came to an end.
#[derive(Debug)]
pub struct Ended {
    pub run: RunId,
    pub end: RunEnd,
}

impl App {
    /// Runs an approved plan. The plan is stored before its first step.
    pub async fn start(&self, plan: &Plan, observer: SharedObserver, steering: impl Into<Steering>) -> Result<Ended> {
        let admitted = self.admit(plan, &observer).await?;
        let run = self.new_run(plan.kind);
        let passwords = self.master_key_passwords(plan, &run)?;
        let value = serde_json::to_value(plan).map_err(|e| Error::bug("the plan cannot be stored").caused_by(e))?;
        let mut last = self.journal.append(
            &run,
            &Record::RunStarted {
                kind: plan.kind.as_str().to_owned(),
                plan: value,
                host: self.env.host.clone(),
                user: self.env.user.clone(),
                version: VERSION.to_owned(),
            },
        )?;
        for record in &admitted {
            last = self.journal.append(&run, record)?;
        }
        self.drive(run, plan, RunState::default(), last.seq, passwords, observer, steering.into(), false).await
    }

    /// The newest run of a kind that has not ended and is about exactly these links.
    pub fn open_run(&self, kind: PlanKind, links: &[String]) -> Result<Option<RunId>> {
        for run in self.journal.runs()?.into_iter().filter(|r| r.as_str().starts_with(kind.as_str())) {
            let state = fold(&self.journal.records(&run)?)?;
            if state.finished.is_some() {
                continue;
            }
            let Ok(plan) = serde_json::from_value::<Plan>(state.plan) else { continue };
            if plan.links.len() == links.len() && plan.links.iter().all(|l| links.contains(&l.name.0)) {
                return Ok(Some(run));
            }
        }
        Ok(None)
    }

    /// Goes on with a run from what its journal says.
    pub async fn resume(&self, run: &RunId, observer: SharedObserver, steering: impl Into<Steering>) -> Result<Ended> {
        let state = fold(&self.journal.records(run)?)?;
        if let Some((outcome, _)) = &state.finished {
            return Err(Error::refused(format!("run {run} has ended: it was {}", outcome.word()))
                .hint(format!("milink runs show {run}")));
        }
        let plan: Plan = serde_json::from_value(state.plan.clone())
            .map_err(|e| Error::bug(format!("the plan of {run} cannot be read")).caused_by(e))?;
        if plan.format > crate::plan::types::FORMAT {
            return Err(
                Error::refused(format!("run {run} was started by a newer milink")).hint("resume it with that version")
            );
        }
        let passwords = self.master_key_passwords(&plan, run)?;
        self.nobody_drives(run, &plan, &observer).await?;
        // Whoever drove it has ended by now; what it wrote last counts.
        let records = self.journal.records(run)?;
        let state = fold(&records)?;
        if let Some((outcome, _)) = &state.finished {
            return Err(Error::refused(format!("run {run} has just ended: it was {}", outcome.word()))
                .hint(format!("milink runs show {run}")));
        }
        let record = Record::RunResumed {
            host: self.env.host.clone(),
            user: self.env.user.clone(),
            version: VERSION.to_owned(),
        };
        let taken_up = self.journal.append_after(run, records.len() as u64, &record)?.ok_or_else(|| {
            Error::refused(format!("run {run} is being written to by another process")).hint("milink cutover status")
        })?;
        self.drive(run.clone(), &plan, state, taken_up.seq, passwords, observer, steering.into(), true).await
    }

    #[expect(clippy::too_many_arguments, reason = "the two entrances share it; each argument is theirs")]
    async fn drive(
        &self,
        run: RunId,
        plan: &Plan,
        state: RunState,
        last_record: u64,
        passwords: BTreeMap<String, SecretString>,
        observer: SharedObserver,
        steering: Steering,
        resumed: bool,
    ) -> Result<Ended> {
        let tools = Arc::new(self.tools(passwords)?);
        let stages = catalog::stages(plan, &tools)?;
        let effects = Effects::new(
            self.sites(&program(&run))?,
            self.arm.clone(),
            self.journal.clone(),
            run.clone(),
            Mode::Apply,
            self.faults.clone(),
            Begin {
                next_change: state.next_change(),
                pending: pending(&state)?,
                open: state.crossed(Line::L2),
                last_record,
            },
        )
        .by_hand(self.hand(plan, &run, &steering)?);
        let cx = Context::new(
            Arc::new(effects),
            self.clock.clone(),
            observer.clone(),
            steering.cancel.clone(),
            state.evidence.clone(),
        );
        let steps = plan.steps().count();
        observer.on(&Event::RunStarted { run: run.clone(), kind: plan.kind.as_str().to_owned(), steps, resumed });
        let again = again(plan, &run);
        let limits = match plan.kind {
            PlanKind::Cutover => Limits {
                budget: Some(Duration::from_millis(plan.policy.budget_ms)),
                budget_from: BUDGET_FROM.to_owned(),
                undo_on_interrupt: true,
                apart: false,
                again,
            },
            // Hours of seeding are not thrown away because somebody pressed Ctrl-C.
            PlanKind::Create => {
                Limits { undo_on_interrupt: false, apart: plan.links.len() > 1, again, ..Limits::default() }
            }
            // Copies of hours are not thrown away because somebody pressed Ctrl-C.
            PlanKind::Fog => Limits { undo_on_interrupt: false, again, ..Limits::default() },
            PlanKind::Drill => Limits { undo_on_interrupt: true, again, ..Limits::default() },
            PlanKind::Delete | PlanKind::Objects | PlanKind::Probe => {
                Limits { undo_on_interrupt: true, again, ..Limits::default() }
            }
        };
        let runner = Runner {
            stages: &stages,
            cx,
            state,
            limits,
            hold: steering.hold.clone(),
            fallen: BTreeMap::new(),
            superseded: Others::default(),
        };
        let end = if steering.listens { self.listening(&run, runner, &steering).await? } else { runner.run().await? };
        Ok(Ended { run, end })
    }

    /// Who runs the statements of a manual run; none: milink does.
    fn hand(&self, plan: &Plan, run: &RunId, steering: &Steering) -> Result<Option<Arc<dyn Hand>>> {
        if !plan.policy.manual {
            return Ok(None);
        }
        let nobody = || {
            Error::refused(format!("run {run} is a manual one, and nobody here can run its statements"))
                .hint(format!("milink cutover resume {run} at a terminal"))
        };
        steering.hand.clone().map(Some).ok_or_else(nobody)
    }

    /// Authorities that must vouch for managed instances: those shipped and those of the estate file, each once.
    pub(super) fn roots(&self) -> Result<Vec<trust::Root>> {
        let mut found = trust::shipped()?;
        for path in &self.config.trust.mirroring_roots {
            found.extend(trust::from_file(path)?);
        }
        let mut roots: Vec<trust::Root> = Vec::new();
        for root in found {
            if !roots.iter().any(|r| r.der == root.der) {
                roots.push(root);
            }
        }
        Ok(roots)
    }

    pub(super) fn tools(&self, master_key_password: BTreeMap<String, SecretString>) -> Result<Tools> {
        let roots = self.roots()?.into_iter().map(|r| Root { name: r.name, der: r.der }).collect();
        let mut undo_dirs = vec![self.state_dir.join("undo")];
        undo_dirs.extend(self.config.policy.second_undo_dir.clone());
        let hook = |h: &crate::config::types::Hook| Hook { command: h.command.clone(), limit: h.timeout };
        let hooks = self.config.application.hooks().into_iter().map(|(p, h)| (p.to_owned(), hook(h))).collect();
        let arm = self.arm.as_ref().map(|a| a.config().clone());
        Ok(Tools {
            roots,
            arm,
            master_key_password,
            undo_dirs,
            hooks,
            runner: self.hooks.clone(),
            names: self.names.clone(),
            beats: Arc::default(),
            sabotage: self.sabotage.clone(),
        })
    }

    fn new_run(&self, kind: PlanKind) -> RunId {
        let now = self.clock.now();
        let id = crate::base::random::uuid().simple().to_string();
        RunId::new(format!(
            "{}-{:04}{:02}{:02}-{:02}{:02}{:02}-{}",
            kind.as_str(),
            now.year(),
            u8::from(now.month()),
            now.day(),
            now.hour(),
            now.minute(),
            now.second(),
            &id[..4]
        ))
    }

    /// A password for each master key the plan makes, kept in a 0600 file that the user is told to keep.
    fn master_key_passwords(&self, plan: &Plan, run: &RunId) -> Result<BTreeMap<String, SecretString>> {
        let mut passwords = BTreeMap::new();
        for step in plan.steps().filter(|s| s.id.kind() == "create.master_key") {
            // Three character classes and 128 bits: passes the password policy of Windows.
            let password = format!("Mk!{}", crate::base::random::uuid().simple());
            let path = self.state_dir.join("secrets").join(format!("{run}-{}-master-key.txt", step.site));
            let kept = crate::effects::files::keep_secret(&path, &password)?;
            passwords.insert(step.site.0.clone(), secret(kept));
        }
        Ok(passwords)
    }
}

/// The command that takes the run up again.
fn again(plan: &Plan, run: &RunId) -> String {
    match plan.kind {
        PlanKind::Cutover => format!("milink cutover resume {run}"),
        PlanKind::Create => "milink link create".to_owned(),
        PlanKind::Objects => format!("milink objects resume {run}"),
        PlanKind::Fog => format!("milink fog resume {run}"),
        PlanKind::Drill => format!("milink drill resume {run}"),
        PlanKind::Delete | PlanKind::Probe => {
            let verb = if plan.kind == PlanKind::Probe { "probe" } else { "delete" };
            let names: Vec<_> = plan.links.iter().map(|l| l.name.as_str()).collect();
            format!("milink link {verb} {}", names.join(" "))
        }
    }
}

/// Program name of a run's sessions: who looks at a server sees which run it is.
pub(super) fn program(run: &RunId) -> String {
    format!("milink {run}")
}

/// Operations that go on: of each step the last that was sent, unless its end was heard. What was sent again has ended the one before.
fn pending(state: &RunState) -> Result<BTreeMap<crate::model::ids::StepId, crate::arm::operation::Continuation>> {
    let mut pending = BTreeMap::new();
    let ended = |c: &ChangeState| state.evidence(&c.step, ENDED) == c.continuation.as_ref();
    for change in state.changes.values().filter(|c| c.continuation.is_some()) {
        if change.settled || ended(change) {
            pending.remove(&change.step);
            continue;
        }
        let value = change.continuation.clone().unwrap_or_default();
        let handle = serde_json::from_value(value)
            .map_err(|e| Error::bug(format!("the poll handle of {} cannot be read", change.step)).caused_by(e))?;
        pending.insert(change.step.clone(), handle);
    }
    Ok(pending)
}
