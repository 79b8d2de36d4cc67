-- id: certificate.list
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW ANY DEFINITION
-- params: -
-- columns: name text, certificate_id int, subject text?, issuer text?, serial text?, thumbprint binary?, not_before datetime?, not_after datetime?, key_protection text
SELECT
    c.name,
    c.certificate_id,
    c.subject,
    c.issuer_name AS issuer,
    c.cert_serial_number AS serial,
    c.thumbprint,
    c.start_date AS not_before,
    c.expiry_date AS not_after,
    c.pvt_key_encryption_type AS key_protection
FROM master.sys.certificates AS c
ORDER BY c.name;
