-- id: geo.service_key
-- access: read
-- edition: SQL Managed Instance
-- permission: VIEW ANY DEFINITION, or CONTROL on master
-- params: -
-- columns: modified datetime?
-- why: the service master key is copied once, when a failover group is made; later changes are not
SELECT DATEADD(MINUTE, -DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), k.modify_date) AS modified
FROM master.sys.symmetric_keys AS k
WHERE k.name = N'##MS_ServiceMasterKey##';
