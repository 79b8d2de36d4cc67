-- id: endpoint.start
-- access: change
-- edition: 2016 and later
-- permission: ALTER on the endpoint
-- params: name:ident
-- columns: -
ALTER ENDPOINT {{name:ident}} STATE = STARTED;
