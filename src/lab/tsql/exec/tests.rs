use crate::lab::tds::backend::RpcCall;
use crate::lab::tds::backend::RpcName;
use crate::lab::tds::backend::RpcParam;
use crate::lab::tds::backend::TransactionRequest;
use crate::lab::tsql::testing::Bench;
use crate::lab::tsql::testing::check;
use crate::lab::tsql::value::Len;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;

#[tokio::test]
async fn control_flow() {
    check(&[
        ("DECLARE @x int = 1, @y varchar(3) = 'abcdef' SET @x += 2 SELECT @x, @y", "3,abc"),
        ("IF 1 = 2 SELECT 'a' ELSE SELECT 'b'", "b"),
        ("IF EXISTS (SELECT * FROM numbers WHERE n = 3) BEGIN SELECT 1 SELECT 2 END", "1; 2"),
        ("DECLARE @i int = 0 WHILE @i < 5 BEGIN SET @i += 1 IF @i = 2 CONTINUE IF @i = 4 BREAK SELECT @i END", "1; 3"),
        ("DECLARE @s varchar(50) = '' SELECT @s = @s + name FROM people ORDER BY id DESC SELECT @s", "DeeCidBobAnn"),
        ("DECLARE @a int, @b int SELECT @a = 1, @b = 5 SELECT @a, @b, @@ROWCOUNT", "1,5,1"),
        ("DECLARE @a int = 7 SELECT @a = n FROM numbers WHERE n > 9 SELECT @a", "7"),
        ("IF 1 = 0 DECLARE @h int SET @h = 4 SELECT @h", "4"),
        ("DECLARE @x int DECLARE @x int", "!134"),
        ("SELECT 1 RETURN SELECT 2", "1"),
        ("PRINT 'hi' PRINT 5", "#hi; #5"),
        ("USE other SELECT DB_NAME()", "db=other; other"),
        ("USE nowhere SELECT 1", "!911"),
        ("SELECT n FROM numbers WHERE n > 9 SELECT @@ROWCOUNT", "0"),
        ("SELECT 1 UNION SELECT 2 SELECT @@ROWCOUNT", "1; 2; 2"),
        ("SET NOCOUNT ON SELECT 1", "1"),
        ("", ""),
    ])
    .await;
}

#[tokio::test]
async fn errors_and_batches() {
    check(&[
        ("SELECT 1/0 SELECT @@ERROR SELECT @@ERROR", "!8134; 8134; 0"),
        ("SELECT CAST('x' AS int) SELECT 2", "!245"),
        ("RAISERROR('boom %d', 16, 1, 5) SELECT 2", "!50000; 2"),
        ("RAISERROR('note', 10, 1)", "#note"),
        ("THROW 50001, 'x', 1; SELECT 2", "!50001"),
        ("THROW", "!10704"),
        ("EXEC nope SELECT 2", "!2812; 2"),
        ("SELEC 1", "!2812"),
        ("SELECT FROM", "!156"),
        ("SET XACT_ABORT ON SELECT 1/0 SELECT 2", "!8134"),
        ("BEGIN TRAN SET XACT_ABORT ON SELECT 1/0", "+tran; !8134; -tran"),
        ("BEGIN TRAN SELECT CAST('x' AS int)", "+tran; !245; -tran"),
        ("IF 1/0 = 1 SELECT 'no' SELECT 'on'", "!8134; on"),
        ("BEGIN TRY SELECT 1/0 END TRY BEGIN CATCH SELECT ERROR_NUMBER(), ERROR_LINE(), ERROR_MESSAGE(), ERROR_SEVERITY() END CATCH SELECT ERROR_NUMBER()", "8134,1,Divide by zero error encountered.,16; NULL"),
        ("BEGIN TRY\nSELECT 1\nRAISERROR('a',16,3)\nSELECT 2 END TRY BEGIN CATCH SELECT ERROR_STATE(), ERROR_LINE() END CATCH", "1; 3,3"),
        ("BEGIN TRY SELECT * FROM missing END TRY BEGIN CATCH SELECT 'caught' END CATCH", "!208"),
        ("BEGIN TRY EXEC('SELECT * FROM missing') END TRY BEGIN CATCH SELECT ERROR_NUMBER() END CATCH", "208"),
        ("BEGIN TRY SELECT 1/0 END TRY BEGIN CATCH THROW END CATCH SELECT 2", "!8134"),
        ("BEGIN TRY BEGIN TRY SELECT 1/0 END TRY BEGIN CATCH THROW 50005, 'again', 2 END CATCH END TRY BEGIN CATCH SELECT ERROR_NUMBER() END CATCH", "50005"),
        ("BEGIN TRAN BEGIN TRY SELECT CAST('x' AS int) END TRY BEGIN CATCH SELECT XACT_STATE() COMMIT END CATCH", "+tran; -1; !3930; -tran; !3998"),
        ("BEGIN TRAN BEGIN TRY SELECT 1/0 END TRY BEGIN CATCH SELECT XACT_STATE() ROLLBACK END CATCH", "+tran; 1; -tran"),
        ("SELECT 1 EXEC('SELECT * FROM missing') SELECT 2", "1; !208; 2"),
    ])
    .await;
}

