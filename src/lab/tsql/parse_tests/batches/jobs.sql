-- agent jobs with their last outcome, then one switched off
SELECT sj.name, sj.enabled, msdb.dbo.agent_datetime(h.run_date, h.run_time) AS ran, CASE h.run_status WHEN 0 THEN 'Failed' WHEN 1 THEN 'Ok' ELSE 'Other' END [status]
FROM msdb.dbo.sysjobs sj JOIN (SELECT job_id, MAX(instance_id) mx FROM msdb..sysjobhistory WHERE step_id = 0 GROUP BY job_id) q ON q.job_id = sj.job_id
INNER JOIN msdb..sysjobhistory h ON h.instance_id = q.mx WHERE NOT (sj.enabled = 0 AND sj.name LIKE N'%test%')
EXEC msdb.dbo.sp_update_job @job_name = N'Nightly load', @enabled = 0
EXEC msdb..sp_stop_job N'Nightly load'
