-- id: job.drop
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: SQLAgentUserRole in msdb for an own job
-- params: job:string
-- columns: -
EXEC msdb.dbo.sp_delete_job @job_name = {{job:string}};
