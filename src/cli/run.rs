//! From the process's arguments to its exit code.

use super::args::CertCommand;
use super::args::Cli;
use super::args::Command;
use super::args::CutoverCommand;
use super::args::DrillCommand;
use super::args::EndpointCommand;
use super::args::FogCommand;
use super::args::Format;
use super::args::LinkCommand;
use super::args::ListenerCommand;
use super::args::ObjectsCommand;
use super::args::RunsCommand;
#[cfg(feature = "lab")]
use super::args_lab::LabCommand;
use super::background;
use super::cmd;
use super::exit;
use super::exit::Exit;
use super::output::Printer;
use super::settings::Settings;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::config::load::Environment;
use crate::plan::types::PlanKind;
use clap::Parser;
use clap::error::ErrorKind;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the process's own command line.
pub fn main() -> ExitCode {
    let env = Environment::read();
    let args: Vec<OsString> = std::env::args_os().collect();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            let error = Error::bug("the runtime does not start").caused_by(e);
            return ExitCode::from(exit::show(&error, &mut Printer::new(wanted_format(&args, &env), &env)).0);
        }
    };
    let exit = runtime.block_on(run(args, env, Printer::new));
    // Blocking reads of a terminal must not hold the process back.
    runtime.shutdown_background();
    ExitCode::from(exit.0)
}

/// Parses, runs and shows; `printer` makes the printer once the format is known, so tests can capture.
pub async fn run(args: Vec<OsString>, env: Environment, printer: impl FnOnce(Format, &Environment) -> Printer) -> Exit {
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(e) => return refused(&e, &mut printer(wanted_format(&args, &env), &env)),
    };
    let (settings, mut printer) = match Settings::new(cli.global, env.clone()) {
        Ok(settings) => {
            let mut printer = printer(settings.output, &env);
            printer.set_program(settings.program.clone());
            (settings, printer)
        }
        Err(e) => return exit::show(&e, &mut printer(Format::Table, &env)),
    };
    let ended = if background::is_wanted(&args) {
        background::start(&args, &settings, &mut printer).await
    } else {
        dispatch(cli.command, &settings, &mut printer).await
    };
    match ended {
        Ok(exit) => exit,
        Err(e) => exit::show(&e, &mut printer),
    }
}

/// Help and version are answers; everything else is a usage error, in the wanted format.
fn refused(e: &clap::Error, printer: &mut Printer) -> Exit {
    let text = e.render().to_string();
    match e.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => match printer.data(&text) {
            Ok(()) => Exit::OK,
            Err(e) => exit::show(&e, printer),
        },
        kind if printer.is_json() => {
            let line = match kind {
                ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "expected a command, found none",
                _ => text.lines().next().unwrap_or_default().trim_start_matches("error: "),
            };
            exit::show(&Error::usage(line).hint("see `milink --help`"), printer)
        }
        _ => {
            let _ = printer.message(text.trim_end());
            Exit::from(Kind::Usage)
        }
    }
}

/// The format asked for, as far as it can be told from arguments that do not parse.
fn wanted_format(args: &[OsString], env: &Environment) -> Format {
    let words: Vec<&str> = args.iter().filter_map(|a| a.to_str()).collect();
    let flag = words.iter().enumerate().find_map(|(i, word)| match word.strip_prefix("--output") {
        Some("") => words.get(i + 1).copied(),
        Some(rest) => rest.strip_prefix('='),
        None => None,
    });
    match flag.or(env.output.as_deref()) {
        Some("json") => Format::Json,
        Some("jsonl") => Format::Jsonl,
        _ => Format::Table,
    }
}

