-- id: instance.trace_off
-- access: change
-- edition: 2016 and later
-- permission: sysadmin
-- params: flag:int
-- columns: -
DBCC TRACEOFF({{flag:int}}, -1) WITH NO_INFOMSGS;
