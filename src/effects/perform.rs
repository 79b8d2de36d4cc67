//! Reads and changes. A change: intent durable, act, outcome durable.

use super::fault::Faults;
use super::fault::Point;
use super::hand::Asked;
use super::hand::ByHand;
use super::lease::Held;
use super::mode::Mode;
use super::sites::Sites;
use crate::arm::Arm;
use crate::arm::Continuation;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::redact::SecretString;
use crate::journal::record::ChangeResult;
use crate::journal::record::Line;
use crate::journal::record::Record;
use crate::journal::store::Journal;
use crate::model::ids::RunId;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use crate::sql::Query;
use crate::sql::ResultSet;
use crate::sql::Session;
use crate::sql::Statement;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

/// What a run starts from: a fresh one with nothing, a resumed one with what its journal says.
#[derive(Default)]
pub struct Begin {
    pub next_change: u64,
    /// Long-running operations that were under way, by step.
    pub pending: BTreeMap<StepId, Continuation>,
    /// Line L2 was crossed.
    pub open: bool,
    /// Number of the run's last record.
    pub last_record: u64,
}

/// The door of one run.
pub struct Effects {
    pub(super) sites: Arc<Sites>,
    pub(super) arm: Option<Arc<Arm>>,
    journal: Arc<dyn Journal>,
    run: RunId,
    mode: Mode,
    faults: Arc<dyn Faults>,
    next_change: AtomicU64,
    pub(super) pending: Mutex<BTreeMap<StepId, Continuation>>,
    pub(super) leases: Mutex<BTreeMap<String, Held>>,
    pub(super) hand: ByHand,
    /// Line L2 has been crossed.
    open: AtomicBool,
    /// Number of the last record that this process wrote.
    last_record: Mutex<u64>,
}

impl Effects {
    pub fn new(
        sites: Arc<Sites>,
        arm: Option<Arc<Arm>>,
        journal: Arc<dyn Journal>,
        run: RunId,
        mode: Mode,
        faults: Arc<dyn Faults>,
        begin: Begin,
    ) -> Self {
        Self {
            sites,
            arm,
            journal,
            run,
            mode,
            faults,
            next_change: AtomicU64::new(begin.next_change.max(1)),
            pending: Mutex::new(begin.pending),
            leases: Mutex::new(BTreeMap::new()),
            hand: ByHand::default(),
            open: AtomicBool::new(begin.open),
            last_record: Mutex::new(begin.last_record),
        }
    }

    pub fn run(&self) -> &RunId {
        &self.run
    }
    pub fn faults(&self) -> &dyn Faults {
        self.faults.as_ref()
    }

    /// Writes a record down; durable when it returns. In `Observe` nothing is written.
    pub fn record(&self, record: &Record) -> Result<()> {
        if matches!(record, Record::LineCrossed { line: Line::L2 }) {
            self.open.store(true, Ordering::SeqCst);
        }
        match self.mode {
            Mode::Apply => {
                // Held while it is written: guards of this process write too.
                let mut last = self.last_record.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                self.append(&mut last, record)
            }
            Mode::Observe => Ok(()),
        }
    }

    /// Where a server is dialled: host and port.
    pub fn address(&self, site: &SiteId) -> Option<(String, u16)> {
        self.sites.server(site).ok().map(|s| (s.host.clone(), s.port))
    }

    /// A session of its own at another address, such as a listener, with the login of that server; for reading.
    pub async fn session_at(&self, like: &SiteId, host: &str, port: u16, name: &str) -> Result<Session> {
        self.sites.at(like, host, port, name).await
    }

    /// Tries to get in as somebody else: a look at what a bar does, not a change.
    pub async fn try_login(&self, site: &SiteId, user: &str, password: &SecretString, database: &str) -> Result<()> {
        self.sites.try_login(site, user, password, database).await
    }

    /// Signs on for so many steps side by side.
    pub async fn warm(&self, site: &SiteId, steps: usize) {
        self.sites.warm(site, steps).await;
    }

    /// A server has changed its role: kept sessions may be dead.
    pub fn forget_sessions(&self, site: &SiteId) {
        self.sites.forget(site);
    }

    /// Program name of this run's sessions on that server.
    pub fn program(&self, site: &SiteId) -> Option<&str> {
        self.sites.program_name(site)
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.load(Ordering::SeqCst)
    }

    /// True for a session of milink itself on that server: its program name *and* its login; a name alone could be borrowed.
    pub fn is_own_session(&self, site: &SiteId, program: Option<&str>, login: Option<&str>) -> bool {
        let Ok(server) = self.sites.server(site) else { return false };
        let ours = match &server.login {
            crate::sql::Login::Password { user, .. } => login.is_some_and(|l| l.eq_ignore_ascii_case(user)),
            // The login behind a token is not known here; its program name carries the run.
            crate::sql::Login::Token(_) | crate::sql::Login::Tokens(_) => program == Some(server.program_name.as_str()),
        };
        ours && program.is_some_and(|p| p.starts_with("milink"))
    }

