//! `milink serve`

use super::watch;
use crate::base::clock::SharedClock;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::base::redact::SecretString;
use crate::base::redact::secret;
use crate::cli::Exit;
use crate::cli::Printer;
use crate::cli::Settings;
use crate::cli::args::ServeArgs;
use crate::cli::signal;
use crate::export::board::Board;
use crate::export::server;
use crate::journal::Journal;
use crate::monitor::handle::MonitorHandle;
use crate::report;
use crate::report::cutovers::Cutover;
use crate::report::dto::RunStatus;
use crate::report::dto::RunSummary;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::net::TcpListener;

/// Shortest token: 128 bits in hexadecimal are twice as long.
const TOKEN_MIN: usize = 16;
/// Newest runs that are offered.
const RUNS_MAX: usize = 50;
/// Cutovers that ended longer ago leave the page.
const ENDED_MAX: Duration = Duration::from_secs(4 * 3600);
/// The journal is read anew at most this often, however many pages are open.
const JOURNAL: Duration = Duration::from_secs(1);

pub(crate) async fn run(args: &ServeArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let interval = args.interval.as_deref().map(|t| watch::span("--interval", t)).transpose()?;
    let address: SocketAddr = args.listen.parse().map_err(|e| {
        Error::usage(format!("--listen: expected an address and a port, found `{}`", args.listen))
            .caused_by(e)
            .hint("for example `--listen 127.0.0.1:9187` or `--listen [::1]:9187`")
    })?;
    let token = args.token_file.as_deref().map(token).transpose()?;
    server::may_listen(&address, token.is_some())?;
    let app = super::app::open(settings, &args.links.links, printer).await?;
    let listener = TcpListener::bind(address).await.map_err(|e| {
        Error::usage(format!("{address} cannot be listened on"))
            .caused_by(e)
            .hint("another process may have it: choose a port with `--listen`")
    })?;
    let bound = listener.local_addr().map_err(|e| Error::bug("the listener has no address").caused_by(e))?;
    let stop = signal::safe_stop("stopping", "milink serve", Box::new(|| {}))?;
    let monitor = app.watch(&args.links.links, interval, watch::store(settings, printer)?)?;
    // Scripts wait for exactly this line.
    printer.line(&format!("serving http://{bound}/"))?;
    let board = Live { journal: app.journal.clone(), clock: app.clock.clone(), monitor, runs: Mutex::default() };
    let served = server::serve(listener, Arc::new(board), app.clock.clone(), token.as_ref(), stop).await;
    served.map(|()| Exit::OK)
}

fn token(path: &Path) -> Result<SecretString> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|e| Error::usage(format!("the token file `{shown}` cannot be read")).caused_by(e))?;
    let line = text.lines().next().unwrap_or_default().trim();
    if line.len() < TOKEN_MIN {
        return Err(Error::usage(format!("the token in `{shown}` is shorter than {TOKEN_MIN} characters"))
            .hint("make one with `openssl rand -hex 32`"));
    }
    Ok(secret(line))
}

type Runs = (Vec<RunSummary>, Vec<Cutover>);

/// The monitor of this process and the journal beside it.
struct Live {
    journal: Arc<dyn Journal>,
    clock: SharedClock,
    monitor: MonitorHandle,
    runs: Mutex<Option<(Duration, Runs)>>,
}

impl Live {
    fn read(&self) -> Result<Runs> {
        let now = self.clock.monotonic();
        let mut kept = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, runs)) = kept.as_ref().filter(|(at, _)| now.saturating_sub(*at) < JOURNAL) {
            return Ok(runs.clone());
        }
        let mut runs: Runs = (Vec::new(), Vec::new());
        for run in self.journal.runs()?.into_iter().take(RUNS_MAX) {
            let records = self.journal.records(&run)?;
            // One damaged run must not hide the others; `runs verify` finds it.
            if let Ok(summary) = report::run::summary(&records) {
                runs.0.push(summary);
                runs.1.extend(report::cutovers::cutover(&records)?);
            }
        }
        let recent =
            |c: &Cutover| c.status == RunStatus::Open || c.last_at.is_some_and(|at| self.clock.now() - at < ENDED_MAX);
        runs.1.retain(recent);
        *kept = Some((now, runs.clone()));
        Ok(runs)
    }
}

impl Board for Live {
    fn monitor(&self) -> &MonitorHandle {
        &self.monitor
    }
    fn runs(&self) -> Result<Vec<RunSummary>> {
        Ok(self.read()?.0)
    }
    fn cutovers(&self) -> Result<Vec<Cutover>> {
        Ok(self.read()?.1)
    }
}
