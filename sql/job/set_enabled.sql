-- id: job.set_enabled
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: SQLAgentOperatorRole in msdb
-- params: job:guid, enabled:int
-- columns: -
EXEC msdb.dbo.sp_update_job @job_id = {{job:guid}}, @enabled = {{enabled:int}};
