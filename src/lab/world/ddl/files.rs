//! ALTER DATABASE … ADD and REMOVE of files and filegroups.

use super::database::alterable;
use crate::lab::tsql::error::SqlError;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::host::SessionCx;
use crate::lab::world::host::InstanceHost;
use crate::lab::world::messages::error;
use crate::lab::world::options::DatabaseOptions;
use crate::lab::world::options::FileGroup;
use crate::lab::world::options::FileSpec;

fn missing(name: &str) -> SqlError {
    SqlError::new(5041, 16, format!("MODIFY FILE failed. File '{name}' does not exist."))
}

/// `rest` is the statement behind the database's name, tokens parted by blanks.
pub(super) fn alter(host: &InstanceHost, cx: &SessionCx, database: &str, rest: &str) -> SqlResult<()> {
    let lower = rest.to_lowercase();
    host.with(|s| {
        let db = alterable(s, cx, database)?;
        if db.ag.is_some() {
            // A group would have to carry it to the other side, which the lab does not do.
            return Err(error(40000, &[&format!("ALTER DATABASE [{database}] {rest} of a database in a group")]));
        }
        let mut o = db.options.clone();
        if let Some(tail) = lower.strip_prefix("add filegroup ") {
            add_group(&mut o, name_at(rest, rest.len() - tail.len()), tail)?;
        } else if let Some(tail) = lower.strip_prefix("remove filegroup ") {
            let name = name_at(rest, rest.len() - tail.len());
            let group = o.filegroups.iter().find(|g| g.name.eq_ignore_ascii_case(&name)).cloned();
            let group = group.ok_or_else(|| missing(&name))?;
            if o.files.iter().any(|f| f.data_space_id == group.id) {
                return Err(SqlError::new(
                    5042,
                    16,
                    format!("The filegroup '{name}' cannot be removed because it is not empty."),
                ));
            }
            o.filegroups.retain(|g| g.id != group.id);
        } else if lower.starts_with("modify file ") {
            let (name, to) = (option(rest, "name"), option(rest, "newname"));
            let (Some(name), Some(to)) = (name, to) else {
                return Err(error(40000, &[&format!("ALTER DATABASE [{database}] {rest}")]));
            };
            let file = o.files.iter_mut().find(|f| f.name.eq_ignore_ascii_case(&name));
            file.ok_or_else(|| missing(&name))?.name = to;
        } else if let Some(tail) = lower.strip_prefix("remove file ") {
            remove_file(&mut o, &name_at(rest, rest.len() - tail.len()))?;
        } else if lower.starts_with("add log file ") {
            add_file(&mut o, rest, 1, 0)?;
        } else if lower.starts_with("add file ") {
            let group = lower.rfind("to filegroup ").map(|at| name_at(rest, at + "to filegroup ".len()));
            let (kind, space) = match group.filter(|g| !g.eq_ignore_ascii_case("PRIMARY")) {
                None => (0, 1),
                Some(name) => {
                    let group = o.filegroups.iter().find(|g| g.name.eq_ignore_ascii_case(&name));
                    let group = group.ok_or_else(|| missing(&name))?;
                    (if group.kind == "FG" { 0 } else { 2 }, group.id)
                }
            };
            add_file(&mut o, rest, kind, space)?;
        } else {
            return Err(error(40000, &[&format!("ALTER DATABASE [{database}] {rest}")]));
        }
        let key = db.name.to_lowercase();
        if let Some(db) = s.databases.get_mut(&key) {
            db.options = o;
        }
        Ok(())
    })
}

/// The identifier that begins at a place, in brackets or plain.
fn name_at(text: &str, at: usize) -> String {
    let rest = text.get(at..).unwrap_or_default().trim_start();
    match rest.strip_prefix('[') {
        Some(inner) => inner.split(']').next().unwrap_or_default().to_owned(),
        None => rest.split_whitespace().next().unwrap_or_default().to_owned(),
    }
}

fn add_group(o: &mut DatabaseOptions, name: String, tail: &str) -> SqlResult<()> {
    if name.eq_ignore_ascii_case("PRIMARY") || o.filegroups.iter().any(|g| g.name.eq_ignore_ascii_case(&name)) {
        return Err(SqlError::new(
            1828,
            16,
            format!("The logical file name \"{name}\" is already in use. Choose a different name."),
        ));
    }
    let kind = match () {
        () if tail.ends_with("contains filestream") => "FD",
        () if tail.ends_with("contains memory_optimized_data") => "FX",
        () => "FG",
    };
    if kind == "FX" && o.filegroups.iter().any(|g| g.kind == "FX") {
        return Err(SqlError::new(10797, 16, "Only one MEMORY_OPTIMIZED_DATA filegroup is allowed per database."));
    }
    let id = o.filegroups.iter().map(|g| g.id).max().unwrap_or(1) + 1;
    o.filegroups.push(FileGroup { id, name, kind: kind.to_owned() });
    Ok(())
}

/// `NAME = n` or `NAME = N'n'` in the list of a file.
fn option(rest: &str, key: &str) -> Option<String> {
    let inner = rest.split_once('(')?.1;
    let part = inner.split(',').find(|p| p.trim_start().to_lowercase().starts_with(key))?;
    let value = part.split_once('=')?.1.trim().trim_end_matches(')').trim();
    let value = value.strip_prefix('N').filter(|v| v.starts_with('\'')).unwrap_or(value);
    Some(value.trim_matches(['\'', '[', ']']).to_owned())
}

fn add_file(o: &mut DatabaseOptions, rest: &str, kind: u8, data_space_id: i32) -> SqlResult<()> {
    let name =
        option(rest, "name").ok_or_else(|| SqlError::new(1821, 16, "Cannot create a database file without a name."))?;
    if o.files.iter().any(|f| f.name.eq_ignore_ascii_case(&name)) {
        return Err(SqlError::new(
            1828,
            16,
            format!("The logical file name \"{name}\" is already in use. Choose a different name."),
        ));
    }
    let megabytes =
        option(rest, "size").and_then(|s| s.trim_end_matches(|c: char| !c.is_ascii_digit()).trim().parse::<i32>().ok());
    o.files.push(FileSpec {
        file_id: o.files.iter().map(|f| f.file_id).max().unwrap_or(0) + 1,
        kind,
        physical_name: option(rest, "filename").unwrap_or_else(|| name.clone()),
        name,
        data_space_id,
        min_pages: if kind == 2 { 0 } else { megabytes.unwrap_or(8).saturating_mul(128) },
        state: 0,
        guid: crate::base::random::uuid(),
    });
    Ok(())
}

fn remove_file(o: &mut DatabaseOptions, name: &str) -> SqlResult<()> {
    let file = o.files.iter().find(|f| f.name.eq_ignore_ascii_case(name)).ok_or_else(|| missing(name))?;
    if file.file_id <= 2 {
        return Err(SqlError::new(5020, 16, "The primary data or log file cannot be removed from a database."));
    }
    let id = file.file_id;
    o.files.retain(|f| f.file_id != id);
    Ok(())
}
