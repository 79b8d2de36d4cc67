-- nobody new gets in
EXEC sp_query_store_flush_db
CHECKPOINT
ALTER LOGIN [app_login] DISABLE
DENY CONNECT SQL TO [DOM\group]
REVOKE CONNECT ON ENDPOINT::[TSQL Default TCP] FROM public
BACKUP LOG [Sales] TO DISK = N'/b/tail.trn' WITH NORECOVERY, NO_TRUNCATE
