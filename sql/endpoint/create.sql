-- id: endpoint.create
-- access: change
-- edition: 2016 and later
-- permission: CREATE ENDPOINT
-- params: name:ident, port:int, certificate:ident
-- columns: -
CREATE ENDPOINT {{name:ident}}
    STATE = STARTED
    AS TCP (LISTENER_PORT = {{port:int}}, LISTENER_IP = ALL)
    FOR DATABASE_MIRRORING (
        ROLE = ALL,
        AUTHENTICATION = CERTIFICATE {{certificate:ident}},
        ENCRYPTION = REQUIRED ALGORITHM AES
    );
