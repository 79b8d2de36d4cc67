//! SELECT and expressions: what the evaluator is given.

use super::summary::check;
use crate::lab::tsql::ast::Stmt;
use crate::lab::tsql::parse::parse_batch;
use sqlparser::ast::Expr;
use sqlparser::ast::SelectItem;
use sqlparser::ast::SetExpr;
use sqlparser::ast::Value;

#[test]
fn aliases_and_assignments() {
    check("SELECT @x = 1", "select {SELECT 1} [@x=]");
    check("SELECT @x = 1, @y += 2, @z-=@x FROM t", "select {SELECT 1, 2, @x FROM t} [@x=] [@y+=] [@z-=]");
    check(
        "SELECT @s = @s + name + ',' FROM t ORDER BY name",
        "select {SELECT @s + name + ',' FROM t ORDER BY name} [@s=]",
    );
    check("SELECT TOP 1 @x = a FROM t", "select {SELECT TOP 1 a FROM t} [@x=]");
    check("SELECT a = 1, 'b' = 2, [c d] = 3, N'e' = 4", "select {SELECT 1 AS a, 2 AS 'b', 3 AS [c d], 4 AS 'e'}");
    check(
        "SELECT 1 a, 2 AS b, 3 'c', 4 AS \"d\", 5 AS N",
        "select {SELECT 1 AS a, 2 AS b, 3 AS 'c', 4 AS \"d\", 5 AS N}",
    );
    check(
        "SELECT name, type, state, value, date, offset, path FROM t",
        "select {SELECT name, type, state, value, date, offset, path FROM t}",
    );
    check(
        "SELECT x AS [first], y AS next, limit, interval FROM t",
        "select {SELECT x AS [first], y AS next, limit, interval FROM t}",
    );
    check("SELECT a = b & 1, c = d | 2 FROM t", "select {SELECT b & 1 AS a, d | 2 AS c FROM t}");
}

#[test]
fn what_is_taken_out() {
    check("SELECT * FROM t OPTION (RECOMPILE, MAXDOP 1)", "select {SELECT * FROM t}");
    check("SELECT * FROM t WHERE a = 1 OPTION (USE HINT('X'))", "select {SELECT * FROM t WHERE a = 1}");
    check("SELECT * FROM t AS x WITH (NOLOCK, INDEX(ix))", "select {SELECT * FROM t AS x}");
    check("SELECT * FROM t (NOLOCK) JOIN u x (nolock) ON 1 = 1", "select {SELECT * FROM t JOIN u x ON 1 = 1}");
    check("SELECT * FROM t WITH(READPAST UPDLOCK) WHERE 1=1", "select {SELECT * FROM t WHERE 1 = 1}");
    check("SELECT * FROM a INNER HASH JOIN b ON a.x = b.x", "select {SELECT * FROM a INNER JOIN b ON a.x = b.x}");
    check("SELECT * INTO #x FROM t", "select {SELECT * FROM t} into #x");
    check("SELECT a INTO tempdb..#x FROM t UNION SELECT 2", "select {SELECT a FROM t UNION SELECT 2} into tempdb..#x");
}

/// A statement word after a table or column is no alias.
#[test]
fn next_statement_without_semicolon() {
    for (word, next) in [
        ("BREAK", "Break"),
        ("CONTINUE", "Continue"),
        ("WAITFOR DELAY '0:0:1'", "waitfor delay '0:0:1'"),
        ("CHECKPOINT", "Checkpoint"),
        ("SAVE TRAN a", "Save(\"a\")"),
        ("RECONFIGURE", "Reconfigure"),
        ("REVERT", "Unsupported(\"REVERT\")"),
        ("GOTO x", "Unsupported(\"GOTO x\")"),
        ("DBCC OPENTRAN", "Dbcc { command: \"OPENTRAN\", args: [], options: [] }"),
        ("PRINT 1", "print 1"),
        ("COMMIT", "Commit"),
        ("USE x", "Use(\"x\")"),
        ("RETURN", "return"),
        ("SELECT 2", "select {SELECT 2}"),
        ("EXEC p", "exec p"),
        ("SET @a = 1", "set @a = 1"),
        ("KILL 5", "Kill { spid: 5, uow: None }"),
        ("DECLARE @a int", "declare @a Int"),
        ("FETCH NEXT FROM c INTO @a", "Unsupported(\"FETCH NEXT FROM c INTO @a\")"),
    ] {
        check(&format!("SELECT * FROM t {word}"), &format!("select {{SELECT * FROM t}}; {next}"));
        check(&format!("SELECT 1 {word}"), &format!("select {{SELECT 1}}; {next}"));
        check(
            &format!("SELECT a FROM t WHERE b = 1\n{word}"),
            &format!("select {{SELECT a FROM t WHERE b = 1}}; {next}"),
        );
    }
    check("SELECT 1 THROW", "select {SELECT 1}; throw");
}

