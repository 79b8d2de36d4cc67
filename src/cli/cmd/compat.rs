//! `milink compat`

use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::cli::Exit;
use crate::cli::Printer;
use crate::cli::args::CompatArgs;
use crate::report;
use crate::rules::compat;
use crate::rules::compat::Question;
use crate::rules::compat::Readiness;
use crate::rules::direction;
use crate::rules::version::Build;

/// Without a version the whole table; else exit 0 if a link may be created, 3 if not or not known.
pub(crate) fn run(args: &CompatArgs, printer: &mut Printer) -> Result<Exit> {
    let Some(question) = question(args)? else {
        printer.answer(&report::compat::matrix(), report::compat::matrix_text)?;
        return Ok(Exit::OK);
    };
    let answer = compat::judge(&question);
    let report = report::compat::report(&question, &answer);
    printer.answer(&report, |width| report::compat::text(&report, width))?;
    Ok(match answer.readiness {
        Readiness::Ready => Exit::OK,
        Readiness::NotReady | Readiness::Unknown => Exit::from(Kind::Refused),
    })
}

/// What clap cannot judge. `None`: no version, so the table is wanted.
fn question(args: &CompatArgs) -> Result<Option<Question>> {
    let (Some(version), Some(policy), Some(edition), Some(primary)) =
        (&args.sql_version, &args.policy, &args.edition, args.initial_primary)
    else {
        return Ok(None);
    };
    let build = Build::parse_whole(version).ok_or_else(|| {
        Error::usage(format!(
            "expected a build of four numbers, such as 15.0.4312.2, in --sql-version, found `{version}`"
        ))
        .hint("SELECT SERVERPROPERTY('ProductVersion') prints it")
    })?;
    let wrong = |flag: &str, words: &str, found: &str, near: Option<&str>| {
        let e = Error::usage(format!("expected one of {words} in {flag}, found `{found}`"));
        match near {
            Some(near) => e.hint(format!("did you mean `{near}`?")),
            None => e,
        }
    };
    let policies = direction::POLICIES.join(", ");
    let editions: Vec<&str> = compat::editions().iter().map(|e| e.id.as_str()).collect();
    Ok(Some(Question {
        build,
        policy: compat::policy(policy).map_err(|near| wrong("--policy", &policies, policy, near))?,
        edition: compat::edition(edition).map_err(|near| wrong("--edition", &editions.join(", "), edition, near))?,
        primary: primary.into(),
        os: args.os.map(Into::into),
        multi_database: args.multi_database,
    }))
}
