-- id: probe.add_step
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: sysadmin
-- params: job:string, step:string, command:string, success:int, failure:int
-- columns: -
-- why: flag 8 keeps what the step writes in msdb.dbo.sysjobstepslogs
EXEC msdb.dbo.sp_add_jobstep @job_name = {{job:string}}, @step_name = {{step:string}}, @subsystem = N'PowerShell', @command = {{command:string}}, @database_name = N'master', @on_success_action = {{success:int}}, @on_fail_action = {{failure:int}}, @flags = 8;
