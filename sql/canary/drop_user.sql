-- id: canary.drop_user
-- access: change
-- edition: 2016 and later
-- permission: ALTER ANY USER on the database
-- params: database:ident, user:ident
-- columns: -
USE {{database:ident}};
DROP USER IF EXISTS {{user:ident}};
USE master;