#[test]
fn shapes() {
    check(
        ";WITH a AS (SELECT 1 x), b (y) AS (SELECT x FROM a) SELECT * FROM b",
        "select {WITH a AS (SELECT 1 AS x), b (y) AS (SELECT x FROM a) SELECT * FROM b}",
    );
    check("SELECT TOP (@n) PERCENT * FROM t", "select {SELECT TOP (@n) PERCENT * FROM t}");
    check("SELECT TOP 5 WITH TIES * FROM t ORDER BY a", "select {SELECT TOP 5 WITH TIES * FROM t ORDER BY a}");
    check(
        "SELECT a FROM t ORDER BY a OFFSET @o ROWS FETCH NEXT 5 ROWS ONLY",
        "select {SELECT a FROM t ORDER BY a OFFSET @o ROWS FETCH FIRST 5 ROWS ONLY}",
    );
    check(
        "SELECT * FROM a CROSS APPLY f(a.x) AS y OUTER APPLY (SELECT 1 z) q",
        "select {SELECT * FROM a CROSS APPLY f(a.x) AS y OUTER APPLY (SELECT 1 AS z) q}",
    );
    check("(SELECT 1) UNION ALL (SELECT 2) ORDER BY 1", "select {(SELECT 1) UNION ALL (SELECT 2) ORDER BY 1}");
    check(
        "SELECT a, COUNT(*) FROM t GROUP BY a HAVING COUNT(*) > 1",
        "select {SELECT a, COUNT(*) FROM t GROUP BY a HAVING COUNT(*) > 1}",
    );
    check(
        "SELECT * FROM [srv].[db].[dbo].[t]]x] AS q",
        "select {SELECT * FROM [srv].[db].[dbo].[t]]x] AS q}".replace("]]", "]").as_str(),
    );
    check("SELECT msdb..t.c FROM msdb..t", "select {SELECT msdb..t.c FROM msdb..t}");
    check("SELECT t.*, q.a FROM t, q", "select {SELECT t.*, q.a FROM t, q}");
    check(
        "SELECT SUM(a) OVER (ORDER BY b ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM t",
        "select {SELECT SUM(a) OVER (ORDER BY b ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM t}",
    );
    check(
        "SELECT 1 WHERE EXISTS (SELECT 1) AND NOT EXISTS (SELECT 2)",
        "select {SELECT 1 WHERE EXISTS (SELECT 1) AND NOT EXISTS (SELECT 2)}",
    );
    check(
        "SELECT CASE a WHEN 1 THEN 'x' ELSE 'y' END z FROM t",
        "select {SELECT CASE a WHEN 1 THEN 'x' ELSE 'y' END AS z FROM t}",
    );
    check(
        "SELECT a FROM t WHERE a NOT LIKE '%[_]%' ESCAPE '!' AND b NOT BETWEEN 1 AND 2",
        "select {SELECT a FROM t WHERE a NOT LIKE '%[_]%' ESCAPE '!' AND b NOT BETWEEN 1 AND 2}",
    );
    check(
        "SELECT name FROM sys.databases FOR JSON PATH, ROOT('x')",
        "select {SELECT name FROM sys.databases FOR JSON PATH, ROOT('x')}",
    );
    check(
        "SELECT (SELECT name FROM t FOR XML PATH(''), TYPE) AS x",
        "select {SELECT (SELECT name FROM t FOR XML PATH(''), TYPE) AS x}",
    );
    check(
        "SELECT * FROM (VALUES (1,'a'),(2,NULL)) AS v(a, b)",
        "select {SELECT * FROM (VALUES (1, 'a'), (2, NULL)) AS v (a, b)}",
    );
    check(
        "SELECT ISNULL(LEFT(a, 1), RIGHT(b, 2)), IIF(a = 1, 2, 3), COALESCE(a, b), NULLIF(a, b)",
        "select {SELECT ISNULL(LEFT(a, 1), RIGHT(b, 2)), IIF(a = 1, 2, 3), COALESCE(a, b), NULLIF(a, b)}",
    );
    check(
        "SELECT TRY_CONVERT(int, a), TRY_CAST(a AS int), CAST(a AS decimal(25,0)), CONVERT(nvarchar(36), b, 1)",
        "select {SELECT TRY_CONVERT(INT, a), TRY_CAST(a AS INT), CAST(a AS DECIMAL(25,0)), CONVERT(NVARCHAR(36), b, 1)}",
    );
    check(
        "SELECT CAST(a AS sysname), CAST(a AS datetime2(3)), CAST(a AS varbinary(max)), CAST(a AS sql_variant)",
        "select {SELECT CAST(a AS sysname), CAST(a AS datetime2(3)), CAST(a AS VARBINARY(MAX)), CAST(a AS sql_variant)}",
    );
    check(
        "SELECT sys.fn_hadr_is_primary_replica('db'), DATEDIFF(second, a, GETDATE())",
        "select {SELECT sys.fn_hadr_is_primary_replica('db'), DATEDIFF(second, a, GETDATE())}",
    );
}

