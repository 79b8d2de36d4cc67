//! Text to tokens. The tokens are `sqlparser`'s, so that its expression and query parser can read them;
//! the rules are T-SQL's (facts: tds-server 7).
//!
//! A token's span carries its line and, in place of the column, its number in the stream (from 1):
//! the query parser's messages quote the span, and that is how an error finds its token again.

use super::error::SqlError;
use super::words;
use sqlparser::tokenizer::Location;
use sqlparser::tokenizer::Span;
use sqlparser::tokenizer::Token;
use sqlparser::tokenizer::TokenWithSpan;
use sqlparser::tokenizer::Word;

/// More tokens than this are refused (a batch of a monitoring tool has some thousands).
pub(super) const MAX_TOKENS: usize = 400_000;
/// Longest identifier, in characters.
const MAX_IDENTIFIER: usize = 128;
/// How much of an unclosed string error 105 quotes.
const MAX_QUOTED: usize = 1900;

/// What the lexer must know of the session.
#[derive(Debug, Clone, Copy)]
pub struct LexOptions {
    /// `SET QUOTED_IDENTIFIER`: off makes `"…"` a string.
    pub quoted_identifier: bool,
}

impl Default for LexOptions {
    fn default() -> Self {
        Self { quoted_identifier: true }
    }
}

/// Splits a batch into tokens; comments and blanks are dropped.
pub(super) fn tokenize(text: &str, options: LexOptions) -> Result<Vec<TokenWithSpan>, SqlError> {
    let mut lexer = Lexer { rest: text, line: 1, out: Vec::new(), options };
    while lexer.skip_blanks()? {
        let line = lexer.line;
        let fresh = lexer.at_line_start(text);
        let token = lexer.token()?;
        if fresh && is_go(&token) && lexer.line_ends_after_go() {
            return Err(near(102, "GO", line));
        }
        if lexer.out.len() >= MAX_TOKENS {
            return Err(too_deep(line));
        }
        lexer.push(token, line);
    }
    Ok(lexer.out)
}

fn is_go(token: &Token) -> bool {
    matches!(token, Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case("go"))
}

/// Error 102 or 156 with its text.
pub(super) fn near(number: i32, word: &str, line: u32) -> SqlError {
    let word: String = word.chars().take(MAX_IDENTIFIER).collect();
    let text = match number {
        156 => format!("Incorrect syntax near the keyword '{word}'."),
        319 => format!(
            "Incorrect syntax near the keyword '{word}'. If this statement is a common table expression, an \
             xmlnamespaces clause or a change tracking context clause, the previous statement must be terminated \
             with a semicolon."
        ),
        336 => format!(
            "Incorrect syntax near '{word}'. If this is intended to be a common table expression, you need to \
             explicitly terminate the previous statement with a semi-colon."
        ),
        _ => format!("Incorrect syntax near '{word}'."),
    };
    SqlError { line, ..SqlError::new(number, 15, text) }
}

/// Error 191.
pub(super) fn too_deep(line: u32) -> SqlError {
    let text = "Some part of your SQL statement is nested too deeply. Rewrite the query or break it up into smaller \
                queries.";
    SqlError { line, ..SqlError::new(191, 15, text) }
}

struct Lexer<'a> {
    rest: &'a str,
    line: u32,
    out: Vec<TokenWithSpan>,
    options: LexOptions,
}

