//! Text nobody means well with: every answer is statements or an error, never a panic, an overflow or a hang.

use crate::lab::tsql::parse::parse_batch;
use crate::lab::tsql::parse::parse_name;
use crate::lab::tsql::parse::parse_parameter_declarations;
use crate::lab::tsql::parse::parse_type;
use proptest::prelude::*;

/// Parses on a small stack, as a worker thread has, and drops the tree there.
fn number_of(text: String) -> Option<i32> {
    let run = move || parse_batch(&text).err().map(|e| e.number);
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().expect("no panic")
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [
        ("(", ")"),
        ("SELECT * FROM (", ") x"),
        ("f(", ")"),
        ("CASE WHEN 1=1 THEN ", " END"),
        ("NOT ", ""),
        ("- ", ""),
        ("~", ""),
        ("CAST(", " AS int)"),
        ("EXISTS (SELECT ", ")"),
        ("1 IN (", ")"),
    ] {
        for depth in [1000, 50_000] {
            let text = format!("SELECT {}1{}", open.repeat(depth), close.repeat(depth));
            assert!(number_of(text).is_some(), "{open} {depth}");
            assert!(number_of(format!("SELECT {}", open.repeat(depth))).is_some(), "{open} {depth} open");
        }
    }
    assert_eq!(number_of(format!("SELECT {}1{}", "(".repeat(500), ")".repeat(500))), Some(191));
    assert_eq!(number_of(format!("SELECT * FROM {}", "(".repeat(5000))), Some(191));
}

#[test]
fn deep_statements_are_refused() {
    assert_eq!(number_of("IF 1=1 ".repeat(10_000)), Some(191));
    assert_eq!(number_of("BEGIN ".repeat(10_000)), Some(191));
    assert_eq!(number_of("WHILE 1=1 ".repeat(10_000)), Some(191));
    assert_eq!(number_of("BEGIN TRY ".repeat(10_000)), Some(191));
    assert_eq!(number_of(format!("{} SELECT 1", "IF 1=1 SELECT 1 ELSE ".repeat(10_000))), Some(191));
    assert_eq!(number_of("CREATE DATABASE x ON ".to_owned() + &"(".repeat(10_000)), Some(191));
}

#[test]
fn long_chains_are_refused_or_flat() {
    for (text, refused) in [
        (format!("SELECT 1{}", " + 1".repeat(20_000)), true),
        (format!("SELECT 1 WHERE a IS NULL{}", " IS NULL".repeat(20_000)), true),
        (format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(20_000)), true),
        (format!("SELECT 1{}", " COLLATE x".repeat(20_000)), true),
        (format!("SELECT 1 WHERE 1=1{}", " AND 1=1".repeat(20_000)), false),
        (format!("SELECT 1{}", ", 1".repeat(20_000)), false),
        ("SELECT 1 ".repeat(20_000), false),
        (format!("SELECT 1 WHERE a IN (1{})", ", -1".repeat(20_000)), false),
        (format!("INSERT t VALUES (1){}", ", (1)".repeat(20_000)), false),
    ] {
        assert_eq!(number_of(text.clone()).is_some(), refused, "{}", &text[..40]);
    }
}

#[test]
fn what_real_batches_do_is_let_through() {
    let nested = format!("SELECT {}name{} FROM t", "REPLACE(".repeat(40), ", 'a', 'b')".repeat(40));
    assert_eq!(number_of(nested), None);
    assert_eq!(number_of(format!("SET @sql = N'a'{}", " + N'b' + @x".repeat(100))), None);
    assert_eq!(number_of(format!("SELECT {}1{}", "(".repeat(60), ")".repeat(60))), None);
    assert_eq!(number_of(format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(200))), None);
    assert_eq!(number_of(format!("{}SELECT 1{}", "BEGIN ".repeat(60), " END".repeat(60))), None);
    assert_eq!(number_of(format!("SELECT * FROM {}t JOIN u ON 1=1{}", "(".repeat(30), ")".repeat(30))), None);
}

/// Failing text must not make the parser try every combination.
#[test]
fn backtracking_is_bounded() {
    for open in ["CAST(", "f(", "CASE WHEN ", "(", "CONVERT(int, ", "(SELECT * FROM (", "a IN (", "TRIM(", "EXISTS ("] {
        assert!(number_of(format!("SELECT {} ]", open.repeat(60))).is_some(), "{open}");
        assert!(number_of(format!("SELECT {} FROM", open.repeat(60))).is_some(), "{open}");
    }
}

