use crate::lab::tsql::testing::check;

#[tokio::test]
async fn strings() {
    check(&[
        ("SELECT LEN('ab  '), DATALENGTH('ab  '), DATALENGTH(N'ab')", "2,4,4"),
        ("SELECT LEFT('abc', 2), RIGHT('abc', 2), SUBSTRING('abcdef', 2, 3), SUBSTRING('abc', 0, 2), SUBSTRING('abc', 5, 2)", "ab,bc,bcd,a,"),
        ("SELECT LEFT('abc', -1)", "!537"),
        ("SELECT SUBSTRING('abc', 1, -1)", "!537"),
        ("SELECT CHARINDEX('B', 'abc'), CHARINDEX('x', 'abc'), CHARINDEX('a', 'banana', 3)", "2,0,4"),
        ("SELECT PATINDEX('%[0-9]%', 'abc1'), PATINDEX('%x%', 'abc')", "4,0"),
        ("SELECT REPLACE('aBcB', 'b', 'x'), STUFF('abcdef', 2, 3, 'X'), STUFF('abc', 9, 1, 'x')", "axcx,aXef,NULL"),
        ("SELECT UPPER('aé'), LOWER('AB'), LTRIM('  a'), RTRIM('a '), TRIM('  a '), REVERSE('abc')", "AÉ,ab,a,a,a,cba"),
        ("SELECT CONCAT('a', NULL, 1, N'b'), CONCAT_WS('-', 'a', NULL, 'b')", "a1b,a-b"),
        ("SELECT QUOTENAME('a]b'), QUOTENAME('a', ''''), QUOTENAME('a', '(')", "[a]]b],'a',(a)"),
        ("SELECT PARSENAME('a.b.[c.d]', 1), PARSENAME('16.0.4095.4', 4), PARSENAME('x', 2)", "c.d,16,NULL"),
        ("SELECT REPLICATE('ab', 3), '[' + SPACE(2) + ']', CHAR(65), NCHAR(955), ASCII('A'), UNICODE(N'λ')", "ababab,[  ],A,λ,65,955"),
        ("SELECT STR(3.14159, 6, 2), STR(12)", "  3.14,        12"),
        ("SELECT 'a' + NULL, 'a' + 'b'", "NULL,ab"),
        ("SELECT 'a' + 1", "!245"),
        ("SELECT '1' + 1", "2"),
        ("SELECT 'a' - 'b'", "!8117"),
        ("SELECT FORMAT(1234567.891, 'N2'), FORMAT(5, '000'), FORMAT(CAST('2026-03-04' AS date), 'yyyy-MM-dd'), FORMAT(0.256, 'P1')", "1,234,567.89,005,2026-03-04,25.6%"),
        ("SELECT FORMAT(1234.5, '#,##0.00')", "1,234.50"),
        ("SELECT FORMATMESSAGE('%s has %d of %5d|%-4s|', 'x', 3, 42, 'ab')", "x has 3 of    42|ab  |"),
        ("SELECT TRANSLATE('2*[3+4]', '[]', '()')", "2*(3+4)"),
    ])
    .await;
}

