//! The rights of milink's own login.

use super::types::Act::Sql;
use super::types::Mutant;
use super::types::NIGHT;
use super::types::WATCH;
use super::types::mutant;

/// milink's own login on both sides, first with the rights of a watcher, then as sysadmin for the night.
pub const RIGHTS: &[Mutant] = &[
    mutant!(
        "permission.watch_source",
        WATCH,
        [Sql("sql-a", "REVOKE VIEW SERVER STATE FROM watcher; REVOKE VIEW ANY DEFINITION FROM watcher")],
        []
    ),
    mutant!(
        "permission.watch_target",
        WATCH,
        [Sql("mi-a", "REVOKE VIEW SERVER STATE FROM watcher; REVOKE VIEW ANY DEFINITION FROM watcher")],
        []
    ),
    mutant!("permission.change_source", NIGHT, [Sql("sql-a", "ALTER SERVER ROLE sysadmin DROP MEMBER watcher")], []),
    mutant!("permission.change_target", NIGHT, [Sql("mi-a", "ALTER SERVER ROLE sysadmin DROP MEMBER watcher")], []),
];
