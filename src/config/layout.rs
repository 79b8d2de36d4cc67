//! Where files are kept when nobody says otherwise.

use super::load::Environment;
use crate::base::error::Error;
use crate::base::error::Result;
use std::path::PathBuf;

/// Estate file looked for in the working folder.
pub const ESTATE_FILE: &str = "milink.toml";
/// Journal inside the state directory.
pub const JOURNAL_FILE: &str = "journal.db";

/// flag > `MILINK_ESTATE` > `milink.toml` here.
pub fn estate_path(flag: Option<PathBuf>, env: &Environment) -> PathBuf {
    flag.or_else(|| env.estate.clone()).unwrap_or_else(|| PathBuf::from(ESTATE_FILE))
}

/// flag > `MILINK_STATE_DIR` > the user's own state folder.
pub fn state_dir(flag: Option<PathBuf>, env: &Environment) -> Result<PathBuf> {
    flag.or_else(|| env.state_dir.clone()).or_else(|| env.user_state.clone().map(|d| d.join("milink"))).ok_or_else(
        || {
            Error::usage("there is no folder to keep the journal in: neither HOME nor XDG_STATE_HOME is set")
                .hint("pass `--state-dir DIR`, or set MILINK_STATE_DIR")
        },
    )
}
