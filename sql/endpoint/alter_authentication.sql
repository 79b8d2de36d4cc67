-- id: endpoint.alter_authentication
-- access: change
-- edition: 2016 and later
-- permission: ALTER on the endpoint
-- params: name:ident, windows:keyword(CERTIFICATE|WINDOWS NEGOTIATE CERTIFICATE|WINDOWS NTLM CERTIFICATE|WINDOWS KERBEROS CERTIFICATE), certificate:ident, algorithm:keyword(AES|AES RC4|RC4 AES)
-- columns: -
-- why: keeps port and state; the documented form moves the port of a running group
ALTER ENDPOINT {{name:ident}}
    FOR DATABASE_MIRRORING (
        AUTHENTICATION = {{windows:keyword}} {{certificate:ident}},
        ENCRYPTION = REQUIRED ALGORITHM {{algorithm:keyword}}
    );
