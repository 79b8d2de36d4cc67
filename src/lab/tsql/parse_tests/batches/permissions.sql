-- principals, roles, permissions
SELECT p.name, p.type_desc, p.is_disabled, LOGINPROPERTY(p.name, 'PasswordHash') AS h, sp.permission_name, sp.state_desc FROM sys.server_principals AS p LEFT JOIN sys.server_permissions sp ON sp.grantee_principal_id = p.principal_id AND sp.[class] = 100
WHERE p.type IN ('S', 'U', 'G', 'E', 'X') AND p.name NOT LIKE '##%##' UNION ALL SELECT r.name, m.name, NULL, NULL, 'member', N'' FROM sys.server_role_members rm JOIN sys.server_principals r ON r.principal_id = rm.role_principal_id JOIN sys.server_principals m ON m.principal_id = rm.member_principal_id ORDER BY 1, 2
IF IS_SRVROLEMEMBER('sysadmin') = 1 OR HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE') = 1 PRINT N'can see' ELSE GRANT VIEW SERVER STATE TO [monitor]
EXEC sp_helprotect NULL, 'public'
