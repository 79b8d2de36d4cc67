//! Reads the estate file and the environment; nothing else does.

use super::not_yet;
use super::problem;
use super::resolve;
use super::schema::EstateFile;
use super::types::Config;
use super::validate;
use crate::base::error::Error;
use crate::base::error::Result;
use std::path::Path;
use std::path::PathBuf;

/// What the environment says, read once.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `MILINK_ESTATE`
    pub estate: Option<PathBuf>,
    /// `MILINK_STATE_DIR`
    pub state_dir: Option<PathBuf>,
    /// `MILINK_OUTPUT`
    pub output: Option<String>,
    /// `MILINK_AZURE_SUBSCRIPTION`
    pub subscription: Option<String>,
    /// `MILINK_AZURE_TENANT`
    pub tenant: Option<String>,
    /// `NO_COLOR`, set to anything but nothing.
    pub no_color: bool,
    /// `COLORFGBG`, such as `15;0`: the terminal's colours, where it tells them.
    pub colorfgbg: Option<String>,
    /// `COLUMNS`
    pub columns: Option<u16>,
    /// Folder for state of this user's programs.
    pub user_state: Option<PathBuf>,
    /// `MILINK_FAULT`: a fault for tests, `fail|hang:<step>:<point>`.
    pub fault: Option<String>,
    /// `MILINK_DATABASE` and `MILINK_TARGET`: what a hook is told.
    pub hook_database: Option<String>,
    pub hook_target: Option<String>,
    pub hook_listener: Option<String>,
    /// Who runs this, for the journal.
    pub user: String,
    /// Where, for the journal.
    pub host: String,
}

impl Environment {
    pub fn read() -> Self {
        let path = |name| variable(name).map(PathBuf::from);
        let home_state = || path("HOME").map(|h| h.join(".local").join("state"));
        let user_state = if cfg!(windows) { path("LOCALAPPDATA") } else { path("XDG_STATE_HOME").or_else(home_state) };
        Self {
            estate: path("MILINK_ESTATE"),
            state_dir: path("MILINK_STATE_DIR"),
            output: variable("MILINK_OUTPUT"),
            subscription: variable("MILINK_AZURE_SUBSCRIPTION"),
            tenant: variable("MILINK_AZURE_TENANT"),
            no_color: variable("NO_COLOR").is_some(),
            fault: variable("MILINK_FAULT"),
            hook_database: variable("MILINK_DATABASE"),
            hook_target: variable("MILINK_TARGET"),
            hook_listener: variable("MILINK_LISTENER"),
            colorfgbg: variable("COLORFGBG"),
            columns: variable("COLUMNS").and_then(|c| c.parse().ok()),
            user_state,
            user: variable("USER").or_else(|| variable("USERNAME")).unwrap_or_else(|| "unknown".into()),
            host: host_name(),
        }
    }
}

/// An environment variable; empty counts as not set.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|v| !v.is_empty())
}

fn host_name() -> String {
    variable("HOSTNAME")
        .or_else(|| variable("COMPUTERNAME"))
        .or_else(|| {
            std::fs::read_to_string("/etc/hostname").ok().map(|h| h.trim().to_owned()).filter(|h| !h.is_empty())
        })
        .unwrap_or_else(|| "unknown".into())
}

/// Reads, checks and settles the estate file at `path`.
pub fn load(path: &Path, env: &Environment) -> Result<Config> {
    let text = std::fs::read_to_string(path).map_err(|e| {
        let missing = e.kind() == std::io::ErrorKind::NotFound;
        let error = if missing {
            Error::usage(format!("there is no estate file `{}`", path.display()))
        } else {
            Error::usage(format!("the estate file `{}` cannot be read", path.display())).caused_by(e)
        };
        error.hint("write one with `milink init`, or name another with `--estate FILE`")
    })?;
    // Absolute, so that a later change of the working folder moves nothing.
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    parse(&text, path, &absolute, env)
}

/// The same for text already read; `shown` is the path as the user wrote it, `path` the absolute one.
pub fn parse(text: &str, shown: &Path, path: &Path, env: &Environment) -> Result<Config> {
    let place = problem::Place::new(text, shown);
    let file: EstateFile = toml::from_str(text).map_err(|e| problem::from_toml(&place, &e))?;
    let (errors, warnings): (Vec<_>, Vec<_>) = validate::validate(&file).into_iter().partition(|p| p.is_error);
    if !errors.is_empty() {
        return Err(problem::join(&place, &errors));
    }
    let warnings = warnings.iter().map(|w| w.line(&place)).chain(not_yet::warnings(&file)).collect();
    Ok(resolve::resolve(file, path, env, warnings))
}
