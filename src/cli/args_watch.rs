//! The grammar of what watches: `watch`, `serve`, `tui`.

use super::args::LinksArgs;
use clap::Args;
use clap::ValueEnum;
use std::path::PathBuf;

#[derive(Debug, Clone, Args)]
pub struct WatchArgs {
    #[command(flatten)]
    pub links: LinksArgs,
    /// Look once and end
    #[arg(long, conflicts_with = "until")]
    pub once: bool,
    /// Time between two looks at an instance, such as 2s [default: that of the estate file, else 5s]
    #[arg(long, value_name = "TIME")]
    pub interval: Option<String>,
    /// End when this holds for every link: `seeded`, `synchronized`, `healthy`, `lag<5s`, `milestone=unlinked`, …
    #[arg(long, value_name = "CONDITION")]
    pub until: Option<String>,
    /// Longest wait for it, such as 30m; without this there is no end
    #[arg(long, value_name = "TIME", requires = "until")]
    pub timeout: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    #[command(flatten)]
    pub links: LinksArgs,
    /// Address and port; one that others can reach needs a token
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9187")]
    pub listen: String,
    /// File whose first line is the bearer token that every request must bring
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Time between two looks at an instance, such as 2s [default: that of the estate file, else 5s]
    #[arg(long, value_name = "TIME")]
    pub interval: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub struct TuiArgs {
    #[command(flatten)]
    pub links: LinksArgs,
    /// Colours for a dark or a light background, or none; `auto` asks COLORFGBG and NO_COLOR
    #[arg(long, value_name = "THEME", value_enum, default_value_t)]
    pub theme: ThemeName,
    /// Borders and signs from ASCII only
    #[arg(long)]
    pub ascii: bool,
    /// Time between two looks at an instance, such as 2s [default: that of the estate file, else 5s]
    #[arg(long, value_name = "TIME")]
    pub interval: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ThemeName {
    #[default]
    Auto,
    Dark,
    Light,
    None,
}
