//! Whole batches in the style of monitoring and administration tools: all of them parse, nothing in them is
//! left without meaning, and the number of statements is right.

use crate::lab::tsql::ast::Ddl;
use crate::lab::tsql::ast::Spanned;
use crate::lab::tsql::ast::Stmt;
use crate::lab::tsql::parse::parse_batch;

/// Statements on the outermost level, and the batch.
const BATCHES: &[(usize, &str)] = &[
    (15, include_str!("batches/client_settings.sql")),
    (1, include_str!("batches/edition.sql")),
    (6, include_str!("batches/server_information.sql")),
    (7, include_str!("batches/database_properties.sql")),
    (4, include_str!("batches/group_dashboard.sql")),
    (5, include_str!("batches/latency.sql")),
    (9, include_str!("batches/wait_deltas.sql")),
    (8, include_str!("batches/health_checks.sql")),
    (6, include_str!("batches/blocking.sql")),
    (9, include_str!("batches/kill_loop.sql")),
    (4, include_str!("batches/backups.sql")),
    (6, include_str!("batches/files.sql")),
    (3, include_str!("batches/jobs.sql")),
    (3, include_str!("batches/permissions.sql")),
    (8, include_str!("batches/endpoint_setup.sql")),
    (8, include_str!("batches/link_setup.sql")),
    (8, include_str!("batches/lsn_gate.sql")),
    (7, include_str!("batches/login_copy.sql")),
    (4, include_str!("batches/counters.sql")),
    (8, include_str!("batches/per_database.sql")),
    (4, include_str!("batches/query_stats.sql")),
    (6, include_str!("batches/fence.sql")),
];

fn unsupported(stmts: &[Spanned], found: &mut Vec<String>) {
    for s in stmts {
        match &s.stmt {
            Stmt::Block(body) => unsupported(body, found),
            Stmt::If { then, otherwise, .. } => {
                unsupported(std::slice::from_ref(then), found);
                if let Some(o) = otherwise {
                    unsupported(std::slice::from_ref(o), found);
                }
            }
            Stmt::While { body, .. } => unsupported(std::slice::from_ref(body), found),
            Stmt::Try { body, catch } => {
                unsupported(body, found);
                unsupported(catch, found);
            }
            Stmt::Ddl(d) => {
                if let Ddl::Unsupported(words) = d.as_ref() {
                    found.push(words.clone());
                }
            }
            _ => {}
        }
    }
}

#[test]
fn tools_batches_parse_whole() {
    for (count, text) in BATCHES {
        let start = text.lines().next().unwrap_or_default();
        let stmts = parse_batch(text).unwrap_or_else(|e| panic!("{e}\nin {start}"));
        let mut found = Vec::new();
        unsupported(&stmts, &mut found);
        assert_eq!(found, Vec::<String>::new(), "in {start}");
        assert_eq!(stmts.len(), *count, "in {start}: {:?}", stmts.iter().map(|s| s.line).collect::<Vec<_>>());
    }
}

/// The same text as one line, as tools send it that build it from pieces.
#[test]
fn line_ends_mean_nothing() {
    for (count, text) in BATCHES {
        let lines = text.lines().filter(|l| !l.trim_start().starts_with("--"));
        let one: Vec<&str> = lines.map(|l| l.split(" --").next().unwrap_or_default()).collect();
        let start = text.lines().next().unwrap_or_default();
        let stmts = parse_batch(&one.join(" ")).unwrap_or_else(|e| panic!("{e}\nin {start}"));
        assert_eq!(stmts.len(), *count, "in {start}");
    }
}
