//! `milink completions SHELL`

use crate::base::error::Result;
use crate::cli::Exit;
use crate::cli::Printer;
use crate::cli::args::Cli;
use clap::CommandFactory;

pub(crate) fn run(shell: clap_complete::Shell, printer: &mut Printer) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "milink", &mut script);
    printer.data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::OK)
}
