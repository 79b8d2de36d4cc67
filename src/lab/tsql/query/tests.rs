use crate::lab::tds::backend::Session;
use crate::lab::tsql::testing::Bench;
use crate::lab::tsql::testing::check;

#[tokio::test]
async fn selects() {
    check(&[
        ("SELECT 1", "1"),
        ("SELECT n FROM numbers WHERE n > 3", "4; 5"),
        ("SELECT * FROM people WHERE id = 1", "1,Ann,Oslo,100.50"),
        ("SELECT p.name FROM dbo.people p WHERE p.city IS NULL", "Dee"),
        ("SELECT name FROM people WHERE name = 'ANN  '", "Ann"),
        ("SELECT TOP (2) n FROM numbers ORDER BY n DESC", "5; 4"),
        ("SELECT TOP 50 PERCENT n FROM numbers ORDER BY n", "1; 2; 3"),
        ("SELECT TOP 1 WITH TIES city FROM people ORDER BY city DESC", "Rome"),
        ("SELECT TOP 2 WITH TIES v FROM (VALUES (1),(1),(1),(2)) t(v) ORDER BY v", "1; 1; 1"),
        ("SELECT DISTINCT city FROM people ORDER BY city", "NULL; Oslo; Rome"),
        ("SELECT n FROM numbers ORDER BY n OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY", "2; 3"),
        ("SELECT n AS x FROM numbers ORDER BY x DESC OFFSET 3 ROWS", "2; 1"),
        ("SELECT n, -n FROM numbers WHERE n < 3 ORDER BY 2", "2,-2; 1,-1"),
        ("SELECT v FROM (VALUES (3),(1),(2)) AS t(v) ORDER BY v", "1; 2; 3"),
        ("SELECT (SELECT MAX(n) FROM numbers)", "5"),
        ("SELECT n FROM numbers WHERE n IN (SELECT id FROM people) AND n NOT IN (1, 2)", "3; 4"),
        ("SELECT n FROM numbers WHERE n NOT IN (1, NULL)", ""),
        ("SELECT n FROM numbers x WHERE EXISTS (SELECT 1 FROM people p WHERE p.id = x.n AND p.city = 'oslo')", "1; 3"),
        ("SELECT n FROM numbers WHERE n >= ALL (SELECT id FROM people)", "4; 5"),
        ("SELECT n FROM numbers WHERE n = ANY (SELECT id FROM people WHERE city = 'Rome')", "2"),
        ("SELECT (SELECT n FROM numbers)", "!512"),
        ("SELECT (SELECT n, n FROM numbers)", "!116"),
        ("SELECT x.n, (SELECT COUNT(*) FROM numbers y WHERE y.n < x.n) FROM numbers x WHERE x.n < 3", "1,0; 2,1"),
        ("SELECT n FROM numbers (NOLOCK) WHERE n = 1", "1"),
        ("SELECT n FROM numbers WITH (NOLOCK) WHERE n = 1", "1"),
        ("SELECT 'x' WHERE 1 = 0", ""),
        ("SELECT n FROM numbers WHERE n BETWEEN 2 AND 3 OR n = 5", "2; 3; 5"),
        ("SELECT n FROM numbers WHERE NOT (n <> 2 AND n <> 3)", "2; 3"),
    ])
    .await;
}

