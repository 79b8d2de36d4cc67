//! `milink fog lag`: the lag of every database, looked at several times.

use crate::base::clock;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::cli::args::FogLagArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Printer;
use crate::cli::settings::Settings;
use crate::config::duration;
use crate::report::dto::SCHEMA_VERSION;
use crate::report::table::Table;
use crate::rules::fog::lag::SAMPLES_MIN;
use crate::rules::fog::lag::Trend;
use crate::rules::fog::lag::trend;
use serde::Serialize;
use std::collections::BTreeMap;

/// More looks than that are a watch, which `milink serve` keeps.
const SAMPLES_MAX: usize = 100;

#[derive(Debug, Serialize)]
struct Lags {
    schema_version: u32,
    group: String,
    every_s: f64,
    databases: Vec<Lag>,
}

/// Seconds at each look; null: not known then.
#[derive(Debug, Serialize)]
struct Lag {
    name: String,
    samples: Vec<Option<i64>>,
    trend: Trend,
}

/// Exit 3: one grows. Exit 5: of one it is not known.
pub async fn run(args: &FogLagArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    if !(SAMPLES_MIN..=SAMPLES_MAX).contains(&args.samples) {
        return Err(Error::usage(format!("expected {SAMPLES_MIN} to {SAMPLES_MAX} looks, found {}", args.samples)));
    }
    let every = duration::parse(&args.every).ok_or_else(|| {
        Error::usage(format!("expected a duration for `--every`, found `{}`", args.every)).hint("--every 5s")
    })?;
    let app = super::app::open(settings, &[], printer).await?;
    let mut seen: BTreeMap<String, Vec<Option<i64>>> = BTreeMap::new();
    let mut group = String::new();
    for n in 0..args.samples {
        if n > 0 {
            clock::pause(every).await;
        }
        let look = app.look_at_group(args.name.group.as_deref()).await?;
        for d in &look.facts.databases {
            let lag = d.row.known().and_then(|row| row.as_ref()?.lag_s);
            let samples = seen.entry(d.name.clone()).or_default();
            // One that was not there before was not known then.
            samples.resize(n, None);
            samples.push(lag);
        }
        for samples in seen.values_mut() {
            samples.resize(n + 1, None);
        }
        group = look.wanted.name;
    }
    let databases = seen.into_iter().map(|(name, samples)| Lag { trend: trend(&samples), name, samples });
    let shown =
        Lags { schema_version: SCHEMA_VERSION, group, every_s: every.as_secs_f64(), databases: databases.collect() };
    printer.answer(&shown, |width| text(&shown, width))?;
    let any = |t: Trend| shown.databases.iter().any(|d| d.trend == t);
    Ok(match (any(Trend::Growing), any(Trend::Unknown) || shown.databases.is_empty()) {
        (true, _) => Exit::from(Kind::Refused),
        (false, true) => Exit::from(Kind::Unreachable),
        (false, false) => Exit::OK,
    })
}

fn text(r: &Lags, width: usize) -> String {
    let mut table = Table::new(&["database", "trend", "lag s, in order of time"]);
    for d in &r.databases {
        let samples: Vec<String> =
            d.samples.iter().map(|s| s.map_or("unknown".to_owned(), |s| s.to_string())).collect();
        table.row([d.name.clone(), d.trend.word().to_owned(), samples.join(", ")]);
    }
    if r.databases.is_empty() { format!("{}: no database is seen\n", r.group) } else { table.render(width) }
}
