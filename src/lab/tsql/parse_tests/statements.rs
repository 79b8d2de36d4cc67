//! Control flow, variables, procedures, data, transactions, tables.

use super::summary::check;

#[test]
fn control_flow() {
    check("IF @a IS NULL SELECT 1; ELSE SELECT 2", "if @a IS NULL then select {SELECT 1} else select {SELECT 2}");
    check(
        "IF 1=1 PRINT 'a' ELSE IF 2=2 PRINT 'b' ELSE BEGIN PRINT 'c' PRINT 'd' END SELECT 1",
        "if 1 = 1 then print 'a' else if 2 = 2 then print 'b' else { print 'c'; print 'd' }; select {SELECT 1}",
    );
    check(
        "IF 1=1 IF 2=2 SELECT 1 ELSE SELECT 2",
        "if 1 = 1 then if 2 = 2 then select {SELECT 1} else select {SELECT 2}",
    );
    check("IF EXISTS (SELECT 1) BEGIN SELECT 2 END", "if EXISTS (SELECT 1) then { select {SELECT 2} }");
    check("IF (SELECT COUNT(*) FROM t) > 0 OR @x = 1 RETURN", "if (SELECT COUNT(*) FROM t) > 0 OR @x = 1 then return");
    check(
        "WHILE @i < 5 BEGIN SET @i += 1 IF @i = 3 CONTINUE BREAK END",
        "while @i < 5 { set @i += 1; if @i = 3 then Continue; Break }",
    );
    check("BEGIN TRY SELECT 1/0 END TRY BEGIN CATCH THROW END CATCH", "try { select {SELECT 1 / 0} } catch { throw }");
    check(
        "BEGIN TRY BEGIN TRAN COMMIT END TRY BEGIN CATCH IF @@TRANCOUNT > 0 ROLLBACK; THROW; END CATCH; SELECT 2",
        "try { Begin(None); Commit } catch { if @@TRANCOUNT > 0 then Rollback(None); throw }; select {SELECT 2}",
    );
    check("BEGIN TRY EXEC p END TRY BEGIN CATCH END CATCH", "try { exec p } catch {  }");
    check("BEGIN RETURN END", "{ return }");
    check("RETURN SELECT 1", "return; select {SELECT 1}");
    check("RETURN 1 SELECT 1", "return 1; select {SELECT 1}");
    check("RETURN (1 + @x)", "return (1 + @x)");
    check("WAITFOR DELAY '00:00:05' WAITFOR TIME @t", "waitfor delay '00:00:05'; waitfor time @t");
    check("PRINT N'a' + CAST(@x AS varchar(5)) PRINT 2", "print N'a' + CAST(@x AS VARCHAR(5)); print 2");
    check(
        "RAISERROR('x %d %s', 16, 1, @a, 'b') WITH NOWAIT, LOG RAISERROR (N'y', 10, -1)",
        "raiserror 'x %d %s', 16, 1 [@a, 'b'] log=true nowait=true; raiserror N'y', 10, -1 [] log=false nowait=false",
    );
    check("THROW 50001, 'x', 1", "throw 50001, 'x', 1");
    check(";THROW", "throw");
    check("USE master USE [a b]", "Use(\"master\"); Use(\"a b\")");
    check("; ; SELECT 1 ;; SELECT 2;", "select {SELECT 1}; select {SELECT 2}");
}

