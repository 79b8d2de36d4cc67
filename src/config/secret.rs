//! Where a secret is found. The estate file holds the reference, never the secret.

use super::load;
use crate::base::error::Error;
use crate::base::error::Kind;
use crate::base::error::Result;
use crate::base::redact::SecretString;
use crate::base::redact::secret;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error as _;
use serde::de::IgnoredAny;
use serde::de::MapAccess;
use serde::de::Unexpected;
use std::path::Path;
use std::path::PathBuf;

const EXPECTED: &str =
    "a secret reference: `{ env = \"NAME\" }`, `{ file = \"PATH\" }`, `{ keyring = \"NAME\" }` or `{ prompt = true }`";

/// A reference to a secret, as it stands in the estate file.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecretRef {
    /// Name of an environment variable.
    Env(String),
    /// Path of a file, relative to the estate file; one line break at its end is dropped.
    File(PathBuf),
    /// Name in the keyring of the operating system.
    Keyring(String),
    /// Asked for on the terminal.
    Prompt(bool),
}

impl<'de> Deserialize<'de> for SecretRef {
    /// By hand, so that a password typed where a reference belongs never shows up in the error.
    fn deserialize<D: Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = SecretRef;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(EXPECTED)
            }
            fn visit_str<E: serde::de::Error>(self, _: &str) -> std::result::Result<SecretRef, E> {
                Err(E::invalid_value(Unexpected::Other("plain text"), &EXPECTED))
            }
            fn visit_i64<E: serde::de::Error>(self, _: i64) -> std::result::Result<SecretRef, E> {
                Err(E::invalid_value(Unexpected::Other("a plain number"), &EXPECTED))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<SecretRef, A::Error> {
                let wrong = |found: &str| A::Error::invalid_value(Unexpected::Other(found), &EXPECTED);
                let Some(key) = map.next_key::<String>()? else { return Err(wrong("an empty table")) };
                let found = match key.as_str() {
                    "env" => SecretRef::Env(map.next_value()?),
                    "file" => SecretRef::File(map.next_value()?),
                    "keyring" => SecretRef::Keyring(map.next_value()?),
                    "prompt" => SecretRef::Prompt(map.next_value()?),
                    // The value may be the secret itself: it is not looked at.
                    _ => {
                        map.next_value::<IgnoredAny>()?;
                        return Err(wrong("another key"));
                    }
                };
                if map.next_key::<String>()?.is_some() {
                    return Err(wrong("more than one key"));
                }
                if found == SecretRef::Prompt(false) {
                    return Err(wrong("`prompt = false`"));
                }
                Ok(found)
            }
        }
        d.deserialize_any(Visitor)
    }
}

/// Asks a person for a secret.
pub trait Prompt: Send + Sync {
    /// `what` says which secret, as in "password of `app` on `sql-a`".
    fn secret(&self, what: &str) -> Result<SecretString>;
}

/// Nobody can be asked (`--no-input`, or no terminal).
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPrompt;

impl Prompt for NoPrompt {
    fn secret(&self, what: &str) -> Result<SecretString> {
        Err(Error::usage(format!("the {what} must be typed in, but input is off or there is no terminal"))
            .hint("use `{ env = \"NAME\" }` or `{ file = \"PATH\" }` in the estate file"))
    }
}

/// A reference with all that is needed to resolve it, when and only when the secret is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    pub reference: SecretRef,
    /// Which secret it is, for prompts and errors.
    pub what: String,
}

impl Secret {
    /// `dir`: the estate file's folder, which relative paths start from.
    pub(super) fn new(reference: SecretRef, dir: &Path, what: impl Into<String>) -> Self {
        let reference = match reference {
            SecretRef::File(path) => SecretRef::File(dir.join(path)),
            other => other,
        };
        Self { reference, what: what.into() }
    }

    /// Reads the secret now.
    pub fn resolve(&self, prompt: &dyn Prompt) -> Result<SecretString> {
        let what = &self.what;
        match &self.reference {
            SecretRef::Env(name) => load::variable(name).map(secret).ok_or_else(|| {
                Error::usage(format!("the {what} is expected in environment variable `{name}`, which is not set"))
                    .hint(format!("set `{name}`, or change the reference in the estate file"))
            }),
            SecretRef::File(path) => from_file(path, what),
            SecretRef::Keyring(name) => Err(Error::usage(format!(
                "the {what} is in keyring entry `{name}`, and keyrings are not available in this build"
            ))
            .hint("use `{ env = \"NAME\" }`, `{ file = \"PATH\" }` or `{ prompt = true }` instead")),
            SecretRef::Prompt(_) => prompt.secret(what),
        }
    }
}

fn from_file(path: &Path, what: &str) -> Result<SecretString> {
    let text = std::fs::read_to_string(path).map_err(|e| {
        Error::new(Kind::Usage, format!("the {what} cannot be read from `{}`", path.display()))
            .caused_by(e)
            .hint("put it there, readable by you alone, or change the reference in the estate file")
    })?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err(Error::usage(format!("the {what} is expected in `{}`, which is empty", path.display())));
    }
    Ok(secret(line))
}
