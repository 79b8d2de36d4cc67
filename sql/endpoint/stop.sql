-- id: endpoint.stop
-- access: change
-- edition: 2016 and later
-- permission: ALTER on the endpoint
-- params: name:ident
-- columns: -
-- why: stopped, Service Broker of this server hears nobody; `SET DISABLE_BROKER` would end conversations, and be replicated
ALTER ENDPOINT {{name:ident}} STATE = STOPPED;