fn only_item(text: &str) -> Expr {
    let stmts = parse_batch(text).expect(text);
    let Stmt::Select(select) = &stmts[0].stmt else { panic!("{text}") };
    let SetExpr::Select(body) = select.query.body.as_ref() else { panic!("{text}") };
    match &body.projection[0] {
        SelectItem::UnnamedExpr(e) => e.clone(),
        other => panic!("{other}"),
    }
}

#[test]
fn literals() {
    let value = |text: &str| match only_item(&format!("SELECT {text}")) {
        Expr::Value(v) => v.value,
        other => panic!("{other}"),
    };
    assert_eq!(value("'it''s \\ ''q'''"), Value::SingleQuotedString("it's \\ 'q'".into()));
    assert_eq!(value("N'表😀'"), Value::NationalStringLiteral("表😀".into()));
    assert_eq!(value("''"), Value::SingleQuotedString(String::new()));
    assert_eq!(value("'a\\\r\nb'"), Value::SingleQuotedString("ab".into()));
    assert_eq!(value("0x0fA"), Value::HexStringLiteral("0fA".into()));
    assert_eq!(value("0x"), Value::HexStringLiteral(String::new()));
    assert_eq!(value("1.5e-3"), Value::Number("1.5e-3".into(), false));
    assert_eq!(value(".5"), Value::Number(".5".into(), false));
    assert_eq!(value("5."), Value::Number("5.".into(), false));
    assert_eq!(value("$1.50"), Value::Placeholder("$1.50".into()));
    assert_eq!(value("99999999999999999999999999"), Value::Number("99999999999999999999999999".into(), false));
    assert_eq!(value("NULL"), Value::Null);
}

/// Bitwise operators bind like `+`, and comparison binds less.
#[test]
fn precedence() {
    for (text, expected) in [
        ("1 & 2 + 3", "((1 & 2) + 3)"),
        ("1 + 2 | 4", "((1 + 2) | 4)"),
        ("1 | 2 & 4", "((1 | 2) & 4)"),
        ("1 ^ 2 * 3", "(1 ^ (2 * 3))"),
        ("1 - 2 - 3", "((1 - 2) - 3)"),
        ("-a % 2", "((-a) % 2)"),
        ("~1 & 2", "((~1) & 2)"),
    ] {
        assert_eq!(bracketed(&only_item(&format!("SELECT {text}"))), expected, "{text}");
    }
}

fn bracketed(e: &Expr) -> String {
    match e {
        Expr::BinaryOp { left, op, right } => format!("({} {op} {})", bracketed(left), bracketed(right)),
        Expr::UnaryOp { op, expr } => format!("({op}{})", bracketed(expr)),
        other => other.to_string(),
    }
}

#[test]
fn comments() {
    check("/* a /* nested */ b */ SELECT 1 -- end\n/**/", "select {SELECT 1}");
    check("-- only\r\n/* comments */", "");
    check("SELECT '--', '/*' /* ' */ , 2", "select {SELECT '--', '/*', 2}");
}

#[test]
fn long_chains_stay_shallow() {
    let terms: Vec<String> = (0..3000).map(|n| format!("a = {n}")).collect();
    let stmts = parse_batch(&format!("SELECT 1 WHERE {}", terms.join(" OR "))).expect("parses");
    let Stmt::Select(select) = &stmts[0].stmt else { panic!() };
    let SetExpr::Select(body) = select.query.body.as_ref() else { panic!() };
    fn depth(e: &Expr) -> usize {
        match e {
            Expr::BinaryOp { left, right, .. } => 1 + depth(left).max(depth(right)),
            _ => 1,
        }
    }
    assert!(body.selection.as_ref().is_some_and(|e| depth(e) < 20));
    let shown = body.selection.as_ref().map(ToString::to_string).unwrap_or_default();
    assert_eq!(shown, terms.join(" OR "));
}
