//! The grammar of the command line; nothing but clap.

pub use super::args_cutover::CutoverAbortArgs;
pub use super::args_cutover::CutoverCommand;
pub use super::args_cutover::CutoverPlanArgs;
pub use super::args_cutover::CutoverResumeArgs;
pub use super::args_cutover::CutoverRunArgs;
pub use super::args_fog::DrillCommand;
pub use super::args_fog::DrillRunArgs;
pub use super::args_fog::FogChangeArgs;
pub use super::args_fog::FogCommand;
pub use super::args_fog::FogConfirmArgs;
pub use super::args_fog::FogCopySyncArgs;
pub use super::args_fog::FogFailoverArgs;
pub use super::args_fog::FogLagArgs;
pub use super::args_fog::FogNameArgs;
pub use super::args_fog::FogPlanArgs;
pub use super::args_fog::FogScriptArgs;
pub use super::args_fog::ListenerCommand;
pub use super::args_fog::ListenerConvertArgs;
pub use super::args_fog::ListenerScanArgs;
pub use super::args_fog::ListenerStringsArgs;
pub use super::args_fog::NetworkCommand;
pub use super::args_fog::NetworkForm;
pub use super::args_fog::NetworkPlanArgs;
pub use super::args_fog::RunbookCommand;
pub use super::args_fog::ScriptPurpose;
pub use super::args_fog::ScriptTongue;
pub use super::args_fog::SecondaryChangeArgs;
pub use super::args_fog::SecondaryCommand;
pub use super::args_fog::SecondaryForm;
pub use super::args_fog::SecondaryPlanArgs;
pub use super::args_fog::StringDriver;
#[cfg(feature = "lab")]
use super::args_lab::LabCommand;
pub use super::args_watch::ServeArgs;
pub use super::args_watch::ThemeName;
pub use super::args_watch::TuiArgs;
pub use super::args_watch::WatchArgs;
use crate::rules::compat::Os;
use crate::rules::direction::InitialPrimary;
use clap::Args;
use clap::Parser;
use clap::Subcommand;
use clap::ValueEnum;
use std::path::PathBuf;

/// Hybrid replication manager for the Azure SQL Managed Instance link.
#[derive(Debug, Parser)]
#[command(
    name = "milink",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalArgs,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Estate file [env: MILINK_ESTATE] [default: milink.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub estate: Option<PathBuf>,
    /// Folder of the journal [env: MILINK_STATE_DIR] [default: the user's state folder]
    #[arg(long, global = true, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// Text, one JSON document, or one JSON object a line, on stdout [env: MILINK_OUTPUT] [default: table]
    #[arg(long, global = true, value_name = "FORMAT", value_enum)]
    pub output: Option<Format>,
    /// Never ask; fail where an answer would be needed
    #[arg(long, global = true)]
    pub no_input: bool,
    /// Approve the plan without being asked
    #[arg(long, global = true)]
    pub yes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    #[default]
    Table,
    Json,
    Jsonl,
}

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Show a whole migration on a simulated estate, and judge it
    #[cfg(feature = "lab")]
    Demo(DemoArgs),
    /// Run and steer a simulated estate
    #[cfg(feature = "lab")]
    #[command(subcommand)]
    Lab(LabCommand),
    /// Write a commented estate file
    Init(InitArgs),
    /// Say which links are possible, without asking a server
    Compat(CompatArgs),
    /// Say what an error means and how to mend it, or what there is to know about a topic
    Explain(ExplainArgs),
    /// Estimate how long seeding takes, without asking a server
    Estimate(EstimateArgs),
    /// Make, exchange and judge the certificates of the mirroring endpoints
    #[command(subcommand)]
    Cert(CertCommand),
    /// Make and look at the mirroring endpoints of the sources
    #[command(subcommand)]
    Endpoint(EndpointCommand),
    /// Judge whether a link can be made, a database moved, a failover forced; changes nothing
    Check(CheckArgs),
    /// Plan, create and look at links
    #[command(subcommand)]
    Link(LinkCommand),
    /// Move databases to their targets
    #[command(subcommand)]
    Cutover(CutoverCommand),
    /// Compare and bring over logins, jobs, linked servers
    #[command(subcommand)]
    Objects(ObjectsCommand),
    /// Protect managed instances by a failover group: plan, create, fail over
    #[command(subcommand)]
    Fog(FogCommand),
    /// Rehearse a failover, measured
    #[command(subcommand)]
    Drill(DrillCommand),
    /// Prove that the listeners of a failover group lead where they should
    #[command(subcommand)]
    Listener(ListenerCommand),
    /// Watch links: lag, health, seeding, certificates, who is writable
    Watch(WatchArgs),
    /// Offer metrics, JSON and a status page over HTTP; can change nothing
    Serve(ServeArgs),
    /// The engineer's screen: fleet, links, cutovers and runs, steered by keys
    Tui(TuiArgs),
    /// Look at the journal
    #[command(subcommand)]
    Runs(RunsCommand),
    /// Write what a run did, proved and sent as one page
    Report(ReportArgs),
    /// Print a JSON Schema
    Schema(SchemaArgs),
    /// Print shell completions
    Completions(CompletionsArgs),
    /// Print or write the manual pages
    Man(ManArgs),
}

