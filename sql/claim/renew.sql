-- id: claim.renew
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: ALTER on master
-- params: name:string, value:string
-- columns: -
-- why: a new run of the same links goes on from what a lost one had noted
EXEC master.sys.sp_updateextendedproperty @name = {{name:string}}, @value = {{value:string}};
