//! Keys that the file may hold and that this version does not act on. Silence would look like protection, so each is told.

use super::schema::EstateFile;

/// One sentence for each such key that is set.
pub(super) fn warnings(file: &EstateFile) -> Vec<String> {
    let a = &file.application;
    let p = &file.policy;
    let set = [
        ("[application] alias", a.alias.is_some(), "a `repoint` hook is what moves the application"),
        ("[backup] path", file.backup.path.is_some(), "take the first full backup yourself"),
        ("[policy] open_timeout", p.open_timeout.is_some(), "no limit is kept beyond the switch"),
        ("[policy] protect", p.protect, "`milink fog create` makes the failover group"),
    ];
    set.into_iter()
        .filter(|(_, is_set, _)| *is_set)
        .map(|(key, _, instead)| format!("`{key}` is not acted on in this version: {instead}"))
        .collect()
}
