-- id: login.hash
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: CONTROL SERVER
-- params: login:bind
-- columns: hash binary?
SELECT CAST(l.password_hash AS varbinary(256)) AS hash
FROM sys.sql_logins AS l
WHERE l.name = {{login:bind}};