#[tokio::test]
async fn dates() {
    check(&[
        ("SELECT GETDATE()", "Mar  4 2026  5:06AM"),
        ("SELECT CONVERT(varchar(30), GETDATE(), 121), CONVERT(varchar(30), SYSUTCDATETIME(), 126)", "2026-03-04 05:06:07.123,2026-03-04T05:06:07.1234567"),
        ("SELECT CONVERT(varchar(8), GETDATE(), 112), CONVERT(varchar(10), GETDATE(), 101), CONVERT(varchar, GETDATE(), 108)", "20260304,03/04/2026,05:06:07"),
        ("SELECT DATEADD(month, 1, CAST('2026-01-31' AS date)), DATEADD(day, -1, CAST('2026-03-01' AS date))", "2026-02-28,2026-02-28"),
        ("SELECT CONVERT(varchar(23), DATEADD(ms, 5, CAST('2026-01-01' AS datetime)), 121)", "2026-01-01 00:00:00.007"),
        ("SELECT DATEDIFF(day, '2026-01-01', '2026-03-01'), DATEDIFF(year, '2025-12-31', '2026-01-01'), DATEDIFF(second, '2026-01-01', '2026-01-01 00:01')", "59,1,60"),
        ("SELECT DATEDIFF(ms, '1900-01-01', '2026-01-01')", "!535"),
        ("SELECT DATEDIFF_BIG(ms, '1970-01-01', '2026-01-01')", "1767225600000"),
        ("SELECT DATEPART(weekday, '2026-03-04'), DATENAME(weekday, '2026-03-04'), DATENAME(month, '2026-03-04'), DATEPART(iso_week, '2026-01-01'), DATEPART(dayofyear, '2026-12-31')", "4,Wednesday,March,1,365"),
        ("SELECT YEAR('2026-03-04'), MONTH('2026-03-04'), DAY('2026-03-04'), EOMONTH('2026-02-03')", "2026,3,4,2026-02-28"),
        ("SELECT CAST('20260304' AS date), CAST('Mar 4 2026' AS date), CAST('3/4/2026' AS date), CAST('2026-03-04T10:11:12' AS datetime2(0))", "2026-03-04,2026-03-04,2026-03-04,2026-03-04 10:11:12"),
        ("SELECT CAST('x' AS date)", "!241"),
        ("SELECT CAST('2026-02-30' AS datetime)", "!242"),
        ("SELECT TRY_CAST('x' AS date), TRY_CONVERT(int, 'x'), TRY_CAST('5' AS int)", "NULL,NULL,5"),
        ("SELECT CAST('2026-01-01' AS datetime) + 1.5", "Jan  2 2026 12:00PM"),
        ("SELECT CAST('2026-01-01' AS date) + 1", "!206"),
        ("SELECT DATEADD(fortnight, 1, GETDATE())", "!155"),
        ("SELECT CAST('2026-03-04 10:00 +02:00' AS datetimeoffset(0)), SWITCHOFFSET(CAST('2026-03-04 10:00 +02:00' AS datetimeoffset(0)), '+00:00')", "2026-03-04 10:00:00 +02:00,2026-03-04 08:00:00.0000000 +00:00"),
        ("SELECT DATEADD(year, 9000, GETDATE())", "!517"),
        ("SELECT CASE WHEN GETDATE() > '2026-03-04' THEN 'after' ELSE 'before' END", "after"),
        ("SELECT DATEFROMPARTS(2026, 2, 29)", "!289"),
    ])
    .await;
}

