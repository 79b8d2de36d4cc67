-- id: job.survey
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: SQLAgentReaderRole in msdb
-- params: -
-- columns: job_id guid, name text, is_enabled int, owner text?, description text?, operator text?; job_id guid, name text, subsystem text, command text?, database_name text?, on_success int, on_fail int, has_proxy bit; job_id guid, name text, is_enabled int, frequency int, interval int, subday int, subday_interval int, start_date int, start_time int; name text, is_enabled int, email text?
SELECT
    j.job_id,
    j.name,
    CAST(j.enabled AS int) AS is_enabled,
    SUSER_SNAME(j.owner_sid) AS owner,
    j.description,
    o.name AS operator
FROM msdb.dbo.sysjobs AS j
LEFT JOIN msdb.dbo.sysoperators AS o ON o.id = j.notify_email_operator_id
ORDER BY j.name;

SELECT
    s.job_id,
    s.step_name AS name,
    s.subsystem,
    s.command,
    s.database_name,
    CAST(s.on_success_action AS int) AS on_success,
    CAST(s.on_fail_action AS int) AS on_fail,
    CAST(CASE WHEN s.proxy_id IS NULL THEN 0 ELSE 1 END AS bit) AS has_proxy
FROM msdb.dbo.sysjobsteps AS s
ORDER BY s.job_id, s.step_id;

SELECT
    x.job_id,
    c.name,
    CAST(c.enabled AS int) AS is_enabled,
    c.freq_type AS frequency,
    c.freq_interval AS interval,
    c.freq_subday_type AS subday,
    c.freq_subday_interval AS subday_interval,
    c.active_start_date AS start_date,
    c.active_start_time AS start_time
FROM msdb.dbo.sysjobschedules AS x
JOIN msdb.dbo.sysschedules AS c ON c.schedule_id = x.schedule_id
ORDER BY x.job_id, c.name;

SELECT o.name, CAST(o.enabled AS int) AS is_enabled, o.email_address AS email
FROM msdb.dbo.sysoperators AS o
ORDER BY o.name;