#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Scenario to play; `milink lab scenarios` lists them
    #[arg(long, value_name = "NAME")]
    pub scenario: Option<String>,
    /// Databases to migrate, instead of the scenario's own number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=500))]
    pub databases: Option<u16>,
    /// Size of every database in MiB, instead of the scenario's own
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(8..=8192))]
    pub size_mib: Option<u16>,
    /// Folder for the estate and the journal, instead of a temporary one
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Keep the temporary folder afterwards
    #[arg(long)]
    pub keep: bool,
    /// Lines instead of the screen, on a terminal too
    #[arg(long)]
    pub plain: bool,
}

#[derive(Debug, Clone, Args)]
pub struct InitArgs {
    /// Take the estate of a lab that `milink lab up --dir DIR` runs
    #[arg(long, value_name = "DIR")]
    pub from_lab: Option<PathBuf>,
}

/// Without `--sql-version`: the whole table.
#[derive(Debug, Clone, Args)]
pub struct CompatArgs {
    /// Build of SQL Server, as SERVERPROPERTY('ProductVersion') gives it
    #[arg(long, value_name = "BUILD", requires_all = ["policy", "edition", "initial_primary"])]
    pub sql_version: Option<String>,
    /// Update policy of the instance: SQLServer2022, SQLServer2025 or AlwaysUpToDate
    #[arg(long, value_name = "POLICY", requires = "sql_version")]
    pub policy: Option<String>,
    /// Edition of SQL Server, a word or as SERVERPROPERTY('Edition') gives it
    #[arg(long, value_name = "EDITION", requires = "sql_version")]
    pub edition: Option<String>,
    /// Where the database is before there is a link
    #[arg(long, value_name = "SIDE", value_enum, requires = "sql_version")]
    pub initial_primary: Option<PrimarySide>,
    /// Operating system of SQL Server; not judged if not given
    #[arg(long, value_name = "OS", value_enum, requires = "sql_version")]
    pub os: Option<OsName>,
    /// One link for all databases of an availability group (preview)
    #[arg(long, requires = "sql_version")]
    pub multi_database: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PrimarySide {
    SqlServer,
    ManagedInstance,
}

impl From<PrimarySide> for InitialPrimary {
    fn from(side: PrimarySide) -> Self {
        match side {
            PrimarySide::SqlServer => InitialPrimary::SqlServer,
            PrimarySide::ManagedInstance => InitialPrimary::ManagedInstance,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OsName {
    WindowsServer,
    WindowsClient,
    Linux,
}

impl From<OsName> for Os {
    fn from(os: OsName) -> Self {
        match os {
            OsName::WindowsServer => Os::WindowsServer,
            OsName::WindowsClient => Os::WindowsClient,
            OsName::Linux => Os::Linux,
        }
    }
}

#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// Number of SQL Server, code of Azure, state of a link, id of a check, a message with one of them, or a topic
    #[arg(value_name = "ID", required_unless_present_any = ["list", "search"])]
    pub id: Vec<String>,
    /// Name every topic
    #[arg(long, conflicts_with_all = ["id", "search"])]
    pub list: bool,
    /// Topics, checks and errors that hold a word
    #[arg(long, value_name = "WORD", conflicts_with = "id")]
    pub search: Option<String>,
}

/// For what the checks say first.
#[derive(Debug, Clone, Default, Args)]
pub struct WaiveArgs {
    /// Let a check pass by its id, with a reason that is written down
    #[arg(long, value_name = "ID=REASON")]
    pub waive: Vec<String>,
}

#[derive(Debug, Clone, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    pub links: LinksArgs,
    /// What it must be ready for [default: create for a link that is not there, else cutover]
    #[arg(long = "for", value_name = "PURPOSE", value_enum)]
    pub purpose: Option<CheckPurpose>,
    /// Let a check pass by its id, with a reason that is shown
    #[arg(long, value_name = "ID=REASON")]
    pub waive: Vec<String>,
    /// Show what passed, too
    #[arg(long)]
    pub all: bool,
}

#[derive(Debug, Clone, Subcommand)]
pub enum ObjectsCommand {
    /// What the target lacks; changes nothing
    Diff(ObjectsArgs),
    /// The statements that would bring it over, without password hashes
    Script(ObjectsArgs),
    /// Bring over what is missing, as a run that can be undone and resumed
    Sync(ObjectsSyncArgs),
    /// Go on with a run that stopped half way
    Resume(OptionalRunArgs),
}

#[derive(Debug, Clone, Args)]
pub struct ObjectsArgs {
    #[command(flatten)]
    pub links: LinksArgs,
    /// Everything on the source, not only what the links' databases use
    #[arg(long)]
    pub everything: bool,
    /// Of this failover group, from its primary to its secondary, instead of links
    #[arg(long, value_name = "GROUP", conflicts_with = "links")]
    pub group: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub struct ObjectsSyncArgs {
    #[command(flatten)]
    pub objects: ObjectsArgs,
    /// Read the live state and show what would be done; change nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckPurpose {
    Create,
    Cutover,
    Failback,
    Forced,
    Operate,
}

#[derive(Debug, Clone, Args)]
pub struct EstimateArgs {
    /// Size of the database, such as 100GiB or 1.5TB
    #[arg(long, value_name = "SIZE")]
    pub size: String,
    /// What the way to the instance carries, all seedings together [default: 84GB/h]
    #[arg(long, value_name = "RATE")]
    pub rate: Option<String>,
    /// Databases of this size that are seeded at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=500))]
    pub parallel: u16,
    /// How much the stream shrinks: 2 is half the bytes
    #[arg(long, value_name = "FACTOR", default_value = "1.0")]
    pub compression: String,
    /// Log that each database writes, such as 5MB/s
    #[arg(long, value_name = "RATE")]
    pub log_rate: Option<String>,
    /// vCores of the instance
    #[arg(long, value_name = "N", requires = "tier", value_parser = clap::value_parser!(u16).range(4..=128))]
    pub vcores: Option<u16>,
    /// Tier of the instance: GeneralPurpose, NextGenGeneralPurpose or BusinessCritical
    #[arg(long, value_name = "TIER", requires = "vcores")]
    pub tier: Option<String>,
}

/// For verbs that change something.
#[derive(Debug, Clone, Default, Args)]
pub struct ChangeArgs {
    /// Read the live state and show what would be done; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print the exact T-SQL and REST calls, in order; change nothing
    #[arg(long)]
    pub script: bool,
    /// Return once the run has begun; it goes on in a process of its own (`runs show`, `cutover status`)
    #[arg(long, conflicts_with_all = ["dry_run", "script"])]
    pub no_wait: bool,
}

#[derive(Debug, Clone, Args)]
pub struct LinksArgs {
    /// Links by name; all of the estate if none is given
    #[arg(value_name = "LINK")]
    pub links: Vec<String>,
}

#[derive(Debug, Clone, Subcommand)]
pub enum CertCommand {
    /// Certificates that the links rest on, both sides
    List(LinksArgs),
    /// Make the endpoint certificates of the sources, their keys stay there
    Create(CreateArgs),
    /// Give each side the public key of the other, and the roots to the source
    Exchange(CreateArgs),
    /// Say whether each side knows the other
    Verify(LinksArgs),
}

#[derive(Debug, Clone, Subcommand)]
pub enum EndpointCommand {
    /// The mirroring endpoint of every source
    Show(LinksArgs),
    /// Make it, or mend what a link needs
    Create(CreateArgs),
}

#[derive(Debug, Clone, Subcommand)]
pub enum LinkCommand {
    /// Show what is missing until the links stand
    Plan(LinkPlanArgs),
    /// Create what is missing, and wait until the links are seeded
    Create(LinkCreateArgs),
    /// One line for each link
    List(LinksArgs),
    /// Everything about a link
    Show(LinkShowArgs),
    /// Try the ports between the servers of links by a short job on each, and take the jobs away again
    Probe(CreateArgs),
    /// Take links away, and with each the copy that must not take writes
    Delete(LinkDeleteArgs),
}

#[derive(Debug, Clone, Args)]
pub struct LinkPlanArgs {
    #[command(flatten)]
    pub links: LinksArgs,
    /// Print the exact T-SQL and REST calls, in order
    #[arg(long)]
    pub script: bool,
}

#[derive(Debug, Clone, Args)]
pub struct CreateArgs {
    #[command(flatten)]
    pub links: LinksArgs,
    #[command(flatten)]
    pub change: ChangeArgs,
}

#[derive(Debug, Clone, Args)]
pub struct LinkCreateArgs {
    #[command(flatten)]
    pub create: CreateArgs,
    /// Every link of the estate; the same as naming none
    #[arg(long, conflicts_with = "links")]
    pub all: bool,
    #[command(flatten)]
    pub waive: WaiveArgs,
}

#[derive(Debug, Clone, Args)]
pub struct LinkDeleteArgs {
    /// Links by name
    #[arg(value_name = "LINK", required = true)]
    pub links: Vec<String>,
    #[command(flatten)]
    pub change: ChangeArgs,
    /// Names of the links, typed again: the answer to the question that would be asked; `--yes` does not stand for it
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub struct LinkShowArgs {
    /// Link by name
    #[arg(value_name = "LINK")]
    pub link: String,
}

#[derive(Debug, Clone, Args)]
pub struct OptionalRunArgs {
    /// Run by name or its beginning; the last one if none is given
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// Run by name or its beginning, or `last`
    #[arg(value_name = "RUN")]
    pub run: String,
}

#[derive(Debug, Clone, Subcommand)]
pub enum RunsCommand {
    /// One line for each run, newest first
    List,
    /// A run and its steps
    Show(RunArgs),
    /// A run's records as JSON lines
    Export(RunArgs),
    /// Re-compute the hash chain; all runs if none is given
    Verify(OptionalRunArgs),
}

#[derive(Debug, Clone, Args)]
pub struct ReportArgs {
    /// Run by name or its beginning, or `last`
    #[arg(value_name = "RUN")]
    pub run: String,
    /// File to write; stdout without it
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Form of the report [default: markdown for a `.md` file, else html]
    #[arg(long, value_name = "FORM", value_enum)]
    pub format: Option<ReportFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// One page without scripts, fit for paper
    Html,
    Markdown,
}

#[derive(Debug, Clone, Args)]
pub struct SchemaArgs {
    /// Which schema
    #[arg(value_enum)]
    pub what: SchemaName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaName {
    /// The estate file
    Estate,
    /// The JSON of `milink demo`
    Demo,
    /// The JSON of `milink runs`
    Run,
    /// The JSON of `milink watch` and of `/api/v1/links`
    Watch,
    /// The JSON of `milink compat --sql-version`
    Compat,
    /// The JSON of `milink compat` alone
    Matrix,
    /// The JSON of `milink explain`
    Explain,
    /// The JSON of `milink estimate`
    Estimate,
    /// The JSON of `milink cert verify`
    Trust,
    /// The JSON of `milink check`
    Check,
    /// The JSON of `milink listener strings`
    Strings,
    /// The JSON of `milink listener convert`
    Convert,
    /// The JSON of `milink listener scan`
    Scan,
}

#[derive(Debug, Clone, Args)]
pub struct CompletionsArgs {
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Clone, Args)]
pub struct ManArgs {
    /// Write a page for every command into this folder, instead of printing the first one
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}
