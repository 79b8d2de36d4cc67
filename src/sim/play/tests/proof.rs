//! What must make a fence fail, or be told of it: somebody meddles at a certain point, and the run has to notice.

use crate::base::clock::SharedClock;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::effects::fault::Faults;
use crate::effects::fault::Point;
use crate::engine::cancel::Cancel;
use crate::journal::record::Record;
use crate::lab::world::log::Op;
use crate::model::ids::StepId;
use crate::sim::play::catalogue;
use crate::sim::play::estate::Estate;
use crate::sim::play::estate::small;
use crate::sim::play::gate::Gate;
use crate::sim::play::operator::Fate;
use crate::sim::play::operator::Immortal;
use crate::sim::play::operator::Mortal;
use crate::sim::play::operator::Operator;
use crate::sim::play::runtime::play;
use crate::sim::play::tests::tight::admin;
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::Mutex;

type Deed = Box<dyn FnOnce() + Send>;

/// Does something once, when a step passes a point.
struct Meddler {
    point: Point,
    kind: &'static str,
    deed: Mutex<Option<Deed>>,
}

#[async_trait]
impl Faults for Meddler {
    async fn at(&self, point: Point, step: &StepId) -> Result<()> {
        if point == self.point
            && step.kind() == self.kind
            && let Some(deed) = self.deed.lock().unwrap().take()
        {
            deed();
        }
        Ok(())
    }
}

#[async_trait]
impl Mortal for Meddler {
    async fn death(&self) {
        std::future::pending::<()>().await;
    }
}

pub(super) fn meddler(point: Point, kind: &'static str, deed: impl FnOnce() + Send + 'static) -> Arc<dyn Mortal> {
    Arc::new(Meddler { point, kind, deed: Mutex::new(Some(Box::new(deed))) })
}

pub(super) struct Evening {
    pub(super) estate: Estate,
    pub(super) operator: Operator,
    before: catalogue::Picture,
}

/// A linked estate, and what `prepare` made of its source.
pub(super) async fn evening(scenario: &str, clock: SharedClock, prepare: &[(&str, &str)]) -> Result<Evening> {
    let mut estate = Estate::up(small(scenario, 1)?, clock).await?;
    for (database, text) in prepare {
        admin(&estate, "sql-a", database, text).await;
        // With its SID, as the checks want it.
        if text.starts_with("CREATE LOGIN") {
            admin(&estate, "mi-a", database, text).await;
        }
    }
    let operator = Operator::new("laptop-a", &estate);
    estate.start_writers()?;
    operator.create(&estate).await?;
    estate.until_written(3).await?;
    let before = catalogue::picture(&estate);
    Ok(Evening { estate, operator, before })
}

impl Evening {
    pub(super) async fn cutover(&self, faults: Arc<dyn Mortal>) -> Fate {
        self.operator.cutover(&self.estate, &faults, &Gate::default(), Cancel::new()).await
    }

    pub(super) async fn resume(&self) -> Fate {
        let faults: Arc<dyn Mortal> = Arc::new(Immortal);
        self.operator.resume(&self.estate, &faults, &Gate::default(), Cancel::new()).await
    }

    /// It went back for a reason that says `why`, and left everything as it was.
    pub(super) async fn went_back(&self, fate: &Fate, why: &str) -> Result<()> {
        assert!(matches!(fate, Fate::RolledBack(_)), "{}", fate.word());
        let said = match fate {
            Fate::RolledBack(e) => format!("{} {}", e.chain(), e.get_hint().unwrap_or_default()),
            other => other.word(),
        };
        assert!(said.contains(why), "{said}");
        catalogue::as_before(&self.estate, &self.before).await?;
        self.estate.until_written(3).await
    }

    /// Notes of the steps of the newest run, and of their undoing.
    pub(super) fn notes(&self) -> Vec<String> {
        let run =
            self.operator.journal.runs().unwrap().into_iter().find(|r| r.as_str().starts_with("cutover")).unwrap();
        let records = self.operator.journal.records(&run).unwrap();
        let note = |r: &Record| match r {
            Record::StepFinished { step, note, .. } | Record::UndoFinished { step, note } => {
                Some(format!("{step}: {note}"))
            }
            _ => None,
        };
        records.iter().filter_map(|r| note(&r.record)).collect()
    }

