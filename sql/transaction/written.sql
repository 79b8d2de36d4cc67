-- id: transaction.written
-- access: read
-- edition: 2016 and later
-- permission: VIEW SERVER STATE (2022: VIEW SERVER PERFORMANCE STATE)
-- params: database:bind
-- columns: transactions bigint?
-- why: counts every commit, so that a writer between two looks at the log shows; NULL where the server keeps no such counter
SELECT MAX(p.cntr_value) AS transactions
FROM sys.dm_os_performance_counters AS p
WHERE p.object_name LIKE N'%:Databases%'
    AND p.counter_name = N'Write Transactions/sec'
    AND p.instance_name = {{database:bind}};
