//! Makes mishaps happen to the members of a group and to the people who work on it.

use super::deed::Deed;
use crate::base::clock::pause;
use crate::base::error::Result;
use crate::engine::cancel::Cancel;
use crate::lab::arm::fault::FaultAction;
use crate::lab::arm::fault::FaultRule;
use crate::lab::up::fact::lose_region;
use crate::lab::up::listen::ARM_HOST;
use crate::lab::up::start::APPLICATION_HOST;
use crate::lab::world::instance::Instance;
use crate::sim::play::estate::Estate;
use crate::sim::play::gate::Gate;
use crate::sim::play::mishap::Due;
use crate::sim::play::mishap::Mishap;
use crate::sim::play::operator::Mortal;
use crate::sim::play::operator::Operator;
use crate::sim::play::watch::Agenda;
use crate::sim::play::watch::Watch;
use crate::sim::play::world::Current;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// When a server ends the sessions of a machine that sleeps: 30 s of silence and ten probes of 1 s (TCP keepalive of SQL Server).
const KEEPALIVE: Duration = Duration::from_secs(40);
const LAPTOPS: [&str; 3] = ["laptop-a", "laptop-b", "laptop-a-too"];

/// What can go wrong of a group. `source` is its first primary, `target` its first secondary.
pub(super) const MISHAPS: [Mishap; 21] = [
    Mishap::Fail,
    Mishap::Crash,
    Mishap::Abort,
    Mishap::SleepAndAbort,
    Mishap::SleepAndResume,
    Mishap::SecondOperator,
    Mishap::DoubleResume,
    Mishap::CutSource,
    Mishap::CutTarget,
    Mishap::CutAzure,
    Mishap::CutLink,
    Mishap::CutApplication,
    Mishap::ArmThrottled,
    Mishap::ArmUnavailable,
    Mishap::ArmAnswerLost,
    Mishap::ArmDropped,
    Mishap::OperationFails,
    Mishap::RestartSource,
    Mishap::RestartTarget,
    Mishap::LoseSource,
    Mishap::LoseTarget,
];

pub(super) struct World<'a> {
    pub estate: &'a Estate,
    pub deed: Deed,
    pub agenda: &'a Agenda,
    pub current: &'a Current,
    pub operator: &'a Operator,
    pub other: &'a Operator,
}

