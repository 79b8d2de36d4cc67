//! Makes mishaps happen to the estate and to the people in it.

use super::estate::Estate;
use super::gate::Gate;
use super::mishap::Due;
use super::mishap::Mishap;
use super::operator::Mortal;
use super::operator::Operator;
use super::watch::Agenda;
use super::watch::Watch;
use crate::base::clock::pause;
use crate::base::error::Result;
use crate::engine::cancel::Cancel;
use crate::lab::arm::fault::FaultAction;
use crate::lab::arm::fault::FaultRule;
use crate::lab::up::listen::ARM_HOST;
use crate::lab::up::start::APPLICATION_HOST;
use crate::lab::workload::client;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc;

/// When a server ends the sessions of a machine that sleeps: 30 s of silence and ten probes of 1 s (TCP keepalive of SQL Server).
const KEEPALIVE: Duration = Duration::from_secs(40);
/// Rows of a burst.
const BURST_ROWS: u32 = 120;

/// The process of the first operator that lives now.
#[derive(Default)]
pub struct Current {
    process: Mutex<(Gate, Cancel)>,
    /// Bursts of this night so far.
    bursts: AtomicU64,
}

impl Current {
    /// A new process.
    pub fn renew(&self) -> (Gate, Cancel) {
        let new = (Gate::default(), Cancel::new());
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) = new.clone();
        new
    }
    pub(super) fn get(&self) -> (Gate, Cancel) {
        self.process.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

pub struct World<'a> {
    pub estate: &'a Estate,
    pub agenda: &'a Agenda,
    pub current: &'a Current,
    pub operator: &'a Operator,
    pub other: &'a Operator,
}