#[test]
fn big_texts() {
    assert_eq!(number_of(format!("SELECT '{}'", "x".repeat(1 << 20))), None);
    assert_eq!(number_of(format!("SELECT 0x{}", "ab".repeat(1 << 20))), None);
    assert_eq!(number_of(format!("SELECT '{}", "x''".repeat(1 << 18))), Some(105));
    assert_eq!(number_of("a ".repeat(500_000)), Some(191));
    assert_eq!(number_of("/*".repeat(500_000)), Some(113));
    assert_eq!(number_of("x".repeat(1 << 20)), Some(103));
    assert_eq!(number_of("\n".repeat(1 << 20)), None);
    assert_eq!(number_of("[".repeat(1 << 20)), Some(105));
    assert_eq!(number_of("9".repeat(1 << 20)), Some(102));
    assert_eq!(number_of("SELECT 1 WITH (".repeat(20_000)), Some(191));
}

const SOUP: &[&str] = &[
    "SELECT",
    "FROM",
    "WHERE",
    "t",
    "@x",
    "@@y",
    "#t",
    "(",
    ")",
    ",",
    ";",
    "=",
    "+",
    "-",
    "*",
    ".",
    "'a'",
    "N'b'",
    "1",
    "0x0F",
    "$1",
    "[a]]b]",
    "\"q\"",
    "IF",
    "ELSE",
    "BEGIN",
    "END",
    "TRY",
    "CATCH",
    "WHILE",
    "EXEC",
    "DECLARE",
    "int",
    "SET",
    "WITH",
    "AS",
    "INSERT",
    "INTO",
    "VALUES",
    "UPDATE",
    "DELETE",
    "TOP",
    "OUTPUT",
    "CREATE",
    "ALTER",
    "DROP",
    "TABLE",
    "AVAILABILITY",
    "GROUP",
    "ON",
    "REPLICA",
    "ENDPOINT",
    "CERTIFICATE",
    "LOGIN",
    "DATABASE",
    "HADR",
    "FOR",
    "OPTION",
    "UNION",
    "ALL",
    "ORDER",
    "BY",
    "CASE",
    "WHEN",
    "THEN",
    "IN",
    "LIKE",
    "IS",
    "NOT",
    "NULL",
    "CAST",
    "::",
    "GRANT",
    "TO",
    "BACKUP",
    "DISK",
    "CURSOR",
    "FETCH",
    "OPEN",
    "CLOSE",
    "MERGE",
    "DBCC",
    "KILL",
    "APPLY",
    "CROSS",
    "JOIN",
    "PIVOT",
    "OFFSET",
    "ROWS",
    "NEXT",
    "ONLY",
    "XML",
    "PATH",
    "COLLATE",
    "BETWEEN",
    "AND",
    "OR",
    "EXISTS",
    "DEFAULT",
    "PRIMARY",
    "KEY",
    "IDENTITY",
    "INDEX",
    "MASTER",
    "ROLE",
    "MEMBER",
    "ADD",
    "RETURN",
    "PRINT",
    "THROW",
    "RAISERROR",
    "WAITFOR",
    "DELAY",
    "TRAN",
    "COMMIT",
    "ROLLBACK",
    "SAVE",
    "USE",
    "NOLOCK",
    "{",
    "}",
    ":",
    "~",
    "/*",
    "--\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        let _ = parse_batch(&text);
        let _ = parse_type(&text);
        let _ = parse_parameter_declarations(&text);
        let _ = parse_batch(&format!("SELECT {text}"));
    }

    #[test]
    fn any_soup(words in proptest::collection::vec(proptest::sample::select(SOUP), 0..60)) {
        let text = words.join(" ");
        if let Err(e) = parse_batch(&text) {
            prop_assert!(e.line >= 1 && e.class >= 15, "{e} for {text}");
            prop_assert!(!e.message.contains('\0'));
        }
    }

    #[test]
    fn any_end_of_a_real_statement(cut in 0usize..400) {
        let text = "CREATE AVAILABILITY GROUP [a] WITH (CLUSTER_TYPE = NONE) FOR DATABASE [d] REPLICA ON N'x' WITH \
                    (ENDPOINT_URL = 'TCP://h:5022', AVAILABILITY_MODE = SYNCHRONOUS_COMMIT); IF EXISTS (SELECT 1 FROM \
                    sys.databases WHERE name = N'a') BEGIN TRY UPDATE t SET a += 1 OUTPUT inserted.a END TRY BEGIN \
                    CATCH THROW 50000, N'x', 1; END CATCH";
        let _ = parse_batch(&text[..cut.min(text.len())]);
    }

    /// Any identifier can be written in brackets and comes back whole.
    #[test]
    fn bracketed_names_survive(name in "[^\\x00]{1,128}") {
        let quoted = format!("[{}]", name.replace(']', "]]"));
        prop_assert_eq!(parse_name(&quoted).map(|n| n.0), Some(vec![name.clone()]));
        let text = format!("SELECT * FROM {quoted} WHERE {quoted} = 1");
        prop_assert!(parse_batch(&text).is_ok());
    }
}
