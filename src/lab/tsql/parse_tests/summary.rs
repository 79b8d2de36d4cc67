//! One line per statement, and the two assertions the tables of cases are made of.

use crate::lab::tsql::ast::*;
use crate::lab::tsql::parse::parse_batch;
use std::fmt::Write;

/// One line that says what a statement means; expressions by their `Display`.
pub(super) fn summary(stmts: &[Spanned]) -> String {
    stmts.iter().map(|s| one(&s.stmt)).collect::<Vec<_>>().join("; ")
}

fn name(n: &Name) -> String {
    n.0.join(".")
}

fn joined<T: std::fmt::Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn opt<T: std::fmt::Display>(label: &str, value: &Option<T>) -> String {
    value.as_ref().map(|v| format!(" {label} {v}")).unwrap_or_default()
}

fn exec(e: &Exec) -> String {
    let mut out = "exec".to_owned();
    if let Some(rc) = &e.return_into {
        let _ = write!(out, " {rc} =");
    }
    match &e.target {
        ExecTarget::Procedure(n) => drop(write!(out, " {}", name(n))),
        ExecTarget::Text { text, at } => drop(write!(out, " ({text}){}", opt("at", at))),
    }
    for a in &e.args {
        let named = a.name.as_ref().map(|n| format!("{n}=")).unwrap_or_default();
        let value = a.value.as_ref().map_or("DEFAULT".into(), ToString::to_string);
        let _ = write!(out, " [{named}{value}{}]", if a.output { " out" } else { "" });
    }
    out
}

fn columns(specs: &[ColumnSpec]) -> String {
    let one = |s: &ColumnSpec| {
        let mut out = format!("{} {:?}", s.name, s.ty);
        match s.nullable {
            Some(true) => out.push_str(" null"),
            Some(false) => out.push_str(" notnull"),
            None => {}
        }
        if let Some((seed, step)) = s.identity {
            let _ = write!(out, " identity({seed},{step})");
        }
        out.push_str(&opt("default", &s.default));
        out.push_str(&opt("as", &s.computed));
        out.push_str(if s.primary_key { " pk" } else { "" });
        out.push_str(if s.unique { " unique" } else { "" });
        out
    };
    specs.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn select(s: &Select) -> String {
    let mut out = format!("select {{{}}}", s.query);
    if let Some(into) = &s.into {
        let _ = write!(out, " into {}", name(into));
    }
    for (n, op) in s.assign.iter().flatten() {
        let _ = write!(out, " [{n}{}=]", op.map(String::from).unwrap_or_default());
    }
    out
}

fn output(o: &Option<Output>) -> String {
    let Some(o) = o else { return String::new() };
    let into = o.into.as_ref().map(|(n, c)| format!(" into {}({})", name(n), c.join(","))).unwrap_or_default();
    format!(" output {}{into}", joined(&o.items))
}

fn one(s: &Stmt) -> String {
    match s {
        Stmt::Block(b) => format!("{{ {} }}", summary(b)),
        Stmt::If { cond, then, otherwise } => {
            let other = otherwise.as_ref().map(|o| format!(" else {}", one(&o.stmt))).unwrap_or_default();
            format!("if {cond} then {}{other}", one(&then.stmt))
        }
        Stmt::While { cond, body } => format!("while {cond} {}", one(&body.stmt)),
        Stmt::Try { body, catch } => format!("try {{ {} }} catch {{ {} }}", summary(body), summary(catch)),
        Stmt::Return(e) => e.as_ref().map_or("return".into(), |e| format!("return {e}")),
        Stmt::Print(e) => format!("print {e}"),
        Stmt::Raiserror { message, severity, state, args, with_log, nowait } => {
            format!("raiserror {message}, {severity}, {state} [{}] log={with_log} nowait={nowait}", joined(args))
        }
        Stmt::Throw(t) => t.as_ref().map_or("throw".into(), |(a, b, c)| format!("throw {a}, {b}, {c}")),
        Stmt::WaitFor { delay, time } => format!("waitfor {} {time}", if *delay { "delay" } else { "time" }),
        Stmt::Declare(list) => {
            let each = list.iter().map(|d| match &d.kind {
                DeclarationKind::Scalar { ty, init } => format!("{} {ty:?}{}", d.name, opt("=", init)),
                DeclarationKind::Table { columns: c } => format!("{} table({})", d.name, columns(c)),
            });
            format!("declare {}", each.collect::<Vec<_>>().join(", "))
        }
        Stmt::SetVariable { name, op, value } => {
            format!("set {name} {}= {value}", op.map(String::from).unwrap_or_default())
        }
        Stmt::SetOption { option, value } => format!("option {option} = {value}"),
        Stmt::SetIdentityInsert { table, on } => format!("identity_insert {} {on}", name(table)),
        Stmt::Exec(e) => exec(e),
        Stmt::Select(s) => select(s),
        Stmt::Insert(i) => {
            let source = match &i.source {
                InsertSource::Query(q) => format!("{{{q}}}"),
                InsertSource::Exec(e) => exec(e),
                InsertSource::DefaultValues => "default values".into(),
            };
            format!("insert {}({}){} {source}", name(&i.table), i.columns.join(","), output(&i.output))
        }
        Stmt::Update(u) => {
            let set = u.set.iter().map(|(n, op, e)| format!("{n} {}= {e}", op.map(String::from).unwrap_or_default()));
            format!(
                "{}update{} {} set {}{}{}{}",
                u.with.as_ref().map(|w| format!("{w} ")).unwrap_or_default(),
                opt("top", &u.top),
                name(&u.target),
                set.collect::<Vec<_>>().join(", "),
                output(&u.output),
                if u.from.is_empty() { String::new() } else { format!(" from {}", joined(&u.from)) },
                opt("where", &u.selection)
            )
        }
        Stmt::Delete(d) => format!(
            "{}delete{} {}{}{}{}",
            d.with.as_ref().map(|w| format!("{w} ")).unwrap_or_default(),
            opt("top", &d.top),
            name(&d.target),
            output(&d.output),
            if d.from.is_empty() { String::new() } else { format!(" from {}", joined(&d.from)) },
            opt("where", &d.selection)
        ),
        Stmt::Truncate(n) => format!("truncate {}", name(n)),
        Stmt::CreateTable(t) => {
            format!(
                "create table {} ({}) pk{:?} unique{:?}",
                name(&t.name),
                columns(&t.columns),
                t.primary_key,
                t.unique
            )
        }
        Stmt::AlterTableAdd { table, columns: c } => format!("alter table {} add {}", name(table), columns(c)),
        Stmt::Ddl(d) => format!("{d:?}"),
        other => format!("{other:?}"),
    }
}

/// The text means this.
#[track_caller]
pub(super) fn check(text: &str, expected: &str) {
    match parse_batch(text) {
        Ok(stmts) => assert_eq!(summary(&stmts), expected, "\nfor {text}"),
        Err(e) => panic!("{e}\nfor {text}"),
    }
}

/// The text is refused with this error, on this line, with these words.
#[track_caller]
pub(super) fn refused(text: &str, number: i32, line: u32, words: &str) {
    let e = parse_batch(text).expect_err(text);
    assert_eq!((e.number, e.line), (number, line), "{e}\nfor {text}");
    assert!(e.message.contains(words), "{e}\nfor {text}");
    assert_eq!(e.class, 15, "{e}");
}
