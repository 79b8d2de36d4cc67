//! `milink estimate`

use crate::base::error::Error;
use crate::base::error::Result;
use crate::base::units;
use crate::cli::Exit;
use crate::cli::Printer;
use crate::cli::args::EstimateArgs;
use crate::report;
use crate::rules::limits;
use crate::rules::seeding;
use crate::rules::seeding::Question;

/// Strongest compression that is believed, in thousandths.
const COMPRESSION_MAX: u64 = 20_000;

pub(crate) fn run(args: &EstimateArgs, printer: &mut Printer) -> Result<Exit> {
    let bad = |flag: &'static str| move |e: String| Error::usage(format!("{flag}: {e}"));
    let (sample, _, source) = limits::sample_rate();
    let rate = args.rate.as_deref().map(units::rate).transpose().map_err(bad("--rate"))?;
    let question = Question {
        size: units::size(&args.size).map_err(bad("--size"))?,
        rate: rate.unwrap_or(sample),
        parallel: u32::from(args.parallel),
        compression: compression(&args.compression)?,
        log: args.log_rate.as_deref().map(units::rate).transpose().map_err(bad("--log-rate"))?,
        tier: match (&args.tier, args.vcores) {
            (Some(name), Some(cores)) => Some((tier(name)?, u32::from(cores))),
            _ => None,
        },
    };
    let estimate = seeding::estimate(&question).map_err(Error::usage)?;
    let report = report::estimate::report(&question, estimate, rate.is_none().then_some(source));
    printer.answer(&report, |width| report::estimate::text(&report, width))?;
    if !printer.is_json() {
        report.warnings.iter().try_for_each(|w| printer.warning(w))?;
    }
    Ok(Exit::OK)
}

fn compression(text: &str) -> Result<u64> {
    match units::thousandths(text) {
        Some(n) if (1000..=COMPRESSION_MAX).contains(&n) => Ok(n),
        _ => Err(Error::usage(format!(
            "expected 1 (no compression) to 20, with at most three decimals, in --compression, found `{text}`"
        ))
        .hint("2 means that half the bytes cross the network")),
    }
}

fn tier(name: &str) -> Result<&'static limits::Tier> {
    limits::tier(name).ok_or_else(|| {
        let known: Vec<&str> = limits::tiers().iter().map(|t| t.id.as_str()).collect();
        Error::usage(format!("expected one of {} in --tier, found `{name}`", known.join(", ")))
    })
}
