//! The only ways a value enters SQL text.

use crate::base::error::Error;
use crate::base::error::Result;
use crate::base::hex;
use std::fmt;

/// Longest identifier, in UTF-16 code units as the server counts them.
pub const MAX_IDENTIFIER: usize = 128;

/// A name in brackets: `[a]]b]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotedIdent(String);

impl QuotedIdent {
    /// Refuses what no server could hold: empty, longer than 128, with NUL.
    pub fn new(name: &str) -> Result<Self> {
        let length = name.encode_utf16().count();
        if length == 0 {
            return Err(Error::usage("a name is empty"));
        }
        if length > MAX_IDENTIFIER {
            return Err(Error::usage(format!(
                "name `{name}` has {length} characters, at most {MAX_IDENTIFIER} are possible"
            )));
        }
        if name.contains('\0') {
            return Err(Error::usage("a name contains a NUL character"));
        }
        Ok(Self(format!("[{}]", name.replace(']', "]]"))))
    }
}

impl fmt::Display for QuotedIdent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text literal: `N'it''s'`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotedString(String);

impl QuotedString {
    /// Refuses NUL, which some parts of the server end a text at.
    pub fn new(text: &str) -> Result<Self> {
        if text.contains('\0') {
            return Err(Error::usage("a text contains a NUL character"));
        }
        // A backslash before a line end continues a literal and vanishes, so it is split in two.
        let body = text.replace('\'', "''").replace("\\\n", "\\' + N'\n").replace("\\\r\n", "\\' + N'\r\n");
        Ok(Self(format!("N'{body}'")))
    }
    /// True if the literal is one token; DDL takes no expressions.
    pub fn is_single(&self) -> bool {
        !self.0.contains("\\' + N'")
    }
}

impl fmt::Display for QuotedString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A binary literal: `0x3082…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binary(String);

impl Binary {
    pub fn new(bytes: &[u8]) -> Self {
        Self(format!("0x{}", hex::encode(bytes)))
    }
}

impl fmt::Display for Binary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads one bracketed identifier as the server's lexer does; what follows it is returned too.
    fn lex_ident(text: &str) -> Option<(String, &str)> {
        let mut name = String::new();
        let mut rest = text.strip_prefix('[')?;
        loop {
            let end = rest.find(']')?;
            name.push_str(&rest[..end]);
            rest = &rest[end + 1..];
            match rest.strip_prefix(']') {
                Some(more) => {
                    name.push(']');
                    rest = more;
                }
                None => return Some((name, rest)),
            }
        }
    }

    fn lex_string(text: &str) -> Option<(String, &str)> {
        let mut value = String::new();
        let mut rest = text.strip_prefix("N'")?;
        loop {
            let end = rest.find('\'')?;
            value.push_str(&rest[..end]);
            rest = &rest[end + 1..];
            match rest.strip_prefix('\'') {
                Some(more) => {
                    value.push('\'');
                    rest = more;
                }
                None => return Some((value, rest)),
            }
        }
    }

    proptest! {
        #[test]
        fn any_name_reads_back_and_ends_where_it_should(name in "[^\0]{1,60}") {
            prop_assume!(name.encode_utf16().count() <= MAX_IDENTIFIER);
            let quoted = QuotedIdent::new(&name).unwrap();
            let text = format!("{quoted} tail");
            prop_assert_eq!(lex_ident(&text), Some((name, " tail")));
        }

        #[test]
        fn any_text_reads_back(text in "[^\0]{0,80}") {
            let quoted = QuotedString::new(&text).unwrap();
            prop_assume!(quoted.is_single());
            let whole = format!("{quoted} tail");
            prop_assert_eq!(lex_string(&whole), Some((text, " tail")));
        }
    }

    #[test]
    fn names_no_server_could_hold_are_refused() {
        assert!(QuotedIdent::new("").is_err());
        assert!(QuotedIdent::new("a\0b").is_err());
        assert!(QuotedIdent::new(&"é".repeat(129)).is_err());
        assert!(QuotedIdent::new(&"😀".repeat(65)).is_err(), "two code units each");
        assert_eq!(QuotedIdent::new(&"x".repeat(128)).unwrap().to_string().len(), 130);
    }

    #[test]
    fn hostile_names_stay_names() {
        assert_eq!(QuotedIdent::new("we\"ird]name;--").unwrap().to_string(), "[we\"ird]]name;--]");
        assert_eq!(QuotedString::new("a' ; DROP --").unwrap().to_string(), "N'a'' ; DROP --'");
        assert_eq!(Binary::new(&[0x30, 0x82, 0]).to_string(), "0x308200");
        assert_eq!(QuotedString::new("a\\\nb").unwrap().to_string(), "N'a\\' + N'\nb'");
    }
}
