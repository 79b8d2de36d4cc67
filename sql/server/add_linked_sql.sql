-- id: server.add_linked_sql
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: ALTER ANY LINKED SERVER
-- params: name:string
-- columns: -
-- why: the product `SQL Server` refuses provider and data source (15428)
EXEC sp_addlinkedserver @server = {{name:string}}, @srvproduct = N'SQL Server';
