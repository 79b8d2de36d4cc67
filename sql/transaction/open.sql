-- id: transaction.open
-- access: read
-- edition: 2016 and later, SQL Managed Instance
-- permission: VIEW SERVER STATE
-- params: database:bind
-- columns: transaction_id bigint, name text?, started datetime?, kind int, log_records bigint, log_bytes bigint, begin_lsn lsn?, session_id int?, is_user bit, unit_of_work guid?
SELECT
    y.transaction_id,
    a.name,
    DATEADD(MINUTE, -DATEPART(TZOFFSET, SYSDATETIMEOFFSET()), a.transaction_begin_time) AS started,
    y.database_transaction_type AS kind,
    CAST(y.database_transaction_log_record_count AS bigint) AS log_records,
    y.database_transaction_log_bytes_used AS log_bytes,
    y.database_transaction_begin_lsn AS begin_lsn,
    x.session_id,
    CAST(CASE WHEN x.is_user_transaction = 1 OR (x.session_id IS NULL AND a.transaction_uow IS NOT NULL) THEN 1
              ELSE 0 END AS bit) AS is_user,
    a.transaction_uow AS unit_of_work
FROM sys.dm_tran_database_transactions AS y
LEFT JOIN sys.dm_tran_active_transactions AS a ON a.transaction_id = y.transaction_id
LEFT JOIN sys.dm_tran_session_transactions AS x ON x.transaction_id = y.transaction_id
WHERE y.database_id = DB_ID({{database:bind}}) AND y.database_transaction_type = 1
ORDER BY y.transaction_id;