impl World<'_> {
    /// Makes happen what is handed in; does not end.
    pub async fn turn(&self, mut due: mpsc::UnboundedReceiver<Due>) -> Result<()> {
        let mut running = FuturesUnordered::new();
        loop {
            tokio::select! {
                biased;
                Some(next) = due.recv() => running.push(self.happen(next)),
                Some(()) = running.next(), if !running.is_empty() => {}
                else => std::future::pending().await,
            }
        }
    }

    /// Everything is in order again.
    pub fn heal(&self) {
        self.agenda.clear();
        let hosts = self.hosts();
        for a in ["laptop-a", "laptop-b", APPLICATION_HOST] {
            for b in &hosts {
                self.estate.lab.network.restore(a, b);
            }
            self.estate.lab.network.restore(a, ARM_HOST);
        }
        for a in &hosts {
            for b in &hosts {
                self.estate.lab.network.restore(a, b);
            }
        }
        self.estate.lab.arm.faults.clear();
        self.current.get().0.open();
    }

    fn hosts(&self) -> Vec<String> {
        self.estate.lab.instances.values().map(|i| i.config.host.clone()).collect()
    }

    fn host(&self, managed: bool) -> String {
        let found = self.estate.lab.instances.values().find(|i| i.config.is_managed() == managed);
        found.map(|i| i.config.host.clone()).unwrap_or_default()
    }

    async fn happen(&self, due: Due) {
        if !due.delay.is_zero() {
            pause(due.delay).await;
        }
        self.estate.trace.say(&format!("mishap: {} for {} ms", due.mishap.name(), due.lasts.as_millis()));
        let me = self.operator.name.as_str();
        match due.mishap {
            Mishap::Fail | Mishap::Crash => {}
            // Of failover groups alone: those nights have a world of their own.
            Mishap::LoseSource | Mishap::LoseTarget | Mishap::OperationFails => {}
            Mishap::Abort => self.current.get().1.request(),
            Mishap::SleepAndAbort => self.sleep(due.lasts, true).await,
            Mishap::SleepAndResume => self.sleep(due.lasts, false).await,
            Mishap::SecondOperator => {
                let faults: Arc<dyn Mortal> = Watch::calm();
                self.other.cutover(self.estate, &faults, &Gate::default(), Cancel::new()).await;
            }
            Mishap::DoubleResume => {
                let faults: Arc<dyn Mortal> = Watch::calm();
                let twin = self.operator.beside("laptop-a-too");
                twin.resume(self.estate, &faults, &Gate::default(), Cancel::new()).await;
            }
            Mishap::CutSource => self.cut(me, &self.host(false), due.lasts).await,
            Mishap::CutTarget => self.cut(me, &self.host(true), due.lasts).await,
            Mishap::CutAzure => self.cut(me, ARM_HOST, due.lasts).await,
            Mishap::CutLink => self.cut(&self.host(false), &self.host(true), due.lasts).await,
            Mishap::CutApplication => {
                let (source, target) = (self.host(false), self.host(true));
                tokio::join!(
                    self.cut(APPLICATION_HOST, &source, due.lasts),
                    self.cut(APPLICATION_HOST, &target, due.lasts),
                );
            }
            Mishap::ArmThrottled => self.arm(FaultAction::Refuse {
                status: 429,
                code: "SubscriptionRequestsThrottled".to_owned(),
                message: "too many requests".to_owned(),
                retry_after_s: Some(2),
            }),
            Mishap::ArmUnavailable => self.arm(FaultAction::Refuse {
                status: 503,
                code: "ServiceUnavailable".to_owned(),
                message: "try again".to_owned(),
                retry_after_s: None,
            }),
            Mishap::ArmAnswerLost => self.arm(FaultAction::DropAfter),
            Mishap::ArmDropped => self.arm(FaultAction::DropBefore),
            Mishap::Burst => self.burst().await,
            Mishap::RestartSource => self.restart(false, due.lasts).await,
            Mishap::RestartTarget => self.restart(true, due.lasts).await,
        }
    }

    async fn cut(&self, a: &str, b: &str, lasts: Duration) {
        self.estate.lab.network.cut(a, b);
        pause(lasts).await;
        self.estate.lab.network.restore(a, b);
    }

    /// Every session ends and rolls back; nobody reaches the server until it is up again.
    async fn restart(&self, managed: bool, lasts: Duration) {
        let Some(instance) = self.estate.lab.instances.values().find(|i| i.config.is_managed() == managed) else {
            return;
        };
        let host = instance.config.host.clone();
        let others: Vec<String> = ["laptop-a", "laptop-b", APPLICATION_HOST].map(str::to_owned).into();
        let others = || others.iter().cloned().chain(self.hosts()).filter(|h| *h != host);
        for other in others() {
            self.estate.lab.network.cut(&other, &host);
        }
        instance.with(|s| {
            let all: Vec<i32> = s.sessions.sessions.keys().copied().collect();
            for spid in all {
                s.sessions.kill(spid);
            }
        });
        instance.notify();
        pause(lasts).await;
        for other in others() {
            self.estate.lab.network.restore(&other, &host);
        }
    }

    fn arm(&self, action: FaultAction) {
        self.estate.lab.arm.faults.add(FaultRule { method: None, path: None, skip: 0, times: 2, action });
    }

    /// The laptop sleeps; its sessions die; somebody takes over from its state directory; some time later it wakes up.
    async fn sleep(&self, lasts: Duration, abort: bool) {
        let (gate, _) = self.current.get();
        gate.shut();
        pause(KEEPALIVE).await;
        gate.sever();
        let cancel = Cancel::new();
        if abort {
            cancel.request();
        }
        let faults: Arc<dyn Mortal> = Watch::calm();
        let twin = self.operator.beside("laptop-a-too");
        let own = Gate::default();
        tokio::join!(twin.resume(self.estate, &faults, &own, cancel), async {
            pause(lasts).await;
            gate.open();
        });
    }

    async fn burst(&self) {
        let Ok(access) = self.estate.lab.application() else { return };
        for (database, address) in self.estate.lab.alias.all() {
            let Ok(mut sql) = client::connect(&access, &address, &database).await else { continue };
            // Two bursts of one moment are two: their rows must not look like one row that was written twice.
            let nth = self.current.bursts.fetch_add(1, Ordering::SeqCst);
            for i in 0..BURST_ROWS {
                let insert = format!(
                    "INSERT INTO dbo.entry (entry_id, writer, seq, amount, note) VALUES (NEWID(), 9001, {}, 0, N'burst')",
                    nth * 1_000_000 + u64::from(i)
                );
                if client::batch(&mut sql, access.timeout, &insert).await.is_err() {
                    break;
                }
            }
        }
    }

    /// A sysadmin at work in the source: no bar stops him, only being killed. Ends only with the night.
    pub async fn straggler(&self, at_work: bool) -> Result<()> {
        if !at_work {
            return std::future::pending().await;
        }
        self.estate.lab.straggle().await
    }
}
