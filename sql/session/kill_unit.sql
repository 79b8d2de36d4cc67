-- id: session.kill_unit
-- access: change
-- edition: 2016 and later, SQL Managed Instance
-- permission: ALTER ANY CONNECTION
-- params: unit:guid
-- columns: -
-- why: an orphaned distributed transaction has no session
KILL {{unit:guid}};