#[tokio::test]
async fn names_are_checked() {
    check(&[
        ("SELECT nope FROM numbers", "!207"),
        ("SELECT * FROM nope", "!208"),
        ("SELECT 1 SELECT * FROM nope SELECT 2", "1; !208"),
        ("SELECT n FROM numbers a, numbers b", "!209"),
        ("SELECT z.n FROM numbers a", "!4104"),
        ("SELECT numbers.n FROM numbers a", "!4104"),
        ("SELECT name FROM people GROUP BY city", "!8120"),
        ("SELECT city, COUNT(*) FROM people GROUP BY city HAVING name = 'x'", "!8121"),
        ("SELECT n FROM numbers WHERE COUNT(*) > 1", "!147"),
        ("SELECT n FROM numbers ORDER BY 3", "!108"),
        ("SELECT n FROM numbers UNION SELECT 1, 2", "!205"),
        ("SELECT @x", "!137"),
        ("SELECT * FROM @t", "!1087"),
        ("SELECT nofunc(1)", "!195"),
        ("SELECT LEN()", "!174"),
        ("SELECT *", "!263"),
        ("SELECT n FROM numbers WHERE n", "!4145"),
        ("SELECT * FROM numbers JOIN numbers ON 1 = 1", "!1013"),
        ("SELECT DISTINCT city FROM people ORDER BY name", "!145"),
        ("SELECT ROW_NUMBER() OVER () FROM numbers", "!4112"),
        ("SELECT n FROM numbers WHERE ROW_NUMBER() OVER (ORDER BY n) = 1", "!4108"),
        ("SELECT * FROM (SELECT n, 1 FROM numbers) t", "!8155"),
    ])
    .await;
}

#[tokio::test]
async fn joins() {
    check(&[
        ("SELECT a.n, b.n FROM numbers a JOIN numbers b ON b.n = a.n + 1 WHERE a.n < 3", "1,2; 2,3"),
        ("SELECT n, name FROM numbers LEFT JOIN people ON id = n WHERE n > 3", "4,Dee; 5,NULL"),
        ("SELECT n, name FROM people RIGHT JOIN numbers ON id = n AND city = 'Rome'", "2,Bob; 1,NULL; 3,NULL; 4,NULL; 5,NULL"),
        ("SELECT a.v, b.v FROM (VALUES (1),(2)) a(v) FULL JOIN (VALUES (2),(3)) b(v) ON a.v = b.v", "1,NULL; 2,2; NULL,3"),
        ("SELECT COUNT(*) FROM numbers CROSS JOIN numbers b", "25"),
        ("SELECT COUNT(*) FROM big a, big b WHERE a.id = b.id AND a.v = 3", "71"),
        ("SELECT COUNT(*) FROM big a JOIN big b ON a.id = b.id JOIN big c ON c.id = b.id", "500"),
        ("SELECT a.n FROM numbers a JOIN (numbers b JOIN people p ON p.id = b.n) ON a.n = b.n WHERE p.name = 'Bob'", "2"),
        ("SELECT n, v FROM numbers CROSS APPLY sys.fn_twice(n) WHERE n < 3", "1,10; 1,11; 2,20; 2,21"),
        ("SELECT n, x.id FROM numbers OUTER APPLY (SELECT id FROM people WHERE id = n AND city IS NULL) x WHERE n > 3", "4,4; 5,NULL"),
        ("SELECT v FROM sys.fn_twice(4)", "40; 41"),
        ("SELECT a.n FROM numbers a JOIN people p ON p.id = a.n AND p.pay > 100 ORDER BY a.n", "1; 2"),
        ("SELECT value FROM STRING_SPLIT('a,b', ',')", "a; b"),
        ("SELECT value FROM GENERATE_SERIES(1, 7, 3)", "1; 4; 7"),
        ("SELECT n, s.value FROM numbers CROSS APPLY STRING_SPLIT(REPLICATE('x,', n - 1), ',') s WHERE n < 3", "1,; 2,x; 2,"),
    ])
    .await;
}

