//! Flag > environment > default, settled once; commands see this and no clap.

use super::args::Format;
use super::args::GlobalArgs;
use super::prompt;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::config;
use crate::config::Config;
use crate::config::layout;
use crate::config::load::Environment;
use crate::config::secret::Prompt;
use std::path::PathBuf;
use std::sync::Arc;

/// What holds for every command.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The estate file; it may not exist.
    pub estate: PathBuf,
    pub output: Format,
    /// May the user be asked?
    pub input: bool,
    /// Is the plan approved beforehand?
    pub yes: bool,
    pub env: Environment,
    state_dir: Option<PathBuf>,
    /// `milink` and the global options given, as one would type them again.
    pub program: String,
}

impl Settings {
    pub fn new(args: GlobalArgs, env: Environment) -> Result<Self> {
        let output = match (args.output, env.output.as_deref()) {
            (Some(format), _) => format,
            (None, None) => Format::default(),
            (None, Some(word)) => format(word)?,
        };
        let mut program = "milink".to_owned();
        for (flag, path) in [("--estate", &args.estate), ("--state-dir", &args.state_dir)] {
            if let Some(path) = path {
                program = format!("{program} {flag} {}", typed(&path.to_string_lossy()));
            }
        }
        Ok(Self {
            program,
            estate: layout::estate_path(args.estate, &env),
            state_dir: args.state_dir,
            output,
            input: !args.no_input,
            yes: args.yes,
            env,
        })
    }

    /// Folder of the journal; it may not exist yet.
    pub fn state_dir(&self) -> Result<PathBuf> {
        layout::state_dir(self.state_dir.clone(), &self.env)
    }

    pub fn journal_path(&self) -> Result<PathBuf> {
        Ok(self.state_dir()?.join(layout::JOURNAL_FILE))
    }

    /// Reads the estate file.
    pub fn config(&self) -> Result<Config> {
        config::load(&self.estate, &self.env)
    }

    /// Who is asked for secrets.
    pub fn prompt(&self) -> Arc<dyn Prompt> {
        prompt::prompt(self.input)
    }
}

/// Quoted where a shell would take it apart.
fn typed(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/\\:._-+@~".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("\"{word}\"") }
}

fn format(word: &str) -> Result<Format> {
    <Format as clap::ValueEnum>::from_str(word, true)
        .map_err(|_| Error::usage(format!("expected `table`, `json` or `jsonl` in MILINK_OUTPUT, found `{word}`")))
}