#[tokio::test]
async fn transactions() {
    check(&[
        ("BEGIN TRAN SELECT @@TRANCOUNT COMMIT SELECT @@TRANCOUNT", "+tran; 1; =tran; 0"),
        ("BEGIN TRAN BEGIN TRAN COMMIT SELECT @@TRANCOUNT ROLLBACK", "+tran; 1; -tran"),
        ("COMMIT", "!3902"),
        ("ROLLBACK", "!3903"),
        ("BEGIN TRAN DELETE numbers ROLLBACK SELECT COUNT(*) FROM numbers", "+tran; -tran; 5"),
        ("BEGIN TRAN DELETE numbers WHERE n = 1 SAVE TRAN a DELETE numbers ROLLBACK TRAN a SELECT COUNT(*) FROM numbers COMMIT", "+tran; 4; =tran"),
        ("CREATE TABLE #t (a int) BEGIN TRAN INSERT #t VALUES (1) ROLLBACK SELECT COUNT(*) FROM #t", "+tran; -tran; 0"),
        ("DECLARE @t TABLE (a int) BEGIN TRAN INSERT @t VALUES (1) ROLLBACK SELECT COUNT(*) FROM @t", "+tran; -tran; 1"),
        ("SAVE TRAN x", "!628"),
        ("BEGIN TRAN ROLLBACK TRAN nope ROLLBACK", "+tran; !6401; -tran"),
        ("SET IMPLICIT_TRANSACTIONS ON DELETE numbers SELECT @@TRANCOUNT ROLLBACK", "+tran; 1; -tran"),
    ])
    .await;
    let mut b = Bench::new();
    assert_eq!(b.request(TransactionRequest::Begin { isolation: 0, name: String::new() }).await, "+tran");
    assert_eq!(b.run("DELETE numbers SELECT @@TRANCOUNT").await, "1");
    assert_eq!(
        b.request(TransactionRequest::Rollback { name: String::new(), begin_again: Some(0) }).await,
        "-tran; +tran"
    );
    assert_eq!(b.request(TransactionRequest::Commit { begin_again: None }).await, "=tran");
    assert_eq!(b.run("SELECT COUNT(*) FROM numbers").await, "5");
    assert_eq!(b.request(TransactionRequest::Commit { begin_again: None }).await, "!3902");
}

