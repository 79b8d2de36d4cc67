-- id: certificate.encoded
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW ANY DEFINITION
-- params: name:bind
-- columns: der binary?
SELECT CERTENCODED(c.certificate_id) AS der
FROM master.sys.certificates AS c
WHERE c.name = {{name:bind}};
