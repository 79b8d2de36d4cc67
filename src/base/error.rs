//! One error type for the whole product: whose fault it is, what was being done, the cause, and the next command.

use std::error::Error as StdError;
use std::fmt;

/// What went wrong, as far as callers and the exit code care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Our own fault (exit 1).
    Bug,
    /// Usage or estate file (exit 2).
    Usage,
    /// A gate, a check, a lease: nothing was changed (exit 3).
    Refused,
    /// Stopped half way; `resume` is needed (exit 4).
    Stopped,
    /// No connection, name or route (exit 5).
    Unreachable,
    /// Connected, but not let in: TLS, password, token, permission (exit 5).
    Denied,
    /// A time limit ended (exit 6).
    TimedOut,
    /// Two writable copies (exit 7).
    SplitBrain,
    /// The user interrupted (exit 130).
    Interrupted,
    /// The server answered with an error of its own (exit 4 inside a run, else 1).
    Server,
    /// The request may or may not have been carried out: the answer was lost. Read back before anything else.
    AnswerLost,
    /// What was asked for does not exist.
    NotFound,
}

impl Kind {
    /// Process exit code (design: exit codes).
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Bug => 1,
            Kind::Usage | Kind::NotFound => 2,
            Kind::Refused => 3,
            Kind::Stopped | Kind::AnswerLost | Kind::Server => 4,
            Kind::Unreachable | Kind::Denied => 5,
            Kind::TimedOut => 6,
            Kind::SplitBrain => 7,
            Kind::Interrupted => 130,
        }
    }
}

/// Shorthand for the product's results.
pub type Result<T> = std::result::Result<T, Error>;

/// An error. `Display` is a lower-case fragment without a final dot; causes are in `source`; the hint is printed last, once, at the edge.
#[derive(Debug)]
pub struct Error {
    inner: Box<Inner>,
}

#[derive(Debug)]
struct Inner {
    kind: Kind,
    message: String,
    /// What was being done, outermost last (`reading the endpoint of sql-a`).
    operations: Vec<String>,
    hint: Option<String>,
    /// SQL Server message number, if the server answered with one.
    number: Option<i32>,
    /// Service code (ARM), if there was one.
    code: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                message: message.into(),
                operations: Vec::new(),
                hint: None,
                number: None,
                code: None,
                source: None,
            }),
        }
    }
    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(Kind::Bug, message)
    }
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(Kind::Refused, message)
    }
    /// Adds the operation during which it happened (`creating the certificate on sql-a`).
    #[must_use]
    pub fn during(mut self, operation: impl Into<String>) -> Self {
        self.inner.operations.push(operation.into());
        self
    }
    /// The next command or action; the innermost hint wins.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.inner.hint.get_or_insert_with(|| hint.into());
        self
    }
    #[must_use]
    pub fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.inner.source = Some(Box::new(source));
        self
    }
    #[must_use]
    pub fn number(mut self, number: i32) -> Self {
        self.inner.number = Some(number);
        self
    }
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.inner.code = Some(code.into());
        self
    }
    /// Same error, other kind: at the point where the caller knows better what it means.
    #[must_use]
    pub fn with_kind(mut self, kind: Kind) -> Self {
        self.inner.kind = kind;
        self
    }
    pub fn kind(&self) -> Kind {
        self.inner.kind
    }
    pub fn message(&self) -> &str {
        &self.inner.message
    }
    pub fn get_hint(&self) -> Option<&str> {
        self.inner.hint.as_deref()
    }
    pub fn server_number(&self) -> Option<i32> {
        self.inner.number
    }
    pub fn service_code(&self) -> Option<&str> {
        self.inner.code.as_deref()
    }
    pub fn operations(&self) -> &[String] {
        &self.inner.operations
    }
    /// Whole chain in one line: outermost operation first, then the message, then the causes.
    pub fn chain(&self) -> String {
        let mut text = String::new();
        for operation in self.inner.operations.iter().rev() {
            text.push_str(operation);
            text.push_str(": ");
        }
        text.push_str(&self.inner.message);
        let mut cause = self.source();
        while let Some(c) = cause {
            let line = c.to_string();
            if !text.contains(&line) {
                text.push_str(": ");
                text.push_str(&line);
            }
            cause = c.source();
        }
        text
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for operation in self.inner.operations.iter().rev() {
            write!(f, "{operation}: ")?;
        }
        f.write_str(&self.inner.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.inner.source.as_ref().map(|s| s.as_ref() as &(dyn StdError + 'static))
    }
}

/// `result.during("reading …")`.
pub trait During<T> {
    fn during(self, operation: impl FnOnce() -> String) -> Result<T>;
}
impl<T> During<T> for Result<T> {
    fn during(self, operation: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|e| e.during(operation()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chain_names_operations_outermost_first_and_the_first_hint_wins() {
        let e = Error::new(Kind::Denied, "login failed for `app`")
            .number(18456)
            .hint("check the password")
            .caused_by(std::io::Error::other("closed"))
            .during("logging in to sql-a (source)")
            .during("step cutover.fence")
            .hint("ignored");
        assert_eq!(e.chain(), "step cutover.fence: logging in to sql-a (source): login failed for `app`: closed");
        assert_eq!(e.get_hint(), Some("check the password"));
        assert_eq!(e.kind().exit_code(), 5);
    }
}
