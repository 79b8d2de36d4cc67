//! Where the parser stands in a batch: one token stream, read by our statement layer and, for
//! expressions and queries, by `sqlparser`'s parser.

use super::ast::Name;
use super::error::SqlError;
use super::error::SqlResult;
use super::lex;
use super::refine;
use super::words;
use sqlparser::ast::Expr;
use sqlparser::ast::Query;
use sqlparser::parser::Parser;
use sqlparser::parser::ParserError;
use sqlparser::tokenizer::Token;
use sqlparser::tokenizer::TokenWithSpan;

/// Depth of `sqlparser`'s own recursion; it grows the stack itself up to here.
const RECURSION: usize = 300;
/// IF, WHILE, BEGIN … inside each other.
pub(super) const MAX_BLOCKS: u32 = 100;

pub(super) struct Cursor<'a> {
    pub(super) parser: Parser<'a>,
    /// Open statements (IF, BEGIN, …) around this place.
    pub(super) blocks: u32,
    /// Tokens in the batch.
    count: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(dialect: &'a super::dialect::TsqlDialect, tokens: Vec<TokenWithSpan>) -> Self {
        let count = tokens.len();
        let parser = Parser::new(dialect).with_recursion_limit(RECURSION).with_tokens_with_locations(tokens);
        Self { parser, blocks: 0, count }
    }

    // --- looking

    pub(super) fn peek(&self) -> &Token {
        &self.parser.peek_token_ref().token
    }

    pub(super) fn peek_at(&self, n: usize) -> &Token {
        &self.parser.peek_nth_token_ref(n).token
    }

    pub(super) fn at_end(&self) -> bool {
        *self.peek() == Token::EOF
    }

    /// Line of the next token, or of the last one at the end.
    pub(super) fn line(&self) -> u32 {
        match self.parser.peek_token_ref().span.start.line {
            0 => (self.parser.token_at(self.count.saturating_sub(1)).span.start.line as u32).max(1),
            n => n as u32,
        }
    }

    /// Number of tokens read.
    pub(super) fn position(&self) -> usize {
        match self.parser.peek_token_ref().span.start.column {
            0 => usize::MAX,
            n => n as usize - 1,
        }
    }

    /// The unquoted word `n` tokens ahead.
    pub(super) fn word_at(&self, n: usize) -> Option<&str> {
        match self.peek_at(n) {
            Token::Word(w) if w.quote_style.is_none() => Some(&w.value),
            _ => None,
        }
    }

    pub(super) fn is_at(&self, n: usize, word: &str) -> bool {
        self.word_at(n).is_some_and(|w| w.eq_ignore_ascii_case(word))
    }

    pub(super) fn is(&self, word: &str) -> bool {
        self.is_at(0, word)
    }

    /// The next words are these.
    pub(super) fn are(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(n, w)| self.is_at(n, w))
    }

    pub(super) fn is_variable(&self) -> bool {
        self.word_at(0).is_some_and(|w| w.starts_with('@') && !w.starts_with("@@"))
    }

    /// The statement ends here, semicolon or not.
    pub(super) fn at_boundary(&self) -> bool {
        match self.peek() {
            Token::EOF | Token::SemiColon => true,
            Token::Word(w) => w.quote_style.is_none() && words::starts_statement(&w.value),
            _ => false,
        }
    }

    /// An identifier may be read here.
    pub(super) fn at_identifier(&self) -> bool {
        matches!(self.peek(), Token::Word(w) if w.quote_style.is_some() || !words::is_reserved(&w.value))
    }

    // --- reading

    pub(super) fn next(&mut self) -> Token {
        self.parser.next_token().token
    }

    pub(super) fn eat(&mut self, word: &str) -> bool {
        let found = self.is(word);
        if found {
            self.parser.advance_token();
        }
        found
    }

    pub(super) fn eat_all(&mut self, words: &[&str]) -> bool {
        let found = self.are(words);
        if found {
            words.iter().for_each(|_| self.parser.advance_token());
        }
        found
    }

    /// The first of these words, upper case.
    pub(super) fn eat_any(&mut self, words: &[&'static str]) -> Option<&'static str> {
        let found = words.iter().copied().find(|w| self.is(w))?;
        self.parser.advance_token();
        Some(found)
    }

    pub(super) fn expect(&mut self, word: &str) -> SqlResult<()> {
        if self.eat(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn expect_all(&mut self, words: &[&str]) -> SqlResult<()> {
        words.iter().try_for_each(|w| self.expect(w))
    }

    pub(super) fn eat_token(&mut self, token: &Token) -> bool {
        self.parser.consume_token(token)
    }

    pub(super) fn expect_token(&mut self, token: &Token) -> SqlResult<()> {
        if self.eat_token(token) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// One part of a name. A quoted text serves where the server takes one for an identifier: not here.
    pub(super) fn identifier(&mut self) -> SqlResult<String> {
        if !self.at_identifier() {
            return Err(self.unexpected());
        }
        match self.next() {
            Token::Word(w) => Ok(w.value),
            _ => Err(self.unexpected()),
        }
    }

    /// One to four parts; `db..t` has an empty middle.
    pub(super) fn name(&mut self) -> SqlResult<Name> {
        let mut parts = vec![self.identifier()?];
        while self.eat_token(&Token::Period) {
            let part = if *self.peek() == Token::Period { String::new() } else { self.part_after_dot()? };
            parts.push(part);
        }
        if parts.len() > 4 {
            let text = format!(
                "The object name '{}' contains more than the maximum number of prefixes. The maximum is 3.",
                parts.join(".")
            );
            return Err(SqlError { line: self.line(), ..SqlError::new(117, 15, text) });
        }
        Ok(Name(parts))
    }

    /// After a dot the server takes a few reserved words too; any word is let through.
    fn part_after_dot(&mut self) -> SqlResult<String> {
        if !matches!(self.peek(), Token::Word(_)) {
            return Err(self.unexpected());
        }
        match self.next() {
            Token::Word(w) => Ok(w.value),
            _ => Err(self.unexpected()),
        }
    }

    pub(super) fn variable(&mut self) -> SqlResult<String> {
        if self.is_variable() { self.identifier() } else { Err(self.unexpected()) }
    }

    /// A string literal, national or not.
    pub(super) fn string(&mut self) -> SqlResult<String> {
        match self.peek().clone() {
            Token::SingleQuotedString(s) | Token::NationalStringLiteral(s) => {
                self.parser.advance_token();
                Ok(s)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// A whole number with an optional sign.
    pub(super) fn integer(&mut self) -> SqlResult<i64> {
        let negative = self.eat_token(&Token::Minus) || { self.eat_token(&Token::Plus) && false };
        match self.peek().clone() {
            Token::Number(n, _) => {
                let value: i64 = n.parse().map_err(|_| self.unexpected())?;
                self.parser.advance_token();
                Ok(if negative { -value } else { value })
            }
            _ => Err(self.unexpected()),
        }
    }

    /// Comma-separated list.
    pub(super) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> SqlResult<T>) -> SqlResult<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat_token(&Token::Comma) {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// List in parentheses, at least one item.
    pub(super) fn parens<T>(&mut self, item: impl FnMut(&mut Self) -> SqlResult<T>) -> SqlResult<Vec<T>> {
        self.expect_token(&Token::LParen)?;
        let items = self.list(item)?;
        self.expect_token(&Token::RParen)?;
        Ok(items)
    }

    /// Skips a parenthesised group of anything.
    pub(super) fn skip_parens(&mut self) -> SqlResult<()> {
        self.expect_token(&Token::LParen)?;
        let mut depth = 1;
        while depth > 0 {
            if self.at_end() {
                return Err(self.unexpected());
            }
            match self.next() {
                Token::LParen => depth += 1,
                Token::RParen => depth -= 1,
                _ => {}
            }
        }
        Ok(())
    }

    /// Words up to the end of the statement; `first` tokens are taken whatever they are.
    pub(super) fn rest_of_statement(&mut self, first: usize) -> String {
        let mut text: Vec<String> = Vec::new();
        let mut depth = 0u32;
        while !self.at_end() && (text.len() < first || depth > 0 || !self.at_boundary()) {
            let token = self.next();
            match token {
                Token::LParen => depth += 1,
                Token::RParen => depth = depth.saturating_sub(1),
                _ => {}
            }
            text.push(token.to_string());
        }
        text.join(" ")
    }

    // --- sqlparser's part

    pub(super) fn expr(&mut self) -> SqlResult<Expr> {
        let from = self.position();
        let parsed = self.parser.parse_expr();
        let expr = self.checked(from, parsed)?;
        self.no_marks(from, 0)?;
        Ok(expr)
    }

    /// Of the tokens read since `from`, only the first `allowed` compound assignments were understood.
    pub(super) fn no_marks(&self, from: usize, allowed: usize) -> SqlResult<()> {
        let to = self.position().min(self.count);
        let marked = (from..to).filter_map(|n| match &self.parser.token_at(n).token {
            Token::Word(w) => refine::split_mark(&w.value).1.map(|op| (n, op)),
            _ => None,
        });
        match marked.skip(allowed).next() {
            Some((n, op)) => Err(lex::near(102, &format!("{op}="), self.parser.token_at(n).span.start.line as u32)),
            None => Ok(()),
        }
    }

    pub(super) fn query(&mut self) -> SqlResult<Query> {
        let from = self.position();
        let parsed = self.parser.parse_query();
        self.checked(from, parsed).map(|q| *q)
    }

    /// Turns the parser's error into the server's, and refuses reserved words the parser took for names.
    pub(super) fn checked<T>(&mut self, from: usize, parsed: Result<T, ParserError>) -> SqlResult<T> {
        let value = parsed.map_err(|e| self.translate(&e))?;
        let to = self.position().min(self.count);
        for n in from.saturating_add(1)..to {
            let (before, here) = (&self.parser.token_at(n - 1).token, self.parser.token_at(n));
            let Token::Word(w) = &here.token else { continue };
            if w.quote_style.is_none()
                && after_needs_name(before)
                && words::is_reserved(&w.value)
                && !source_word(&w.value)
            {
                return Err(lex::near(156, &w.value, here.span.start.line as u32));
            }
        }
        Ok(value)
    }

    fn translate(&self, error: &ParserError) -> SqlError {
        let text = match error {
            ParserError::ParserError(text) | ParserError::TokenizerError(text) => text,
            ParserError::RecursionLimitExceeded => return lex::too_deep(self.line()),
        };
        let column = text.rsplit_once("Column: ").and_then(|(_, n)| n.trim().parse::<usize>().ok());
        match column {
            Some(n) if n > 0 => self.error_at(n - 1),
            _ => self.unexpected(),
        }
    }

    // --- errors

    /// Error 102, 156 or 319 about the next token (about the last one at the end of the batch).
    pub(super) fn unexpected(&self) -> SqlError {
        match self.position() {
            usize::MAX => self.error_at(self.count.saturating_sub(1)),
            n => self.error_at(n),
        }
    }

    fn error_at(&self, index: usize) -> SqlError {
        let found = self.parser.token_at(index);
        let line = (found.span.start.line as u32).max(1);
        match &found.token {
            Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case("with") => {
                lex::near(319, &w.value, line)
            }
            Token::Word(w) if w.quote_style.is_none() && words::is_reserved(&w.value) => lex::near(156, &w.value, line),
            Token::Word(w) => lex::near(102, without_mark(&w.value), line),
            Token::SingleQuotedString(s) | Token::NationalStringLiteral(s) => lex::near(102, s, line),
            Token::HexStringLiteral(s) => lex::near(102, &format!("0x{s}"), line),
            Token::EOF => lex::near(102, "", line),
            other => lex::near(102, &other.to_string(), line),
        }
    }
}

/// A table source or alias must follow this token.
fn after_needs_name(token: &Token) -> bool {
    matches!(token, Token::Word(w) if w.quote_style.is_none()
        && ["FROM", "JOIN", "APPLY", "AS", "INTO"].iter().any(|k| w.value.eq_ignore_ascii_case(k)))
}

/// Reserved words that may stand there all the same: rowset functions, and type names after AS.
fn source_word(word: &str) -> bool {
    ["OPENROWSET", "OPENQUERY", "OPENXML", "OPENDATASOURCE", "CONTAINSTABLE", "FREETEXTTABLE", "NATIONAL", "DOUBLE"]
        .iter()
        .any(|w| w.eq_ignore_ascii_case(word))
}

/// The variable's name without the compound operator the lexer's second pass hung on it.
fn without_mark(word: &str) -> &str {
    word.split_once(refine::MARK).map_or(word, |(name, _)| name)
}