#[test]
fn variables() {
    check(
        "DECLARE @a int, @b nvarchar(max) = N'x', @c AS decimal(25,0) = 1 + 2 SELECT @a",
        "declare @a Int, @b NVarChar(Max) = N'x', @c Decimal(25, 0) = 1 + 2; select {SELECT @a}",
    );
    check(
        "DECLARE @t TABLE (a int NOT NULL PRIMARY KEY, b sysname NULL, UNIQUE (b)) INSERT @t VALUES (1, 'x')",
        "declare @t table(a Int notnull pk, b NVarChar(N(128)) null); insert @t() {VALUES (1, 'x')}",
    );
    check(
        "SET @a = 1 SET @b += 2 SET @c -= 1 SET @d *= 2 SET @e /= 2 SET @f %= 2 SET @g &= 1 SET @h |= 1 SET @i ^= 1",
        "set @a = 1; set @b += 2; set @c -= 1; set @d *= 2; set @e /= 2; set @f %= 2; set @g &= 1; set @h |= 1; set @i ^= 1",
    );
    check(
        "SET @a = (SELECT MAX(x) FROM t) SET @b = CASE WHEN 1=1 THEN 2 END SELECT 1",
        "set @a = (SELECT MAX(x) FROM t); set @b = CASE WHEN 1 = 1 THEN 2 END; select {SELECT 1}",
    );
}

#[test]
fn set_options() {
    check("SET NOCOUNT ON SET XACT_ABORT OFF", "option NOCOUNT = ON; option XACT_ABORT = OFF");
    check("set ansi_nulls, ANSI_PADDING on", "{ option ANSI_NULLS = ON; option ANSI_PADDING = ON }");
    check(
        "IF 1=1 SET ANSI_NULLS, ANSI_WARNINGS ON ELSE PRINT 1",
        "if 1 = 1 then { option ANSI_NULLS = ON; option ANSI_WARNINGS = ON } else print 1",
    );
    check(
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED SET TRANSACTION ISOLATION LEVEL snapshot",
        "option TRANSACTION ISOLATION LEVEL = READ COMMITTED; option TRANSACTION ISOLATION LEVEL = SNAPSHOT",
    );
    check(
        "SET LOCK_TIMEOUT -1 SET LOCK_TIMEOUT 5000 SET TEXTSIZE 2147483647 SET ROWCOUNT @n",
        "option LOCK_TIMEOUT = -1; option LOCK_TIMEOUT = 5000; option TEXTSIZE = 2147483647; option ROWCOUNT = @n",
    );
    check("SET CONTEXT_INFO 0x SET CONTEXT_INFO 0xAB01", "option CONTEXT_INFO = 0x; option CONTEXT_INFO = 0xAB01");
    check(
        "SET DATEFORMAT mdy SET LANGUAGE us_english SET LANGUAGE N'British' SET DATEFIRST 7",
        "option DATEFORMAT = mdy; option LANGUAGE = us_english; option LANGUAGE = British; option DATEFIRST = 7",
    );
    check(
        "SET STATISTICS IO, TIME ON SET DEADLOCK_PRIORITY -10 SET DEADLOCK_PRIORITY LOW",
        "{ option STATISTICS IO = ON; option STATISTICS TIME = ON }; option DEADLOCK_PRIORITY = -10; option DEADLOCK_PRIORITY = LOW",
    );
    check("SET IDENTITY_INSERT dbo.[t x] ON", "identity_insert dbo.t x true");
    check(
        "SET IMPLICIT_TRANSACTIONS OFF set cursor_close_on_commit off",
        "option IMPLICIT_TRANSACTIONS = OFF; option CURSOR_CLOSE_ON_COMMIT = OFF",
    );
}

