//! How deep a tree would get, read off the tokens before anything recursive touches them.

use super::error::SqlError;
use super::lex::too_deep;
use sqlparser::tokenizer::Token;
use sqlparser::tokenizer::TokenWithSpan;

/// Deepest expression tree let through (chains of `+` lean to the left, one level each).
pub(super) const MAX_TREE: u32 = 400;
/// Deepest nesting of parentheses and CASE.
pub(super) const MAX_NESTING: usize = 100;

#[derive(Default)]
struct Level {
    /// Opened by CASE.
    case: bool,
    /// Depth of the chain being read, of the deepest chain before it, and the number of set operators.
    current: u32,
    deepest: u32,
    unions: u32,
}

impl Level {
    fn depth(&self) -> u32 {
        self.deepest.max(self.current) + self.unions
    }
    fn cut(&mut self) {
        self.deepest = self.deepest.max(self.current);
        self.current = 0;
    }
}

/// Error 191 if the tokens could make a tree too deep to walk.
pub(super) fn check(tokens: &[TokenWithSpan]) -> Result<(), SqlError> {
    let mut levels = vec![Level::default()];
    for t in tokens {
        let line = t.span.start.line as u32;
        match &t.token {
            Token::LParen => levels.push(Level::default()),
            Token::RParen => {
                // A CASE left open ends with its parenthesis.
                while levels.len() > 1 && levels.last().is_some_and(|l| l.case) {
                    close(&mut levels);
                }
                close(&mut levels);
            }
            Token::SemiColon if levels.len() == 1 => levels[0] = Level::default(),
            Token::Word(w) if w.quote_style.is_none() => word(&mut levels, &w.value),
            Token::Comma => cut(&mut levels),
            Token::Word(_) | Token::Number(..) | Token::SingleQuotedString(_) | Token::NationalStringLiteral(_) => {}
            _ => add(&mut levels),
        }
        if levels.len() > MAX_NESTING || levels.last().is_some_and(|l| l.depth() > MAX_TREE) {
            return Err(too_deep(line));
        }
    }
    Ok(())
}

fn add(levels: &mut [Level]) {
    if let Some(top) = levels.last_mut() {
        top.current += 1;
    }
}

fn cut(levels: &mut [Level]) {
    if let Some(top) = levels.last_mut() {
        top.cut();
    }
}

fn close(levels: &mut Vec<Level>) {
    if levels.len() < 2 {
        return;
    }
    let inner = levels.pop().map_or(0, |l| l.depth());
    if let Some(top) = levels.last_mut() {
        top.current = top.current.max(inner + 1);
    }
}

fn word(levels: &mut Vec<Level>, word: &str) {
    if word.len() > 9 {
        return;
    }
    match word.to_ascii_uppercase().as_str() {
        "CASE" => levels.push(Level { case: true, ..Level::default() }),
        "END" if levels.last().is_some_and(|l| l.case) => close(levels),
        "IS" | "IN" | "BETWEEN" | "LIKE" | "COLLATE" | "AT" | "NOT" => add(levels),
        "UNION" | "EXCEPT" | "INTERSECT" => {
            if let Some(top) = levels.last_mut() {
                top.cut();
                top.unions += 1;
            }
        }
        "FROM" | "WHERE" | "AND" | "OR" | "WHEN" | "THEN" | "ELSE" | "SELECT" | "ON" | "BY" | "HAVING" | "VALUES" => {
            cut(levels);
        }
        w if levels.len() == 1 && super::words::starts_statement(w) => levels[0] = Level::default(),
        _ => {}
    }
}
