-- id: canary.create_user
-- access: change
-- edition: 2016 and later
-- permission: ALTER ANY USER on the database
-- params: database:ident, user:ident, password:secret
-- columns: -
-- why: only where the database has such users already; it is replicated, and gone before the marker is written
USE {{database:ident}};
CREATE USER {{user:ident}} WITH PASSWORD = {{password:secret}};
USE master;
