//! Somebody with milink: processes that share a state directory, one after the other.

use super::azure::AzureLine;
use super::estate::Estate;
use super::gate::Gate;
use super::hooks::AliasHook;
use super::line::Line;
use super::trace::Told;
use crate::app::build::App;
use crate::app::build::Parts;
use crate::app::build::StandIns;
use crate::app::fog::FogOp;
use crate::app::fog::NoPlan;
use crate::app::fog_runbook::RunbookAsk;
use crate::app::run::Ended;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::config;
use crate::config::load::Environment;
use crate::config::secret::NoPrompt;
use crate::effects::fault::Faults;
use crate::effects::fault::Point;
use crate::effects::hand::Hand;
use crate::engine::cancel::Cancel;
use crate::engine::event::SharedObserver;
use crate::engine::run::RunEnd;
use crate::engine::steering::Steering;
use crate::journal::memory::MemoryJournal;
use crate::journal::store::Journal;
use crate::lab::up::record::ESTATE;
use crate::model::claim::Claim;
use crate::model::ids::LinkName;
use crate::model::ids::RunId;
use crate::model::ids::StepId;
use crate::sql::query::claim;
use async_trait::async_trait;
use std::future::Future;
use std::sync::Arc;

/// Faults of a process that may be the end of it.
#[async_trait]
pub trait Mortal: Faults {
    /// Returns when the process is to die.
    async fn death(&self);
}

/// Nothing happens to it.
pub struct Immortal;

#[async_trait]
impl Faults for Immortal {
    async fn at(&self, _: Point, _: &StepId) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl Mortal for Immortal {
    async fn death(&self) {
        std::future::pending::<()>().await;
    }
}

/// One laptop: a name on the network, and a journal that outlives its processes.
pub struct Operator {
    pub name: String,
    pub journal: Arc<dyn Journal>,
    pub sabotage: Vec<String>,
    /// Those that a cutover takes; none: all.
    pub links: Vec<String>,
}

/// How a process came to its end.
#[derive(Debug)]
pub enum Fate {
    Committed,
    RolledBack(Error),
    /// It ended by itself, without an end of the run.
    Failed(Error),
    /// It was killed.
    Died,
}

impl Fate {
    pub fn of(ended: Result<Ended>) -> Self {
        match ended.map(|e| e.end) {
            Ok(RunEnd::Committed) => Self::Committed,
            Ok(RunEnd::RolledBack(cause)) => Self::RolledBack(cause),
            Err(e) => Self::Failed(e),
        }
    }
    pub fn is_end(&self) -> bool {
        matches!(self, Self::Committed | Self::RolledBack(_))
    }
    pub fn word(&self) -> String {
        match self {
            Self::Committed => "committed".to_owned(),
            Self::RolledBack(e) => format!("rolled back: {}", e.chain()),
            Self::Failed(e) => format!("failed: {}", e.chain()),
            Self::Died => "killed".to_owned(),
        }
    }
}

fn calm() -> Arc<dyn Mortal> {
    Arc::new(Immortal)
}

fn committed(fate: Fate, doing: &str) -> Result<()> {
    match fate {
        Fate::Committed => Ok(()),
        Fate::RolledBack(cause) | Fate::Failed(cause) => Err(cause.during(doing)),
        Fate::Died => Err(Error::bug(format!("{doing}: killed"))),
    }
}

impl Operator {
    pub fn new(name: &str, estate: &Estate) -> Self {
        Self {
            name: name.to_owned(),
            journal: Arc::new(MemoryJournal::new(estate.clock.clone())),
            sabotage: Vec::new(),
            links: Vec::new(),
        }
    }

    /// The same state directory under another name: a second terminal, or a process that took over.
    #[must_use]
    pub fn beside(&self, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            journal: self.journal.clone(),
            sabotage: self.sabotage.clone(),
            links: self.links.clone(),
        }
    }

    /// A new process.
    pub async fn app(&self, estate: &Estate, faults: Arc<dyn Mortal>, gate: &Gate) -> Result<App> {
        let env = Environment { host: self.name.clone(), user: "dba".to_owned(), ..Environment::default() };
        let mut config = config::load(&estate.dir().join(ESTATE), &env)?;
        // Something else moves with the databases, so that the step which names it is struck like any other.
        config.application.dependencies = vec!["web tier".to_owned()];
        let network = estate.lab.network.clone();
        App::open(Parts {
            config,
            env,
            prompt: Arc::new(NoPrompt),
            clock: estate.clock.clone(),
            journal: self.journal.clone(),
            state_dir: estate.dir().join(&self.name),
            dialer: Arc::new(Line { network: network.clone(), from: self.name.clone(), gate: gate.clone() }),
            faults,
            sabotage: self.sabotage.clone(),
            stand_ins: StandIns {
                transport: Some(Arc::new(AzureLine {
                    server: estate.lab.arm.clone(),
                    network,
                    from: self.name.clone(),
                    gate: gate.clone(),
                })),
                hooks: Some(Arc::new(AliasHook {
                    alias: estate.lab.alias.clone(),
                    addresses: estate.lab.record.addresses(),
                    gate: gate.clone(),
                })),
                names: Some(Arc::new(super::names::HubNames(estate.lab.hub.clone()))),
            },
        })
        .await
    }

