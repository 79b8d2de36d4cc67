-- id: instance.trace_flags
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: none
-- params: -
-- columns: TraceFlag int, Status int, Global int, Session int
DBCC TRACESTATUS(-1) WITH NO_INFOMSGS;
