//! Connection strings as JSON and as text.

use super::dto::SCHEMA_VERSION;
use crate::base::text;
use crate::rules::connection::convert::Converted;
use crate::rules::connection::names::Door;
use crate::rules::connection::scan::Hit;
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt::Write;
use std::path::Path;

/// `milink listener strings`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StringsReport {
    pub schema_version: u32,
    pub group: String,
    pub strings: Vec<StringLine>,
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StringLine {
    pub database: String,
    pub driver: String,
    /// `read_write`, `read_only`, `local_replica`, `secondary_replica`.
    pub purpose: String,
    pub meaning: String,
    pub connection_string: String,
    /// Null: nothing speaks against it.
    pub warning: Option<String>,
}

pub fn strings(r: &StringsReport) -> String {
    let mut text = String::new();
    let mut before = (String::new(), String::new());
    for s in &r.strings {
        let head = (s.database.clone(), s.purpose.clone());
        if head != before {
            let _ = writeln!(text, "{} · {}", s.database, s.meaning);
            if let Some(warning) = &s.warning {
                let _ = writeln!(text, "  warning: {warning}");
            }
            before = head;
        }
        let _ = writeln!(text, "  {:<12}{}", s.driver, s.connection_string);
    }
    text
}

/// `milink listener convert`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ConvertReport {
    pub schema_version: u32,
    pub group: String,
    pub from: String,
    pub to: String,
    /// With all that the given one holds beside the server, a password too.
    pub connection_string: String,
    pub warnings: Vec<String>,
}

pub fn converted(c: Converted) -> ConvertReport {
    ConvertReport {
        schema_version: SCHEMA_VERSION,
        group: c.group,
        from: c.from,
        to: c.to,
        connection_string: c.string,
        warnings: c.warnings,
    }
}

/// `milink listener scan`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ScanReport {
    pub schema_version: u32,
    /// Nothing was found, and everything could be read. Null: not everything could be.
    pub clean: Option<bool>,
    /// Text files that were read.
    pub files: usize,
    /// No text, or a tool's own folder.
    pub passed_over: usize,
    pub found: Vec<ScanLine>,
    pub unread: Vec<Unread>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ScanLine {
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    pub host: String,
    /// Name in the estate file.
    pub server: String,
    /// `own`, `public`, `private`: through which name it is reached.
    pub endpoint: String,
    /// Listeners of the groups that cover it.
    pub listeners: Vec<String>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Unread {
    pub path: String,
    pub why: String,
}

pub fn scan_line(file: &Path, hit: &Hit) -> ScanLine {
    ScanLine {
        file: file.display().to_string(),
        line: hit.line,
        column: hit.column,
        host: hit.host.clone(),
        server: hit.site.clone(),
        endpoint: match hit.door {
            Door::Own => "own",
            Door::Public => "public",
            Door::Private => "private",
        }
        .to_owned(),
        listeners: hit.listeners.clone(),
    }
}

pub fn scanned(r: &ScanReport) -> String {
    let mut text = match r.clean {
        Some(true) => format!("no name that bypasses a failover group, in {}\n", text::count(r.files, "file")),
        _ if r.found.is_empty() => format!("unknown: {} could not be read\n", text::count(r.unread.len(), "path")),
        _ => format!(
            "{} in {} go to one region's server, and bypass a failover\n",
            text::count(r.found.len(), "name"),
            text::count(r.files, "file")
        ),
    };
    for f in &r.found {
        let advice = match (f.endpoint.as_str(), f.listeners.as_slice()) {
            ("public", _) => {
                "public endpoint: a listener does not answer there, bring the client into the network".to_owned()
            }
            ("private", _) => "private endpoint: it belongs to this server for good".to_owned(),
            (_, []) => format!("{} is in no failover group of the estate", f.server),
            (_, all) => format!("instead: {}", all.join(" or ")),
        };
        let _ = writeln!(text, "{}:{}:{}: {} ({advice})", f.file, f.line, f.column, f.host);
    }
    for u in &r.unread {
        let _ = writeln!(text, "{}: not looked at: {}", u.path, u.why);
    }
    text
}
