//! `milink serve`

use crate::base::error::Result;
use crate::cli::Exit;
use crate::cli::Printer;
use crate::cli::Settings;
use crate::cli::args::ServeArgs;

pub(crate) async fn run(_args: &ServeArgs, _settings: &Settings, _printer: &mut Printer) -> Result<Exit> {
    Ok(Exit::OK)
}
