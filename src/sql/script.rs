//! A statement file: what it says about itself, and its safe rendering.
//!
//! A file is a comment header (`-- key: value`) and one batch. Values enter only through placeholders:
//! `{{name:ident}}`, `{{name:string}}`, `{{name:binary}}`, `{{name:int}}`, `{{name:guid}}`, `{{name:keyword}}`
//! (one of the words the header lists), `{{name:secret}}` (a literal, shown as `N'***'`), `{{name:secret_binary}}` (hex digits,
//! shown as `0x***`) and `{{name:bind}}`
//! (sent as a parameter `@P1`, never as text).

use super::embedded;
use super::ident::Binary;
use super::ident::QuotedIdent;
use super::ident::QuotedString;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::base::redact::ExposeSecret;
use crate::base::redact::SecretString;
use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write;
use uuid::Uuid;

/// Whether running it can change anything on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    Read,
    Change,
}

/// How a parameter enters the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParamKind {
    Ident,
    String,
    Binary,
    Int,
    Guid,
    /// Closed list of words.
    Keyword(Vec<&'static str>),
    Secret,
    /// Hex digits of a secret, as `0x…`.
    SecretBinary,
    Bind,
}

/// A declared parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamSpec {
    pub name: &'static str,
    pub kind: ParamKind,
}

/// A column that a read promises.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ColumnSpec {
    pub name: &'static str,
    /// `bit`, `int`, `bigint`, `float`, `text`, `lsn`, `binary`, `guid`, `datetime`.
    pub kind: &'static str,
    pub nullable: bool,
}

/// An embedded statement with its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    pub id: &'static str,
    pub access: Access,
    /// Builds and editions it is for, in words.
    pub edition: &'static str,
    /// What the login needs.
    pub permission: &'static str,
    pub params: Vec<ParamSpec>,
    /// Per result set.
    pub columns: Vec<Vec<ColumnSpec>>,
    pub body: &'static str,
}

/// A value bound as `@P1`, `@P2`, …
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Param {
    Text(String),
    Int(i64),
}

impl From<&str> for Param {
    fn from(text: &str) -> Self {
        Param::Text(text.to_owned())
    }
}

/// A statement ready to be sent. `Debug` shows no secret.
#[derive(Clone)]
pub struct Rendered {
    pub id: &'static str,
    pub access: Access,
    /// What goes to the server; may hold secrets.
    pub text: SecretString,
    /// The same for eyes and journals: secrets as `N'***'`, bound values as literals.
    pub shown: String,
    pub params: Vec<Param>,
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered")
            .field("id", &self.id)
            .field("access", &self.access)
            .field("shown", &self.shown)
            .finish_non_exhaustive()
    }
}

impl Rendered {
    /// Several reads as one batch; the answers follow each other. None may have parameters.
    pub fn join(reads: Vec<Rendered>) -> Result<Self> {
        let first = reads.first().ok_or_else(|| Error::bug("an empty batch"))?;
        let id = first.id;
        if reads.iter().any(|r| r.access != Access::Read || !r.params.is_empty()) {
            return Err(Error::bug(format!("{id}: only reads without parameters go into one batch")));
        }
        let text: Vec<&str> = reads.iter().map(|r| r.text.expose_secret()).collect();
        let shown: Vec<&str> = reads.iter().map(|r| r.shown.as_str()).collect();
        Ok(Self {
            id,
            access: Access::Read,
            text: SecretString::from(text.join("\n\n")),
            shown: shown.join("\n\n"),
            params: Vec::new(),
        })
    }
}

impl Script {
    /// The embedded statement `<area>.<verb>`.
    pub fn get(id: &str) -> Result<Self> {
        embedded::FILES
            .iter()
            .find(|(path, _)| path.strip_suffix(".sql").is_some_and(|p| p.replace('/', ".") == id))
            .ok_or_else(|| Error::bug(format!("no statement `{id}`")))
            .and_then(|(path, text)| Self::parse(path, text))
    }

    /// Every embedded statement, in the order of their files.
    pub fn all() -> Result<Vec<Self>> {
        embedded::FILES.iter().map(|(path, text)| Self::parse(path, text)).collect()
    }

    /// Starts a rendering.
    pub fn render(self) -> Rendering {
        Rendering { script: self, values: BTreeMap::new(), failed: None }
    }

