-- id: claim.drop
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: ALTER on master
-- params: name:string
-- columns: -
EXEC master.sys.sp_dropextendedproperty @name = {{name:string}};
