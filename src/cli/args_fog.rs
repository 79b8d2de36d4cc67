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
    /// The lag of every database, looked at several times, and whether it grows
    Lag(FogLagArgs),
    /// Bring the settings in Azure to those of the estate file
    Update(FogChangeArgs),
    /// Take the group away: its names vanish; an old secondary instance takes writes, databases of servers stay replicated
    Delete(FogConfirmArgs),
    /// Change roles: planned, without loss; or forced, with loss
    Failover(FogFailoverArgs),
    /// Another region, name, size or update policy for a group: several operations in their order, one run
    #[command(subcommand)]
    Runbook(RunbookCommand),
    /// Print the statement with which an application waits, after COMMIT, until the other region has the transaction
    CopySync(FogCopySyncArgs),
    /// The path between the subnets of both members: peering, security rules, delegation
    #[command(subcommand)]
    Network(NetworkCommand),
    /// The second instance, where it is not there yet: judged, and made in the primary's DNS zone (DNSZonePartner; in the portal
    /// "Primary Managed Instance", or "use as failover secondary")
    #[command(subcommand)]
    Secondary(SecondaryCommand),
    /// The same operations as commands of other tools, each at its side; changes nothing
    Script(FogScriptArgs),
    /// Go on with a run that stopped half way
    Resume(OptionalRunArgs),
}

#[derive(Debug, Clone, Subcommand)]
pub enum SecondaryCommand {
    /// Region, DNS zone, subnet, path and size, judged before it is made; exit 3: something stands in the way
    Plan(SecondaryPlanArgs),
    /// Make it, with everything copied from the primary but what `[target.create]` says, and read its zone back
    Create(SecondaryChangeArgs),
}

#[derive(Debug, Clone, Args)]
pub struct SecondaryPlanArgs {
    #[command(flatten)]
    pub name: FogNameArgs,
    /// Another target of the estate than the group's secondary
    #[arg(long, value_name = "TARGET")]
    pub to: Option<String>,
    /// Print it to be run by somebody else
    #[arg(long = "as", value_name = "FORM")]
    pub form: Option<SecondaryForm>,
    /// Addresses of the subnet in a template, where it is not there yet: /27 at least, /26 to scale
    #[arg(long, value_name = "CIDR")]
    pub prefix: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub struct SecondaryChangeArgs {
    #[command(flatten)]
    pub name: FogNameArgs,
    /// Another target of the estate than the group's secondary
    #[arg(long, value_name = "TARGET")]
    pub to: Option<String>,
    #[command(flatten)]
    pub change: ChangeArgs,
}

/// How a new instance is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum SecondaryForm {
    Rest,
    Az,
    Powershell,
    /// With its subnet: delegation, security group, route table
    Bicep,
}

#[derive(Debug, Clone, Args)]
pub struct FogScriptArgs {
    #[command(flatten)]
    pub name: FogNameArgs,
    /// In whose words
    #[arg(long = "as", value_name = "FORM")]
    pub form: ScriptTongue,
    /// Which operation; `all`: network, secondary, group and a look at it, in their order
    #[arg(long = "for", value_name = "OPERATION", default_value = "all")]
    pub purpose: ScriptPurpose,
    /// Database of a logical server that the script is about
    #[arg(long, value_name = "DATABASE")]
    pub database: Option<String>,
}

/// Whose words a script has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ScriptTongue {
    Az,
    Powershell,
    Rest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ScriptPurpose {
    Create,
    Update,
    Show,
    List,
    Delete,
    /// Planned, at the secondary
    Failover,
    /// With loss, at the secondary
    Forced,
    All,
    /// Azure SQL Database: copy one database by itself
    GeoReplicate,
    /// Azure SQL Database: copy a pooled database into the partner's pool
    GeoReplicatePooled,
    /// Azure SQL Database: one more database for the group
    AddDatabase,
}

#[derive(Debug, Clone, Subcommand)]
pub enum NetworkCommand {
    /// What is missing between the two subnets, and what is for people to decide; changes nothing
    Plan(NetworkPlanArgs),
    /// Make what is missing, and read it back
    Apply(FogChangeArgs),
}

#[derive(Debug, Clone, Args)]
pub struct NetworkPlanArgs {
    #[command(flatten)]
    pub name: FogNameArgs,
    /// Print it to be run by somebody else
    #[arg(long = "as", value_name = "FORM")]
    pub form: Option<NetworkForm>,
    /// With `--as az` or `powershell`: both halves of the peering, even where they are there
    #[arg(long, requires = "form")]
    pub whole: bool,
}

/// How a missing resource is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum NetworkForm {
    Rest,
    Az,
    Powershell,
    Bicep,
}

#[derive(Debug, Clone, Subcommand)]
pub enum RunbookCommand {
    /// Another target of the estate becomes secondary; the group is made anew, under its name
    ChangeSecondary(RunbookToArgs),
    /// Another target of the estate becomes primary: over to the secondary, made anew, over to it
    ChangePrimary(RunbookToArgs),
    /// The same pair under another name: made anew, every database copied again
    Rename(RunbookRenameArgs),
    /// One setting of both members, in the order that never leaves the secondary the weaker one
    Scale(RunbookScaleArgs),
    /// The update policy of both members, secondary first; it only goes forward
    Policy(RunbookPolicyArgs),
}

