//! `milink man [--dir DIR]`

use crate::base::error::Error;
use crate::base::error::Result;
use crate::cli::Exit;
use crate::cli::Printer;
use crate::cli::args::Cli;
use clap::CommandFactory;
use std::path::Path;

pub(crate) fn run(dir: Option<&Path>, printer: &mut Printer) -> Result<Exit> {
    let command = Cli::command();
    let Some(dir) = dir else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command)
            .render(&mut page)
            .map_err(|e| Error::bug("the manual page does not render").caused_by(e))?;
        printer.data(&String::from_utf8_lossy(&page))?;
        return Ok(Exit::OK);
    };
    std::fs::create_dir_all(dir)
        .and_then(|()| clap_mangen::generate_to(command, dir))
        .map_err(|e| Error::usage(format!("the manual pages cannot be written to `{}`", dir.display())).caused_by(e))?;
    printer.message(&format!("manual pages written to {}", dir.display()))?;
    printer.next(&format!("man -l {}", dir.join("milink.1").display()))?;
    Ok(Exit::OK)
}
