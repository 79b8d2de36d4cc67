-- id: job.list
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: SQLAgentReaderRole in msdb
-- params: -
-- columns: job_id guid, name text, is_enabled int, is_running bit, owner text?, category text?; job_id guid, database_name text
-- why: rows of earlier starts of the Agent never get an end
SELECT
    j.job_id,
    j.name,
    CAST(j.enabled AS int) AS is_enabled,
    CAST(CASE WHEN a.job_id IS NULL THEN 0 ELSE 1 END AS bit) AS is_running,
    SUSER_SNAME(j.owner_sid) AS owner,
    c.name AS category
FROM msdb.dbo.sysjobs AS j
LEFT JOIN (
    SELECT x.job_id
    FROM msdb.dbo.sysjobactivity AS x
    WHERE x.session_id = (SELECT MAX(y.session_id) FROM msdb.dbo.sysjobactivity AS y)
        AND x.start_execution_date IS NOT NULL AND x.stop_execution_date IS NULL
) AS a ON a.job_id = j.job_id
LEFT JOIN msdb.dbo.syscategories AS c ON c.category_id = j.category_id
ORDER BY j.name;

SELECT DISTINCT s.job_id, s.database_name
FROM msdb.dbo.sysjobsteps AS s
WHERE s.database_name IS NOT NULL
ORDER BY s.job_id, s.database_name;
