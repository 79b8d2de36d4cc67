-- id: broker.show
-- access: read
-- edition: 2016 and later
-- permission: VIEW ANY DEFINITION, VIEW DEFINITION on the database
-- params: database:ident, name:bind
-- columns: name text, state text?; is_enabled bit; name text
-- why: messages come in by the endpoint; a queue with activation on reads them by itself, and those of the database to itself too
SELECT e.name, e.state_desc AS state
FROM sys.endpoints AS e
WHERE e.type = 3
ORDER BY e.name;

SELECT d.is_broker_enabled AS is_enabled
FROM sys.databases AS d
WHERE d.name = {{name:bind}};

SELECT q.name
FROM {{database:ident}}.sys.service_queues AS q
WHERE q.is_ms_shipped = 0 AND q.is_activation_enabled = 1
ORDER BY q.name;
