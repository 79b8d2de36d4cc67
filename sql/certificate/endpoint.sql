-- id: certificate.endpoint
-- access: read
-- edition: builds that can hold a link
-- permission: VIEW on the endpoint
-- params: -
-- columns: EndpointCertificatePublicKey binary?
-- why: 4 is database mirroring
EXEC sp_get_endpoint_certificate 4;
