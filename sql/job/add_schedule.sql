-- id: job.add_schedule
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: SQLAgentUserRole in msdb
-- params: job:string, schedule:string, enabled:int, frequency:int, interval:int, subday:int, subday_interval:int, start_date:int, start_time:int
-- columns: -
EXEC msdb.dbo.sp_add_schedule @schedule_name = {{schedule:string}}, @enabled = {{enabled:int}}, @freq_type = {{frequency:int}}, @freq_interval = {{interval:int}}, @freq_subday_type = {{subday:int}}, @freq_subday_interval = {{subday_interval:int}}, @active_start_date = {{start_date:int}}, @active_start_time = {{start_time:int}};
EXEC msdb.dbo.sp_attach_schedule @job_name = {{job:string}}, @schedule_name = {{schedule:string}};
