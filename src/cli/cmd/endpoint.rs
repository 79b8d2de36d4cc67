//! `milink endpoint show|create`.

use super::create_run;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::cli::args::CreateArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Printer;
use crate::cli::settings::Settings;
use crate::inventory::fact::Fact;
use crate::model::endpoint::EndpointFacts;
use crate::plan::create::Part;
use crate::report;
use crate::report::trust::EndpointLine;

pub(crate) async fn create(args: &CreateArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &args.links.links, printer).await?;
    let plan = app.plan_part(&args.links.links, Part::Endpoint).await?;
    let words = ("endpoint create", "milink link create");
    create_run::drive(&app, &plan, &args.change, words, settings, printer).await
}

/// Exit 0 whatever the endpoint is like; 5 if no source could be asked.
pub(crate) async fn show(links: &[String], settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, links, printer).await?;
    let found = app.look_at_endpoints(links).await?;
    let lines: Vec<_> = found.iter().map(|(site, fact)| line(site.as_str(), fact)).collect();
    printer.answers(&lines, |width| report::trust::endpoints(&lines, width))?;
    if lines.iter().any(|l| l.fit == Some(false)) {
        printer.next("milink endpoint create")?;
    }
    let blind = !found.is_empty() && found.iter().all(|(_, fact)| fact.known().is_none());
    Ok(if blind { Exit::from(Kind::Unreachable) } else { Exit::OK })
}

fn line(site: &str, fact: &Fact<Option<EndpointFacts>>) -> EndpointLine {
    let mut line = EndpointLine {
        site: site.to_owned(),
        name: None,
        state: None,
        port: None,
        role: None,
        authentication: None,
        encryption: None,
        certificate: None,
        fit: None,
        why: fact.why().unwrap_or_default().to_owned(),
    };
    match fact.known() {
        None => {}
        Some(None) => (line.fit, line.why) = (Some(false), "it has no mirroring endpoint".to_owned()),
        Some(Some(e)) => {
            let gap = e.gap_for_link();
            line.name = Some(e.name.clone());
            line.state = Some(e.state.clone());
            line.port = e.port;
            line.role = Some(e.role.clone());
            line.authentication = Some(e.authentication.clone());
            line.encryption = Some(if e.is_encryption_enabled { e.algorithm.clone() } else { "DISABLED".to_owned() });
            line.certificate.clone_from(&e.certificate_name);
            line.fit = Some(gap.is_none());
            gap.unwrap_or_default().clone_into(&mut line.why);
        }
    }
    line
}
