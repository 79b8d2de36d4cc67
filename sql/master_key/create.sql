-- id: master_key.create
-- access: change
-- edition: 2016 and later
-- permission: CONTROL on master
-- params: password:secret
-- columns: -
CREATE MASTER KEY ENCRYPTION BY PASSWORD = {{password:secret}};
