-- id: log.since
-- access: read
-- edition: 2016 and later
-- permission: membership in sysadmin
-- params: database:ident, start:bind
-- columns: records int; transaction_id text?, name text?, session_id int?, login text?, ended text?
-- why: undocumented, and the only source that tells who wrote; read from the frozen end of the log on, which is short
SELECT COUNT(*) AS records
FROM {{database:ident}}.sys.fn_dblog({{start:bind}}, NULL) AS l;

SELECT
    b.[Transaction ID] AS transaction_id,
    b.[Transaction Name] AS name,
    CAST(b.[SPID] AS int) AS session_id,
    SUSER_SNAME(b.[Transaction SID]) AS login,
    CAST(c.[End Time] AS nvarchar(40)) AS ended
FROM {{database:ident}}.sys.fn_dblog({{start:bind}}, NULL) AS c
JOIN {{database:ident}}.sys.fn_dblog({{start:bind}}, NULL) AS b
    ON b.[Transaction ID] = c.[Transaction ID] AND b.[Operation] = N'LOP_BEGIN_XACT'
WHERE c.[Operation] = N'LOP_COMMIT_XACT'
ORDER BY c.[Current LSN];