impl World<'_> {
    /// Makes happen what is handed in; does not end.
    pub(super) async fn turn(&self, mut due: mpsc::UnboundedReceiver<Due>) -> Result<()> {
        let mut running = FuturesUnordered::new();
        loop {
            tokio::select! {
                biased;
                Some(next) = due.recv() => running.push(Box::pin(self.happen(next))),
                Some(()) = running.next(), if !running.is_empty() => {}
                else => std::future::pending().await,
            }
        }
    }

    /// Everything is in order again.
    pub(super) fn heal(&self) {
        self.agenda.clear();
        let hosts: Vec<_> = self.estate.lab.instances.values().map(|i| i.config.host.clone()).collect();
        for a in LAPTOPS.into_iter().chain([APPLICATION_HOST]).chain(hosts.iter().map(String::as_str)) {
            for b in hosts.iter().map(String::as_str).chain([ARM_HOST]) {
                self.estate.lab.network.restore(a, b);
            }
        }
        for instance in self.estate.lab.instances.values().filter(|i| i.with(|s| s.server.region_down)) {
            lose_region(instance, false);
        }
        self.estate.lab.arm.faults.clear();
        self.current.get().0.open();
    }

    pub(super) fn member(&self, secondary: bool) -> &Arc<Instance> {
        let [_, a, b] = self.deed.members();
        &self.estate.lab.instances[if secondary { b } else { a }]
    }
    fn host(&self, secondary: bool) -> &str {
        &self.member(secondary).config.host
    }

    async fn happen(&self, due: Due) {
        if !due.delay.is_zero() {
            pause(due.delay).await;
        }
        self.estate.trace.say(&format!("mishap: {} for {} ms", due.mishap.name(), due.lasts.as_millis()));
        let me = self.operator.name.as_str();
        let calm = || -> Arc<dyn Mortal> { Watch::calm() };
        match due.mishap {
            Mishap::Fail | Mishap::Crash | Mishap::Burst => {}
            Mishap::Abort => self.current.get().1.request(),
            Mishap::SleepAndAbort => self.sleep(due.lasts, true).await,
            Mishap::SleepAndResume => self.sleep(due.lasts, false).await,
            Mishap::SecondOperator => {
                self.other.deed(self.estate, self.deed, &calm(), &Gate::default(), Cancel::new()).await;
            }
            Mishap::DoubleResume => {
                self.operator.beside("laptop-a-too").go_on(self.estate, &calm(), &Gate::default(), Cancel::new()).await;
            }
            Mishap::CutSource => self.cut(me, self.host(false), due.lasts).await,
            Mishap::CutTarget => self.cut(me, self.host(true), due.lasts).await,
            Mishap::CutAzure => self.cut(me, ARM_HOST, due.lasts).await,
            Mishap::CutLink => self.cut(self.host(false), self.host(true), due.lasts).await,
            Mishap::CutApplication => {
                tokio::join!(
                    self.cut(APPLICATION_HOST, self.host(false), due.lasts),
                    self.cut(APPLICATION_HOST, self.host(true), due.lasts),
                );
            }
            Mishap::ArmThrottled => self.arm(refuse(429, "SubscriptionRequestsThrottled", Some(2)), None),
            Mishap::ArmUnavailable => self.arm(refuse(503, "ServiceUnavailable", None), None),
            Mishap::ArmAnswerLost => self.arm(FaultAction::DropAfter, None),
            Mishap::ArmDropped => self.arm(FaultAction::DropBefore, None),
            Mishap::OperationFails => {
                let (code, message) = ("InternalServerError".to_owned(), "an error has occurred".to_owned());
                for method in ["PUT", "POST", "DELETE", "PATCH"] {
                    let action = FaultAction::FailOperation { code: code.clone(), message: message.clone() };
                    self.arm(action, Some(method));
                }
            }
            Mishap::RestartSource => self.restart(false, due.lasts).await,
            Mishap::RestartTarget => self.restart(true, due.lasts).await,
            Mishap::LoseSource => self.lose(false, due.lasts).await,
            Mishap::LoseTarget => self.lose(true, due.lasts).await,
        }
    }

    async fn cut(&self, a: &str, b: &str, lasts: Duration) {
        self.estate.lab.network.cut(a, b);
        pause(lasts).await;
        self.estate.lab.network.restore(a, b);
    }

    /// The region of a member is lost, and comes back.
    pub(super) async fn lose(&self, secondary: bool, lasts: Duration) {
        let member = self.member(secondary);
        lose_region(member, true);
        pause(lasts).await;
        lose_region(member, false);
    }

    /// Every session ends and rolls back; nobody reaches the server until it is up again.
    async fn restart(&self, secondary: bool, lasts: Duration) {
        let member = self.member(secondary);
        let host = &member.config.host;
        let others = self.estate.lab.instances.values().map(|i| i.config.host.as_str()).filter(|h| h != host);
        let others: Vec<&str> = LAPTOPS.into_iter().chain([APPLICATION_HOST]).chain(others).collect();
        for other in &others {
            self.estate.lab.network.cut(other, host);
        }
        member.with(|s| {
            let all: Vec<i32> = s.sessions.sessions.keys().copied().collect();
            for spid in all {
                s.sessions.kill(spid);
            }
        });
        member.notify();
        pause(lasts).await;
        for other in &others {
            self.estate.lab.network.restore(other, host);
        }
    }

    fn arm(&self, action: FaultAction, method: Option<&str>) {
        let times = if method.is_some() { 1 } else { 2 };
        let rule = FaultRule { method: method.map(str::to_owned), path: None, skip: 0, times, action };
        self.estate.lab.arm.faults.add(rule);
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
        tokio::join!(twin.go_on(self.estate, &faults, &own, cancel), async {
            pause(lasts).await;
            gate.open();
        });
    }
}

fn refuse(status: u16, code: &str, retry_after_s: Option<u32>) -> FaultAction {
    FaultAction::Refuse { status, code: code.to_owned(), message: "try again".to_owned(), retry_after_s }
}
