//! Arguments of `milink lab`.

use clap::Args;
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Debug, Clone, Subcommand)]
pub enum LabCommand {
    /// Start an estate and keep it running until interrupted
    Up(LabUpArgs),
    /// Judge: every acknowledged commit against what the servers hold
    Verdict(LabDirArgs),
    /// Break something, or mend it
    Fault(LabFaultArgs),
    /// List the scenarios
    Scenarios(LabScenariosArgs),
    /// Play many cutovers in virtual time, each with mishaps drawn from a seed, and judge every one
    Sim(LabSimArgs),
    /// Point the writers of a database at another server
    Repoint(LabRepointArgs),
}

#[derive(Debug, Clone, Args)]
pub struct LabUpArgs {
    /// Scenario to run; `milink lab scenarios` lists them. One of your own: the path of its file, FILE.toml
    #[arg(long, value_name = "NAME")]
    pub scenario: String,
    /// Folder for milink.toml, ca.pem and lab.json
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
    /// Start so many writers for each database; without this nobody writes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=1000))]
    pub writers: Option<u16>,
    /// Databases, instead of the scenario's own number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=500))]
    pub databases: Option<u16>,
    /// Size of every database in MiB, instead of the scenario's own
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(8..=8192))]
    pub size_mib: Option<u16>,
    /// One more database, with a name full of quotes and brackets
    #[arg(long)]
    pub odd_name: bool,
}

#[derive(Debug, Clone, Args)]
pub struct LabScenariosArgs {
    /// Print this scenario as the file it is: a start for one of your own
    #[arg(long, value_name = "NAME")]
    pub show: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub struct LabSimArgs {
    /// Nights to play
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub seeds: u64,
    /// Seed of the first night; the others count up from it
    #[arg(long, value_name = "S", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=u64::MAX / 2))]
    pub seed: u64,
    /// Tell all that happens, to stderr
    #[arg(long)]
    pub trace: bool,
}

#[derive(Debug, Clone, Args)]
pub struct LabDirArgs {
    /// Folder given to `milink lab up`
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
}

#[derive(Debug, Clone, Args)]
pub struct LabFaultArgs {
    #[command(flatten)]
    pub lab: LabDirArgs,
    /// `cut A B`, `restore A B`, `slow A B LATENCY_MS MIB_PER_S`, `arm JSON-RULE`, `arm-clear`, `set SERVER KEY VALUE [DATABASE]` or `status`
    #[arg(required = true, value_name = "FAULT")]
    pub fault: Vec<String>,
}

#[derive(Debug, Clone, Args)]
pub struct LabRepointArgs {
    #[command(flatten)]
    pub lab: LabDirArgs,
    /// Database [env: MILINK_DATABASE]
    #[arg(long, value_name = "DB")]
    pub database: Option<String>,
    /// Name of a source or target of the estate [env: MILINK_TARGET]
    #[arg(long, value_name = "SITE")]
    pub to: Option<String>,
}
