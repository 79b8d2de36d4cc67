-- id: job.add_step
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: SQLAgentUserRole in msdb
-- params: job:string, step:string, subsystem:string, command:string, database:string, success:int, failure:int
-- columns: -
EXEC msdb.dbo.sp_add_jobstep @job_name = {{job:string}}, @step_name = {{step:string}}, @subsystem = {{subsystem:string}}, @command = {{command:string}}, @database_name = {{database:string}}, @on_success_action = {{success:int}}, @on_fail_action = {{failure:int}};
