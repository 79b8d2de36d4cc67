-- id: probe.create
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: SQLAgentOperatorRole in msdb; PowerShell steps: sysadmin
-- params: job:string, description:string
-- columns: -
-- why: made disabled: it runs when it is told to, and at no other time
EXEC msdb.dbo.sp_add_job @job_name = {{job:string}}, @enabled = 0, @description = {{description:string}};
EXEC msdb.dbo.sp_add_jobserver @job_name = {{job:string}};
