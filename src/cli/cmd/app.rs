//! The application, opened from settings.

use crate::app::build::App;
use crate::app::build::Parts;
use crate::app::build::StandIns;
use crate::base::clock::TokioClock;
use crate::base::error::Result;
use crate::cli::output::Printer;
use crate::cli::settings::Settings;
use crate::effects::fault::Faults;
use crate::effects::fault::NoFaults;
use crate::journal::sqlite::SqliteJournal;
use crate::sql::TcpDialer;
use std::sync::Arc;

/// Opens the estate named by the settings. `links` are the names the user gave: a wrong one is told before anybody is asked
/// for a password.
pub(super) async fn open(settings: &Settings, links: &[String], printer: &mut Printer) -> Result<App> {
    let config = settings.config()?;
    config.select(links)?;
    for warning in &config.warnings {
        printer.warning(warning)?;
    }
    let clock = TokioClock::system();
    let journal = Arc::new(SqliteJournal::open(&settings.journal_path()?, clock.clone())?);
    App::open(Parts {
        config,
        env: settings.env.clone(),
        prompt: settings.prompt(),
        clock,
        journal,
        state_dir: settings.state_dir()?,
        dialer: Arc::new(TcpDialer),
        faults: faults(settings)?,
        sabotage: Vec::new(),
        stand_ins: StandIns::default(),
    })
    .await
}

/// `MILINK_FAULT` strikes a run at a named point; only builds with the lab listen to it.
fn faults(settings: &Settings) -> Result<Arc<dyn Faults>> {
    match &settings.env.fault {
        #[cfg(feature = "lab")]
        Some(text) => {
            let fault = crate::effects::fault::Scripted::parse(text)?;
            Ok(Arc::new(fault.telling(Box::new(crate::cli::output::aside))))
        }
        _ => Ok(Arc::new(NoFaults)),
    }
}