    /// Reads header and body. A fault here is ours.
    pub fn parse(path: &str, text: &'static str) -> Result<Self> {
        let fault = |what: String| Error::bug(format!("sql/{path}: {what}"));
        let mut fields: BTreeMap<&str, &'static str> = BTreeMap::new();
        let mut rest = text;
        while let Some(line) = rest.strip_prefix("--") {
            let end = line.find('\n').unwrap_or(line.len());
            let (key, value) =
                line[..end].split_once(':').ok_or_else(|| fault(format!("header line `{}`", &line[..end])))?;
            if fields.insert(key.trim(), value.trim()).is_some() {
                return Err(fault(format!("`{}` stands twice", key.trim())));
            }
            rest = line.get(end + 1..).unwrap_or("");
        }
        let mut take = |key: &str| fields.remove(key).ok_or_else(|| fault(format!("`{key}` is missing")));
        let script = Self {
            id: take("id")?,
            access: match take("access")? {
                "read" => Access::Read,
                "change" => Access::Change,
                other => return Err(fault(format!("access `{other}`"))),
            },
            edition: take("edition")?,
            permission: take("permission")?,
            params: parse_params(take("params")?).map_err(&fault)?,
            columns: parse_columns(take("columns")?).map_err(&fault)?,
            body: rest.trim(),
        };
        fields.remove("why");
        if let Some(key) = fields.keys().next() {
            return Err(fault(format!("unknown header `{key}`")));
        }
        Ok(script)
    }

    /// Placeholders in the order of their appearance, as (name, kind word).
    pub fn placeholders(&self) -> Result<Vec<(&'static str, &'static str)>> {
        let mut found = Vec::new();
        let mut rest = self.body;
        while let Some(start) = rest.find("{{") {
            let (inside, after) = rest[start + 2..]
                .split_once("}}")
                .ok_or_else(|| Error::bug(format!("{}: an open placeholder", self.id)))?;
            let (name, kind) =
                inside.split_once(':').ok_or_else(|| Error::bug(format!("{}: placeholder `{inside}`", self.id)))?;
            found.push((name, kind));
            rest = after;
        }
        Ok(found)
    }
}

impl ParamKind {
    /// The word used in placeholders.
    pub fn word(&self) -> &'static str {
        match self {
            ParamKind::Ident => "ident",
            ParamKind::String => "string",
            ParamKind::Binary => "binary",
            ParamKind::Int => "int",
            ParamKind::Guid => "guid",
            ParamKind::Keyword(_) => "keyword",
            ParamKind::Secret => "secret",
            ParamKind::SecretBinary => "secret_binary",
            ParamKind::Bind => "bind",
        }
    }
}

fn parse_params(text: &'static str) -> std::result::Result<Vec<ParamSpec>, String> {
    if text == "-" {
        return Ok(Vec::new());
    }
    text.split(", ")
        .map(|item| {
            let (name, kind) = item.split_once(':').ok_or_else(|| format!("parameter `{item}`"))?;
            let kind = match kind {
                "ident" => ParamKind::Ident,
                "string" => ParamKind::String,
                "binary" => ParamKind::Binary,
                "int" => ParamKind::Int,
                "guid" => ParamKind::Guid,
                "secret" => ParamKind::Secret,
                "secret_binary" => ParamKind::SecretBinary,
                "bind" => ParamKind::Bind,
                other => match other.strip_prefix("keyword(").and_then(|w| w.strip_suffix(')')) {
                    Some(words) => ParamKind::Keyword(words.split('|').collect()),
                    None => return Err(format!("kind `{other}` of `{name}`")),
                },
            };
            Ok(ParamSpec { name, kind })
        })
        .collect()
}

fn parse_columns(text: &'static str) -> std::result::Result<Vec<Vec<ColumnSpec>>, String> {
    if text == "-" {
        return Ok(Vec::new());
    }
    text.split("; ")
        .map(|set| {
            set.split(", ")
                .map(|item| {
                    let (name, kind) = item.rsplit_once(' ').ok_or_else(|| format!("column `{item}`"))?;
                    let nullable = kind.ends_with('?');
                    let kind = kind.trim_end_matches('?');
                    if !["bit", "int", "bigint", "float", "text", "lsn", "binary", "guid", "datetime"].contains(&kind) {
                        return Err(format!("type `{kind}` of column `{name}`"));
                    }
                    Ok(ColumnSpec { name, kind, nullable })
                })
                .collect()
        })
        .collect()
}

enum Value {
    Text(String),
    Bytes(Vec<u8>),
    Int(i64),
    Guid(Uuid),
    Secret(SecretString),
}

/// Collects values; the first mistake is kept and reported by [`Rendering::done`].
pub struct Rendering {
    script: Script,
    values: BTreeMap<&'static str, Value>,
    failed: Option<Error>,
}

