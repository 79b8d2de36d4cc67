-- top queries and missing xml
set statistics io, time off
SELECT TOP (@@MAX_CONNECTIONS / 1000) qs.execution_count, qs.total_worker_time / 1000. AS cpu_ms, DB_NAME(st.dbid) [db], st.text, qp.query_plan,
 (SELECT ',' + c.name FROM sys.columns c WHERE c.object_id = st.objectid FOR XML PATH(''), TYPE).value('(./text())[1]', 'nvarchar(max)') AS cols
FROM sys.dm_exec_query_stats AS qs CROSS APPLY sys.dm_exec_sql_text(qs.sql_handle) st OUTER APPLY sys.dm_exec_query_plan(qs.plan_handle) AS qp
WHERE qs.last_execution_time > DATEADD(mi, -5, CURRENT_TIMESTAMP) ORDER BY qs.total_worker_time DESC
SELECT name, value = CAST(value_in_use AS int) FROM sys.configurations WHERE name IN (N'max degree of parallelism', N'cost threshold for parallelism') FOR JSON PATH, ROOT('configuration'), INCLUDE_NULL_VALUES
SELECT STUFF((SELECT ', ' + QUOTENAME(name) FROM sys.databases WHERE database_id > 4 ORDER BY name FOR XML PATH('')), 1, 2, '') AS list, STRING_AGG(CAST(name AS nvarchar(max)), N',') WITHIN GROUP (ORDER BY name DESC) AS agg FROM sys.databases
