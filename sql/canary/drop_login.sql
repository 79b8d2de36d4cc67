-- id: canary.drop_login
-- access: change
-- edition: 2016 and later
-- permission: ALTER ANY LOGIN
-- params: login:ident, name:string
-- columns: -
IF SUSER_ID({{name:string}}) IS NOT NULL
    DROP LOGIN {{login:ident}};
