-- id: certificate.import
-- access: change
-- edition: 2016 and later
-- permission: CREATE CERTIFICATE in master
-- params: name:ident, der:binary
-- columns: -
CREATE CERTIFICATE {{name:ident}} FROM BINARY = {{der:binary}};
