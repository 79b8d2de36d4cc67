-- id: endpoint.drop
-- access: change
-- edition: 2016 and later
-- permission: CONTROL on the endpoint
-- params: name:ident
-- columns: -
DROP ENDPOINT {{name:ident}};
