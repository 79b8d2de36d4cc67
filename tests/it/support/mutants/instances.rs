//! Servers, Azure and the network, before there is a link.

use super::types::Act::Caller;
use super::types::Act::Delete;
use super::types::Act::Fault;
use super::types::Act::Patch;
use super::types::Act::Post;
use super::types::Act::Probe;
use super::types::Act::Put;
use super::types::Act::Release;
use super::types::Act::Sql;
use super::types::Mutant;
use super::types::NEW;
use super::types::mutant;

/// Before there is a link: the servers, Azure, the network.
pub const INSTANCES: &[Mutant] = &[
    mutant!("instance.hadr", NEW, [Fault("set sql-a hadr off")], [Fault("set sql-a hadr on")]),
    mutant!(
        "instance.trace_flags",
        NEW,
        [Sql("sql-a", "DBCC TRACEOFF (9567, -1)")],
        [Sql("sql-a", "DBCC TRACEON (9567, -1)")]
    ),
    mutant!(
        "instance.master_key",
        NEW,
        [Sql(
            "sql-a",
            "CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Long#enough1'; ALTER MASTER KEY DROP ENCRYPTION BY SERVICE MASTER KEY"
        )],
        [Sql("sql-a", "DROP MASTER KEY")]
    ),
    mutant!("permission.azure", NEW, [Fault("set mi-a permissions read")], [Fault("set mi-a permissions all")]),
    mutant!("managed.locks", NEW, [Fault("set mi-a lock ReadOnly")], [Fault("set mi-a lock none")]),
    mutant!(
        "managed.failover_group",
        NEW,
        [Fault("set mi-a failover-group fog-1")],
        [Fault("set mi-a failover-group none")]
    ),
    mutant!(
        "network.nsg_inbound",
        NEW,
        [Put(
            "Microsoft.Network/networkSecurityGroups/nsg-mi-a/securityRules/close?api-version=2024-05-01",
            r#"{"properties": {"protocol": "Tcp", "access": "Deny", "direction": "Inbound", "priority": 300, "sourcePortRange": "*",
            "sourceAddressPrefix": "10.0.1.0/24", "destinationAddressPrefix": "*", "destinationPortRange": "11900-11910"}}"#
        )],
        [],
        clear [
            Delete("Microsoft.Network/networkSecurityGroups/nsg-mi-a/securityRules/close?api-version=2024-05-01"),
            Delete("Microsoft.Network/networkSecurityGroups/nsg-mi-a/securityRules/allow_milink_inbound?api-version=2024-05-01"),
        ]
    ),
    mutant!(
        "network.nsg_outbound",
        NEW,
        [Delete(
            "Microsoft.Network/networkSecurityGroups/nsg-mi-a/securityRules/allow_mirroring_outbound?api-version=2024-05-01"
        )],
        [],
        clear [Put(
            "Microsoft.Network/networkSecurityGroups/nsg-mi-a/securityRules/allow_mirroring_outbound?api-version=2024-05-01",
            r#"{"properties": {"protocol": "*", "access": "Allow", "direction": "Outbound", "priority": 1200, "sourcePortRanges": ["*"],
            "sourceAddressPrefixes": ["10.0.16.0/25", "10.0.16.128/25"], "destinationAddressPrefixes": ["10.0.1.8"],
            "destinationPortRanges": ["1433", "5000-5022"]}}"#
        ),
        Delete("Microsoft.Network/networkSecurityGroups/nsg-mi-a/securityRules/allow_milink_outbound?api-version=2024-05-01")]
    ),
    mutant!(
        "network.route",
        NEW,
        [Put(
            "Microsoft.Network/routeTables/rt-mi-a/routes/hole?api-version=2024-05-01",
            r#"{"properties": {"addressPrefix": "10.0.1.0/24", "nextHopType": "None"}}"#
        )],
        []
    ),
    // A firewall on the way, which Azure does not show.
    mutant!("network.reached", NEW, [Fault("cut sql-a mi-a"), Probe], [Fault("restore sql-a mi-a"), Probe]),
    mutant!(
        "network.proven",
        NEW,
        [Sql(
            "sql-a",
            "CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Long#enough1'; \
        CREATE CERTIFICATE own WITH SUBJECT = N'own', EXPIRY_DATE = N'20400101'; CREATE ENDPOINT mirror STATE = STARTED AS TCP \
        (LISTENER_PORT = 5022) FOR DATABASE_MIRRORING (ROLE = ALL, AUTHENTICATION = CERTIFICATE own, ENCRYPTION = REQUIRED ALGORITHM AES)"
        )],
        [],
        clear[Sql("sql-a", "DROP ENDPOINT mirror; DROP CERTIFICATE own; DROP MASTER KEY")]
    ),
    mutant!(
        "managed.operations",
        NEW,
        [Patch("Microsoft.Sql/managedInstances/mi-a?api-version=2025-01-01", r#"{"properties": {"vCores": 16}}"#)],
        // It ends by itself.
        []
    ),
    mutant!(
        "managed.log_rate",
        NEW,
        [Fault("set sql-a log-rate-mib 90 ledger")],
        [Fault("set sql-a log-rate-mib none ledger")]
    ),
    mutant!("instance.clocks", NEW, [Fault("set sql-a clock-ahead-s 300")], [Fault("set sql-a clock-ahead-s 0")]),
    mutant!("instance.time_zone", NEW, [Fault("set sql-a zone-minutes 120")], [Fault("set sql-a zone-minutes 0")]),
    mutant!("managed.storage", NEW, [Fault("set sql-a file-gib 300 ledger")], [Fault("set sql-a file-gib 0 ledger")]),
    mutant!("managed.file_size", NEW, [Fault("set sql-a file-gib 9000 ledger")], [Fault("set sql-a file-gib 0 ledger")], also "managed.storage"),
    mutant!(
        "endpoint.port",
        NEW,
        [Sql(
            "sql-a",
            "CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Long#enough1'; \
        CREATE CERTIFICATE own WITH SUBJECT = N'own', EXPIRY_DATE = N'20400101'; CREATE ENDPOINT mirror STATE = STARTED AS TCP \
        (LISTENER_PORT = 5055) FOR DATABASE_MIRRORING (ROLE = ALL, AUTHENTICATION = CERTIFICATE own, ENCRYPTION = REQUIRED ALGORITHM AES)"
        )],
        [Sql("sql-a", "DROP ENDPOINT mirror; DROP CERTIFICATE own; DROP MASTER KEY")],
        also "network.proven"
    ),
    mutant!(
        "managed.state",
        NEW,
        [Post("Microsoft.Sql/managedInstances/mi-a/stop?api-version=2025-01-01")],
        [Post("Microsoft.Sql/managedInstances/mi-a/start?api-version=2025-01-01")],
        // Nobody gets in any more.
        also "database.name_free", "instance.clocks", "instance.time_zone", "managed.disks", "managed.file_count",
        "managed.operations", "managed.reachable", "managed.storage", "permission.watch_target"
    ),
    // Somebody else has the port.
    mutant!(
        "endpoint.port",
        NEW,
        [Sql(
            "sql-a",
            "CREATE ENDPOINT broker STATE = STARTED AS TCP (LISTENER_PORT = 5022) FOR SERVICE_BROKER (AUTHENTICATION = WINDOWS)"
        )],
        [Sql("sql-a", "DROP ENDPOINT broker")]
    ),
    mutant!("objects.linked_callers", NEW, [Caller("sql-a")], [Release]),
];
