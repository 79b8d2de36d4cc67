-- id: probe.start
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: SQLAgentOperatorRole in msdb
-- params: job:string
-- columns: -
EXEC msdb.dbo.sp_start_job @job_name = {{job:string}};