#[derive(Debug, Clone, Args)]
pub struct FogConfirmArgs {
    #[command(flatten)]
    pub name: FogNameArgs,
    #[command(flatten)]
    pub change: ChangeArgs,
    /// Name of the group, typed again: the answer to the question that is asked where something can be lost; `--yes` does not
    /// stand for it
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub struct RunbookToArgs {
    #[command(flatten)]
    pub common: FogConfirmArgs,
    /// Target that takes the place
    #[arg(long, value_name = "TARGET")]
    pub to: String,
}

#[derive(Debug, Clone, Args)]
pub struct RunbookRenameArgs {
    #[command(flatten)]
    pub common: FogConfirmArgs,
    /// The new name
    #[arg(long, value_name = "NAME")]
    pub to: String,
}

#[derive(Debug, Clone, Args)]
pub struct RunbookPolicyArgs {
    #[command(flatten)]
    pub common: FogConfirmArgs,
    /// SQLServer2022, SQLServer2025 or AlwaysUpToDate
    #[arg(long, value_name = "POLICY")]
    pub to: String,
}

#[derive(Debug, Clone, Args)]
pub struct RunbookScaleArgs {
    #[command(flatten)]
    pub common: FogConfirmArgs,
    /// vCores of each member
    #[arg(long, value_name = "N", group = "setting")]
    pub v_cores: Option<u32>,
    /// Storage of each member, GB, a multiple of 32
    #[arg(long, value_name = "GB", group = "setting")]
    pub storage_gb: Option<u32>,
    /// Service tier and hardware of each member, such as BC_Gen5
    #[arg(long, value_name = "SKU", group = "setting")]
    pub tier: Option<String>,
    /// Next-gen General Purpose
    #[arg(long, value_name = "BOOL", group = "setting")]
    pub next_gen: Option<bool>,
    /// Zone redundancy of each member: a zone's loss, never a region's
    #[arg(long, value_name = "BOOL", group = "setting")]
    pub zone_redundant: Option<bool>,
    /// Change to or from Next-gen General Purpose inside a group, as the pages of late 2025 allow and older ones forbid
    #[arg(long)]
    pub allow_next_gen: bool,
}

#[derive(Debug, Clone, Args)]
pub struct FogNameArgs {
    /// Failover group by name; not needed where the estate has one
    #[arg(value_name = "GROUP")]
    pub group: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub struct FogCopySyncArgs {
    #[command(flatten)]
    pub name: FogNameArgs,
    /// Database of the group
    #[arg(long, value_name = "DATABASE")]
    pub database: String,
}

#[derive(Debug, Clone, Args)]
pub struct FogLagArgs {
    #[command(flatten)]
    pub name: FogNameArgs,
    /// How many looks
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub samples: usize,
    /// Time between two looks
    #[arg(long, value_name = "DURATION", default_value = "5s")]
    pub every: String,
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
pub struct FogFailoverArgs {
    #[command(flatten)]
    pub common: FogConfirmArgs,
    /// Target that is to be primary [default: the one that is secondary]
    #[arg(long, value_name = "TARGET")]
    pub to: Option<String>,
    /// Lose what has not arrived yet; only where the primary is lost
    #[arg(long)]
    pub forced: bool,
    /// Somebody sees to every entry of `[application] dependencies`
    #[arg(long)]
    pub confirm_app: bool,
    /// Azure SQL Database alone: a planned failover, and where it does not succeed a forced one, in one call of the service
    #[arg(long, conflicts_with = "forced")]
    pub try_planned_first: bool,
}

#[derive(Debug, Clone, Subcommand)]
pub enum DrillCommand {
    /// Fail over and back, without loss, and measure what an application would see
    Run(DrillRunArgs),
    /// Talk through the loss of the primary's region, on what is true now; changes nothing
    Tabletop(FogNameArgs),
    /// Drills so far, and the age of the last one
    List,
    /// Go on with a drill that stopped half way
    Resume(OptionalRunArgs),
}

#[derive(Debug, Clone, Args)]
pub struct DrillRunArgs {
    #[command(flatten)]
    pub common: FogConfirmArgs,
    /// Rehearse the forced call, with nobody connected: refused while a client is there, so that nothing can be lost
    #[arg(long)]
    pub forced: bool,
    /// Somebody sees to every entry of `[application] dependencies`
    #[arg(long)]
    pub confirm_app: bool,
}

#[derive(Debug, Clone, Subcommand)]
pub enum ListenerCommand {
    /// Resolve both listeners, log in through them, and see who answers
    Check(FogNameArgs),
    /// Connection strings of every kind for both listeners; the same whichever side is primary
    Strings(ListenerStringsArgs),
    /// Lead a connection string over from an instance's or server's own name to the listener; all else in it stays
    Convert(ListenerConvertArgs),
    /// Find names of one region's instance or server in files; exit 3 when there are any
    Scan(ListenerScanArgs),
}

#[derive(Debug, Clone, Args)]
pub struct ListenerStringsArgs {
    #[command(flatten)]
    pub name: FogNameArgs,
    /// For one driver alone
    #[arg(long, value_name = "DRIVER")]
    pub driver: Option<StringDriver>,
    /// For one database alone
    #[arg(long, value_name = "DATABASE")]
    pub database: Option<String>,
}

/// Who reads a connection string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum StringDriver {
    AdoNet,
    Jdbc,
    Odbc,
    Go,
}

#[derive(Debug, Clone, Args)]
pub struct ListenerConvertArgs {
    /// The connection string; `-`: from standard input, so that a password in it stays out of the process list
    #[arg(value_name = "STRING", allow_hyphen_values = true)]
    pub string: String,
    /// Failover group, where several cover the server
    #[arg(long, value_name = "GROUP")]
    pub group: Option<String>,
    /// To the secondary's listener, for reads
    #[arg(long)]
    pub read_only: bool,
}

#[derive(Debug, Clone, Args)]
pub struct ListenerScanArgs {
    /// Files, and folders with all that is in them
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<std::path::PathBuf>,
}
