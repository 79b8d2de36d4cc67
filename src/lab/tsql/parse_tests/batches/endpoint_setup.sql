-- key, certificate, endpoint, only what is missing
USE master;
IF NOT EXISTS (SELECT * FROM sys.symmetric_keys WHERE symmetric_key_id = 101)
BEGIN
    CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'S3cret!pass';
    PRINT 'created'
END
IF NOT EXISTS (SELECT name FROM sys.certificates WHERE name = N'Cert_SRV_endpoint')
    CREATE CERTIFICATE [Cert_SRV_endpoint] WITH SUBJECT = N'Certificate for SRV', EXPIRY_DATE = N'2030-03-30'
DECLARE @cert varbinary(max) = CERTENCODED(CERT_ID('Cert_SRV_endpoint'))
SELECT CONVERT(varchar(max), @cert, 1)
IF NOT EXISTS (SELECT * FROM sys.database_mirroring_endpoints)
CREATE ENDPOINT database_mirroring_endpoint STATE=STARTED AS TCP (LISTENER_PORT=5022, LISTENER_IP = ALL) FOR DATABASE_MIRRORING (ROLE=ALL, AUTHENTICATION = CERTIFICATE [Cert_SRV_endpoint], ENCRYPTION = REQUIRED ALGORITHM AES)
ALTER ENDPOINT [database_mirroring_endpoint] STATE = STARTED
SELECT e.name, e.type_desc, e.state_desc, e.role_desc, e.connection_auth_desc, e.is_encryption_enabled, te.port FROM sys.database_mirroring_endpoints e JOIN sys.tcp_endpoints te ON e.endpoint_id = te.endpoint_id
