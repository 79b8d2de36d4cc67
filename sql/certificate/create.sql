-- id: certificate.create
-- access: change
-- edition: 2016 and later
-- permission: CREATE CERTIFICATE in master
-- params: name:ident, subject:string, expiry:string
-- columns: -
-- why: without an expiry date the server gives one year
CREATE CERTIFICATE {{name:ident}} WITH SUBJECT = {{subject:string}}, EXPIRY_DATE = {{expiry:string}};