#[test]
fn procedures() {
    check("EXEC p SELECT 1", "exec p; select {SELECT 1}");
    check(
        "EXEC @rc = master..sp_x @a, 1, @b = @c OUTPUT, @d = DEFAULT, @e = -5 IF @rc <> 0 RETURN",
        "exec @rc = master..sp_x [@a] [1] [@b=@c out] [@d=DEFAULT] [@e=-5]; if @rc <> 0 then return",
    );
    check("sp_who2", "exec sp_who2");
    check("sp_who2 'active'\nSELECT 1", "exec sp_who2 ['active']; select {SELECT 1}");
    check("[master].[dbo].[sp_x] N'a', NULL;", "exec master.dbo.sp_x [N'a'] [NULL]");
    check(
        "sp_x; WITH a AS (SELECT 1 b) SELECT * FROM a",
        "exec sp_x; select {WITH a AS (SELECT 1 AS b) SELECT * FROM a}",
    );
    check(
        "EXEC sp_help mytable EXEC sp_configure 'show advanced options', 1 RECONFIGURE WITH OVERRIDE",
        "exec sp_help ['mytable']; exec sp_configure ['show advanced options'] [1]; Reconfigure",
    );
    check("EXEC ('SELECT 1' + @x) EXECUTE (@sql) AT [srv]", "exec ('SELECT 1' + @x); exec (@sql) at srv");
    check(
        "EXEC sp_executesql @stmt = N'select @p', @params = N'@p int', @p = 1",
        "exec sp_executesql [@stmt=N'select @p'] [@params=N'@p int'] [@p=1]",
    );
    check("EXEC @proc @a, 0xAB, $5", "exec @proc [@a] [X'AB'] [$5]");
    check("EXEC p @a OUT, @@SPID WITH RECOMPILE PRINT 1", "exec p [@a out] [@@SPID]; print 1");
    check("EXEC p;1 5", "exec p [5]");
    check("EXECUTE AS LOGIN = 'x' SELECT 1", "Unsupported(\"EXECUTE AS LOGIN = 'x'\"); select {SELECT 1}");
    check("EXEC p WITH RESULT SETS ((a int))", "Unsupported(\"EXECUTE … WITH RESULT SETS\")");
}

#[test]
fn data() {
    check(
        "INSERT INTO t VALUES (1, DEFAULT), (2, N'x') SELECT 1",
        "insert t() {VALUES (1, DEFAULT), (2, N'x')}; select {SELECT 1}",
    );
    check("INSERT t (a, [b c]) SELECT 1, 2 FROM u", "insert t(a,b c) {SELECT 1, 2 FROM u}");
    check("INSERT INTO t WITH (TABLOCK) (a) (SELECT 1)", "insert t(a) {(SELECT 1)}");
    check("INSERT INTO t EXEC sp_x @a SELECT 1", "insert t() exec sp_x [@a]; select {SELECT 1}");
    check("INSERT #t EXEC ('select 1')", "insert #t() exec ('select 1')");
    check("INSERT t DEFAULT VALUES SELECT 1", "insert t() default values; select {SELECT 1}");
    check(
        "INSERT t (a) OUTPUT inserted.a, inserted.b AS x INTO @o (p, q) VALUES (1)",
        "insert t(a) output inserted.a, inserted.b AS x into @o(p,q) {VALUES (1)}",
    );
    check("INSERT t OUTPUT inserted.* VALUES (1)", "insert t() output inserted.* {VALUES (1)}");
    check("WITH c AS (SELECT 1 a) INSERT t SELECT a FROM c", "insert t() {WITH c AS (SELECT 1 AS a) SELECT a FROM c}");
    check("UPDATE t SET a = 1, b += 2, c = DEFAULT WHERE d = 3", "update t set a = 1, b += 2, c = DEFAULT where d = 3");
    check(
        "UPDATE TOP (5) x SET x.a = y.b OUTPUT deleted.a, inserted.a FROM t x JOIN y ON x.i = y.i WHERE y.k = 1 OPTION (MAXDOP 1) SELECT 1",
        "update top 5 x set a = y.b output deleted.a, inserted.a from t x JOIN y ON x.i = y.i where y.k = 1; select {SELECT 1}",
    );
    check("UPDATE t SET @v = a = a + 1, @w = 5, @x += b", "update t set @v = a + 1, a = a + 1, @w = 5, @x += b");
    check("UPDATE t WITH (ROWLOCK) SET a = 1", "update t set a = 1");
    check("UPDATE c SET a = 1", "update c set a = 1");
    check("WITH c AS (SELECT * FROM t) UPDATE c SET a = 1", "WITH c AS (SELECT * FROM t) update c set a = 1");
    check("DELETE t", "delete t");
    check(
        "DELETE FROM t WHERE a = 1 DELETE TOP (10) FROM dbo.t OUTPUT deleted.* INTO #d WHERE b = 2",
        "delete t where a = 1; delete top 10 dbo.t output deleted.* into #d() where b = 2",
    );
    check("DELETE x FROM t AS x JOIN u ON x.a = u.a", "delete x from t AS x JOIN u ON x.a = u.a");
    check("TRUNCATE TABLE dbo.t", "truncate dbo.t");
}

