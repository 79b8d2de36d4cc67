-- id: login.users
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW DEFINITION on the database
-- params: database:ident
-- columns: sid binary
-- why: read on the copy that is readable; the users of the other one are the same, its logins may not be
SELECT u.sid
FROM {{database:ident}}.sys.database_principals AS u
WHERE u.type IN ('S', 'U', 'G', 'E', 'X') AND u.sid IS NOT NULL AND u.principal_id > 4
ORDER BY u.principal_id;
