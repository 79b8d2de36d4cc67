-- id: certificate.drop
-- access: change
-- edition: 2016 and later
-- permission: CONTROL on the certificate
-- params: name:ident
-- columns: -
DROP CERTIFICATE {{name:ident}};
