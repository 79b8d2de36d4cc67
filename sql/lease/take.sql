-- id: lease.take
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: membership of public in master
-- params: resource:string
-- columns: result int
-- why: runs in master: the lock belongs to the session's database
DECLARE @result int;
EXEC @result = sp_getapplock @Resource = {{resource:string}}, @LockMode = N'Exclusive', @LockOwner = N'Session',
    @LockTimeout = 0;
SELECT @result AS result;