#[tokio::test]
async fn data_changes() {
    check(&[
        ("INSERT numbers VALUES (6), (7) SELECT @@ROWCOUNT SELECT MAX(n) FROM numbers", "2; 7"),
        ("INSERT INTO numbers (n) SELECT n + 10 FROM numbers WHERE n < 3 SELECT COUNT(*) FROM numbers", "7"),
        ("INSERT numbers VALUES (NULL)", "!515; #The statement has been terminated."),
        ("INSERT numbers VALUES (1, 2)", "!110"),
        ("INSERT numbers SELECT 1, 2", "!121"),
        ("INSERT numbers (x) VALUES (1)", "!207"),
        ("INSERT people VALUES (9, 'x', REPLICATE('a', 30), 1)", "!2628; #The statement has been terminated."),
        ("INSERT people (id, name) OUTPUT inserted.id, inserted.name VALUES (9, 'new')", "9,new"),
        ("UPDATE people SET pay = pay * 2, city = 'Paris' WHERE id = 1 SELECT pay, city FROM people WHERE id = 1", "201.00,Paris"),
        ("UPDATE people SET pay += 1 OUTPUT deleted.pay, inserted.pay WHERE id = 2", "200.00,201.00"),
        ("UPDATE p SET city = 'X' FROM people p JOIN numbers n ON n.n = p.id WHERE n.n > 3 SELECT id FROM people WHERE city = 'X'", "4"),
        ("UPDATE people SET name = NULL", "!515; #The statement has been terminated."),
        ("UPDATE people SET nope = 1", "!207"),
        ("DECLARE @v int UPDATE people SET @v = id WHERE id = 3 SELECT @v", "3"),
        ("DELETE FROM people WHERE id IN (SELECT n FROM numbers WHERE n < 3) SELECT COUNT(*) FROM people", "2"),
        ("DELETE TOP (1) FROM numbers SELECT COUNT(*) FROM numbers", "4"),
        ("DELETE p FROM people p WHERE p.city = 'Oslo' SELECT @@ROWCOUNT", "2"),
        ("DELETE nope", "!208"),
        ("SELECT n INTO #x FROM numbers WHERE n > 3 SELECT * FROM #x", "4; 5"),
        ("SELECT 1 INTO #x", "!1038"),
        ("CREATE TABLE #t (id int IDENTITY(10,5) PRIMARY KEY, a varchar(5) NOT NULL DEFAULT 'd', b AS id * 2) INSERT #t (a) VALUES ('x'), (DEFAULT) INSERT #t DEFAULT VALUES SELECT * FROM #t SELECT SCOPE_IDENTITY()", "10,x,20; 15,d,30; 20,d,40; 20"),
        ("CREATE TABLE #t (a int PRIMARY KEY) INSERT #t VALUES (1) INSERT #t VALUES (1) SELECT COUNT(*) FROM #t", "!2627; #The statement has been terminated.; 1"),
        ("CREATE TABLE #t (a int) CREATE TABLE #t (a int)", "!2714"),
        ("CREATE TABLE #t (a int) DROP TABLE #t SELECT * FROM #t", "!208"),
        ("DROP TABLE IF EXISTS #t DROP TABLE #t", "!3701"),
        ("IF OBJECT_ID('tempdb..#t') IS NULL CREATE TABLE #t (a int) IF OBJECT_ID('tempdb..#t') IS NOT NULL SELECT 'there'", "there"),
        ("DECLARE @t TABLE (a int, b varchar(3)) INSERT @t VALUES (1, 'x') UPDATE @t SET b = 'y' SELECT t.a, t.b FROM @t t", "1,y"),
        ("CREATE TABLE #t (a int) INSERT #t EXEC('SELECT 1 SELECT 2') SELECT * FROM #t", "1; 2"),
        ("CREATE TABLE tt (id int IDENTITY, a int) INSERT tt VALUES (5) SELECT @@IDENTITY, id, a FROM tt INSERT tt (id) VALUES (3)", "1,1,5; !544; #The statement has been terminated."),
        ("CREATE TABLE #t (a int) INSERT #t VALUES (1),(2) TRUNCATE TABLE #t ALTER TABLE #t ADD c int INSERT #t VALUES (1, 2) SELECT * FROM #t", "1,2"),
        ("DECLARE @o TABLE (x int) DELETE numbers OUTPUT deleted.n INTO @o WHERE n < 3 SELECT x FROM @o", "1; 2"),
    ])
    .await;
}

#[tokio::test]
async fn calls() {
    check(&[
        ("EXEC('SELECT 1') EXEC ('SELECT ' + '2')", "1; 2"),
        ("EXEC sp_executesql N'SELECT @a + @b', N'@a int, @b int', 1, @b = 2", "3; rc=0"),
        ("DECLARE @r int EXEC sp_executesql N'SET @o = 5', N'@o int OUTPUT', @o = @r OUTPUT SELECT @r", "rc=0; 5"),
        ("EXEC sp_executesql N'SELECT @a', N'@a int'", "!8178"),
        ("EXEC sp_executesql 'SELECT 1'", "!214"),
        ("EXEC other.sys.sp_executesql N'SELECT DB_NAME()' SELECT DB_NAME()", "other; rc=0; db"),
        ("EXEC nowhere.sys.sp_executesql N'SELECT 1'", "!911"),
        ("EXEC sp_executesql N'SELECT @a', N'@a int', 'x'", "!245"),
        ("EXEC sp_executesql N'CREATE TABLE #q (a int)' SELECT * FROM #q", "rc=0; !208"),
        ("CREATE TABLE #q (a int) EXEC sp_executesql N'INSERT #q VALUES (3)' SELECT * FROM #q", "rc=0; 3"),
        ("EXEC('SELECT @@NESTLEVEL') SELECT @@NESTLEVEL", "1; 0"),
        ("EXEC sp_executesql N'BEGIN TRAN' SELECT @@TRANCOUNT ROLLBACK", "+tran; !266; rc=0; 1; -tran"),
        ("DECLARE @rc int, @o int EXEC @rc = sp_echo 4, @out = @o OUTPUT SELECT @rc, @o", "4; rc=5; 5,77"),
        ("DECLARE @h int EXEC sp_prepare @h OUTPUT, N'@a int', N'SELECT @a * 2' EXEC sp_execute @h, 21 EXEC sp_unprepare @h EXEC sp_execute @h, 1", "rc=0; 42; rc=0; rc=0; !8179"),
        ("EXEC('SELECT 1 RETURN SELECT 2') SELECT 3", "1; 3"),
        ("EXEC ('x') AT far", "!7202"),
        ("EXEC('USE other SELECT DB_NAME()') SELECT DB_NAME()", "db=other; other; db=db; db"),
        ("EXEC('SET XACT_ABORT ON') SELECT 1/0 SELECT 2", "!8134; 2"),
        ("DECLARE c CURSOR FOR SELECT 1", "!40517"),
    ])
    .await;
}

