//! `milink init [--from-lab DIR]`

use crate::base::error::Error;
use crate::base::error::Result;
use crate::cli::Exit;
use crate::cli::Printer;
use crate::cli::Settings;
use crate::cli::args::InitArgs;
use std::io::ErrorKind;
use std::io::Write;
use std::path::Path;

/// The template; a test loads it with and without its comments.
pub(crate) const TEMPLATE: &str = include_str!("init.toml");

pub(crate) fn run(args: &InitArgs, settings: &Settings, printer: &mut Printer) -> Result<Exit> {
    let text = match &args.from_lab {
        Some(dir) => from_lab(dir)?,
        None => TEMPLATE.to_owned(),
    };
    let path = &settings.estate;
    let mut file = std::fs::File::create_new(path).map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists => Error::usage(format!("`{}` is there already", path.display()))
            .hint("name another with `--estate FILE`, or move it away"),
        _ => Error::usage(format!("`{}` cannot be written", path.display())).caused_by(e),
    })?;
    file.write_all(text.as_bytes())
        .map_err(|e| Error::usage(format!("`{}` cannot be written", path.display())).caused_by(e))?;
    printer.message(&format!("estate file written to {}", path.display()))?;
    printer.next("edit it, then `milink link plan`")?;
    Ok(Exit::OK)
}

/// The lab's own estate file, its relative paths made absolute so that it may lie anywhere.
fn from_lab(dir: &Path) -> Result<String> {
    let path = dir.join(crate::config::layout::ESTATE_FILE);
    let text = std::fs::read_to_string(&path).map_err(|e| {
        Error::usage(format!("there is no estate file in `{}`", dir.display()))
            .caused_by(e)
            .hint("start a lab there with `milink lab up --scenario NAME --dir DIR`")
    })?;
    let mut table: toml::Table = toml::from_str(&text)
        .map_err(|e| Error::usage(format!("`{}` is not TOML: {}", path.display(), e.message())))?;
    let dir = std::path::absolute(dir).map_err(|e| Error::usage("the working folder is gone").caused_by(e))?;
    for (_, value) in &mut table {
        make_absolute(value, &dir);
    }
    toml::to_string_pretty(&table).map_err(|e| Error::bug("the estate file does not serialise").caused_by(e))
}

/// Paths stand under these keys only (see `config::schema`).
fn make_absolute(value: &mut toml::Value, dir: &Path) {
    let join = |value: &mut toml::Value| {
        if let toml::Value::String(path) = value {
            *path = dir.join(&*path).to_string_lossy().into_owned();
        }
    };
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table.iter_mut() {
                match (key.as_str(), value) {
                    ("file" | "second_undo_dir", value) => join(value),
                    ("roots" | "mirroring_roots", toml::Value::Array(paths)) => paths.iter_mut().for_each(join),
                    (_, value) => make_absolute(value, dir),
                }
            }
        }
        toml::Value::Array(values) => values.iter_mut().for_each(|v| make_absolute(v, dir)),
        _ => {}
    }
}
