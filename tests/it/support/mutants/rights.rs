//! The rights of milink's own login.

use super::types::Act::Sql;
use super::types::Mutant;
use super::types::NIGHT;
use super::types::WATCH;
use super::types::mutant;

/// milink's own login on both sides, first with the rights of a watcher, then as sysadmin for the night.
pub const RIGHTS: &[Mutant] = &[
    // What DMVs tell.
    mutant!("permission.watch_source", WATCH, [Sql("sql-a", "REVOKE VIEW SERVER STATE FROM watcher")], [],
        also "database.log_backup", "database.log_space", "database.long_transactions", "endpoint.connected", "link.direction",
        "link.healthy", "link.lag", "link.redo", "link.send_queue", "link.suspended"),
    // What the catalogue shows: without the right it answers with fewer rows, and not with an error.
    mutant!("permission.watch_source", WATCH, [Sql("sql-a", "REVOKE VIEW ANY DEFINITION FROM watcher")], [],
        also "certificate.endpoint", "certificate.expiry", "certificate.imported", "certificate.on_managed", "certificate.roots",
        "endpoint.connected", "endpoint.port", "endpoint.settings", "instance.master_key", "link.direction", "link.healthy",
        "link.lag", "link.redo", "link.send_queue", "link.suspended"),
    mutant!("permission.watch_target", WATCH, [Sql("mi-a", "REVOKE VIEW SERVER STATE FROM watcher")], [], also "link.suspended"),
    mutant!("permission.watch_target", WATCH, [Sql("mi-a", "REVOKE VIEW ANY DEFINITION FROM watcher")], [], also "link.suspended"),
    // A watcher cannot look into the database either.
    mutant!("permission.change_source", NIGHT, [Sql("sql-a", "ALTER SERVER ROLE sysadmin DROP MEMBER watcher")], [],
        also "database.cross_database", "database.filestream", "database.master_key", "database.memory_optimized",
        "objects.back_doors", "objects.login_rights", "objects.logins", "objects.orphans", "objects.windows_logins"),
    mutant!("permission.change_target", NIGHT, [Sql("mi-a", "ALTER SERVER ROLE sysadmin DROP MEMBER watcher")], []),
];