#[tokio::test]
async fn nesting_ends_at_thirty_two() {
    // a statement that calls itself by way of a temp table that holds its own text
    let sql = "CREATE TABLE #s (t nvarchar(max)) INSERT #s VALUES (N'DECLARE @t nvarchar(max) SELECT @t = t FROM #s EXEC (@t)') DECLARE @t nvarchar(max) SELECT @t = t FROM #s EXEC (@t) SELECT @@NESTLEVEL";
    assert_eq!(Bench::new().run(sql).await, "!217; 0");
}

fn param(name: &str, output: bool, ty: SqlType, value: Value) -> RpcParam {
    RpcParam { name: name.into(), output, default: false, ty: Some(ty), value }
}

#[tokio::test]
async fn remote_calls() {
    let text = SqlType::NVarChar(Len::N(4000));
    let mut b = Bench::new();
    let call = RpcCall {
        procedure: RpcName::Id(10),
        params: vec![
            param("", false, text, "SELECT @p1 SET @p2 = @p1 + 1".into()),
            param("", false, text, "@p1 int, @p2 int OUTPUT".into()),
            param("@p1", false, SqlType::Int, Value::Int(4)),
            param("@p2", true, SqlType::Int, Value::Null),
        ],
    };
    assert_eq!(b.rpc(call).await, "4; rc=0; @p2=5");
    let call = RpcCall {
        procedure: RpcName::Id(13),
        params: vec![
            param("", true, SqlType::Int, Value::Null),
            param("", false, text, "@a nvarchar(10)".into()),
            param("", false, text, "SELECT @a".into()),
            param("", false, text, "hey".into()),
        ],
    };
    assert_eq!(b.rpc(call).await, "hey; rc=0; @handle=1");
    let call = RpcCall {
        procedure: RpcName::Name("sp_execute".into()),
        params: vec![param("", false, SqlType::Int, Value::Int(1)), param("@a", false, text, "you".into())],
    };
    assert_eq!(b.rpc(call).await, "you; rc=0");
    let call = RpcCall { procedure: RpcName::Name("[dbo].[nope]".into()), params: vec![] };
    assert_eq!(b.rpc(call).await, "!2812; rc=2812");
    let call =
        RpcCall { procedure: RpcName::Id(10), params: vec![param("", false, text, "SELECT * FROM missing".into())] };
    assert_eq!(b.rpc(call).await, "!208; rc=208");
}

#[tokio::test]
async fn sessions_are_reset() {
    use crate::lab::tds::backend::Session;
    let mut b = Bench::new();
    assert_eq!(b.run("USE other CREATE TABLE #t (a int) BEGIN TRAN SET XACT_ABORT ON").await, "db=other; +tran");
    b.session.reset().await;
    assert_eq!(b.run("SELECT @@TRANCOUNT, DB_NAME() SELECT * FROM #t").await, "0,db; !208");
}

#[tokio::test]
async fn hostile_nesting_is_refused() {
    let mut b = Bench::new();
    let deep = format!("SELECT {}1{}", "(".repeat(5000), ")".repeat(5000));
    assert_eq!(b.run(&deep).await, "!191");
    let chain = format!("SELECT {}1", "1+".repeat(300));
    assert_eq!(b.run(&chain).await, "301");
    let ors = format!("SELECT n FROM numbers WHERE {} n = 1", "n = 9 OR ".repeat(2000));
    let got = b.run(&ors).await;
    assert!(got == "1" || got == "!191", "{got}");
    let cases = format!("SELECT {}1{}", "ISNULL(NULL,".repeat(80), ")".repeat(80));
    assert_eq!(b.run(&cases).await, "1");
}

#[tokio::test(start_paused = true)]
async fn waiting() {
    let mut b = Bench::new();
    let before = tokio::time::Instant::now();
    assert_eq!(b.run("WAITFOR DELAY '00:00:05' SELECT 1").await, "1");
    assert_eq!(before.elapsed().as_secs(), 5);
    assert_eq!(b.run("WAITFOR DELAY 'x'").await, "!148");
}

#[tokio::test]
async fn a_batch_is_compiled_before_it_runs() {
    check(&[
        ("SELECT 1 SELECT @nope", "!137"),
        ("SELECT 1 SELECT nope FROM numbers", "!207"),
        ("SELECT 1 IF 1 = 0 SELECT nope FROM numbers", "!207"),
        ("SELECT 1 BEGIN TRY SELECT nope FROM numbers END TRY BEGIN CATCH SELECT 'c' END CATCH", "!207"),
        ("SELECT 1 AS a INTO #t SELECT nope FROM #t", "!207"),
        ("CREATE TABLE #t (a int) SELECT a FROM #t", ""),
        ("SELECT 1 EXEC('SELECT @x') SELECT 2", "1; !137; 2"),
    ])
    .await;
}