impl Rendering {
    fn set(mut self, name: &'static str, value: Value) -> Self {
        if !self.script.params.iter().any(|p| p.name == name) {
            let id = self.script.id;
            self.failed.get_or_insert_with(|| Error::bug(format!("{id}: no parameter `{name}`")));
        }
        self.values.insert(name, value);
        self
    }
    /// For `ident`, `string`, `keyword` and `bind`.
    #[must_use]
    pub fn text(self, name: &'static str, value: &str) -> Self {
        self.set(name, Value::Text(value.to_owned()))
    }
    #[must_use]
    pub fn binary(self, name: &'static str, value: &[u8]) -> Self {
        self.set(name, Value::Bytes(value.to_owned()))
    }
    /// For `int` and `bind`.
    #[must_use]
    pub fn int(self, name: &'static str, value: i64) -> Self {
        self.set(name, Value::Int(value))
    }
    #[must_use]
    pub fn guid(self, name: &'static str, value: Uuid) -> Self {
        self.set(name, Value::Guid(value))
    }
    #[must_use]
    pub fn secret(self, name: &'static str, value: &SecretString) -> Self {
        self.set(name, Value::Secret(value.clone()))
    }

    /// The finished statement, or the first mistake.
    pub fn done(self) -> Result<Rendered> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let script = &self.script;
        let mut text = String::with_capacity(script.body.len() + 64);
        let mut shown = String::with_capacity(script.body.len() + 64);
        let mut bound: Vec<(&str, Param)> = Vec::new();
        let mut rest = script.body;
        while let Some(start) = rest.find("{{") {
            let (inside, after) = rest[start + 2..]
                .split_once("}}")
                .ok_or_else(|| Error::bug(format!("{}: an open placeholder", script.id)))?;
            text.push_str(&rest[..start]);
            shown.push_str(&rest[..start]);
            rest = after;
            let name = inside.split(':').next().unwrap_or(inside);
            let spec = script.params.iter().find(|p| p.name == name);
            let (Some(spec), Some(value)) = (spec, self.values.get(name)) else {
                return Err(Error::bug(format!("{}: parameter `{name}` has no value", script.id)));
            };
            if spec.kind == ParamKind::Bind {
                let (param, literal) = bind(script.id, name, value)?;
                let place = bound.iter().position(|(n, _)| *n == name).unwrap_or_else(|| {
                    bound.push((name, param));
                    bound.len() - 1
                });
                let _ = write!(text, "@P{}", place + 1);
                shown.push_str(&literal);
            } else {
                let (real, seen) = literal(script.id, spec, value)?;
                text.push_str(&real);
                shown.push_str(&seen);
            }
        }
        text.push_str(rest);
        shown.push_str(rest);
        Ok(Rendered {
            id: script.id,
            access: script.access,
            text: SecretString::from(text),
            shown,
            params: bound.into_iter().map(|(_, p)| p).collect(),
        })
    }
}

fn bind(id: &str, name: &str, value: &Value) -> Result<(Param, String)> {
    match value {
        Value::Text(text) => Ok((Param::Text(text.clone()), QuotedString::new(text)?.to_string())),
        Value::Int(number) => Ok((Param::Int(*number), number.to_string())),
        _ => Err(Error::bug(format!("{id}: `{name}` cannot be bound"))),
    }
}

/// The literal as sent and as shown.
fn literal(id: &str, spec: &ParamSpec, value: &Value) -> Result<(String, String)> {
    let same = |text: String| Ok((text.clone(), text));
    let one_token = |text: &str| {
        let quoted = QuotedString::new(text)?;
        if quoted.is_single() {
            Ok(quoted.to_string())
        } else {
            Err(Error::usage(format!("`{}` ends a line with a backslash", spec.name)))
        }
    };
    match (&spec.kind, value) {
        (ParamKind::Ident, Value::Text(text)) => QuotedIdent::new(text)
            .map(|q| q.to_string())
            .map_err(|e| e.during(format!("`{}` of {id}", spec.name)))
            .and_then(same),
        (ParamKind::String, Value::Text(text)) => same(one_token(text)?),
        (ParamKind::Binary, Value::Bytes(bytes)) => same(Binary::new(bytes).to_string()),
        (ParamKind::Int, Value::Int(number)) => same(number.to_string()),
        (ParamKind::Guid, Value::Guid(guid)) => same(format!("'{}'", guid.hyphenated().to_string().to_uppercase())),
        (ParamKind::Keyword(words), Value::Text(text)) if words.contains(&text.as_str()) => same(text.clone()),
        (ParamKind::SecretBinary, Value::Secret(secret)) => {
            let digits = secret.expose_secret();
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Err(Error::bug(format!("{id}: the value of `{}` is not hex", spec.name)));
            }
            Ok((format!("0x{digits}"), "0x***".to_owned()))
        }
        (ParamKind::Secret, Value::Secret(secret)) => Ok((one_token(secret.expose_secret())?, "N'***'".to_owned())),
        _ => Err(Error::bug(format!("{id}: the value of `{}` is not a {}", spec.name, spec.kind.word()))),
    }
}