#[test]
fn transactions() {
    check(
        "BEGIN TRAN BEGIN TRANSACTION x BEGIN TRAN @n WITH MARK 'm'",
        "Begin(None); Begin(Some(\"x\")); Begin(Some(\"@n\"))",
    );
    check("COMMIT COMMIT TRAN COMMIT TRANSACTION x COMMIT WORK", "Commit; Commit; Commit; Commit");
    check(
        "SAVE TRAN s ROLLBACK TRAN s ROLLBACK ROLLBACK WORK IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION SELECT 1",
        "Save(\"s\"); Rollback(Some(\"s\")); Rollback(None); Rollback(None); if @@TRANCOUNT > 0 then Rollback(None); select {SELECT 1}",
    );
    check("BEGIN TRAN UPDATE t SET a = 1 COMMIT TRAN", "Begin(None); update t set a = 1; Commit");
}

#[test]
fn tables() {
    check(
        "CREATE TABLE dbo.t (id int IDENTITY(1,1) NOT NULL PRIMARY KEY CLUSTERED, a nvarchar(10) COLLATE Latin1_General_BIN2 NULL DEFAULT N'x', b AS (id * 2) PERSISTED, c datetime2(3) NOT NULL CONSTRAINT df DEFAULT SYSUTCDATETIME(), d int UNIQUE) ON [PRIMARY]",
        "create table dbo.t (id Int notnull identity(1,1) pk, a NVarChar(N(10)) null default N'x', b Int as (id * 2), c DateTime2(3) notnull default SYSUTCDATETIME(), d Int unique) pk[] unique[]",
    );
    check(
        "CREATE TABLE #t (a int, b int CONSTRAINT pk PRIMARY KEY NONCLUSTERED (a ASC, b DESC) WITH (FILLFACTOR = 80), UNIQUE (b))",
        "create table #t (a Int notnull, b Int notnull) pk[\"a\", \"b\"] unique[[\"b\"]]",
    );
    check(
        "CREATE TABLE ##g (a int DEFAULT 0 NOT NULL, b rowversion, INDEX ix (a)) SELECT 1",
        "create table ##g (a Int notnull default 0, b Binary(8)) pk[] unique[]; select {SELECT 1}",
    );
    check("CREATE TABLE t (a int CHECK (a > 0))", "Unsupported(\"CREATE TABLE with CHECK constraint\")");
    check(
        "CREATE TABLE t (a int REFERENCES u (b) ON DELETE CASCADE) SELECT 1",
        "Unsupported(\"CREATE TABLE with FOREIGN KEY constraint\"); select {SELECT 1}",
    );
    check(
        "ALTER TABLE t ADD a int NULL, b nvarchar(5) NOT NULL DEFAULT ''",
        "alter table t add a Int null, b NVarChar(N(5)) notnull default ''",
    );
    check(
        "ALTER TABLE t DROP COLUMN a, b",
        "{ AlterTableDropColumn { table: Name([\"t\"]), column: \"a\" }; AlterTableDropColumn { table: Name([\"t\"]), column: \"b\" } }",
    );
    check(
        "ALTER TABLE t ADD CONSTRAINT pk PRIMARY KEY (a) SELECT 1",
        "Unsupported(\"ALTER TABLE ADD CONSTRAINT pk PRIMARY KEY ( a )\"); select {SELECT 1}",
    );
    check(
        "DROP TABLE IF EXISTS #a, dbo.b DROP TABLE c",
        "DropTable { names: [Name([\"#a\"]), Name([\"dbo\", \"b\"])], if_exists: true }; DropTable { names: [Name([\"c\"])], if_exists: false }",
    );
    check(
        "CREATE UNIQUE CLUSTERED INDEX ix ON dbo.t (a DESC, b) INCLUDE (c) WITH (ONLINE = ON) CREATE INDEX i2 ON t (a)",
        "CreateIndex { table: Name([\"dbo\", \"t\"]), name: \"ix\", columns: [\"a\", \"b\"], unique: true }; CreateIndex { table: Name([\"t\"]), name: \"i2\", columns: [\"a\"], unique: false }",
    );
    check(
        "DROP INDEX ix ON t DROP INDEX t.i2",
        "DropIndex { table: Name([\"t\"]), name: \"ix\" }; DropIndex { table: Name([\"t\"]), name: \"i2\" }",
    );
}

