//! The grammar of failover groups: `fog`, `drill`, `listener`.

use super::args::ChangeArgs;
use super::args::OptionalRunArgs;
use clap::Args;
use clap::Subcommand;

#[derive(Debug, Clone, Subcommand)]
pub enum FogCommand {
    /// Judge whether the group can be made, and show the steps
    Plan(FogPlanArgs),
    /// Make the group, copy every database, and see both listeners answer
    Create(FogChangeArgs),
    /// Take migrated databases the rest of the way: links gone, first full backups, group, both listeners, application
    /// pointed at the listener; milestone `protected`
    Protect(FogChangeArgs),
    /// Roles, states, lag and listeners, from both sides
    Show(FogNameArgs),
    /// Every failover group of the estate
    List,
    /// Bring the settings in Azure to those of the estate file
    Update(FogChangeArgs),
    /// Take the group away: its names vanish; an old secondary instance takes writes, databases of servers stay replicated
    Delete(FogDeleteArgs),
    /// Change roles: planned, without loss; or forced, with loss
    Failover(FogFailoverArgs),
    /// Go on with a run that stopped half way
    Resume(OptionalRunArgs),
}

#[derive(Debug, Clone, Args)]
pub struct FogNameArgs {
    /// Failover group by name; not needed where the estate has one
    #[arg(value_name = "GROUP")]
    pub group: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub struct FogPlanArgs {
    #[command(flatten)]
    pub name: FogNameArgs,
    /// Print the exact T-SQL and REST calls, in order
    #[arg(long)]
    pub script: bool,
}

#[derive(Debug, Clone, Args)]
pub struct FogChangeArgs {
    #[command(flatten)]
    pub name: FogNameArgs,
    #[command(flatten)]
    pub change: ChangeArgs,
}

#[derive(Debug, Clone, Args)]
pub struct FogDeleteArgs {
    #[command(flatten)]
    pub name: FogNameArgs,
    #[command(flatten)]
    pub change: ChangeArgs,
    /// Name of the group, typed again: the answer to the question that would be asked; `--yes` does not stand for it
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub struct FogFailoverArgs {
    #[command(flatten)]
    pub name: FogNameArgs,
    #[command(flatten)]
    pub change: ChangeArgs,
    /// Target that is to be primary [default: the one that is secondary]
    #[arg(long, value_name = "TARGET")]
    pub to: Option<String>,
    /// Lose what has not arrived yet; only where the primary is lost
    #[arg(long)]
    pub forced: bool,
    /// Azure SQL Database alone: a planned failover, and where it does not succeed a forced one, in one call of the service
    #[arg(long, conflicts_with = "forced")]
    pub try_planned_first: bool,
    /// Name of the group, typed again; a forced failover asks for it, and `--yes` does not stand for it
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
}

#[derive(Debug, Clone, Subcommand)]
pub enum DrillCommand {
    /// Fail over and back, without loss, and measure what an application would see
    Run(FogChangeArgs),
    /// Drills so far, and the age of the last one
    List,
    /// Go on with a drill that stopped half way
    Resume(OptionalRunArgs),
}

#[derive(Debug, Clone, Subcommand)]
pub enum ListenerCommand {
    /// Resolve both listeners, log in through them, and see who answers
    Check(FogNameArgs),
}