    /// A commit on the source by somebody whom nobody kept out.
    pub(super) fn late_commit(&self) -> impl FnOnce() + Send + 'static {
        let instance = self.estate.lab.instances["sql-a"].clone();
        move || {
            let now = instance.clock.now();
            instance.with(|s| {
                let db = s.databases.get_mut("ledger").unwrap();
                db.append(vec![Op::Internal("late".to_owned())], 77, true, now);
            });
            instance.notify();
        }
    }
}

#[test]
fn a_login_without_a_user_that_gets_in_ends_the_run() {
    play(41, |clock| async move {
        let open = [("master", "GRANT CONNECT ANY DATABASE TO public")];
        let night = evening("migrate-2019", clock, &open).await?;
        let fate = night.cutover(Arc::new(Immortal)).await;
        night.went_back(&fate, "got into ledger on sql-a past having no user there").await
    })
    .unwrap();
}

#[test]
fn a_canary_that_gets_in_nowhere_proves_nothing() {
    play(42, |clock| async move {
        let login = "GRANT CONNECT ON ENDPOINT::[TSQL Default TCP] TO app_ledger; \
                     REVOKE CONNECT ON ENDPOINT::[TSQL Default TCP] FROM public";
        let night = evening("migrate-2019", clock, &[("master", login)]).await?;
        let fate = night.cutover(Arc::new(Immortal)).await;
        night.went_back(&fate, "never got in: that proves nothing").await
    })
    .unwrap();
}

#[test]
fn an_activated_queue_is_refused_before_anything_is_shut() {
    play(43, |clock| async move {
        let on = [("master", "ALTER DATABASE ledger SET ENABLE_BROKER WITH NO_WAIT")];
        let night = evening("migrate-2019", clock, &on).await?;
        night.estate.lab.instances["sql-a"].with(|s| {
            s.databases.get_mut("ledger").unwrap().options.queues.push(("dbo_inbox".to_owned(), true));
        });
        let fate = night.cutover(Arc::new(Immortal)).await;
        night.went_back(&fate, "dbo_inbox").await
    })
    .unwrap();
}

const BROKER: [(&str, &str); 2] = [
    ("master", "ALTER DATABASE ledger SET ENABLE_BROKER WITH NO_WAIT"),
    (
        "master",
        "CREATE ENDPOINT [Broker] STATE = STARTED AS TCP (LISTENER_PORT = 4022) FOR SERVICE_BROKER (AUTHENTICATION = WINDOWS)",
    ),
];

fn broker_state(estate: &Estate) -> u8 {
    estate.lab.instances["sql-a"].with(|s| s.server.broker.as_ref().unwrap().state)
}

