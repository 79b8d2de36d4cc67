-- id: certificate.endpoint
-- access: read
-- edition: builds that can hold a link
-- permission: VIEW on the endpoint
-- params: -
-- columns: der binary?
-- why: 4 is database mirroring; the only column is EndpointCertificatePublicKey
EXEC sp_get_endpoint_certificate 4;
