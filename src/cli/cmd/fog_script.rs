//! `milink fog script`: the same operations in the words of other tools.

use crate::app::fog_script::Script;
use crate::app::fog_script::ScriptFor;
use crate::app::fog_script::Tongue;
use crate::base::error::Result;
use crate::cli::args::FogScriptArgs;
use crate::cli::args::ScriptPurpose;
use crate::cli::args::ScriptTongue;
use crate::cli::exit::Exit;
use crate::cli::output::Printer;
use crate::cli::settings::Settings;
use crate::plan::forms::group::Verb;
use crate::plan::forms::quote::comment;
use crate::report::dto::SCHEMA_VERSION;
use serde::Serialize;
use std::fmt::Write;

#[derive(Debug, Serialize)]
struct ScriptReport {
    schema_version: u32,
    group: String,
    calls: Vec<CallLine>,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct CallLine {
    step: String,
    /// What it does, and at which side.
    words: String,
    text: String,
}

pub async fn run(args: &FogScriptArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let app = super::app::open(settings, &[], printer).await?;
    let look = app.look_at_group(args.name.group.as_deref()).await?;
    let tongue = match args.form {
        ScriptTongue::Az => Tongue::Az,
        ScriptTongue::Powershell => Tongue::PowerShell,
        ScriptTongue::Rest => Tongue::Rest,
    };
    let what = match args.purpose {
        ScriptPurpose::Create => ScriptFor::Verb(Verb::Create),
        ScriptPurpose::Update => ScriptFor::Verb(Verb::Update),
        ScriptPurpose::Show => ScriptFor::Verb(Verb::Show),
        ScriptPurpose::List => ScriptFor::Verb(Verb::List),
        ScriptPurpose::Delete => ScriptFor::Verb(Verb::Delete),
        ScriptPurpose::Failover => ScriptFor::Verb(Verb::Failover),
        ScriptPurpose::Forced => ScriptFor::Verb(Verb::Forced),
        ScriptPurpose::All => ScriptFor::All,
        ScriptPurpose::GeoReplicate => ScriptFor::Single,
        ScriptPurpose::GeoReplicatePooled => ScriptFor::Pooled,
        ScriptPurpose::AddDatabase => ScriptFor::Add,
    };
    let script = app.fog_script(&look, tongue, what, args.database.as_deref()).await?;
    for note in &script.notes {
        printer.warning(note)?;
    }
    let shown = report(look.wanted.name, script);
    printer.answer(&shown, |_| text(&shown))?;
    Ok(Exit::OK)
}

fn report(group: String, script: Script) -> ScriptReport {
    let line = |c: crate::app::fog_script::ScriptCall| CallLine { step: c.step, words: c.words, text: c.text };
    ScriptReport {
        schema_version: SCHEMA_VERSION,
        group,
        calls: script.calls.into_iter().map(line).collect(),
        notes: script.notes,
    }
}

fn text(r: &ScriptReport) -> String {
    let mut text = String::new();
    for (n, call) in r.calls.iter().enumerate() {
        let _ = writeln!(text, "{}\n{}", comment(&format!("{}. {}", n + 1, call.words)), call.text);
    }
    text
}
