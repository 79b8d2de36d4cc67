//! Files that a run leaves for people: `undo.sql`, in every place named, readable without milink.

use super::perform::Effects;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

impl Effects {
    /// Writes the same text in every directory, durably (file and name); gives back the paths.
    pub fn write_undo(&self, dirs: &[PathBuf], file: &str, text: &str) -> Result<Vec<String>> {
        let mut written = Vec::new();
        for dir in dirs {
            let path = dir.join(self.run().as_str()).join(file);
            write_durably(&path, text).map_err(|e| {
                Error::new(Kind::Refused, format!("{} cannot be written", path.display()))
                    .caused_by(e)
                    .hint("nothing is barred before undo.sql is on disk: free the place, or name another in [policy] second_undo_dir")
            })?;
            written.push(path.display().to_string());
        }
        Ok(written)
    }
}

fn write_durably(path: &Path, text: &str) -> std::io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(dir)?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    #[cfg(unix)]
    std::fs::File::open(dir)?.sync_all()?;
    Ok(())
}

/// Keeps a secret in a file only its owner can read; a file that is there already wins, so that a resumed run finds its own.
pub fn keep_secret(path: &Path, secret: &str) -> Result<String> {
    if let Ok(kept) = std::fs::read_to_string(path) {
        return Ok(kept.trim().to_owned());
    }
    write_durably(path, &format!("{secret}\n")).map_err(|e| {
        Error::new(Kind::Refused, format!("the secret file {} cannot be written", path.display())).caused_by(e)
    })?;
    Ok(secret.to_owned())
}
