-- id: instance.trace_on
-- access: change
-- edition: 2016 and later
-- permission: sysadmin
-- params: flag:int
-- columns: -
-- why: global; 12381 keeps log that a seeding still needs, on builds that have it
DBCC TRACEON({{flag:int}}, -1) WITH NO_INFOMSGS;
