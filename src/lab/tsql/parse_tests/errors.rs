//! What is refused: number, line, words.

use super::summary::refused;

#[test]
fn near_the_right_word() {
    refused("SELECT * FROM", 156, 1, "near the keyword 'FROM'.");
    refused("SELECT * FROM WHERE a = 1", 156, 1, "near the keyword 'WHERE'.");
    refused("selec 1\n, 2 +", 102, 2, "near '+'.");
    refused("SELECT 1\nSELECT 2 3", 102, 2, "near '3'.");
    refused("PRINT 1\n\nfoo bar", 102, 3, "near 'foo'.");
    refused("SELECT (1", 102, 1, "near '1'.");
    refused("SELECT 1)", 102, 1, "near ')'.");
    refused("SELECT 'a' 'b' 'c'", 102, 1, "near 'c'.");
    refused("SELECT 1 AS select", 156, 1, "near the keyword 'select'.");
    refused("SELECT select", 156, 1, "near the keyword 'select'.");
    refused("SELECT a, FROM t", 156, 1, "near the keyword 'FROM'.");
    refused("INSERT INTO t", 102, 1, "near 't'.");
    refused("UPDATE t a = 1", 102, 1, "near 'a'.");
    refused("DECLARE x int", 102, 1, "near 'x'.");
    refused("SET @x", 102, 1, "near '@x'.");
    refused("SET @x 1", 102, 1, "near '1'.");
    refused("BEGIN SELECT 1", 102, 1, "near '1'.");
    refused("BEGIN END", 156, 1, "near the keyword 'END'.");
    refused("END", 156, 1, "near the keyword 'END'.");
    refused("ELSE SELECT 1", 156, 1, "near the keyword 'ELSE'.");
    refused("BEGIN TRY SELECT 1 END TRY", 102, 1, "near 'TRY'.");
    refused("IF SELECT 1", 156, 1, "near the keyword 'SELECT'.");
    refused("SELECT 1 WHERE @a += 1", 102, 1, "near '+='.");
    refused("EXEC p 1 + 2", 102, 1, "near '+'.");
    refused("EXEC", 156, 1, "near the keyword 'EXEC'.");
    refused("KILL @spid", 102, 1, "near '@spid'.");
    refused("USE @db", 102, 1, "near '@db'.");
    refused("SELECT ? FROM t", 102, 1, "near '?'.");
    refused("SELECT `a`", 102, 1, "near '`'.");
    refused("SELECT * FROM t LIMIT 5", 102, 1, "near '5'.");
    refused("CREATE NONSENSE x", 102, 1, "near 'NONSENSE'.");
    refused("ALTER AVAILABILITY GROUP g DANCE", 102, 1, "near 'DANCE'.");
    refused("CREATE CERTIFICATE c FROM BINARY = @b", 102, 1, "near '@b'.");
}

#[test]
fn go_is_the_clients_word() {
    refused("SELECT 1\nGO\nSELECT 2", 102, 2, "near 'GO'.");
    refused("USE master\r\n  go  5\r\n", 102, 2, "near 'GO'.");
    refused("GO", 102, 1, "near 'GO'.");
}

#[test]
fn unclosed() {
    refused("PRINT 1\nSELECT 'abc\n", 105, 2, "Unclosed quotation mark after the character string 'abc\n'.");
    refused("SELECT N'it''s", 105, 1, "after the character string 'it''s'.");
    refused("SELECT * FROM t WITH c AS (SELECT 1 a) SELECT * FROM c", 336, 1, "near 'c'. If this is intended");
}

#[test]
fn other_numbers() {
    refused("SELECT @a = 1, 2", 141, 1, "must not be combined");
    refused("SET NONSENSE ON", 195, 1, "'NONSENSE' is not a recognized SET option.");
    refused(&format!("SELECT {}", "a".repeat(129)), 103, 1, "is too long. Maximum length is 128.");
    refused("SELECT []", 1038, 1, "missing or empty");
    refused("EXEC a.b.c.d.e", 117, 1, "'a.b.c.d.e'");
    refused("DECLARE @a varchar(9000)", 131, 1, "(9000)");
}
