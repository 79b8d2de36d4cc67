//! What is wrong with an estate file, and where.

use super::nearest;
use crate::base::error::Error;
use std::ops::Range;
use std::path::Path;

/// Said where there is nothing better.
const SEE_SCHEMA: &str = "`milink schema estate` describes every key";

/// A finding of the cross-checks.
#[derive(Debug)]
pub(super) struct Problem {
    pub is_error: bool,
    pub span: Range<usize>,
    pub message: String,
    pub hint: Option<String>,
}

impl Problem {
    pub(super) fn error(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { is_error: true, span, message: message.into(), hint: None }
    }
    pub(super) fn warning(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { is_error: false, span, message: message.into(), hint: None }
    }
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
    pub(super) fn line(&self, place: &Place<'_>) -> String {
        format!("{}: {}", place.at(Some(&self.span)), self.message)
    }
}

/// A text and its name, to turn offsets into `file:line:column`.
pub(super) struct Place<'a> {
    text: &'a str,
    path: &'a Path,
}

impl<'a> Place<'a> {
    pub(super) fn new(text: &'a str, path: &'a Path) -> Self {
        Self { text, path }
    }
    /// 1-based line and column; the column counts characters.
    fn at(&self, span: Option<&Range<usize>>) -> String {
        let Some(span) = span else { return self.path.display().to_string() };
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        format!("{}:{line}:{column}", self.path.display())
    }
}

/// All errors in one: each on its line, with the hint of the first that has one.
pub(super) fn join(place: &Place<'_>, problems: &[Problem]) -> Error {
    let lines: Vec<String> = problems.iter().map(|p| p.line(place)).collect();
    let error = Error::usage(lines.join("\n"));
    error.hint(problems.iter().find_map(|p| p.hint.as_deref()).unwrap_or(SEE_SCHEMA))
}

/// Rewords the parser's error: what was expected, what was found, and the nearest known word.
pub(super) fn from_toml(place: &Place<'_>, error: &toml::de::Error) -> Error {
    let at = place.at(error.span().as_ref());
    let raw = error.message();
    let words: Vec<&str> = raw.split('`').skip(1).step_by(2).collect();
    let known = |skip: usize| words.iter().copied().skip(skip);
    if raw.starts_with("unknown field") || raw.starts_with("unknown variant") {
        let noun = if raw.starts_with("unknown field") { "key" } else { "value" };
        let found = words.first().copied().unwrap_or_default();
        let known: Vec<&str> = known(1).collect();
        let e = Error::usage(format!("{at}: expected {}, found unknown {noun} `{found}`", quoted_list(&known)));
        return match nearest(found, known.iter().copied()) {
            Some(near) => e.hint(format!("did you mean `{near}`?")),
            None => e.hint(SEE_SCHEMA),
        };
    }
    if let Some(found) = raw.strip_prefix("invalid type: ").or_else(|| raw.strip_prefix("invalid value: "))
        && let Some((found, expected)) = found.split_once(", expected ")
    {
        let e = Error::usage(format!("{at}: expected {expected}, found {found}"));
        return e.hint(if expected.starts_with("a secret") {
            "secrets never stand in the estate file"
        } else {
            SEE_SCHEMA
        });
    }
    if raw.starts_with("missing field") {
        let key = words.first().copied().unwrap_or_default();
        return Error::usage(format!("{at}: expected key `{key}`, found none"))
            .hint(format!("add `{key} = …` to this table"));
    }
    if raw.starts_with("duplicate key") {
        return Error::usage(format!("{at}: expected each key once, found it again")).hint("remove one of the two");
    }
    Error::usage(format!("{at}: {}", raw.replace('\n', "; "))).hint("the file must be TOML 1.0")
}

/// `` `a`, `b` or `c` ``.
pub(super) fn quoted_list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|w| format!("`{w}`")).collect();
    match quoted.split_last() {
        None => "nothing".into(),
        Some((only, [])) => only.clone(),
        Some((last, head)) => format!("{} or {last}", head.join(", ")),
    }
}
