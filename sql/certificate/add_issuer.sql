-- id: certificate.add_issuer
-- access: change
-- edition: builds that can hold a link
-- permission: sysadmin
-- params: name:string, pattern:string
-- columns: -
DECLARE @certificate_id int;
SELECT @certificate_id = certificate_id FROM master.sys.certificates WHERE name = {{name:string}};
EXEC sp_certificate_add_issuer @certificate_id, {{pattern:string}};
