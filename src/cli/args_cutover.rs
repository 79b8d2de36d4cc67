//! The grammar of `cutover`.

use super::args::ChangeArgs;
use super::args::LinkPlanArgs;
use super::args::OptionalRunArgs;
use super::args::WaiveArgs;
use clap::Args;
use clap::Subcommand;

#[derive(Debug, Clone, Subcommand)]
pub enum CutoverCommand {
    /// Show the steps in order, and what would undo each
    Plan(CutoverPlanArgs),
    /// Move the databases: fence, drain, switch, open
    Run(CutoverRunArgs),
    /// Go on with a run that stopped half way
    Resume(CutoverResumeArgs),
    /// Undo a run, as long as it can be undone; also one that another terminal drives
    Abort(CutoverAbortArgs),
    /// Have a run wait at its next safe place
    Hold(OptionalRunArgs),
    /// Let a run that was held go on
    Release(OptionalRunArgs),
    /// How far a run is
    Status(OptionalRunArgs),
}

#[derive(Debug, Clone, Args)]
pub struct CutoverPlanArgs {
    #[command(flatten)]
    pub plan: LinkPlanArgs,
    /// The links of a `[[wave]]`
    #[arg(long, value_name = "NAME", conflicts_with = "links")]
    pub wave: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub struct CutoverRunArgs {
    /// Links by name
    #[arg(value_name = "LINK", required_unless_present = "wave", conflicts_with = "wave")]
    pub links: Vec<String>,
    /// The links of a `[[wave]]`, together: all or nothing until the targets are opened
    #[arg(long, value_name = "NAME")]
    pub wave: Option<String>,
    #[command(flatten)]
    pub waive: WaiveArgs,
    /// Change nothing: show the exact statements of each step, wait until somebody has run them, and look whether it is done
    #[arg(long, conflicts_with = "no_wait")]
    pub manual: bool,
    #[command(flatten)]
    pub change: ChangeArgs,
    /// Names of the links (or `all`), typed again: the answer to the question that would be asked
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub struct CutoverResumeArgs {
    #[command(flatten)]
    pub run: OptionalRunArgs,
    /// Return once the run goes on, in a process of its own
    #[arg(long)]
    pub no_wait: bool,
}

#[derive(Debug, Clone, Args)]
pub struct CutoverAbortArgs {
    #[command(flatten)]
    pub run: OptionalRunArgs,
    /// Name of the run, typed again: the answer to the question that would be asked
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
}
