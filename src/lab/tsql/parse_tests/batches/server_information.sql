-- host facts through a table variable and dynamic SQL
DECLARE @edition sysname;
SET @edition = cast(SERVERPROPERTY(N'EDITION') as sysname);
SELECT case when @edition = N'SQL Azure' then 2 else 1 end as 'DatabaseEngineType', SERVERPROPERTY('EngineEdition') AS DatabaseEngineEdition,
 SERVERPROPERTY('ProductVersion') AS ProductVersion, @@MICROSOFTVERSION AS MicrosoftVersion, case when serverproperty('EngineEdition') = 12 then 1 when serverproperty('EngineEdition') = 11 then 1 else 0 end as IsFabric;
select host_platform from sys.dm_os_host_info
if @edition = N'SQL Azure'
  select 'TCP' as ConnectionProtocol
else
  exec ('select CONVERT(nvarchar(40),CONNECTIONPROPERTY(''net_transport'')) as ConnectionProtocol')
IF OBJECT_ID(N'sys.dm_os_host_info') IS NOT NULL SELECT N'x' ELSE SELECT 'y'
