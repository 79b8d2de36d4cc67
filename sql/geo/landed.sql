-- id: geo.landed
-- access: read
-- edition: SQL Managed Instance
-- permission: CONNECT on the database
-- params: database:string
-- columns: server text?, updateability text?
-- why: asked of a user database: in master a secondary answers read-write
SELECT
    CAST(@@SERVERNAME AS nvarchar(256)) AS server,
    CAST(DATABASEPROPERTYEX({{database:string}}, N'Updateability') AS nvarchar(60)) AS updateability;
