//! Message templates of `sys.messages` that the storage side raises, and how they are filled.

use crate::lab::tsql::error::SqlError;
use std::fmt::Display;

/// Number, severity, template (placeholders as `sys.messages` writes them).
pub struct Template {
    pub number: i32,
    pub severity: u8,
    pub text: &'static str,
}

const fn t(number: i32, severity: u8, text: &'static str) -> Template {
    Template { number, severity, text }
}

/// Every template, by number.
pub const TEMPLATES: &[Template] = &[
    t(208, 16, "Invalid object name '%.*ls'."),
    t(226, 16, "%ls statement not allowed within multi-statement transaction."),
    t(229, 14, "The %ls permission was denied on the object '%.*ls', database '%.*ls', schema '%.*ls'."),
    t(262, 14, "%ls permission denied in database '%.*ls'."),
    t(297, 16, "The user does not have permission to perform this action."),
    t(300, 14, "%ls permission was denied on object '%.*ls', database '%.*ls'."),
    t(313, 16, "An insufficient number of arguments were supplied for the procedure or function %.*ls."),
    t(
        515,
        16,
        "Cannot insert the value NULL into column '%.*ls', table '%.*ls'; column does not allow nulls. %ls fails.",
    ),
    t(544, 16, "Cannot insert explicit value for identity column in table '%.*ls' when IDENTITY_INSERT is set to OFF."),
    t(
        545,
        16,
        "Explicit value must be specified for identity column in table '%.*ls' either when IDENTITY_INSERT is set to ON or when a replication user is inserting into a NOT FOR REPLICATION identity column.",
    ),
    t(574, 16, "%ls statement cannot be used inside a user transaction."),
    t(596, 21, "Cannot continue the execution because the session is in the kill state."),
    t(911, 16, "Database '%.*ls' does not exist. Make sure that the name is entered correctly."),
    t(
        916,
        14,
        "The server principal \"%.*ls\" is not able to access the database \"%.*ls\" under the current security context.",
    ),
    t(921, 14, "Database '%.*ls' has not been recovered yet. Wait and try again."),
    t(922, 14, "Database '%.*ls' is being recovered. Waiting until recovery is finished."),
    t(924, 14, "Database '%.*ls' is already open and can only have one user at a time."),
    t(
        926,
        14,
        "Database '%.*ls' cannot be opened. It has been marked SUSPECT by recovery. See the SQL Server errorlog for more information.",
    ),
    t(927, 14, "Database '%.*ls' cannot be opened. It is in the middle of a restore."),
    t(942, 14, "Database '%.*ls' cannot be opened because it is offline."),
    t(
        957,
        17,
        "Database '%.*ls' is enabled for database mirroring or has joined an availability group. The name of the database cannot be changed.",
    ),
    t(
        976,
        14,
        "The target database, '%.*ls', is participating in an availability group and is currently not accessible for queries. Either data movement is suspended or the availability replica is not enabled for read access. To allow read-only access to this and other databases in the availability group, enable read access to one or more secondary availability replicas in the group.  For more information, see the ALTER AVAILABILITY GROUP statement in SQL Server Books Online.",
    ),
    t(
        978,
        14,
        "The target database ('%.*ls') is in an availability group and is currently accessible for connections when the application intent is set to read only. For more information about application intent, see SQL Server Books Online.",
    ),
    t(
        983,
        14,
        "Unable to access availability database '%.*ls' because the database replica is not in the PRIMARY or SECONDARY role. Connections to an availability database is permitted only when the database replica is in the PRIMARY or SECONDARY role. Try the operation again later.",
    ),
    t(
        1205,
        13,
        "Transaction (Process ID %d) was deadlocked on %.*ls resources with another process and has been chosen as the deadlock victim. Rerun the transaction.",
    ),
    t(1222, 16, "Lock request time out period exceeded."),
    t(
        1468,
        16,
        "The operation cannot be performed on database \"%.*ls\" because it is involved in a database mirroring session or an availability group. Some operations are not allowed on a database that is participating in a database mirroring session or in an availability group.",
    ),
    t(
        1505,
        16,
        "The CREATE UNIQUE INDEX statement terminated because a duplicate key was found for the object name '%.*ls' and the index name '%.*ls'. The duplicate key value is %ls.",
    ),
    t(1801, 16, "Database '%.*ls' already exists. Choose a different database name."),
    t(
        1803,
        16,
        "The CREATE DATABASE statement failed. The primary file must be at least %d MB to accommodate a copy of the model database.",
    ),
    t(
        1907,
        16,
        "Cannot recreate index '%.*ls'. The new index definition does not match the constraint being enforced by the existing index.",
    ),
    t(1911, 16, "Column name '%.*ls' does not exist in the target table or view."),
    t(
        1913,
        16,
        "The operation failed because an index or statistics with name '%.*ls' already exists on %S_MSG '%.*ls'.",
    ),
    t(2501, 16, "Cannot find a table or object with the name \"%.*ls\". Check the system catalog."),
    t(2528, 10, "DBCC execution completed. If DBCC printed error messages, contact your system administrator."),
    t(2536, 10, "DBCC results for '%.*ls'."),
    t(2537, 10, "CHECKDB found 0 allocation errors and 0 consistency errors in database '%.*ls'."),
    t(
        2601,
        14,
        "Cannot insert duplicate key row in object '%.*ls' with unique index '%.*ls'. The duplicate key value is %ls.",
    ),
    t(
        2627,
        14,
        "Violation of %ls constraint '%.*ls'. Cannot insert duplicate key in object '%.*ls'. The duplicate key value is %ls.",
    ),
    t(
        2705,
        16,
        "Column names in each table must be unique. Column name '%.*ls' in table '%.*ls' is specified more than once.",
    ),
    t(2714, 16, "There is already an object named '%.*ls' in the database."),
    t(2760, 16, "The specified schema name \"%.*ls\" either does not exist or you do not have permission to use it."),
    t(2812, 16, "Could not find stored procedure '%.*ls'."),
    t(3013, 16, "%hs is terminating abnormally."),
    t(3014, 10, "%hs successfully processed %I64d pages in %d.%03d seconds (%d.%03d MB/sec)."),
    t(3021, 16, "Cannot perform a backup or restore operation within a transaction."),
    t(3059, 16, "This BACKUP or RESTORE command is not supported on a database mirror or secondary replica."),
    t(
        3104,
        16,
        "RESTORE cannot operate on database '%ls' because it is configured for database mirroring or has joined an availability group. If you intend to restore the database, use ALTER DATABASE to remove mirroring or to remove the database from its availability group.",
    ),
    t(3201, 16, "Cannot open backup device '%ls'. Operating system error %ls."),
    t(3701, 11, "Cannot %S_MSG the %S_MSG '%.*ls', because it does not exist or you do not have permission."),
    t(3702, 16, "Cannot drop database \"%.*ls\" because it is currently in use."),
    t(
        3752,
        16,
        "The database '%.*ls' is currently joined to an availability group. Before you can drop the database, you need to remove it from the availability group.",
    ),
    t(3902, 16, "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION."),
    t(3903, 16, "The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION."),
    t(3906, 16, "Failed to update database \"%.*ls\" because the database is read-only."),
    t(
        3930,
        16,
        "The current transaction cannot be committed and cannot support operations that write to the log file. Roll back the transaction.",
    ),
    t(
        3948,
        16,
        "The transaction was terminated because of the availability replica config/state change or because ghost records are being deleted on the primary and the secondary availability replica that might be needed by queries running under snapshot isolation. Retry the transaction.",
    ),
    t(
        4014,
        20,
        "A fatal error occurred while reading the input stream from the network. The session will be terminated (input error: %d, output error: %d).",
    ),
    t(4060, 11, "Cannot open database \"%.*ls\" requested by the login. The login failed."),
    t(4064, 11, "Cannot open user default database. Login failed."),
    t(
        4208,
        16,
        "The statement %hs is not allowed while the recovery model is SIMPLE. Use BACKUP DATABASE or change the recovery model using ALTER DATABASE.",
    ),
    t(4214, 16, "BACKUP LOG cannot be performed because there is no current database backup."),
    t(4902, 16, "Cannot find the object \"%.*ls\" because it does not exist or you do not have permissions."),
    t(4922, 16, "%ls %.*ls failed because one or more objects access this column."),
    t(4924, 16, "%ls failed because column '%.*ls' does not exist in table '%.*ls'."),
    t(
        4901,
        16,
        "ALTER TABLE only allows columns to be added that can contain nulls, or have a DEFAULT definition specified, or the column being added is an identity or timestamp column, or alternatively if none of the previous conditions are satisfied the table must be empty to allow addition of this column. Column '%.*ls' cannot be added to non-empty table '%.*ls' because it does not satisfy these conditions.",
    ),
    t(
        5011,
        14,
        "User does not have permission to alter database '%.*ls', the database does not exist, or the database is not in a state that allows access checks.",
    ),
    t(5052, 16, "ALTER DATABASE is not permitted while database '%.*ls' is in the Restoring state."),
    t(5058, 16, "Option '%.*ls' cannot be set in database '%.*ls'."),
    t(5061, 16, "ALTER DATABASE failed because a lock could not be placed on database '%.*ls'. Try again later."),
    t(5069, 16, "ALTER DATABASE statement failed."),
    t(5070, 16, "Database state cannot be changed while other users are using the database '%.*ls'"),
    t(5701, 10, "Changed database context to '%.*ls'."),
    t(6101, 16, "Session ID %d is not valid."),
    t(6102, 14, "User does not have permission to use the KILL statement."),
    t(6104, 16, "Cannot use KILL to kill your own process."),
    t(6106, 16, "Process ID %d is not an active process ID."),
    t(6107, 14, "Only user processes can be killed."),
    t(6112, 16, "Distributed transaction with UOW %ls is being committed: KILL command failed."),
    t(6401, 16, "Cannot roll back %.*ls. No transaction or savepoint of that name was found."),
    t(8102, 16, "Cannot update identity column '%.*ls'."),
    t(8115, 16, "Arithmetic overflow error converting %ls to data type %ls."),
    t(8144, 16, "Procedure or function %.*ls has too many arguments specified."),
    t(8145, 16, "%.*ls is not a parameter for procedure %.*ls."),
    t(8178, 16, "The parameterized query '%.*ls' expects the parameter '%.*ls', which was not supplied."),
    t(201, 16, "Procedure or function '%.*ls' expects parameter '%.*ls', which was not supplied."),
    t(3728, 16, "'%.*ls' is not a constraint."),
    t(14234, 16, "The specified '%s' is invalid (valid values are returned by %s)."),
    t(14261, 16, "The specified %s ('%s') already exists."),
    t(14262, 16, "The specified %s ('%s') does not exist."),
    t(14266, 16, "The specified '%s' is invalid (valid values are: %s)."),
    t(9002, 17, "The transaction log for database '%.*ls' is full due to '%ls'."),
    t(15001, 16, "Object '%ls' does not exist or is not a valid object for this operation."),
    t(15007, 16, "'%s' is not a valid login or you do not have permission."),
    t(
        15010,
        16,
        "The database '%s' does not exist. Supply a valid database name. To see available databases, use sys.databases.",
    ),
    t(
        15174,
        16,
        "Login '%s' owns one or more database(s). Change the owner of the database(s) before dropping the login.",
    ),
    t(15014, 16, "The role '%s' does not exist in the current database."),
    t(15015, 16, "The server '%s' does not exist. Use sp_helpserver to show available servers."),
    t(15023, 16, "User, group, or role '%s' already exists in the current database."),
    t(15025, 16, "The server principal '%s' already exists."),
    t(15028, 16, "The server '%s' already exists."),
    t(15063, 16, "The login already has an account under a different user name."),
    t(
        15116,
        16,
        "Password validation failed. The password does not meet the operating system policy requirements because it is too short.",
    ),
    t(
        15118,
        16,
        "Password validation failed. The password does not meet the operating system policy requirements because it is not complex enough.",
    ),
    t(15123, 16, "The configuration option '%s' does not exist, or it may be an advanced option."),
    t(15124, 16, "The configuration option '%s' is not unique."),
    t(15129, 16, "'%d' is not a valid value for configuration option '%s'."),
    t(15138, 16, "The database principal owns a schema in the database, and cannot be dropped."),
    t(15144, 16, "The role has members. It must be empty before it can be dropped."),
    t(15150, 16, "Cannot %S_MSG the %S_MSG '%.*ls'."),
    t(15151, 16, "Cannot %S_MSG the %S_MSG '%.*ls', because it does not exist or you do not have permission."),
    t(
        15213,
        10,
        "Warning: The certificate you created has an invalid validity period; its expiration date precedes its start date.",
    ),
    t(15214, 10, "Warning: The certificate you created is expired."),
    t(15215, 10, "Warning: The certificate you created is not yet valid; its start date is in the future."),
    t(
        15208,
        16,
        "The certificate, asymmetric key, or private key file is not valid or does not exist; or you do not have permissions for it.",
    ),
    t(15212, 16, "Invalid certificate subject. The certificate subject must have between 1 and %d characters."),
    t(15217, 16, "Property cannot be updated or deleted. Property '%.*ls' does not exist for '%.*ls'."),
    t(
        15232,
        16,
        "A certificate with name '%s' already exists or this certificate already has been added to the database.",
    ),
    t(15233, 16, "Property cannot be added. Property '%.*ls' already exists for '%.*ls'."),
    t(15135, 16, "Object is invalid. Extended properties are not permitted on '%s', or the object does not exist."),
    t(15247, 16, "User does not have permission to perform this action."),
    t(15297, 16, "The certificate, asymmetric key, or private key data is invalid."),
    t(15313, 16, "The key is not encrypted using the specified decryptor."),
    t(
        15281,
        16,
        "SQL Server blocked access to %S_MSG '%ls' of component '%.*ls' because this component is turned off as part of the security configuration for this server. A system administrator can enable the use of '%.*ls' by using sp_configure. For more information about enabling '%.*ls', search for '%.*ls' in SQL Server Books Online.",
    ),
    t(15352, 16, "The %S_MSG cannot be dropped because one or more entities are either signed or encrypted using it."),
    t(15401, 11, "Windows NT user or group '%s' not found. Check the name again."),
    t(15405, 11, "Cannot use the special principal '%s'."),
    t(15410, 11, "User or role '%s' does not exist in this database."),
    t(15419, 16, "Supplied parameter sid should be binary(16)."),
    t(15433, 16, "Supplied parameter sid is in use."),
    t(15434, 16, "Could not drop login '%s' as the user is currently logged in."),
    t(15457, 10, "Configuration option '%ls' changed from %ld to %ld. Run the RECONFIGURE statement to install."),
    t(15465, 16, "The private key password is invalid."),
    t(15559, 16, "Cannot drop %S_MSG '%.*ls' because there is a %S_MSG mapped to it."),
    t(15578, 16, "There is already a master key in the database. Please drop it before performing this statement."),
    t(15580, 16, "Cannot drop %S_MSG because %S_MSG '%.*ls' is encrypted by it."),
    t(
        15581,
        16,
        "Please create a master key in the database or open the master key in the session before performing this operation.",
    ),
    t(15600, 15, "An invalid parameter or option was specified for procedure '%s'."),
    t(
        18452,
        14,
        "Login failed. The login is from an untrusted domain and cannot be used with Integrated authentication.",
    ),
    t(18456, 14, "Login failed for user '%.*ls'.%.*ls%.*ls"),
    t(18470, 14, "Login failed for user '%.*ls'. Reason: The account is disabled.%.*ls"),
    t(18488, 14, "Login failed for user '%.*ls'.  Reason: The password of the account must be changed.%.*ls"),
    t(22022, 16, "SQLServerAgent Error: %s"),
    t(33010, 16, "The MUST_CHANGE option cannot be specified together with the HASHED option."),
    t(33020, 16, "A HASHED password cannot be set for a login that has CHECK_POLICY turned on."),
    t(33130, 16, "Principal '%ls' could not be found or this principal type is not supported."),
    t(40607, 16, "Windows logins are not supported in this version of SQL Server."),
    t(40613, 17, "Database '%.*ls' on server '%.*ls' is not currently available.  Please retry the connection later."),
    t(
        41901,
        16,
        "One or more of the options (%ls) are not supported for this statement in SQL Database Managed Instance. Review the documentation for supported options.",
    ),
    t(
        41902,
        16,
        "Unsupported device type. SQL Database Managed Instance supports database restore from URI backup device only.",
    ),
    t(
        41904,
        16,
        "BACKUP DATABASE failed. SQL Database Managed Instance supports only COPY_ONLY full database backups which are initiated by user.",
    ),
    t(41906, 16, "Statement '%.*ls' is not supported in SQL Database Managed Instance."),
    t(41963, 16, "Certificate cannot be created as it is already used with '%.*ls' feature."),
    t(47504, 16, "Unable to get the endpoint certificate: %ls"),
    t(47505, 16, "Endpoint of type %d does not exist or you do not have permission."),
    t(47506, 16, "The certificate of the endpoint of type %d does not exist or you do not have permission."),
    t(12408, 16, "Could not flush the Query Store of database '%.*ls'."),
    t(40000, 16, "The lab does not support: %ls"),
    t(
        40508,
        16,
        "USE statement is not supported to switch between databases. Use a new connection to connect to a different database.",
    ),
    t(40515, 15, "Reference to database and/or server name in '%.*ls' is not supported in this version of SQL Server."),
];

/// The template of a number.
pub fn template(number: i32) -> Option<&'static Template> {
    TEMPLATES.iter().find(|t| t.number == number)
}

/// Fills a template: placeholders are replaced in order.
pub fn error(number: i32, args: &[&dyn Display]) -> SqlError {
    let Some(t) = template(number) else {
        return SqlError::new(number, 16, args.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
    };
    SqlError::new(number, t.severity, fill(t.text, args))
}

/// Replaces `%…` placeholders of a `sys.messages` text.
pub fn fill(text: &str, args: &[&dyn Display]) -> String {
    const KINDS: [&str; 13] =
        ["%.*ls", "%.*hs", "%S_MSG", "%I64d", "%03d", "%ls", "%hs", "%ld", "%s", "%d", "%u", "%i", "%x"];
    let mut out = String::with_capacity(text.len() + 32);
    let (mut rest, mut args) = (text, args.iter());
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(kind) = KINDS.iter().find(|k| rest.starts_with(**k)) {
            if let Some(a) = args.next() {
                out.push_str(&a.to_string());
            }
            rest = &rest[kind.len()..];
        } else {
            out.push('%');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}