#[test]
fn the_broker_endpoint_is_stopped_and_started_again_with_the_others() {
    play(44, |clock| async move {
        let night = evening("migrate-2019", clock, &BROKER).await?;
        let seen = Arc::new(Mutex::new(None));
        let (instance, told) = (night.estate.lab.instances["sql-a"].clone(), seen.clone());
        let look = move || *told.lock().unwrap() = instance.with(|s| s.server.broker.as_ref().map(|b| b.state));
        let fate = night.cutover(meddler(Point::StepStarted, "cutover.switch", look)).await;
        assert!(matches!(fate, Fate::Committed), "{}", fate.word());
        assert_eq!(*seen.lock().unwrap(), Some(1), "not stopped while the switch was sent");
        assert_eq!(broker_state(&night.estate), 0);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_commit_between_token_and_switch_is_told_by_its_session() {
    play(45, |clock| async move {
        let night = evening("two-way-2022", clock, &BROKER).await?;
        let fate = night.cutover(meddler(Point::StepDone, "cutover.drain", night.late_commit())).await;
        night.went_back(&fate, "1 commit: session 77").await?;
        assert_eq!(broker_state(&night.estate), 0);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_commit_on_the_old_copy_stops_the_run_before_it_opens() {
    play(46, |clock| async move {
        let night = evening("migrate-2019", clock, &[]).await?;
        let fate = night.cutover(meddler(Point::StepStarted, "cutover.late_writes", night.late_commit())).await;
        assert!(matches!(&fate, Fate::Failed(_)), "{}", fate.word());
        assert!(
            fate.word().contains("was written to after the token") && fate.word().contains("session 77"),
            "{}",
            fate.word()
        );
        assert!(!night.notes().iter().any(|n| n.starts_with("cutover.open")), "{:?}", night.notes());
        let fate = night.resume().await;
        assert!(matches!(fate, Fate::Committed), "{}", fate.word());
        assert!(night.notes().iter().any(|n| n.contains("gone on with by resume")), "{:?}", night.notes());
        Ok(())
    })
    .unwrap();
}

/// Sets whether a login of the source is disabled, behind the run's back.
fn disable(estate: &Estate, login: &'static str, disabled: bool) -> impl FnOnce() + Send + 'static {
    let instance = estate.lab.instances["sql-a"].clone();
    move || {
        instance.with(|s| {
            let p = s.security.principals.values_mut().find(|p| p.name == login).unwrap();
            p.disabled = disabled;
        });
    }
}

/// The switch is not sent, and somebody meddles when all but the comparison is undone.
struct Turn<D> {
    refused: Mutex<bool>,
    deed: Mutex<Option<D>>,
}

#[async_trait]
impl<D: FnOnce() + Send> Faults for Turn<D> {
    async fn at(&self, point: Point, step: &StepId) -> Result<()> {
        if (point, step.kind()) == (Point::BeforeIntent, "cutover.switch")
            && !std::mem::replace(&mut *self.refused.lock().unwrap(), true)
        {
            return Err(Error::new(Kind::Server, "refused by a test"));
        }
        if (point, step.kind()) == (Point::UndoStarted, "cutover.catalogue")
            && let Some(deed) = self.deed.lock().unwrap().take()
        {
            deed();
        }
        Ok(())
    }
}

#[async_trait]
impl<D: FnOnce() + Send> Mortal for Turn<D> {
    async fn death(&self) {
        std::future::pending::<()>().await;
    }
}

fn turn(deed: impl FnOnce() + Send + 'static) -> Arc<dyn Mortal> {
    Arc::new(Turn { refused: Mutex::new(false), deed: Mutex::new(Some(deed)) })
}

#[test]
fn a_way_back_that_leaves_a_login_shut_is_not_told_as_whole() {
    play(47, |clock| async move {
        let night = evening("migrate-2019", clock, &[]).await?;
        let shut = disable(&night.estate, "app_ledger", true);
        let fate = night.cutover(turn(shut)).await;
        assert!(matches!(fate, Fate::Failed(_)), "{}", fate.word());
        assert!(fate.word().contains("login `app_ledger`: state is DISABLED, was ENABLED"), "{}", fate.word());
        disable(&night.estate, "app_ledger", false)();
        let fate = night.resume().await;
        assert!(matches!(fate, Fate::RolledBack(_)), "{}", fate.word());
        catalogue::as_before(&night.estate, &night.before).await
    })
    .unwrap();
}

#[test]
fn what_others_changed_meanwhile_is_told_and_stands_in_no_way() {
    play(48, |clock| async move {
        // Shut before, so the run has no part in it.
        let prepare = [
            (
                "master",
                "CREATE LOGIN stranger WITH PASSWORD = N'Long#enough1', SID = 0x0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B; \
                 ALTER LOGIN stranger DISABLE",
            ),
            ("ledger", "CREATE USER stranger FOR LOGIN stranger"),
        ];
        let night = evening("migrate-2019", clock, &prepare).await?;
        let fate = night.cutover(turn(disable(&night.estate, "stranger", false))).await;
        assert!(matches!(fate, Fate::RolledBack(_)), "{}", fate.word());
        let told = "changed meanwhile by somebody else: login `stranger`: state is ENABLED, was DISABLED";
        assert!(night.notes().iter().any(|n| n.contains(told)), "{:?}", night.notes());
        Ok(())
    })
    .unwrap();
}