#[test]
fn server_words() {
    check(
        "DBCC TRACEON(1800, -1) WITH NO_INFOMSGS DBCC TRACESTATUS() DBCC SQLPERF(LOGSPACE) DBCC CHECKDB (N'db', NOINDEX)",
        "Dbcc { command: \"TRACEON\", args: [\"1800\", \"-1\"], options: [\"NO_INFOMSGS\"] }; Dbcc { command: \"TRACESTATUS\", args: [], options: [] }; \
         Dbcc { command: \"SQLPERF\", args: [\"LOGSPACE\"], options: [] }; Dbcc { command: \"CHECKDB\", args: [\"db\", \"NOINDEX\"], options: [] }",
    );
    check(
        "KILL 53 KILL -2 KILL 'A-B'",
        "Kill { spid: 53, uow: None }; Kill { spid: -2, uow: None }; Kill { spid: 0, uow: Some(\"A-B\") }",
    );
    check("CHECKPOINT CHECKPOINT 10 RECONFIGURE SHUTDOWN WITH NOWAIT", "Checkpoint; Checkpoint; Reconfigure; Shutdown");
}

/// Constructs without meaning here are named, not skipped; what follows them is still read.
#[test]
fn unsupported_is_named() {
    check(
        "CREATE OR ALTER PROCEDURE p @a int AS SELECT 1 SELECT 2",
        "Unsupported(\"CREATE OR ALTER PROCEDURE p @a int AS\")",
    );
    check("CREATE VIEW v AS SELECT 1", "Unsupported(\"CREATE VIEW v AS SELECT 1\")");
    check(
        "MERGE t USING s ON 1=1 WHEN MATCHED THEN DELETE; SELECT 1",
        "Unsupported(\"MERGE t USING s ON 1 = 1 WHEN MATCHED THEN DELETE\"); select {SELECT 1}",
    );
    check(
        "DECLARE c CURSOR LOCAL FAST_FORWARD FOR SELECT a FROM t OPEN c FETCH NEXT FROM c INTO @a CLOSE c DEALLOCATE c",
        "Unsupported(\"DECLARE CURSOR\"); Unsupported(\"OPEN c\"); Unsupported(\"FETCH NEXT FROM c INTO @a\"); Unsupported(\"CLOSE c\"); Unsupported(\"DEALLOCATE c\")",
    );
    check("again: GOTO again", "Unsupported(\"LABEL AGAIN\"); Unsupported(\"GOTO again\")");
    check(
        "ALTER INDEX ALL ON t REBUILD UPDATE STATISTICS t",
        "Unsupported(\"ALTER INDEX ALL ON t REBUILD\"); Unsupported(\"UPDATE STATISTICS t\")",
    );
    check(
        "ALTER SERVER CONFIGURATION SET PROCESS AFFINITY CPU = AUTO",
        "Unsupported(\"ALTER SERVER CONFIGURATION SET PROCESS AFFINITY CPU = AUTO\")",
    );
    check("INSERT TOP (5) INTO t SELECT 1 PRINT 2", "Unsupported(\"INSERT TOP\"); print 2");
}
