-- id: claim.take
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: ALTER on master
-- params: name:string, value:string
-- columns: -
-- why: the server lets one of two through, the other gets 15233
EXEC master.sys.sp_addextendedproperty @name = {{name:string}}, @value = {{value:string}};
