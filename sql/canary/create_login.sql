-- id: canary.create_login
-- access: change
-- edition: 2016 and later
-- permission: ALTER ANY LOGIN
-- params: login:ident, password:secret
-- columns: -
-- why: a login of the run's own, with a user in no database: how a bar works is seen by trying to get past it
CREATE LOGIN {{login:ident}} WITH PASSWORD = {{password:secret}}, CHECK_POLICY = OFF;
