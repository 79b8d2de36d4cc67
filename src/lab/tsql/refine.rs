//! Second pass over the tokens: what the query parser would misread is taken out or marked
//! (facts: tds-server 7, table "Does not parse, or parses wrongly").

use super::words;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token;
use sqlparser::tokenizer::TokenWithSpan;
use sqlparser::tokenizer::Word;

/// Between a variable and the operator of its compound assignment (`@x += 1` becomes `@x␀+ = 1`), so that
/// an assignment in a SELECT list stays an alias to the query parser. The lexer lets no NUL into a name.
pub(super) const MARK: char = '\0';

/// Drops table and join hints, marks compound assignments, fills the gap of `db..t`, ends the statement
/// before a cursor's FETCH.
pub(super) fn refine(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut out: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        if let Some(end) = hint_group(&tokens, at, &out) {
            at = end;
            continue;
        }
        if join_hint(&tokens, at, &out) {
            at += 1;
            continue;
        }
        if let Some(op) = compound(&tokens, at) {
            if let Some(Token::Word(w)) = out.last_mut().map(|t| &mut t.token) {
                w.value.push(MARK);
                w.value.push(op);
            }
            at += 1;
            continue;
        }
        if is_word(tokens.get(at), "FETCH") && !after_rows(&out) {
            out.push(TokenWithSpan { token: Token::SemiColon, span: tokens[at].span });
        }
        if tokens[at].token == Token::Period && out.last().is_some_and(|t| t.token == Token::Period) {
            out.push(TokenWithSpan { token: empty_word(), span: tokens[at].span });
        }
        out.push(tokens[at].clone());
        at += 1;
    }
    renumber(&mut out);
    out
}

/// The omitted part of `db..t`.
fn empty_word() -> Token {
    Token::Word(Word { value: String::new(), quote_style: None, keyword: Keyword::NoKeyword })
}

/// Spans keep the position in the stream (see the lexer).
fn renumber(tokens: &mut [TokenWithSpan]) {
    for (n, t) in tokens.iter_mut().enumerate() {
        t.span.start.column = n as u64 + 1;
        t.span.end = t.span.start;
    }
}

fn plain(token: Option<&TokenWithSpan>) -> Option<&str> {
    match &token?.token {
        Token::Word(w) if w.quote_style.is_none() => Some(&w.value),
        _ => None,
    }
}

fn is_word(token: Option<&TokenWithSpan>, word: &str) -> bool {
    plain(token).is_some_and(|w| w.eq_ignore_ascii_case(word))
}

fn is_token(tokens: &[TokenWithSpan], at: usize, token: &Token) -> bool {
    tokens.get(at).is_some_and(|t| t.token == *token)
}

/// The end of a `WITH (hint …)` or `(NOLOCK)` group that begins here.
fn hint_group(tokens: &[TokenWithSpan], at: usize, out: &[TokenWithSpan]) -> Option<usize> {
    if is_word(tokens.get(at), "WITH") && is_token(tokens, at + 1, &Token::LParen) {
        let first = plain(tokens.get(at + 2))?;
        let follows = &tokens.get(at + 3)?.token;
        let listed = matches!(follows, Token::Comma | Token::RParen | Token::LParen | Token::Eq)
            || matches!(follows, Token::Word(w) if words::is_hint(&w.value));
        return (words::is_hint(first) && listed).then(|| closing(tokens, at + 1)).flatten();
    }
    let table_before = matches!(out.last().map(|t| &t.token), Some(Token::Word(w))
        if w.quote_style.is_some() || !words::is_reserved(&w.value));
    if table_before && is_token(tokens, at, &Token::LParen) {
        let end = closing(tokens, at)?;
        let inner = &tokens[at + 1..end - 1];
        let hints = |t: &TokenWithSpan| t.token == Token::Comma || plain(Some(t)).is_some_and(words::is_bare_hint);
        return (!inner.is_empty() && inner.len() < 16 && inner.iter().all(hints)).then_some(end);
    }
    None
}

/// Index after the parenthesis that closes the one at `open`; hint lists are short.
fn closing(tokens: &[TokenWithSpan], open: usize) -> Option<usize> {
    let mut depth = 0u32;
    for (n, t) in tokens.iter().enumerate().skip(open).take(200) {
        match t.token {
            Token::LParen => depth += 1,
            Token::RParen if depth == 1 => return Some(n + 1),
            Token::RParen => depth -= 1,
            _ => {}
        }
    }
    None
}

/// HASH, LOOP, MERGE or REMOTE in `INNER HASH JOIN`.
fn join_hint(tokens: &[TokenWithSpan], at: usize, out: &[TokenWithSpan]) -> bool {
    let among = |t: Option<&TokenWithSpan>, list: &[&str]| list.iter().any(|w| is_word(t, w));
    is_word(tokens.get(at + 1), "JOIN")
        && among(tokens.get(at), &["HASH", "LOOP", "MERGE", "REMOTE"])
        && among(out.last(), &["INNER", "LEFT", "RIGHT", "FULL", "OUTER"])
}

/// The operator of `@x += …`, standing on its first character.
fn compound(tokens: &[TokenWithSpan], at: usize) -> Option<char> {
    let before = plain(tokens.get(at.checked_sub(1)?))?;
    if !before.starts_with('@') || !is_token(tokens, at + 1, &Token::Eq) {
        return None;
    }
    operator(&tokens[at].token)
}

/// The character of an operator that has a compound assignment.
pub(super) fn operator(token: &Token) -> Option<char> {
    match token {
        Token::Plus => Some('+'),
        Token::Minus => Some('-'),
        Token::Mul => Some('*'),
        Token::Div => Some('/'),
        Token::Mod => Some('%'),
        Token::Ampersand => Some('&'),
        Token::Pipe => Some('|'),
        Token::Caret => Some('^'),
        _ => None,
    }
}

/// `OFFSET … ROWS FETCH NEXT`: part of the query.
fn after_rows(out: &[TokenWithSpan]) -> bool {
    is_word(out.last(), "ROWS") || is_word(out.last(), "ROW")
}

/// Splits a marked variable into its name and operator.
pub(super) fn split_mark(name: &str) -> (String, Option<char>) {
    match name.split_once(MARK) {
        Some((name, op)) => (name.to_owned(), op.chars().next()),
        None => (name.to_owned(), None),
    }
}