#[tokio::test]
async fn numbers() {
    check(&[
        ("SELECT 7 / 2, 7 % 2, 7 / 2.0, -7 / 2, 1.0 / 3", "3,1,3.500000,-3,0.333333"),
        ("SELECT 1 / 0", "!8134"),
        ("SELECT 2147483647 + 1", "!8115"),
        ("SELECT CAST(300 AS tinyint)", "!220"),
        ("SELECT CAST(3000000000 AS int)", "!8115"),
        ("SELECT CAST('12x' AS int)", "!245"),
        ("SELECT CAST('12x' AS decimal(5,2))", "!8114"),
        ("SELECT CAST('99999999999' AS int)", "!248"),
        ("SELECT CAST(1234.5 AS decimal(4,2))", "!8115"),
        ("SELECT CAST(1.999 AS decimal(5,2)), CAST(1.5 AS int), CAST(2.5 AS money), ROUND(2.567, 2), ROUND(125, -1), ROUND(2.567, 1, 1)", "2.00,1,2.50,2.570,130,2.500"),
        ("SELECT ABS(-5), SIGN(-2), CEILING(1.2), FLOOR(-1.2), POWER(2, 10), SQRT(16.0), SQUARE(3)", "5,-1,2,-2,1024,4,9"),
        ("SELECT 5 & 3, 5 | 3, 5 ^ 3, ~5", "1,7,6,-6"),
        ("SELECT 1e10, 1.5e0, 1e-7, CAST(0.1 AS float), CAST(123456789 AS float)", "1e+010,1.5,1e-007,0.1,1.23457e+008"),
        ("SELECT lsn, lsn + 1, lsn / 10 FROM sys.lsns WHERE id = 1", "1234567890123456789012345,1234567890123456789012346,123456789012345678901234.500000"),
        ("SELECT CONVERT(varchar(30), lsn) FROM sys.lsns WHERE id = 1", "1234567890123456789012345"),
        ("SELECT CAST(0x0A AS int), CAST(10 AS varbinary(4)), CONVERT(varchar(10), 0xAB, 1), CONVERT(varbinary(2), '0xABCD', 1)", "10,0000000A,0xAB,ABCD"),
        ("SELECT -2147483648, 2147483648", "-2147483648,2147483648"),
        ("SELECT ISNUMERIC('1e3'), ISNUMERIC('x'), ISNUMERIC('$5')", "1,0,1"),
        ("SELECT CAST(1 AS bit) + CAST(1 AS bit)", "!402"),
        ("SELECT CAST(123456 AS varchar(3))", "*"),
        ("SELECT CAST('abcdef' AS varchar(3)), CAST('ab' AS char(4)) + '|'", "abc,ab  |"),
        ("SELECT $1.5 * 2, CAST(1234567.891 AS money)", "3.00,1234567.89"),
        ("SELECT CAST('6F9619FF-8B86-D011-B42D-00C04FC964FF' AS uniqueidentifier)", "6F9619FF-8B86-D011-B42D-00C04FC964FF"),
        ("SELECT CAST('nope' AS uniqueidentifier)", "!8169"),
    ])
    .await;
}

#[tokio::test]
async fn nulls_choices_and_session() {
    check(&[
        ("SELECT ISNULL(NULL, 5), COALESCE(NULL, NULL, 3), NULLIF(1, 1), NULLIF(1, 2), IIF(1 > 2, 'a', 'b'), CHOOSE(2, 'x', 'y')", "5,3,NULL,1,b,y"),
        ("SELECT ISNULL(CAST(NULL AS varchar(2)), 'abcdef')", "ab"),
        ("SELECT CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END, CASE WHEN NULL = NULL THEN 1 ELSE 0 END", "b,0"),
        ("SELECT CASE WHEN 'a' = 'A ' THEN 1 ELSE 0 END, CASE WHEN 'a' = 'A' COLLATE Latin1_General_BIN2 THEN 1 ELSE 0 END", "1,0"),
        ("SELECT CASE WHEN 'abc' LIKE 'A_C' THEN 1 END, CASE WHEN 'a%c' LIKE 'a!%c' ESCAPE '!' THEN 1 END, CASE WHEN 'x' LIKE '[^a-c]' THEN 1 END, CASE WHEN 'ab' LIKE 'a' THEN 1 END", "1,1,1,NULL"),
        ("SELECT CAST(SERVERPROPERTY('EngineEdition') AS int), CASE WHEN SERVERPROPERTY('EngineEdition') = 3 THEN 'y' END, SERVERPROPERTY('nope')", "3,y,NULL"),
        ("SELECT LEFT(CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)), 2)", "16"),
        ("SELECT @@SPID, @@TRANCOUNT, XACT_STATE(), @@NESTLEVEL, DB_NAME()", "51,0,0,0,db"),
        ("SELECT @@NOPE", "!137"),
        ("SELECT CONVERT(varchar(64), HASHBYTES('SHA2_256', 'abc'), 2)", "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"),
        ("SELECT DATALENGTH(NEWID()), ERROR_NUMBER()", "16,NULL"),
        ("SELECT GREATEST(1, 5, 3), LEAST(2, 1)", "5,1"),
        ("SELECT SESSIONPROPERTY('ANSI_NULLS')", "1"),
        ("SELECT CASE WHEN 5 > '4' THEN 1 END", "1"),
        ("SELECT CASE WHEN 5 > 'x' THEN 1 END", "!245"),
        ("SELECT 1 + CASE WHEN 1 = 0 THEN 'a' END", "NULL"),
    ])
    .await;
}
