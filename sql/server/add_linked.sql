-- id: server.add_linked
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: ALTER ANY LINKED SERVER
-- params: name:string, product:string, provider:string, source:string
-- columns: -
EXEC sp_addlinkedserver @server = {{name:string}}, @srvproduct = {{product:string}}, @provider = {{provider:string}}, @datasrc = {{source:string}};