    pub fn arm(&self) -> Result<&Arm> {
        self.arm.as_deref().ok_or_else(|| {
            Error::usage("this needs Azure, and the estate file has no [azure]").hint("add [azure] to the estate file")
        })
    }

    /// Runs a read and decodes its answer. Takes the query as its constructor gave it, which keeps joins of several reads flat.
    pub async fn read<T>(&self, site: &SiteId, query: Result<Query<T>>) -> Result<T> {
        let query = query?;
        let mut loan = self.sites.lend(site).await?;
        let result = loan.session.read(&query).await;
        loan.done();
        result
    }

    /// Runs a statement that changes the server.
    pub async fn change(&self, step: &StepId, site: &SiteId, statement: &Statement) -> Result<Vec<ResultSet>> {
        let rendered = &statement.rendered;
        let act = async |_| {
            let asked = self.asked(step, site, vec![rendered.shown.clone()]);
            if let Some(done) = self.hand.ask(self, asked, rendered.id).await {
                return done.map(|()| Vec::new());
            }
            let mut loan = self.sites.lend(site).await?;
            let result = loan.session.run(rendered).await;
            loan.done();
            result
        };
        self.through_the_door(step, site, rendered.id, &rendered.shown, act).await
    }

    /// Runs statements one after the other. Whoever runs them by hand gets them together.
    pub async fn change_all(&self, step: &StepId, site: &SiteId, statements: &[Statement]) -> Result<()> {
        let Some(first) = statements.first().filter(|_| self.is_manual()) else {
            for statement in statements {
                self.change(step, site, statement).await?;
            }
            return Ok(());
        };
        let shown: Vec<_> = statements.iter().map(|s| s.rendered.shown.clone()).collect();
        let act = async |_| {
            let asked = self.asked(step, site, shown.clone());
            self.hand.ask(self, asked, first.rendered.id).await.unwrap_or(Ok(()))
        };
        self.through_the_door(step, site, first.rendered.id, &shown.join("\n"), act).await
    }

    pub(super) fn asked(&self, step: &StepId, site: &SiteId, statements: Vec<String>) -> Asked {
        Asked { run: self.run.clone(), step: step.clone(), site: site.clone(), statements }
    }

    /// Numbers an intent and writes it down as one act: steps that run side by side must not pass each other in between, for
    /// the journal holds numbers that only grow.
    fn announce(&self, intent: impl FnOnce(u64) -> Record) -> Result<u64> {
        let mut last = self.last_record.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let change = self.next_change.fetch_add(1, Ordering::SeqCst);
        self.append(&mut last, &intent(change))?;
        Ok(change)
    }

    fn append(&self, last: &mut u64, record: &Record) -> Result<()> {
        let stored = self.journal.append_after(&self.run, *last, record)?;
        *last = stored.ok_or_else(|| super::lease::replaced(&self.run))?.seq;
        Ok(())
    }

    /// Intent, act, outcome. The act is told the number of its change.
    pub(super) async fn through_the_door<T>(
        &self,
        step: &StepId,
        site: &SiteId,
        script: &str,
        shown: &str,
        act: impl AsyncFnOnce(u64) -> Result<T>,
    ) -> Result<T> {
        if self.mode == Mode::Observe {
            return Err(Error::bug(format!("a dry run tried to change {site}: {script}")));
        }
        self.faults.at(Point::BeforeIntent, step).await?;
        let intent = |change| Record::Intent {
            change,
            step: step.clone(),
            site: site.clone(),
            script: script.to_owned(),
            shown: shown.to_owned(),
        };
        #[cfg(feature = "lab")]
        if self.faults.mutant() == Some(super::fault::Mutant::ActFirst) {
            let change = self.next_change.fetch_add(1, Ordering::SeqCst);
            let result = act(change).await;
            self.faults.at(Point::AfterAct, step).await?;
            self.record(&intent(change))?;
            self.record(&Record::Outcome { change, result: outcome(result.as_ref().err()) })?;
            return result;
        }
        let change = self.announce(intent)?;
        let result = async {
            self.faults.at(Point::BeforeAct, step).await?;
            // After the intent, so that as little time as can be lies between this look and the act.
            self.fenced(step).await?;
            let result = act(change).await;
            self.faults.at(Point::AfterAct, step).await?;
            result
        }
        .await;
        self.record(&Record::Outcome { change, result: outcome(result.as_ref().err()) })?;
        self.faults.at(Point::AfterOutcome, step).await?;
        result.map_err(|e| e.during(format!("{script} on {site}")))
    }
}

fn outcome(error: Option<&Error>) -> ChangeResult {
    match error {
        None => ChangeResult::Ok,
        Some(e) if e.kind() == Kind::AnswerLost => ChangeResult::Unknown { message: e.chain() },
        Some(e) => ChangeResult::Failed { message: e.chain() },
    }
}
