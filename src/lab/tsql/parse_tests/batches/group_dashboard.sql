-- temp tables by SELECT INTO, then the dashboard join
select replica_id, last_connect_error_description, last_connect_error_number, last_connect_error_timestamp into #tmpag from sys.dm_hadr_availability_replica_states
select group_id, primary_replica into #states from master.sys.dm_hadr_availability_group_states
SELECT AR.replica_server_name AS [Name], AG.name AS [AvailabilityGroup],
 (CASE WHEN arstates.role IS NULL THEN 3 ELSE arstates.role END) AS [Role], arstates.connected_state_desc, drs.synchronization_state_desc,
 ISNULL(drs.is_suspended, 0) AS [IsSuspended], CAST(drs.last_hardened_lsn AS nvarchar(30)) AS lsn,
 CASE WHEN drs.log_send_rate > 0 THEN drs.log_send_queue_size / drs.log_send_rate END AS seconds_behind
FROM master.sys.availability_groups AS AG
INNER JOIN master.sys.availability_replicas AS AR ON (AR.replica_server_name IS NOT NULL) AND (AR.group_id=AG.group_id)
LEFT OUTER JOIN #tmpag AS arstates0 ON AR.replica_id = arstates0.replica_id
LEFT JOIN sys.dm_hadr_availability_replica_states arstates ON arstates.replica_id = AR.replica_id
OUTER APPLY (SELECT TOP (1) * FROM sys.dm_hadr_database_replica_states d WHERE d.replica_id = AR.replica_id ORDER BY d.last_commit_time DESC) AS drs
WHERE (AG.name=N'AG 1') ORDER BY [Name] ASC
drop table #tmpag, #states
