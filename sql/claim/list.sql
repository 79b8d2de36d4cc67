-- id: claim.list
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: CONNECT on master
-- params: -
-- columns: name text, value text?
-- why: one property for each login or job that a run has set apart, whichever run it is
SELECT e.name, CAST(e.value AS nvarchar(3750)) AS value
FROM master.sys.extended_properties AS e
WHERE e.class = 0 AND e.name LIKE N'milink[_]bar[_]%'
ORDER BY e.name;