    pub fn observer(&self, estate: &Estate) -> SharedObserver {
        Arc::new(Told { trace: estate.trace.clone(), who: self.name.clone() })
    }

    /// `link create` in a process without faults.
    pub async fn create(&self, estate: &Estate) -> Result<()> {
        committed(self.create_with(estate, &calm()).await, "creating the links")
    }

    /// `link create`: what is missing now.
    pub async fn create_with(&self, estate: &Estate, faults: &Arc<dyn Mortal>) -> Fate {
        let gate = Gate::default();
        let work = Box::pin(async {
            let app = self.app(estate, faults.clone(), &gate).await?;
            let plan = app.plan_create(&[]).await?;
            app.start(&plan, self.observer(estate), Cancel::new()).await
        });
        self.process(estate, faults, &gate, work).await
    }

    /// `link delete` of all links; the run that is open is gone on with.
    pub async fn delete(&self, estate: &Estate, faults: &Arc<dyn Mortal>) -> Fate {
        let gate = Gate::default();
        let work = Box::pin(async {
            let app = self.app(estate, faults.clone(), &gate).await?;
            if let Some(run) = self.open_run_of(&["delete"])? {
                return app.resume(&run, self.observer(estate), Cancel::new()).await;
            }
            let plan = app.plan_delete(&[]).await?;
            app.start(&plan, self.observer(estate), Cancel::new()).await
        });
        self.process(estate, faults, &gate, work).await
    }

    /// Links that can be cut over now, with their databases.
    pub async fn links(&self, estate: &Estate) -> Result<Vec<(LinkName, String)>> {
        let app = self.app(estate, Arc::new(Immortal), &Gate::default()).await?;
        let plan = app.plan_cutover(&[]).await?;
        Ok(plan.links.into_iter().map(|l| (l.name, l.database)).collect())
    }

    /// What is set apart on the servers of the links, by whomever.
    pub async fn claims(&self, estate: &Estate) -> Result<Vec<Claim>> {
        let app = self.app(estate, Arc::new(Immortal), &Gate::default()).await?;
        let sites = app.sites(&self.name)?;
        let mut found = Vec::new();
        for server in &estate.lab.record.servers {
            let mut loan = sites.lend(&server.id.as_str().into()).await?;
            found.extend(loan.session.read(&claim::list()?).await?);
            loan.done();
        }
        Ok(found)
    }

    /// Kinds of the steps that a cutover would take now.
    pub async fn steps(&self, estate: &Estate) -> Result<Vec<String>> {
        let app = self.app(estate, Arc::new(Immortal), &Gate::default()).await?;
        let mut kinds: Vec<String> = Vec::new();
        for step in app.plan_cutover(&[]).await?.steps() {
            if !kinds.iter().any(|k| k == step.id.kind()) {
                kinds.push(step.id.kind().to_owned());
            }
        }
        Ok(kinds)
    }

    /// `cutover run` in a process of its own.
    pub async fn cutover(&self, estate: &Estate, faults: &Arc<dyn Mortal>, gate: &Gate, cancel: Cancel) -> Fate {
        let work = Box::pin(async {
            let app = self.app(estate, faults.clone(), gate).await?;
            let plan = app.plan_cutover(&self.links).await?;
            app.start(&plan, self.observer(estate), cancel).await
        });
        self.process(estate, faults, gate, work).await
    }

    /// `cutover run --manual`: somebody else runs what changes a server.
    pub async fn cutover_by_hand(&self, estate: &Estate, hand: Arc<dyn Hand>) -> Fate {
        let work = Box::pin(async {
            let app = self.app(estate, Arc::new(Immortal), &Gate::default()).await?;
            let mut plan = app.plan_cutover(&self.links).await?;
            plan.policy.manual = true;
            let steering = Steering::from(Cancel::new()).with_hand(hand);
            app.start(&plan, self.observer(estate), steering).await
        });
        let immortal: Arc<dyn Mortal> = Arc::new(Immortal);
        self.process(estate, &immortal, &Gate::default(), work).await
    }

