-- id: lease.release
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: membership of public in master
-- params: resource:string
-- columns: -
EXEC sp_releaseapplock @Resource = {{resource:string}}, @LockOwner = N'Session';
