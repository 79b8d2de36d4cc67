//! Message templates of the availability layer (facts: sql-server-hadr e).

use crate::lab::tsql::error::SqlError;
use crate::lab::world::messages::Template;
use crate::lab::world::messages::fill;
use std::fmt::Display;

const fn t(number: i32, severity: u8, text: &'static str) -> Template {
    Template { number, severity, text }
}

/// By number.
pub(super) const TEMPLATES: &[Template] = &[
    t(102, 15, "Incorrect syntax near '%.*ls'."),
    t(574, 16, "%ls statement cannot be used inside a user transaction."),
    t(
        1465,
        16,
        "Database \"%.*ls\" is not in full recovery mode on each of the server instances. The full recovery model is required for a database to participate in database mirroring or in the availability group.",
    ),
    t(
        1466,
        16,
        "Database \"%.*ls\" is read-only on one of the server instances which is incompatible with participating in database mirroring or in an availability group. Set the database to read-write mode, and retry the operation.",
    ),
    t(
        1469,
        16,
        "Database \"%.*ls\" is an auto-close database on one of the server instances, which is incompatible with participating in database mirroring or in an availability group.",
    ),
    t(
        1475,
        16,
        "Database \"%.*ls\" might contain bulk logged changes that have not been backed up. Take a log backup on the principal database or primary database. Then restore this backup either on the mirror database to enable database mirroring or on every secondary replica to enable you to join it to the availability group.",
    ),
    t(
        1488,
        16,
        "Database \"%.*ls\" database is in single user mode which is incompatible with participating in database mirroring or in an availability group. Set database to multi-user mode, and retry the operation.",
    ),
    t(
        7862,
        16,
        "An endpoint of the requested type already exists.  Only one endpoint of this type is supported.  Use ALTER ENDPOINT or DROP the existing endpoint and execute the CREATE ENDPOINT statement.",
    ),
    t(
        7874,
        16,
        "An endpoint already exists with the bindings specified. Only one endpoint supported for a specific binding. Use ALTER ENDPOINT or DROP the existing endpoint and execute the CREATE ENDPOINT statement.",
    ),
    t(15025, 16, "The server principal '%s' already exists."),
    t(15151, 16, "Cannot %S_MSG the %S_MSG '%.*ls', because it does not exist or you do not have permission."),
    t(15247, 16, "User does not have permission to perform this action."),
    t(
        19497,
        16,
        "Conflicting option spec provided. DISTRIBUTED option cannot be combined with any other availability group options.",
    ),
    t(19498, 16, "To create a distributed availability group, please specify the DISTRIBUTED option."),
    t(
        19499,
        16,
        "The specified listener URL '%.*ls' is invalid. Reenter the command specifying the correct URL. For information about specifying the endpoint URL for an availability replica, see SQL Server Books Online.",
    ),
    t(
        19501,
        16,
        "None of the specified availability groups exist locally. Please check your DDL and make sure there is one availability group exist locally.",
    ),
    t(
        19503,
        16,
        "Cannot create a distributed availability group. Local availability group is participating in a distributed availability group as secondary.",
    ),
    t(
        19504,
        16,
        "Cannot failover a distributed availability replica for availability group '%.*ls'. Only force failover is supported in this version of SQL Server.",
    ),
    t(
        19507,
        16,
        "Cannot create a distributed availability group with the specified replicas, because a distributed availability group with the same replicas already exists.",
    ),
    t(
        19508,
        16,
        "The specified availability group '%.*ls' is not a participant of the distributed availability group '%.*ls'.",
    ),
    t(
        19509,
        16,
        "Cannot create a distributed availability group '%.*ls'. An availability group with the same name already exists.",
    ),
    t(19510, 16, "Distributed availability group '%.*ls' is not found on this instance of SQL Server."),
    t(
        19511,
        16,
        "Cannot join distributed availability group '%.*ls'. The local availability group '%.*ls' contains one or more databases. Remove all the databases from the local availability group before joining it to the distributed availability group.",
    ),
    t(
        19512,
        16,
        "The operation is only supported for a distributed availability group. '%.*ls' is not a distributed availability group.",
    ),
    t(
        19513,
        16,
        "Cannot create distributed availability group '%.*ls', because the local availability group is a basic availability group.",
    ),
    t(
        19530,
        16,
        "Cannot change the availability mode of availability group '%.*ls' to ASYNCHRONOUS_COMMIT. The value of required_synchronized_secondaries_to_commit needs to be 0.",
    ),
    t(
        28055,
        16,
        "The certificate '%.*ls' is not valid for endpoint authentication. The certificate must have a private key encrypted with the database master key and current UTC date has to be between the certificate start date and the certificate expiration date.",
    ),
    t(
        35200,
        16,
        "Failed to add database '%.*ls' to availability group '%.*ls'. The specified availability group is created with basic functionality and supports %d database.",
    ),
    t(
        35208,
        16,
        "Availability-group DDL operations are permitted only when you are using the master database. Run the USE MASTER command, and retry your availability-group DDL command.",
    ),
    t(
        35210,
        16,
        "Failed to modify options for availability replica '%.*ls' in availability group '%.*ls'. The specified availability group does not contain an availability replica with specified name. Verify that availability group name and availability replica name are correct, then retry the operation.",
    ),
    t(
        35211,
        16,
        "The %ls operation is not allowed. The operation attempted to change the configuration of availability replica '%.*ls' to the asynchronous-commit availability mode with automatic failover, which is an invalid configuration. Either change the failover mode to manual or the availability mode to synchronous commit, and retry the operation.",
    ),
    t(
        35220,
        16,
        "Could not process the operation. Always On Availability Groups replica manager is waiting for the host computer to start a Windows Server Failover Clustering (WSFC) cluster and join it. Either the local computer is not a cluster node, or the local cluster node is not online.",
    ),
    t(
        35221,
        16,
        "Could not process the operation. Always On Availability Groups replica manager is disabled on this instance of SQL Server. Enable Always On Availability Groups, by using the SQL Server Configuration Manager. Then, restart the SQL Server service, and retry the currently operation.",
    ),
    t(
        35232,
        16,
        "The specified endpoint URL '%.*ls' is invalid. Reenter the command specifying the correct URL. For information about specifying the endpoint URL for an availability replica, see SQL Server Books Online.",
    ),
    t(
        35237,
        16,
        "None of the specified replicas for availability group %.*ls maps to the instance of SQL Server to which you are connected. Reenter the command, specifying this server instance to host one of the replicas. This replica will be the initial primary replica.",
    ),
    t(
        35238,
        16,
        "Database '%.*ls' cannot be added to availability group '%.*ls'. The database does not exist on this SQL Server instance. Verify that the database name is correct and that the database exists, then retry the operation.",
    ),
    t(
        35239,
        16,
        "The ALTER DATABASE <database-name> SET HADR SUSPEND (or SET HADR RESUME) statement failed on database '%.*ls' of availability group '%.*ls''. Either the availability group does not contain the specified database, or the database has not joined the availability group, or the database has not yet started. Reenter the command after the database is online and has joined the availability group.",
    ),
    t(
        35240,
        16,
        "Database '%.*ls' cannot be joined to or unjoined from availability group '%.*ls'. This operation is not supported on the primary replica of the availability group.",
    ),
    t(
        35242,
        16,
        "Cannot complete this ALTER DATABASE <database-name> SET HADR operation on database '%.*ls'. The database is not joined to an availability group. After the database has joined the availability group, retry the command.",
    ),
    t(
        35248,
        16,
        "Cannot complete this operation. The value of required_synchronized_secondaries_to_commit %d is greater than the %d possible secondary synchronous-commit availability replicas in availability group '%.*ls'.",
    ),
    t(
        35249,
        16,
        "An attempt to add or join a system database, '%.*ls', to an availability group failed. Specify only user databases for this operation.",
    ),
    t(35250, 16, "The connection to the primary replica is not active. The command cannot be processed."),
    t(35259, 16, "Database '%.*ls' is already participating in a different availability group."),
    t(35277, 16, "Automatic failover is not supported for distributed availability group replica."),
    t(
        35280,
        16,
        "Database '%.*ls' cannot be added to availability group '%.*ls'. The database is already joined to the specified availability group. Verify that the database name is correct and that the database is not joined to an availability group, then retry the operation.",
    ),
    t(
        35282,
        16,
        "Availability replica '%.*ls' cannot be added to availability group '%.*ls'. The availability group already contains an availability replica with the specified name. Verify that the availability replica name and the availability group name are correct, then retry the operation.",
    ),
    t(
        35283,
        16,
        "Availability replica '%.*ls' cannot be removed from availability group '%.*ls'. The availability group does not contain an availability replica with the specified name. Verify that the availability replica name is correct, then retry the operation.",
    ),
    t(
        35284,
        16,
        "Availability replica '%.*ls' cannot be removed from availability group '%.*ls', because this replica is on the local instance of SQL Server. If the local availability replica is a secondary replica, connect to the server instance that is currently hosting the primary replica, and re-run the command.",
    ),
    t(
        41042,
        16,
        "The availability group '%.*ls' already exists. This error could be caused by a previous failed CREATE AVAILABILITY GROUP or DROP AVAILABILITY GROUP operation. If the availability group name you specified is correct, try dropping the availability group and then retry CREATE AVAILABILITY GROUP operation.",
    ),
    t(
        41106,
        16,
        "Cannot create an availability replica for availability group '%.*ls'. An availability replica of the specified availability group already exists on this instance of SQL Server. Verify that the specified availability group name is correct and unique, then retry the operation. To remove the existing availability replica, run DROP AVAILABILITY GROUP command.",
    ),
    t(
        41122,
        16,
        "Cannot failover availability group '%.*ls' to this instance of SQL Server. The local availability replica is already the primary replica of the availability group. To failover this availability group to another instance of SQL Server, run the failover command on that instance of SQL Server. If local instance of SQL Server is intended to host the primary replica of the availability group, then no action is required.",
    ),
    t(
        41133,
        16,
        "Cannot remove database '%.*ls' from availability group '%.*ls'. Either the database does not belong to the availability group, or the database has not joined the group. Verify the database name, and retry the command.",
    ),
    t(
        41140,
        16,
        "Availability group '%.*ls' cannot process the ALTER AVAILABILITY GROUP command, because the local availability replica is not the primary replica. Connect to the server instance that is currently hosting the primary replica of this availability group, and rerun the command.",
    ),
    t(
        41142,
        16,
        "The availability replica for availability group '%.*ls' on this instance of SQL Server cannot become the primary replica. One or more databases are not synchronized or have not joined the availability group. If the availability replica uses the asynchronous-commit mode, consider performing a forced manual failover (with possible data loss). Otherwise, once all local secondary databases are joined and synchronized, you can perform a planned manual failover to this secondary replica (without data loss). For more information, see SQL Server Books Online.",
    ),
    t(
        41148,
        16,
        "Cannot add or join database '%.*ls' to availability group '%.*ls'. The database does not exist on this instance of SQL Server. Verify the database name and that the database exists on the server instance. Then retry the operation, specifying the correct database name.",
    ),
    t(
        41185,
        10,
        "The replica option specified in ALTER AVAILABILITY GROUP '%.*ls' MODIFY DDL is the same as the current availability group configuration. No changes have been made.",
    ),
    t(
        41197,
        15,
        "The FAILOVER_MODE option has not been specified for the replica '%.*ls'. Reenter the command, specifying a failover mode for the replica.",
    ),
    t(
        41198,
        15,
        "The AVAILABILITY_MODE option has not been specified for the replica '%.*ls'. Reenter the command, specifying an availability mode for the replica.",
    ),
    t(
        41199,
        16,
        "The specified command is invalid because the Always On Availability Groups %ls feature is not supported by this edition of SQL Server. For information about features supported by the editions of SQL Server, see SQL Server Books Online.",
    ),
    t(41906, 16, "Statement '%.*ls' is not supported in SQL Database Managed Instance."),
    t(
        41962,
        16,
        "Operation was aborted as replication between SQL Server and Azure SQL Managed Instance did not start within %u minutes since it was initiated. Check the network connectivity between the two sides and retry the operation.",
    ),
    t(41965, 16, "Role of the Azure SQL Managed Instance in the link is already set to '%ls'."),
    t(
        41970,
        16,
        "Planned switch of the role to Primary is not supported. Run the planned failover on the current primary.",
    ),
    t(
        41973,
        16,
        "Managed Instance link cannot be established. The certificate of the SQL Server database mirroring endpoint is not imported, or not imported correctly, on Azure SQL Managed Instance.",
    ),
    t(
        41974,
        16,
        "Managed Instance link cannot be established. The certificate of the Azure SQL Managed Instance endpoint is not imported, or not imported correctly, on SQL Server.",
    ),
    t(
        41976,
        16,
        "Connection with availability group '%.*ls' on the server with endpoint '%.*ls' cannot be established as it is not responding. This could be caused by nonexistence of availability group or distributed availability group on the partner server, incorrectly specified names or parameters.",
    ),
    t(
        41977,
        16,
        "Connection with the partner server was established, but there is no response from the target database '%.*ls'. Check names and the creation of the database on the partner.",
    ),
    t(
        41985,
        16,
        "Forced failover is not supported on this managed instance link. For database migration, please delete the link instead.",
    ),
    t(
        41986,
        16,
        "Creation of the Managed Instance link failed. The connection to SQL Server could not be established or there was no answer for a long time.",
    ),
    t(41987, 16, "Availability group name '%.*ls' is already used on Azure SQL Managed Instance."),
    t(41988, 16, "Managed Instance link '%.*ls' with two way failover needs matching database formats on both sides."),
    t(
        41998,
        16,
        "Managed Instance link cannot be established. Encryption is not enabled on the database mirroring endpoint of SQL Server.",
    ),
    t(
        1408,
        16,
        "The remote copy of database \"%.*ls\" is not recovered far enough to enable database mirroring or to join it to the availability group. You need to apply missing log records to the remote database by restoring the current log backups from the principal/primary database.",
    ),
    t(
        1412,
        16,
        "The remote copy of database \"%.*ls\" has not been rolled forward to a point in time that is encompassed in the local copy of the database log.",
    ),
    t(
        47101,
        16,
        "The cluster type of availability group '%.*ls' only supports MANUAL failover mode. Change the failover mode to MANUAL and retry the operation.",
    ),
    t(
        47102,
        16,
        "The cluster type of availability group '%.*ls' only supports EXTERNAL failover mode. Change the failover mode to EXTERNAL and retry the operation.",
    ),
    t(
        47103,
        16,
        "The cluster type of availability group '%.*ls' only supports AUTOMATIC and MANUAL failover modes. Change the failover mode and retry the operation.",
    ),
    t(
        47104,
        16,
        "This operation is not allowed. The availability group '%.*ls' has EXTERNAL cluster type. Use the cluster management tools to perform the operation.",
    ),
    t(
        47105,
        16,
        "The Always On Availability Groups feature must be enabled for this server instance before you can perform availability group operations. Please enable the feature, then try the operation again.",
    ),
    t(
        47106,
        16,
        "Cannot join availability group '%.*ls'. Download configuration timeout. Please check primary configuration, network connectivity and firewall setup, then retry the operation.",
    ),
    t(
        47122,
        16,
        "Cannot failover an availability replica for availability group '%.*ls' since it has CLUSTER_TYPE = NONE. Only force failover is supported in this version of SQL Server.",
    ),
    t(
        47129,
        16,
        "Cannot create distributed availability group '%.*ls', because the local availability group is a contained availability group.",
    ),
    t(
        47500,
        16,
        "Seeding mode MANUAL is not supported for distributed availability group '%.*ls' with Azure SQL Managed Instance.",
    ),
    t(
        47501,
        16,
        "Synchronous commit mode is not supported for the initial secondary of distributed availability group '%.*ls' with Azure SQL Managed Instance.",
    ),
    t(
        47502,
        16,
        "Cannot create distributed availability group '%.*ls' with Azure SQL Managed Instance, because the local availability group '%.*ls' contains more than one database.",
    ),
    t(
        47503,
        16,
        "Cannot add a database to availability group '%.*ls', because it participates in a Managed Instance link that supports one database only.",
    ),
    t(47511, 16, "Distributed availability group '%.*ls' is not part of a Managed Instance link."),
    t(
        47512,
        16,
        "The configuration of distributed availability group '%.*ls' cannot be changed while a failover is in progress.",
    ),
    t(47513, 16, "A failover of distributed availability group '%.*ls' is already running."),
    t(
        47514,
        16,
        "Failover of distributed availability group '%.*ls' failed, because the secondary could not catch up in time.",
    ),
    t(47515, 16, "Failover of distributed availability group '%.*ls' failed, because the log send queue is too large."),
    t(47516, 16, "Failover of distributed availability group '%.*ls' failed, because the redo queue is too large."),
    t(47517, 16, "Failover of distributed availability group '%.*ls' can be run on the primary replica only."),
    t(
        47519,
        16,
        "Cannot create distributed availability group '%.*ls' with Azure SQL Managed Instance, because the local availability group '%.*ls' contains no database.",
    ),
    t(
        47520,
        16,
        "Database '%.*ls' cannot be removed from availability group '%.*ls', because it takes part in a Managed Instance link.",
    ),
    t(
        47523,
        16,
        "The option '%.*ls' of distributed availability group '%.*ls' cannot be modified, because it takes part in a Managed Instance link.",
    ),
];

/// An error or, by severity, information.
pub fn error(number: i32, args: &[&dyn Display]) -> SqlError {
    match TEMPLATES.iter().find(|t| t.number == number) {
        Some(t) => SqlError::new(number, t.severity, fill(t.text, args)),
        None => crate::lab::world::messages::error(number, args),
    }
}