    /// An operation on the estate's failover group, in a process of its own.
    pub async fn group(&self, estate: &Estate, name: Option<&str>, op: FogOp, faults: &Arc<dyn Mortal>) -> Fate {
        let gate = Gate::default();
        let work = Box::pin(async {
            let app = self.app(estate, faults.clone(), &gate).await?;
            let look = app.look_at_group(name).await?;
            let plan = app.plan_fog(&look, op, None).map_err(|e| match e {
                NoPlan::Error(e) => e,
                NoPlan::Already(refusal) => Error::refused(refusal.why),
            })?;
            app.start(&plan, self.observer(estate), Cancel::new()).await
        });
        self.process(estate, faults, &gate, work).await
    }

    /// A runbook on the group, in a process of its own.
    pub async fn runbook(&self, estate: &Estate, ask: &RunbookAsk, faults: &Arc<dyn Mortal>) -> Fate {
        let gate = Gate::default();
        let work = Box::pin(async {
            let app = self.app(estate, faults.clone(), &gate).await?;
            let look = app.look_at_group(None).await?;
            let plan = app.plan_runbook(&look, ask).await?;
            app.start(&plan, self.observer(estate), Cancel::new()).await
        });
        self.process(estate, faults, &gate, work).await
    }

    /// `fog resume` or `drill resume` in a process of its own.
    pub async fn resume_group(&self, estate: &Estate, faults: &Arc<dyn Mortal>) -> Fate {
        let gate = Gate::default();
        let work = Box::pin(async {
            let run = self.open_run_of(&["fog", "drill"])?;
            let run = run.ok_or_else(|| Error::new(Kind::NotFound, "no run is open"))?;
            let app = self.app(estate, faults.clone(), &gate).await?;
            app.resume(&run, self.observer(estate), Cancel::new()).await
        });
        self.process(estate, faults, &gate, work).await
    }

    /// `fog secondary create` in a process of its own.
    pub async fn secondary(&self, estate: &Estate, faults: &Arc<dyn Mortal>) -> Fate {
        let gate = Gate::default();
        let work = Box::pin(async {
            let app = self.app(estate, faults.clone(), &gate).await?;
            let found = app.look_at_secondary(None, None).await?;
            app.start(&app.plan_secondary(&found)?, self.observer(estate), Cancel::new()).await
        });
        self.process(estate, faults, &gate, work).await
    }

    /// `objects sync` in a process without faults.
    pub async fn objects(&self, estate: &Estate) -> Result<()> {
        committed(self.objects_with(estate, &calm()).await, "bringing objects over")
    }

    /// `objects sync`; the run that is open is gone on with.
    pub async fn objects_with(&self, estate: &Estate, faults: &Arc<dyn Mortal>) -> Fate {
        let gate = Gate::default();
        let work = Box::pin(async {
            let app = self.app(estate, faults.clone(), &gate).await?;
            if let Some(run) = self.open_run_of(&["objects"])? {
                return app.resume(&run, self.observer(estate), Cancel::new()).await;
            }
            let plan = app.plan_objects(&[], false).await?;
            app.start(&plan, self.observer(estate), Cancel::new()).await
        });
        self.process(estate, faults, &gate, work).await
    }

    /// `cutover resume` in a process of its own.
    pub async fn resume(&self, estate: &Estate, faults: &Arc<dyn Mortal>, gate: &Gate, cancel: Cancel) -> Fate {
        let work = Box::pin(async {
            let run = self.open_run()?.ok_or_else(|| Error::new(Kind::NotFound, "no run is open"))?;
            let app = self.app(estate, faults.clone(), gate).await?;
            app.resume(&run, self.observer(estate), cancel).await
        });
        self.process(estate, faults, gate, work).await
    }

    /// Runs until it ends or is killed; whatever it held is gone then.
    pub(super) async fn process(
        &self,
        estate: &Estate,
        faults: &Arc<dyn Mortal>,
        gate: &Gate,
        work: impl Future<Output = Result<Ended>>,
    ) -> Fate {
        let fate = tokio::select! {
            biased;
            () = faults.death() => Fate::Died,
            ended = gate.guard(work) => Fate::of(ended),
        };
        estate.trace.say(&format!("{}: process: {}", self.name, fate.word()));
        fate
    }

    /// The cutover that has not ended.
    pub fn open_run(&self) -> Result<Option<RunId>> {
        self.open_run_of(&["cutover"])
    }

    /// The run of one of these kinds that has not ended.
    pub fn open_run_of(&self, kinds: &[&str]) -> Result<Option<RunId>> {
        for run in self.journal.runs()? {
            let wanted = kinds.iter().any(|k| run.as_str().starts_with(k));
            if wanted && crate::journal::fold::fold(&self.journal.records(&run)?)?.finished.is_none() {
                return Ok(Some(run));
            }
        }
        Ok(None)
    }
}
