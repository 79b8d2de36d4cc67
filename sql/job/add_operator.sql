-- id: job.add_operator
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: sysadmin
-- params: operator:string, email:string, enabled:int
-- columns: -
EXEC msdb.dbo.sp_add_operator @name = {{operator:string}}, @enabled = {{enabled:int}}, @email_address = {{email:string}};