async fn dispatch(command: Command, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    match command {
        Command::Init(args) => cmd::init::run(&args, settings, printer),
        Command::Compat(args) => cmd::compat::run(&args, printer),
        Command::Explain(args) => cmd::explain::run(&args, printer),
        Command::Estimate(args) => cmd::estimate::run(&args, printer),
        Command::Cert(CertCommand::List(args)) => cmd::cert::list(&args.links, settings, printer).await,
        Command::Cert(CertCommand::Create(args)) => cmd::cert::create(&args, settings, printer).await,
        Command::Cert(CertCommand::Exchange(args)) => cmd::cert::exchange(&args, settings, printer).await,
        Command::Cert(CertCommand::Verify(args)) => cmd::cert::verify(&args.links, settings, printer).await,
        Command::Endpoint(EndpointCommand::Show(args)) => cmd::endpoint::show(&args.links, settings, printer).await,
        Command::Endpoint(EndpointCommand::Create(args)) => cmd::endpoint::create(&args, settings, printer).await,
        Command::Check(args) => cmd::check::run(&args, settings, printer).await,
        Command::Objects(ObjectsCommand::Diff(args)) => cmd::objects::diff(&args, settings, printer).await,
        Command::Objects(ObjectsCommand::Script(args)) => cmd::objects::script(&args, settings, printer).await,
        Command::Objects(ObjectsCommand::Sync(args)) => cmd::objects::sync(&args, settings, printer).await,
        Command::Objects(ObjectsCommand::Resume(args)) => cmd::objects::resume(&args, settings, printer).await,
        Command::Fog(FogCommand::Plan(args)) => cmd::fog::plan(&args, settings, printer).await,
        Command::Fog(FogCommand::Create(args)) => cmd::fog::create(&args, settings, printer).await,
        Command::Fog(FogCommand::Protect(args)) => cmd::fog_protect::run(&args, settings, printer).await,
        Command::Fog(FogCommand::Show(args)) => cmd::fog::show(&args, settings, printer).await,
        Command::Fog(FogCommand::Lag(args)) => cmd::fog_lag::run(&args, settings, printer).await,
        Command::Fog(FogCommand::List) => cmd::fog::list(settings, printer).await,
        Command::Fog(FogCommand::Update(args)) => cmd::fog::update(&args, settings, printer).await,
        Command::Fog(FogCommand::Delete(args)) => cmd::fog::delete(&args, settings, printer).await,
        Command::Fog(FogCommand::Failover(args)) => cmd::fog::failover(&args, settings, printer).await,
        Command::Fog(FogCommand::CopySync(args)) => cmd::fog_copy_sync::run(&args, settings, printer).await,
        Command::Fog(FogCommand::Network(command)) => cmd::fog_network::run(&command, settings, printer).await,
        Command::Fog(FogCommand::Secondary(command)) => cmd::fog_secondary::run(&command, settings, printer).await,
        Command::Fog(FogCommand::Script(args)) => cmd::fog_script::run(&args, settings, printer).await,
        Command::Fog(FogCommand::Runbook(command)) => cmd::fog_runbook::run(&command, settings, printer).await,
        Command::Fog(FogCommand::Resume(args)) => cmd::fog::resume(&args, PlanKind::Fog, settings, printer).await,
        Command::Drill(DrillCommand::Run(args)) => cmd::drill::run(&args, settings, printer).await,
        Command::Drill(DrillCommand::Tabletop(args)) => cmd::drill_tabletop::run(&args, settings, printer).await,
        Command::Drill(DrillCommand::List) => cmd::drill::list(settings, printer),
        Command::Drill(DrillCommand::Resume(args)) => cmd::fog::resume(&args, PlanKind::Drill, settings, printer).await,
        Command::Listener(ListenerCommand::Check(args)) => cmd::drill::listeners(&args, settings, printer).await,
        Command::Listener(ListenerCommand::Strings(args)) => cmd::listener::strings(&args, settings, printer).await,
        Command::Listener(ListenerCommand::Convert(args)) => cmd::listener::convert(&args, settings, printer),
        Command::Listener(ListenerCommand::Scan(args)) => cmd::listener::scan(&args, settings, printer),
        Command::Link(LinkCommand::Plan(args)) => cmd::link::plan(&args, settings, printer).await,
        Command::Link(LinkCommand::Create(args)) => cmd::link::create(&args, settings, printer).await,
        Command::Link(LinkCommand::List(args)) => cmd::link::list(&args.links, settings, printer).await,
        Command::Link(LinkCommand::Show(args)) => cmd::link::show(&args.link, settings, printer).await,
        Command::Link(LinkCommand::Probe(args)) => cmd::link_probe::run(&args, settings, printer).await,
        Command::Link(LinkCommand::Delete(args)) => cmd::link_delete::run(&args, settings, printer).await,
        Command::Cutover(CutoverCommand::Plan(args)) => cmd::cutover::plan(&args, settings, printer).await,
        Command::Cutover(CutoverCommand::Run(args)) => cmd::cutover::run(&args, settings, printer).await,
        Command::Cutover(CutoverCommand::Resume(args)) => cmd::cutover::resume(&args, settings, printer).await,
        Command::Cutover(CutoverCommand::Abort(args)) => cmd::cutover::abort(&args, settings, printer).await,
        Command::Cutover(CutoverCommand::Hold(args)) => cmd::cutover_steer::hold(&args, settings, printer).await,
        Command::Cutover(CutoverCommand::Release(args)) => cmd::cutover_steer::release(&args, settings, printer).await,
        Command::Cutover(CutoverCommand::Status(args)) => cmd::cutover_steer::status(&args, settings, printer),
        Command::Watch(args) => cmd::watch::run(&args, settings, printer).await,
        Command::Tui(args) => cmd::tui::run(&args, settings, printer).await,
        Command::Serve(args) => cmd::serve::run(&args, settings, printer).await,
        Command::Runs(RunsCommand::List) => cmd::runs::list(settings, printer),
        Command::Runs(RunsCommand::Show(args)) => cmd::runs::show(&args.run, settings, printer),
        Command::Runs(RunsCommand::Export(args)) => cmd::runs::export(&args.run, settings, printer),
        Command::Runs(RunsCommand::Verify(args)) => cmd::runs::verify(args.run.as_deref(), settings, printer),
        Command::Report(args) => cmd::report::run(&args, settings, printer),
        Command::Schema(args) => cmd::schema::run(args.what, printer),
        Command::Completions(args) => cmd::completions::run(args.shell, printer),
        Command::Man(args) => cmd::man::run(args.dir.as_deref(), printer),
        #[cfg(feature = "lab")]
        Command::Demo(args) => cmd::demo::run(&args, settings, printer).await,
        #[cfg(feature = "lab")]
        Command::Lab(LabCommand::Up(args)) => cmd::lab::up(&args, settings, printer).await,
        #[cfg(feature = "lab")]
        Command::Lab(LabCommand::Verdict(args)) => cmd::lab::verdict(&args, printer).await,
        #[cfg(feature = "lab")]
        Command::Lab(LabCommand::Fault(args)) => cmd::lab::fault(&args, printer).await,
        #[cfg(feature = "lab")]
        Command::Lab(LabCommand::Scenarios(args)) => cmd::lab::scenarios(&args, printer),
        #[cfg(feature = "lab")]
        Command::Lab(LabCommand::Sim(args)) => cmd::sim::run(&args, printer).await,
        #[cfg(feature = "lab")]
        Command::Lab(LabCommand::Repoint(args)) => cmd::lab::repoint(&args, settings).await,
    }
}
