//! `milink cert list|create|exchange|verify`.

use super::create_run;
use crate::app::build::App;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::cli::args::CreateArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Printer;
use crate::cli::settings::Settings;
use crate::inventory::trust::PairTrust;
use crate::plan::create::Part;
use crate::report;
use crate::report::trust::CertificateLine;
use crate::report::trust::TrustFinding;
use crate::report::trust::TrustPair;
use crate::report::trust::TrustReport;
use crate::report::trust::Verdict;

pub(crate) async fn create(args: &CreateArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &args.links.links, printer).await?;
    let plan = app.plan_part(&args.links.links, Part::Certificate).await?;
    let words = ("cert create", "milink cert exchange");
    create_run::drive(&app, &plan, &args.change, words, settings, printer).await
}

pub(crate) async fn exchange(args: &CreateArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &args.links.links, printer).await?;
    let plan = app.plan_exchange(&args.links.links).await?;
    let words = ("cert exchange", "milink cert verify");
    create_run::drive(&app, &plan, &args.change, words, settings, printer).await
}

/// Every certificate that the mirroring of these links rests on.
pub(crate) async fn list(links: &[String], settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, links, printer).await?;
    let pairs = app.look_at_trust(links).await?;
    let mut lines: Vec<CertificateLine> = Vec::new();
    for pair in &pairs {
        for why in [pair.certificates.why(), pair.instance_key.why(), pair.given.why()].into_iter().flatten() {
            printer.warning(&format!("{} and {}: {why}", pair.question.source, pair.question.target))?;
        }
        for line in of_pair(&app, pair) {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    printer.answers(&lines, |width| report::trust::certificates(&lines, width))?;
    let blind = |p: &PairTrust| p.certificates.known().is_none() && p.instance_key.known().is_none();
    Ok(if !pairs.is_empty() && pairs.iter().all(blind) { Exit::from(Kind::Unreachable) } else { Exit::OK })
}

fn of_pair(app: &App, pair: &PairTrust) -> Vec<CertificateLine> {
    let q = &pair.question;
    let mut lines = Vec::new();
    let mut add = |site: &str, name: String, role: &str, end: Option<time::OffsetDateTime>, sha1: Option<String>| {
        lines.push(CertificateLine {
            site: site.to_owned(),
            name,
            role: role.to_owned(),
            valid_until: end.map(|e| e.date().to_string()),
            days_left: end.map(|e| app.days_until(e)),
            sha1,
        });
    };
    for c in pair.certificates.known().into_iter().flatten() {
        let root = q.roots.iter().any(|r| Some(&r.facts.sha1) == c.thumbprint.as_ref());
        let role = if c.name.eq_ignore_ascii_case(pair.own_name()) {
            "own, of the mirroring endpoint"
        } else if c.name.eq_ignore_ascii_case(&q.fqdn) {
            "public key of the managed instance"
        } else if root {
            "root that vouches for the managed instance"
        } else {
            continue;
        };
        add(q.source.as_str(), c.name.clone(), role, c.not_after, c.thumbprint.clone());
    }
    if let Some(facts) = pair.instance_facts() {
        let end = Some(facts.not_after);
        add(q.target.as_str(), q.fqdn.clone(), "own, of the managed instance", end, Some(facts.sha1));
    }
    for (name, facts) in pair.given_facts() {
        let end = facts.as_ref().map(|f| f.not_after);
        add(q.target.as_str(), name, "public key of a SQL Server", end, facts.map(|f| f.sha1));
    }
    lines
}

/// Exit 0 only if every question was answered with yes.
pub(crate) async fn verify(links: &[String], settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, links, printer).await?;
    let pairs = app.look_at_trust(links).await?;
    let pairs: Vec<_> = pairs.iter().map(|p| judged(&app, p)).collect();
    let all = || pairs.iter().flat_map(|p| &p.findings);
    let verdict = if all().any(|f| f.pass == Some(false)) {
        Verdict::NotReady
    } else if all().all(|f| f.pass == Some(true)) {
        Verdict::Ready
    } else {
        Verdict::Unknown
    };
    let report = TrustReport { schema_version: report::dto::SCHEMA_VERSION, verdict, pairs };
    printer.answer(&report, |width| report::trust::verdict(&report, width))?;
    if verdict == Verdict::Ready {
        printer.next("milink link plan")?;
        return Ok(Exit::OK);
    }
    let first = report.pairs.iter().flat_map(|p| &p.findings).find(|f| f.pass == Some(false) && !f.hint.is_empty());
    if let Some(finding) = first {
        printer.next(&finding.hint)?;
    }
    Ok(Exit::from(Kind::Refused))
}

fn judged(app: &App, pair: &PairTrust) -> TrustPair {
    TrustPair {
        source: pair.question.source.0.clone(),
        target: pair.question.target.0.clone(),
        findings: app
            .judge_trust(pair)
            .into_iter()
            .map(|f| TrustFinding {
                id: f.id.to_owned(),
                pass: f.pass,
                expected: f.expected,
                found: f.found,
                hint: f.hint,
            })
            .collect(),
    }
}