#[tokio::test]
async fn groups() {
    check(&[
        (
            "SELECT city, COUNT(*), SUM(pay) FROM people GROUP BY city ORDER BY city",
            "NULL,1,50.25; Oslo,2,100.50; Rome,1,200.00",
        ),
        ("SELECT COUNT(*), COUNT(city), COUNT(DISTINCT city) FROM people", "4,3,2"),
        ("SELECT COUNT(*), MAX(n), SUM(n) FROM numbers WHERE n > 9", "0,NULL,NULL"),
        ("SELECT COUNT(*) FROM numbers WHERE n > 9 GROUP BY n", ""),
        ("SELECT AVG(n), AVG(n * 1.0) FROM numbers WHERE n < 3", "1,1.500000"),
        ("SELECT MIN(name), MAX(name) FROM people", "Ann,Dee"),
        ("SELECT n % 2, SUM(n) FROM numbers GROUP BY n % 2 ORDER BY n % 2", "0,6; 1,9"),
        ("SELECT city FROM people GROUP BY city HAVING COUNT(*) > 1", "Oslo"),
        ("SELECT STRING_AGG(name, ', ') WITHIN GROUP (ORDER BY name DESC) FROM people", "Dee, Cid, Bob, Ann"),
        ("SELECT STRING_AGG(name, ',') FROM people WHERE id < 3", "Ann,Bob"),
        ("SELECT city, COUNT(*) c FROM people GROUP BY city ORDER BY COUNT(*) DESC, city", "Oslo,2; NULL,1; Rome,1"),
        (
            "SELECT ISNULL(city, '?') + '!', COUNT(*) FROM people GROUP BY ISNULL(city, '?') ORDER BY 1",
            "?!,1; Oslo!,2; Rome!,1",
        ),
        ("SELECT STDEV(n), VAR(n) FROM numbers", "1.58114,2.5"),
        ("SELECT SUM(x) FROM (VALUES (2147483647),(1)) t(x)", "!8115"),
        ("SELECT SUM(CASE WHEN city = 'Oslo' THEN 1 ELSE 0 END) FROM people", "2"),
        ("SELECT COUNT(*) FROM people GROUP BY ROLLUP(city)", "!40517"),
    ])
    .await;
}

#[tokio::test]
async fn windows() {
    check(&[
        ("SELECT name, ROW_NUMBER() OVER (PARTITION BY city ORDER BY id DESC) FROM people ORDER BY id", "Ann,2; Bob,1; Cid,1; Dee,1"),
        ("SELECT v, RANK() OVER (ORDER BY v), DENSE_RANK() OVER (ORDER BY v), NTILE(2) OVER (ORDER BY v) FROM (VALUES (1),(1),(2)) t(v)", "1,1,1,1; 1,1,1,1; 2,3,2,2"),
        ("SELECT n, LAG(n) OVER (ORDER BY n), LEAD(n, 2, -1) OVER (ORDER BY n) FROM numbers WHERE n < 4", "1,NULL,3; 2,1,-1; 3,2,-1"),
        ("SELECT n, SUM(n) OVER (ORDER BY n) FROM numbers WHERE n < 4", "1,1; 2,3; 3,6"),
        ("SELECT n, SUM(n) OVER () FROM numbers WHERE n < 3", "1,3; 2,3"),
        ("SELECT n, SUM(n) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM numbers", "1,1; 2,3; 3,5; 4,7; 5,9"),
        ("SELECT n, FIRST_VALUE(n) OVER (ORDER BY n DESC), LAST_VALUE(n) OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM numbers WHERE n < 3", "1,2,2; 2,2,2"),
        ("SELECT city, SUM(COUNT(*)) OVER () FROM people GROUP BY city ORDER BY city", "NULL,4; Oslo,4; Rome,4"),
        ("SELECT x FROM (SELECT n, ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) x FROM numbers) t WHERE x <= 2", "1; 2"),
    ])
    .await;
}

#[tokio::test]
async fn sets_and_ctes() {
    check(&[
        ("SELECT 1 UNION ALL SELECT 1", "1; 1"),
        ("SELECT 1 UNION SELECT 1", "1"),
        ("SELECT n FROM numbers EXCEPT SELECT id FROM people", "5"),
        ("SELECT n FROM numbers INTERSECT SELECT 2", "2"),
        ("SELECT n FROM numbers WHERE n < 3 UNION ALL SELECT 9 ORDER BY n DESC", "9; 2; 1"),
        ("SELECT 1 UNION ALL SELECT 2.5", "1.0; 2.5"),
        ("SELECT 'a' UNION ALL SELECT 1", "!245"),
        ("WITH c AS (SELECT n FROM numbers WHERE n > 3) SELECT * FROM c a JOIN c b ON a.n = b.n", "4,4; 5,5"),
        ("WITH c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 4) SELECT x FROM c", "1; 2; 3; 4"),
        ("WITH c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c", "!530"),
        ("WITH c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 100) SELECT COUNT(*) FROM c", "100"),
        ("WITH a AS (SELECT 1 x), b AS (SELECT x + 1 y FROM a) SELECT y FROM b", "2"),
        (
            "SELECT STUFF((SELECT ', ' + name FROM people ORDER BY name FOR XML PATH('')), 1, 2, '')",
            "Ann, Bob, Cid, Dee",
        ),
        (
            "SELECT name AS [a] FROM people WHERE id < 3 FOR XML PATH('r'), ROOT('x')",
            "<x><r><a>Ann</a></r><r><a>Bob</a></r></x>",
        ),
    ])
    .await;
}

