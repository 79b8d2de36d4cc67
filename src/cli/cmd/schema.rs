//! `milink schema NAME`

use crate::base::error::Result;
use crate::cli::Exit;
use crate::cli::Printer;
use crate::cli::args::SchemaName;
use crate::config::schema;
use crate::report::dto::DemoReport;
use crate::report::dto::RunSummary;

pub(crate) fn run(what: SchemaName, printer: &mut Printer) -> Result<Exit> {
    let schema = match what {
        SchemaName::Estate => schema::json_schema(),
        SchemaName::Demo => schemars::schema_for!(DemoReport).to_value(),
        SchemaName::Run => schemars::schema_for!(RunSummary).to_value(),
    };
    printer.json(&schema)?;
    Ok(Exit::OK)
}