impl Lexer<'_> {
    fn push(&mut self, token: Token, line: u32) {
        let at = Location { line: u64::from(line), column: self.out.len() as u64 + 1 };
        self.out.push(TokenWithSpan { token, span: Span::new(at, at) });
    }

    /// Eats `n` bytes, counting lines.
    fn eat(&mut self, n: usize) {
        let (eaten, rest) = self.rest.split_at(n);
        self.line += eaten.bytes().filter(|b| *b == b'\n').count() as u32;
        self.rest = rest;
    }

    /// False at the end of the text.
    fn skip_blanks(&mut self) -> Result<bool, SqlError> {
        loop {
            let blank = self.rest.len() - self.rest.trim_start_matches(is_blank).len();
            self.eat(blank);
            if self.rest.starts_with("--") {
                let end = self.rest.find('\n').unwrap_or(self.rest.len());
                self.eat(end);
            } else if self.rest.starts_with("/*") {
                self.skip_comment()?;
            } else {
                return Ok(!self.rest.is_empty());
            }
        }
    }

    /// Block comments nest.
    fn skip_comment(&mut self) -> Result<(), SqlError> {
        let line = self.line;
        let bytes = self.rest.as_bytes();
        let (mut at, mut depth) = (0, 0u32);
        while at + 1 < bytes.len() {
            match &bytes[at..at + 2] {
                b"/*" => (at, depth) = (at + 2, depth + 1),
                b"*/" => {
                    (at, depth) = (at + 2, depth - 1);
                    if depth == 0 {
                        self.eat(at);
                        return Ok(());
                    }
                }
                _ => at += 1,
            }
        }
        Err(SqlError { line, ..SqlError::new(113, 15, "Missing end comment mark '*/'.") })
    }

    fn at_line_start(&self, text: &str) -> bool {
        let done = &text[..text.len() - self.rest.len()];
        done.bytes().rev().take_while(|b| *b != b'\n').all(|b| b == b' ' || b == b'\t')
    }

    /// True if only a repeat count follows on the line of a `GO`.
    fn line_ends_after_go(&self) -> bool {
        let line = self.rest.lines().next().unwrap_or("").trim();
        line.is_empty() || line.starts_with("--") || line.bytes().all(|b| b.is_ascii_digit())
    }

    fn token(&mut self) -> Result<Token, SqlError> {
        let mut chars = self.rest.chars();
        let (Some(c), next) = (chars.next(), chars.next()) else { return Ok(Token::EOF) };
        match c {
            '\'' => self.quoted('\'', 0).map(Token::SingleQuotedString),
            'N' | 'n' if next == Some('\'') => self.quoted('\'', 1).map(Token::NationalStringLiteral),
            '"' if self.options.quoted_identifier => self.identifier('"'),
            '"' => self.quoted('"', 0).map(Token::SingleQuotedString),
            '[' => self.identifier('['),
            '0' if matches!(next, Some('x' | 'X')) => Ok(self.hex()),
            '0'..='9' => Ok(self.number()),
            '.' if next.is_some_and(|n| n.is_ascii_digit()) && !self.after_name() => Ok(self.number()),
            '$' => self.dollar(),
            c if is_word_start(c) => self.word(),
            _ => self.operator(c, next),
        }
    }

    /// After `a` in `a.5` a dot separates names.
    fn after_name(&self) -> bool {
        matches!(self.out.last().map(|t| &t.token), Some(Token::Word(w)) if w.quote_style.is_some() || !words::is_reserved(&w.value))
    }

    /// A delimited text: doubled delimiters stand for one; a backslash before a line end joins the lines.
    fn quoted(&mut self, quote: char, prefix: usize) -> Result<String, SqlError> {
        let line = self.line;
        let body = &self.rest[prefix + 1..];
        let close = if quote == '[' { ']' } else { quote };
        let mut text = String::new();
        let mut from = 0;
        while let Some(found) = body[from..].find(close) {
            text.push_str(&body[from..from + found]);
            from += found + 1;
            if !body[from..].starts_with(close) {
                self.eat(prefix + 1 + from);
                if quote != '[' && text.contains("\\\n") | text.contains("\\\r\n") {
                    text = text.replace("\\\r\n", "").replace("\\\n", "");
                }
                return Ok(text);
            }
            text.push(close);
            from += 1;
        }
        let rest: String = body.chars().take(MAX_QUOTED).collect();
        let text = format!("Unclosed quotation mark after the character string '{rest}'.");
        Err(SqlError { line, ..SqlError::new(105, 15, text) })
    }

    fn identifier(&mut self, quote: char) -> Result<Token, SqlError> {
        let line = self.line;
        let value = self.quoted(quote, 0)?;
        check_length(&value, line)?;
        if value.contains('\0') {
            return Err(near(102, "", line));
        }
        if value.is_empty() {
            let text = "An object or column name is missing or empty. For SELECT INTO statements, verify each column \
                        has a name. For other statements, look for empty alias names. Aliases defined as \"\" or [] \
                        are not allowed. Change the alias to a valid name.";
            return Err(SqlError { line, ..SqlError::new(1038, 15, text).state(4) });
        }
        Ok(Token::make_word(&value, Some(quote)))
    }

    fn hex(&mut self) -> Token {
        let digits = self.rest[2..].bytes().take_while(u8::is_ascii_hexdigit).count();
        let text = self.rest[2..2 + digits].to_owned();
        self.eat(2 + digits);
        Token::HexStringLiteral(text)
    }

    fn number(&mut self) -> Token {
        let bytes = self.rest.as_bytes();
        let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
        let mut end = digits(0);
        if bytes.get(end) == Some(&b'.') {
            end += 1;
            end += digits(end);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let exponent = digits((end + 1 + sign).min(bytes.len()));
            if exponent > 0 {
                end += 1 + sign + exponent;
            }
        }
        let text = self.rest[..end].to_owned();
        self.eat(end);
        Token::Number(text, false)
    }

    /// Money, or the pseudo columns `$action`, `$identity`, `$rowguid`.
    fn dollar(&mut self) -> Result<Token, SqlError> {
        let bytes = self.rest.as_bytes();
        if bytes.get(1).is_some_and(u8::is_ascii_alphabetic) {
            return self.word();
        }
        let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
        let mut end = 1 + digits(1);
        if bytes.get(end) == Some(&b'.') {
            end += 1;
            end += digits(end);
        }
        let text = self.rest[..end].to_owned();
        self.eat(end);
        Ok(Token::Placeholder(text))
    }

    fn word(&mut self) -> Result<Token, SqlError> {
        let line = self.line;
        let end = self.rest.char_indices().skip(1).find(|(_, c)| !is_word_part(*c)).map_or(self.rest.len(), |(i, _)| i);
        let text = self.rest[..end].to_owned();
        self.eat(end);
        check_length(&text, line)?;
        if words::is_query_keyword(&text) {
            return Ok(Token::make_word(&text, None));
        }
        Ok(Token::Word(Word { value: text, quote_style: None, keyword: sqlparser::keywords::Keyword::NoKeyword }))
    }

    fn operator(&mut self, c: char, next: Option<char>) -> Result<Token, SqlError> {
        let (token, length) = match (c, next) {
            ('<', Some('=')) | ('!', Some('>')) => (Token::LtEq, 2),
            ('>', Some('=')) | ('!', Some('<')) => (Token::GtEq, 2),
            ('<', Some('>')) | ('!', Some('=')) => (Token::Neq, 2),
            (':', Some(':')) => (Token::DoubleColon, 2),
            ('<', _) => (Token::Lt, 1),
            ('>', _) => (Token::Gt, 1),
            ('=', _) => (Token::Eq, 1),
            ('+', _) => (Token::Plus, 1),
            ('-', _) => (Token::Minus, 1),
            ('*', _) => (Token::Mul, 1),
            ('/', _) => (Token::Div, 1),
            ('%', _) => (Token::Mod, 1),
            ('&', _) => (Token::Ampersand, 1),
            ('|', _) => (Token::Pipe, 1),
            ('^', _) => (Token::Caret, 1),
            ('~', _) => (Token::Tilde, 1),
            (',', _) => (Token::Comma, 1),
            ('.', _) => (Token::Period, 1),
            (';', _) => (Token::SemiColon, 1),
            ('(', _) => (Token::LParen, 1),
            (')', _) => (Token::RParen, 1),
            (':', _) => (Token::Colon, 1),
            ('{', _) => (Token::LBrace, 1),
            ('}', _) => (Token::RBrace, 1),
            _ => return Err(near(102, &c.to_string(), self.line)),
        };
        self.eat(length);
        Ok(token)
    }
}

fn check_length(name: &str, line: u32) -> Result<(), SqlError> {
    if name.len() <= MAX_IDENTIFIER || name.chars().count() <= MAX_IDENTIFIER {
        return Ok(());
    }
    let start: String = name.chars().take(MAX_IDENTIFIER).collect();
    let text = format!("The identifier that starts with '{start}' is too long. Maximum length is 128.");
    Err(SqlError { line, ..SqlError::new(103, 15, text).state(4) })
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control() || c == '\u{feff}'
}

fn is_word_start(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '_' | '#' | '@')
}

fn is_word_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '#' | '@' | '$')
}
