-- id: session.barred
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW SERVER STATE, VIEW ANY DEFINITION
-- params: -
-- columns: session_id int, login text?, original_login text?, program text?, by_group bit
-- why: a bar ends no session; one that sits in another database writes by three-part names and shows there only while it does
SELECT
    s.session_id,
    s.login_name AS login,
    s.original_login_name AS original_login,
    s.program_name AS program,
    CAST(CASE WHEN p.principal_id IS NULL THEN 1 ELSE 0 END AS bit) AS by_group
FROM sys.dm_exec_sessions AS s
LEFT JOIN sys.server_principals AS p ON p.sid = s.original_security_id
LEFT JOIN (
    SELECT d.grantee_principal_id
    FROM sys.server_permissions AS d
    WHERE d.class = 100 AND d.type = 'COSQ' AND d.state = 'D'
    GROUP BY d.grantee_principal_id
) AS x ON x.grantee_principal_id = p.principal_id
WHERE s.is_user_process = 1
    AND s.session_id <> @@SPID
    AND s.authenticating_database_id = 1
    AND (p.principal_id IS NULL OR p.is_disabled = 1 OR x.grantee_principal_id IS NOT NULL)
ORDER BY s.session_id;
