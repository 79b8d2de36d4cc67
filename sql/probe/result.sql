-- id: probe.result
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: SQLAgentReaderRole in msdb
-- params: job:string
-- columns: job_id guid, started datetime?, ended datetime?; step_id int, log text?
SELECT j.job_id, a.start_execution_date AS started, a.stop_execution_date AS ended
FROM msdb.dbo.sysjobs AS j
LEFT JOIN (
    SELECT x.job_id, x.start_execution_date, x.stop_execution_date
    FROM msdb.dbo.sysjobactivity AS x
    WHERE x.session_id = (SELECT MAX(y.session_id) FROM msdb.dbo.sysjobactivity AS y)
) AS a ON a.job_id = j.job_id
WHERE j.name = {{job:string}};

SELECT s.step_id, l.log
FROM msdb.dbo.sysjobs AS j
JOIN msdb.dbo.sysjobsteps AS s ON s.job_id = j.job_id
LEFT JOIN msdb.dbo.sysjobstepslogs AS l ON l.step_uid = s.step_uid
WHERE j.name = {{job:string}}
ORDER BY s.step_id;
