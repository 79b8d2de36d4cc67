//! FOR XML PATH.

use crate::lab::tsql::bind::tree::XmlPath;
use crate::lab::tsql::error::SqlResult;
use crate::lab::tsql::eval::convert_text;
use crate::lab::tsql::value::Row;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use std::fmt::Write;

/// The rows as one string: one row, or NULL for none.
pub(super) fn path(x: &XmlPath, rows: &[Row]) -> SqlResult<Vec<Row>> {
    if rows.is_empty() {
        return Ok(vec![Row::from([Value::Null])]);
    }
    let mut out = String::new();
    for row in rows {
        element(&mut out, x, row)?;
    }
    if let Some(root) = &x.root {
        out = format!("<{root}>{out}</{root}>");
    }
    Ok(vec![Row::from([Value::str(out)])])
}

fn element(out: &mut String, x: &XmlPath, row: &[Value]) -> SqlResult<()> {
    let mut attributes = String::new();
    let mut body = String::new();
    for (v, c) in row.iter().zip(x.columns.iter()) {
        if v.is_null() {
            continue;
        }
        let is_xml = c.ty == SqlType::Xml;
        let style = if c.ty.is_temporal() { 126 } else { 0 };
        let text = match v {
            Value::Bit(b) => if *b { "1" } else { "0" }.to_owned(),
            v => convert_text::print(v, c.ty, style)?,
        };
        let text = if is_xml { text } else { escape(&text) };
        match c.name.as_str() {
            "" | "*" | "text()" | "data()" | "node()" => body.push_str(&text),
            name if name.starts_with('@') => {
                _ = write!(attributes, " {}=\"{}\"", &name[1..], text.replace('"', "&quot;"));
            }
            name => {
                let mut steps = name.split('/').collect::<Vec<_>>();
                if steps.last() == Some(&"text()") {
                    steps.pop();
                }
                for s in &steps {
                    _ = write!(body, "<{s}>");
                }
                body.push_str(&text);
                for s in steps.iter().rev() {
                    _ = write!(body, "</{s}>");
                }
            }
        }
    }
    if x.row.is_empty() {
        out.push_str(&body);
    } else if body.is_empty() {
        _ = write!(out, "<{}{attributes}/>", x.row);
    } else {
        _ = write!(out, "<{0}{attributes}>{body}</{0}>", x.row);
    }
    Ok(())
}

fn escape(s: &str) -> String {
    let mut out = String::with_capacity(s.len());
    for c in s.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#x0D;"),
            c => out.push(c),
        }
    }
    out
}
