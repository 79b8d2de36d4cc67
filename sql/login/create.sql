-- id: login.create
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: ALTER ANY LOGIN
-- params: login:ident, hash:secret_binary, sid:binary
-- columns: -
-- why: the policy is off first: a hash is refused where it is on (33020)
CREATE LOGIN {{login:ident}} WITH PASSWORD = {{hash:secret_binary}} HASHED, SID = {{sid:binary}}, CHECK_POLICY = OFF;
