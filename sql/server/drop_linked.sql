-- id: server.drop_linked
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: ALTER ANY LINKED SERVER
-- params: name:string
-- columns: -
EXEC sp_dropserver @server = {{name:string}}, @droplogins = N'droplogins';
