//! A job of the Agent on one server tries the ports of the other, tells, and is taken away again. Why a job: it goes the way that
//! the server's own connections go, and not milink's.

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::retry::Backoff;
use crate::engine::context::Context;
use crate::engine::step::Done;
use crate::engine::step::Precheck;
use crate::engine::step::Step;
use crate::model::ids::LinkName;
use crate::model::ids::SiteId;
use crate::model::ids::StepId;
use crate::model::proof::Attempt;
use crate::model::proof::Tried;
use crate::sql::query::endpoint;
use crate::sql::query::instance;
use crate::sql::query::object;
use crate::sql::query::probe;
use crate::sql::query::probe::Node;
use crate::workflow::create::pair_step::PairStep;
use async_trait::async_trait;
use std::time::Duration;

/// Evidence: what was tried.
pub const ATTEMPT: &str = "attempt";
/// The vendor's own test gives up after this (facts: mi-link 13.2).
const JOB_MAX: Duration = Duration::from_secs(90);
/// Mirroring port of every managed instance (facts: mi-link 13).
const MIRRORING: u16 = 5022;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toward {
    Target,
    Source,
}

pub struct Try {
    pub base: PairStep,
    pub toward: Toward,
}

/// What a job is to try, and what cannot be tried.
struct Tries {
    hosts: Vec<(String, u16)>,
    left_out: Vec<Tried>,
}

impl Try {
    fn from(&self) -> &SiteId {
        match self.toward {
            Toward::Target => &self.base.link.source,
            Toward::Source => &self.base.link.target,
        }
    }
    fn to(&self) -> &SiteId {
        match self.toward {
            Toward::Target => &self.base.link.target,
            Toward::Source => &self.base.link.source,
        }
    }
    fn job(&self) -> String {
        format!("milink_probe_{}_{}", self.from(), self.to())
    }
    fn description(&self) -> String {
        format!("milink: tries the ports of {}; made and taken away by milink link probe", self.to())
    }
    /// Host and port of the source's endpoint, as the instance reaches it.
    fn source_endpoint(&self) -> Option<(String, u16)> {
        let (_, rest) = self.base.link.endpoint_url.split_once("://")?;
        let (host, port) = rest.split_once(';').map_or(rest, |(h, _)| h).rsplit_once(':')?;
        Some((host.trim_matches(['[', ']']).to_owned(), port.parse().ok()?))
    }

    async fn tries(&self, cx: &Context) -> Result<Tries> {
        match self.toward {
            Toward::Target => self.to_target(cx).await,
            Toward::Source => self.to_source(cx).await,
        }
    }

    async fn to_target(&self, cx: &Context) -> Result<Tries> {
        let link = &self.base.link;
        let facts = cx.effects.read(&link.source, instance::facts()).await?;
        let own = (link.fqdn.clone(), MIRRORING);
        if facts.platform.as_deref().is_some_and(|p| p.eq_ignore_ascii_case("Linux")) {
            let why = "the Agent of SQL Server on Linux runs no PowerShell: try it there by hand (nc -zv HOST PORT)";
            return Ok(Tries { hosts: Vec::new(), left_out: vec![unsaid(own, why)] });
        }
        // Read anew each time: it changes when the instance moves.
        let node = match cx.effects.read(&link.target, probe::node()).await {
            Ok(node) => node,
            // Undocumented views: the other half still counts.
            Err(e) if matches!(e.kind(), Kind::Server | Kind::Denied | Kind::Bug) => {
                let why = format!("{} does not tell its node: {}", link.target, e.chain());
                let left_out = vec![unsaid((format!("node of {}", link.fqdn), 11_000), &why)];
                return Ok(Tries { hosts: vec![own], left_out });
            }
            Err(e) => return Err(e),
        };
        let mut tries = Tries { hosts: vec![own], left_out: Vec::new() };
        if let Node { host: Some(host), port: Some(port), .. } = node {
            tries.hosts.push((host, port));
        } else {
            let why = format!("{} does not tell its node", link.target);
            tries.left_out.push(unsaid((format!("node of {}", link.fqdn), 11_000), &why));
        }
        Ok(tries)
    }

    async fn to_source(&self, cx: &Context) -> Result<Tries> {
        let link = &self.base.link;
        let own = self.source_endpoint().ok_or_else(|| {
            Error::usage(format!("`{}` is no address of a mirroring endpoint", link.endpoint_url))
                .hint("mend `mirroring` of the [[source]]")
        })?;
        let listens = cx.effects.read(&link.source, endpoint::show()).await?.is_some_and(|e| e.is_started());
        if listens {
            return Ok(Tries { hosts: vec![own], left_out: Vec::new() });
        }
        let why = format!("nothing listens there yet: milink endpoint create {}, then again", link.name);
        Ok(Tries { hosts: Vec::new(), left_out: vec![unsaid(own, &why)] })
    }

    async fn drop_job(&self, cx: &Context) -> Result<bool> {
        let job = self.job();
        if cx.effects.read(self.from(), probe::result(&job)).await?.is_none() {
            return Ok(false);
        }
        cx.effects.change(&self.base.id, self.from(), &object::drop_job(&job)?).await?;
        Ok(true)
    }

