-- id: login.set_policy
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: ALTER ANY LOGIN
-- params: login:ident, policy:keyword(ON|OFF)
-- columns: -
ALTER LOGIN {{login:ident}} WITH CHECK_POLICY = {{policy:keyword}};
