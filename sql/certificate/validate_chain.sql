-- id: certificate.validate_chain
-- access: read
-- edition: 2022 CU5 and later; probe first
-- permission: sysadmin
-- params: name:string
-- columns: -
-- why: a host without internet fails here although the chain is good: inconclusive, not broken
DECLARE @certificate_id int;
SELECT @certificate_id = certificate_id FROM master.sys.certificates WHERE name = {{name:string}};
EXEC sp_validate_certificate_ca_chain @certificate_id;