    /// Makes the job and waits for its end.
    async fn ask(&self, cx: &Context, hosts: &[(String, u16)]) -> Result<Vec<Tried>> {
        let (job, from) = (self.job(), self.from());
        // One of an earlier try that nobody took away.
        self.drop_job(cx).await?;
        let statements = probe::create(&job, &self.description(), hosts)?;
        cx.effects.change_all(&self.base.id, from, &statements).await?;
        let what = format!("job {job} on {from}");
        let ended = cx
            .until(&what, JOB_MAX, Backoff::urgent(), || async {
                let found = cx.effects.read(from, probe::result(&job)).await?;
                let gone = || {
                    Error::new(Kind::NotFound, format!("job {job} is gone from {from}: somebody took it away"))
                        .hint("another `link probe` may be under way; try again when it is done")
                };
                let progress = found.ok_or_else(gone)?;
                Ok(progress.has_ended.then_some(progress))
            })
            .await;
        let logs = match ended {
            Ok(progress) => progress.logs,
            Err(e) if e.kind() == Kind::TimedOut => Vec::new(),
            Err(e) => return Err(e),
        };
        let one = |(at, (host, port)): (usize, &(String, u16))| {
            let log = logs.get(at).cloned().flatten();
            let (is_open, address) = log.as_deref().map(probe::said).unwrap_or_default();
            let note = match (&log, is_open) {
                (_, Some(_)) => None,
                (Some(log), None) => Some(format!("the job wrote: {}", probe::first_words(log))),
                (None, None) => Some("the job wrote nothing".to_owned()),
            };
            Tried { host: host.clone(), port: *port, is_open, address, note }
        };
        Ok(hosts.iter().enumerate().map(one).collect())
    }
}

fn unsaid((host, port): (String, u16), why: &str) -> Tried {
    Tried { host, port, is_open: None, address: None, note: Some(why.to_owned()) }
}

fn words(attempt: &Attempt) -> String {
    let one = |t: &Tried| {
        let word = match t.is_open {
            Some(true) => "open",
            Some(false) => "NOT REACHED",
            None => "not known",
        };
        format!("{}:{} {word}", t.host, t.port)
    };
    attempt.tried.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[async_trait]
impl Step for Try {
    fn id(&self) -> &StepId {
        &self.base.id
    }
    fn site(&self) -> &SiteId {
        self.from()
    }
    fn link(&self) -> Option<&LinkName> {
        None
    }
    fn summary(&self) -> String {
        format!("try the ports of {} by a job on {}, and take the job away", self.to(), self.from())
    }
    fn preview(&self) -> Vec<String> {
        let mut hosts: Vec<(String, u16)> = match self.toward {
            Toward::Target => vec![(self.base.link.fqdn.clone(), MIRRORING)],
            Toward::Source => self.source_endpoint().into_iter().collect(),
        };
        if self.toward == Toward::Target {
            // The node and its port are read when it runs.
            hosts.push((format!("node of {}", self.base.link.fqdn), 11_000));
        }
        let made = probe::create(&self.job(), &self.description(), &hosts).unwrap_or_default();
        made.into_iter().chain(object::drop_job(&self.job()).ok()).map(|s| s.rendered.shown).collect()
    }
    fn undo_summary(&self) -> String {
        "take the job away".to_owned()
    }

    async fn precheck(&self, cx: &Context) -> Result<Precheck> {
        if cx.proven::<Attempt>(&self.base.id, ATTEMPT)?.is_none() {
            return Ok(Precheck::Ready);
        }
        let job = cx.effects.read(self.from(), probe::result(&self.job())).await?;
        Ok(if job.is_none() { Precheck::AlreadyDone("tried, and the job is gone".to_owned()) } else { Precheck::Ready })
    }

    async fn run(&self, cx: &Context) -> Result<Done> {
        let tries = self.tries(cx).await?;
        let mut tried = if tries.hosts.is_empty() { Vec::new() } else { self.ask(cx, &tries.hosts).await? };
        tried.extend(tries.left_out);
        let at_ms = (cx.clock.now().unix_timestamp_nanos() / 1_000_000) as i64;
        let attempt = Attempt { from: self.from().clone(), to: self.to().clone(), at_ms, tried };
        cx.prove(&self.base.id, ATTEMPT, &attempt)?;
        self.drop_job(cx).await?;
        Ok(Done::note(words(&attempt)))
    }

    async fn verify(&self, cx: &Context) -> Result<()> {
        let job = self.job();
        match cx.effects.read(self.from(), probe::result(&job)).await? {
            None => Ok(()),
            Some(_) => {
                Err(Error::new(Kind::Server, format!("job {job} is still on {} after it was dropped", self.from()))
                    .hint(format!("EXEC msdb.dbo.sp_delete_job @job_name = N'{job}'")))
            }
        }
    }

    async fn undo(&self, cx: &Context) -> Result<String> {
        Ok(if self.drop_job(cx).await? { "the job is taken away" } else { "there is no job" }.to_owned())
    }
}
