-- id: database.protection
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW SERVER STATE (2022 and later: VIEW SERVER SECURITY STATE), VIEW ANY DEFINITION
-- params: -
-- columns: database_name text, state int, encryptor text?, thumbprint binary?, certificate text?
SELECT
    d.name AS database_name,
    k.encryption_state AS state,
    k.encryptor_type AS encryptor,
    k.encryptor_thumbprint AS thumbprint,
    c.name AS certificate
FROM sys.dm_database_encryption_keys AS k
JOIN sys.databases AS d ON d.database_id = k.database_id
LEFT JOIN master.sys.certificates AS c ON c.thumbprint = k.encryptor_thumbprint
WHERE d.database_id > 4
ORDER BY d.name;
