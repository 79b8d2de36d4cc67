-- id: job.create
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: SQLAgentUserRole in msdb; sysadmin for another owner
-- params: job:string, description:string, owner:string
-- columns: -
-- why: made disabled: it must not run beside the one on the source
EXEC msdb.dbo.sp_add_job @job_name = {{job:string}}, @enabled = 0, @description = {{description:string}}, @owner_login_name = {{owner:string}};
EXEC msdb.dbo.sp_add_jobserver @job_name = {{job:string}};
