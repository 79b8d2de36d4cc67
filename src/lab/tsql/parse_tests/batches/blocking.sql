-- sessions, requests and their text
DECLARE @spid smallint
SELECT @spid = @@SPID
SELECT s.session_id, s.login_name, s.[host_name], r.command, r.blocking_session_id, r.wait_type, r.[status], SUBSTRING(t.[text], (r.statement_start_offset / 2) + 1,
 ((CASE r.statement_end_offset WHEN -1 THEN DATALENGTH(t.[text]) ELSE r.statement_end_offset END - r.statement_start_offset) / 2) + 1) AS stmt
FROM sys.dm_exec_sessions AS s WITH (NOLOCK) LEFT JOIN sys.dm_exec_requests AS r (NOLOCK) ON r.session_id = s.session_id
OUTER APPLY sys.dm_exec_sql_text(r.sql_handle) AS t
WHERE s.is_user_process = 1 AND s.session_id <> @spid AND (r.blocking_session_id > 0 OR EXISTS (SELECT * FROM sys.dm_exec_requests b WHERE b.blocking_session_id = s.session_id))
;WITH chain (lvl, id, head) AS (
 SELECT 0, session_id, session_id FROM sys.dm_exec_requests WHERE blocking_session_id = 0
 UNION ALL
 SELECT c.lvl + 1, r.session_id, c.head FROM sys.dm_exec_requests r INNER JOIN chain c ON r.blocking_session_id = c.id)
SELECT * FROM chain ORDER BY head, lvl OPTION (MAXRECURSION 32)
exec sp_who2 active
dbcc inputbuffer(51) with no_infomsgs
