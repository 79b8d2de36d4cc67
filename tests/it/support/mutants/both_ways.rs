//! Sources of 2022, which can go both ways.

use super::types::Act::Fault;
use super::types::Act::Sql;
use super::types::Mutant;
use super::types::NEW;
use super::types::NIGHT;
use super::types::mutant;

/// Before there is a link.
pub const BOTH_WAYS_BEFORE: &[Mutant] = &[
    mutant!(
        "group.contained",
        NEW,
        [Sql(
            "sql-a",
            "CREATE AVAILABILITY GROUP AG_ledger WITH (CLUSTER_TYPE = NONE, CONTAINED) FOR DATABASE ledger REPLICA ON N'SQL-A' WITH \
            (ENDPOINT_URL = N'TCP://10.0.1.8:5022', AVAILABILITY_MODE = ASYNCHRONOUS_COMMIT, FAILOVER_MODE = MANUAL, SEEDING_MODE = AUTOMATIC)"
        )],
        [Sql("sql-a", "DROP AVAILABILITY GROUP AG_ledger")]
    ),
    // An encrypted database under the service's own key cannot go back; under the customer's own it can.
    mutant!(
        "managed.encryption_protector",
        NEW,
        [Fault("set sql-a encrypted on ledger")],
        [Fault("set sql-a encrypted off ledger")],
        also "database.encryption"
    ),
];

/// With the link up: the roles are switched, and back.
pub const BOTH_WAYS_AFTER: &[Mutant] = &[mutant!(
    "link.direction",
    NIGHT,
    [Sql("sql-a", "ALTER AVAILABILITY GROUP [ledger] FAILOVER")],
    [Sql("mi-a", "ALTER AVAILABILITY GROUP [ledger] FAILOVER")],
    // Nor can the copy here be looked into: SQL Server lets nobody read a secondary unless it is told to.
    also "database.readable_copy", "link.healthy", "link.lag", "link.redo", "endpoint.connected", "network.proven",
    "database.cross_database", "database.filestream", "database.master_key", "database.memory_optimized",
    "objects.back_doors", "objects.login_rights", "objects.logins", "objects.orphans", "objects.windows_logins"
)];

/// A source whose build can link several databases at once (2022 CU27).
pub const SEVERAL: &[Mutant] = &[mutant!(
    "link.mode",
    NEW,
    [Sql("sql-a", "EXEC sys.sp_multidb_milink 1")],
    [Sql("sql-a", "EXEC sys.sp_multidb_milink 0")]
)];
