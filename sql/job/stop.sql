-- id: job.stop
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: SQLAgentOperatorRole in msdb
-- params: job:guid
-- columns: -
EXEC msdb.dbo.sp_stop_job @job_id = {{job:guid}};