#[tokio::test]
async fn columns_have_types() {
    let mut wrong = Vec::new();
    for (sql, expected) in [
        ("SELECT lsn FROM sys.lsns", "lsn:numeric(25,0)"),
        ("SELECT id, name FROM people", "id:int! name:nvarchar(50)!"),
        ("SELECT p.name FROM numbers LEFT JOIN people p ON p.id = n", "name:nvarchar(50)"),
        (
            "SELECT 1, 1.50, 'ab', N'ab', 0x01, 2147483648, $1",
            ":int! :numeric(3,2)! :varchar(2)! :nvarchar(2)! :varbinary(1)! :numeric(10,0)! :money!",
        ),
        ("SELECT 1.5 + 1, 1.5 * 2.25, 1.0 / 3", ":numeric(3,1) :numeric(6,3) :numeric(7,6)"),
        ("SELECT 'a' + N'bc'", ":nvarchar(3)!"),
        ("SELECT CASE WHEN 1 = 1 THEN 1 ELSE 2.5 END x", "x:numeric(11,1)!"),
        ("SELECT ISNULL(city, 'unknown town somewhere') FROM people", ":varchar(20)!"),
        ("SELECT COALESCE(city, N'x') FROM people", ":nvarchar(20)!"),
        ("SELECT COUNT(*), COUNT_BIG(*), SUM(pay), AVG(pay) FROM people", ":int :bigint :numeric(38,2) :numeric(38,6)"),
        ("SELECT GETDATE(), SYSDATETIME()", ":datetime! :datetime2(7)!"),
        (
            "SELECT CAST(1 AS decimal(10,2)), CONVERT(varchar(5), 1), CAST('a' AS nvarchar(max)), CAST('a' AS varchar)",
            ":numeric(10,2)! :varchar(5)! :nvarchar(max)! :varchar(30)!",
        ),
        ("SELECT NULL", ":int"),
        ("SELECT lsn - 1 FROM sys.lsns", ":numeric(26,0)"),
        ("SELECT LEFT(name, 3), LEN(name), UPPER(city) FROM people", ":nvarchar(3) :int! :varchar(20)"),
        ("SELECT SERVERPROPERTY('x')", ":sql_variant"),
        ("SELECT 1 AS a, a = 2", "a:int! a:int!"),
        ("SELECT 1 UNION ALL SELECT NULL", ":int"),
        ("SELECT NULL UNION ALL SELECT N'x'", ":nvarchar(1)"),
    ] {
        let got = Bench::new().shape(sql).await;
        if got != expected {
            wrong.push(format!("{sql}\n  got  {got}\n  want {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_runaway_join_can_be_dropped() {
    let mut b = Bench::new();
    let (tx, _rx) = tokio::sync::mpsc::channel(1);
    let run = b.session.batch("SELECT COUNT(*) FROM big a, big b, big c WHERE a.v + b.v + c.v = -1", &tx);
    let mut run = Box::pin(run);
    // a few turns of the scheduler, then the client loses patience
    for _ in 0..3 {
        assert!(futures_util::poll!(&mut run).is_pending());
    }
    drop(run);
    b.session.cancelled().await;
    assert_eq!(b.run("SELECT 1").await, "1");
}
