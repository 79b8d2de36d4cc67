//! `milink schema NAME`

use crate::base::error::Result;
use crate::cli::Exit;
use crate::cli::Printer;
use crate::cli::args::SchemaName;
use crate::config::schema;
use crate::report::check::CheckReport;
use crate::report::compat::CompatMatrix;
use crate::report::compat::CompatReport;
use crate::report::dto::DemoReport;
use crate::report::dto::RunSummary;
use crate::report::estimate::EstimateReport;
use crate::report::explain::ExplainReport;
use crate::report::listener::ConvertReport;
use crate::report::listener::ScanReport;
use crate::report::listener::StringsReport;
use crate::report::trust::TrustReport;
use crate::report::watch::WatchReport;

pub(crate) fn run(what: SchemaName, printer: &mut Printer) -> Result<Exit> {
    let schema = match what {
        SchemaName::Estate => schema::json_schema(),
        SchemaName::Demo => schemars::schema_for!(DemoReport).to_value(),
        SchemaName::Run => schemars::schema_for!(RunSummary).to_value(),
        SchemaName::Watch => schemars::schema_for!(WatchReport<'_>).to_value(),
        SchemaName::Compat => schemars::schema_for!(CompatReport).to_value(),
        SchemaName::Matrix => schemars::schema_for!(CompatMatrix).to_value(),
        SchemaName::Explain => schemars::schema_for!(ExplainReport).to_value(),
        SchemaName::Trust => schemars::schema_for!(TrustReport).to_value(),
        SchemaName::Estimate => schemars::schema_for!(EstimateReport).to_value(),
        SchemaName::Strings => schemars::schema_for!(StringsReport).to_value(),
        SchemaName::Convert => schemars::schema_for!(ConvertReport).to_value(),
        SchemaName::Scan => schemars::schema_for!(ScanReport).to_value(),
        SchemaName::Check => schemars::schema_for!(CheckReport).to_value(),
    };
    printer.json(&schema)?;
    Ok(Exit::OK)
}
