//! Exit codes, and how an error is shown: its chain once, then the hint.

use super::args::Format;
use super::output::Printer;
use super::output::Style;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::report::dto::SCHEMA_VERSION;
use serde::Serialize;
use std::fmt::Write;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit(pub u8);

impl Exit {
    pub const OK: Exit = Exit(0);
}

impl From<Kind> for Exit {
    fn from(kind: Kind) -> Self {
        Exit(kind.exit_code())
    }
}

/// An error as JSON.
#[derive(Debug, Serialize)]
struct ErrorObject<'a> {
    schema_version: u32,
    kind: Kind,
    message: String,
    hint: Option<&'a str>,
    exit_code: u8,
    /// Message number of SQL Server, if it answered with one.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<i32>,
    /// Code of Azure, if it answered with one.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
}

/// Shows the error and says how the process ends. Text goes to stderr, JSON to stdout.
pub fn show(error: &Error, printer: &mut Printer) -> Exit {
    let exit = Exit::from(error.kind());
    // If even this cannot be written, the exit code is all that is left to say.
    let _ = match printer.format() {
        Format::Table => {
            let mut text = format!("{} {}", printer.paint_message(Style::Bad, "error:"), error.chain());
            if let Some(hint) = error.get_hint() {
                let _ = write!(text, "\n{} {hint}", printer.paint_message(Style::Strong, "hint:"));
            }
            printer.message(&text)
        }
        Format::Json | Format::Jsonl => printer.json(&ErrorObject {
            schema_version: SCHEMA_VERSION,
            kind: error.kind(),
            message: error.chain(),
            hint: error.get_hint(),
            exit_code: exit.0,
            number: error.server_number(),
            code: error.service_code(),
        }),
    };
    exit
}
