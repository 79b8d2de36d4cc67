//! T-SQL as the query parser must see it: `MsSqlDialect` with the traps closed (facts: tds-server 7).

use super::words;
use sqlparser::ast::BinaryOperator;
use sqlparser::ast::Expr;
use sqlparser::dialect::Dialect;
use sqlparser::dialect::MsSqlDialect;
use sqlparser::dialect::Precedence;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::parser::ParserError;
use sqlparser::tokenizer::Token;
use std::any::TypeId;
use std::cell::Cell;

/// Attempts at an expression per token before a parse is given up: the parser backtracks, hostile text
/// could make it do so without end.
const FUEL_PER_TOKEN: usize = 40;
const FUEL_BASE: usize = 20_000;

#[derive(Debug)]
pub(super) struct TsqlDialect {
    base: MsSqlDialect,
    fuel: Cell<usize>,
}

impl TsqlDialect {
    pub(super) fn new(tokens: usize) -> Self {
        Self { base: MsSqlDialect {}, fuel: Cell::new(FUEL_BASE + tokens * FUEL_PER_TOKEN) }
    }
}

/// The word just consumed may name a column or table.
fn is_alias(explicit: bool, parser: &Parser) -> bool {
    match &parser.get_current_token().token {
        Token::Word(w) if w.quote_style.is_some() => true,
        Token::Word(w) => !words::is_reserved(&w.value) && (explicit || !w.value.eq_ignore_ascii_case("throw")),
        _ => false,
    }
}

impl Dialect for TsqlDialect {
    fn dialect(&self) -> TypeId {
        self.base.dialect()
    }
    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        self.base.is_delimited_identifier_start(ch)
    }
    fn is_identifier_start(&self, ch: char) -> bool {
        self.base.is_identifier_start(ch)
    }
    fn is_identifier_part(&self, ch: char) -> bool {
        self.base.is_identifier_part(ch)
    }
    fn convert_type_before_value(&self) -> bool {
        true
    }
    fn supports_eq_alias_assignment(&self) -> bool {
        true
    }
    fn supports_try_convert(&self) -> bool {
        true
    }
    fn supports_boolean_literals(&self) -> bool {
        false
    }
    /// Off, unlike the base: with it on, every argument is parsed twice, so nested calls double each time.
    fn supports_named_fn_args_with_expr_name(&self) -> bool {
        false
    }
    fn supports_named_fn_args_with_rarrow_operator(&self) -> bool {
        false
    }
    fn supports_table_versioning(&self) -> bool {
        true
    }
    fn supports_object_name_double_dot_notation(&self) -> bool {
        true
    }
    fn is_column_alias(&self, _kw: &Keyword, parser: &mut Parser) -> bool {
        is_alias(false, parser)
    }
    fn is_table_alias(&self, _kw: &Keyword, parser: &mut Parser) -> bool {
        is_alias(false, parser)
    }
    fn is_select_item_alias(&self, explicit: bool, _kw: &Keyword, parser: &mut Parser) -> bool {
        is_alias(explicit, parser)
    }
    fn is_table_factor_alias(&self, explicit: bool, _kw: &Keyword, parser: &mut Parser) -> bool {
        is_alias(explicit, parser)
    }

    /// Refuses reserved words as column names, and ends a parse that only backtracks.
    fn parse_prefix(&self, parser: &mut Parser) -> Option<Result<Expr, ParserError>> {
        let fuel = self.fuel.get();
        if fuel == 0 {
            return Some(Err(ParserError::RecursionLimitExceeded));
        }
        self.fuel.set(fuel - 1);
        match &parser.peek_token_ref().token {
            Token::Word(w) if w.quote_style.is_none() && !words::may_start_expression(&w.value) => {
                let found = parser.peek_token();
                Some(parser.expected("an expression", found))
            }
            _ => None,
        }
    }

    /// AND and OR chains become balanced trees: thousands of them are legal, a tree that deep is not.
    fn parse_infix(&self, parser: &mut Parser, expr: &Expr, precedence: u8) -> Option<Result<Expr, ParserError>> {
        let (keyword, op) = match &parser.peek_token_ref().token {
            Token::Word(w) if w.keyword == Keyword::AND => (Keyword::AND, BinaryOperator::And),
            Token::Word(w) if w.keyword == Keyword::OR => (Keyword::OR, BinaryOperator::Or),
            _ => return None,
        };
        let mut terms = vec![expr.clone()];
        while parser.parse_keyword(keyword) {
            match parser.parse_subexpr(precedence) {
                Ok(term) => terms.push(term),
                Err(e) => return Some(Err(e)),
            }
        }
        Some(Ok(balanced(terms, &op)))
    }

    /// T-SQL's own table: bitwise operators bind like `+`, there is no `::`, `NOT` is infix only before
    /// IN, BETWEEN and LIKE (so `DEFAULT 0 NOT NULL` ends at the zero).
    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        let p = |precedence| Some(Ok(self.prec_value(precedence)));
        let none = Some(Ok(self.prec_unknown()));
        let word = |n: usize| match &parser.peek_nth_token_ref(n).token {
            Token::Word(w) => w.keyword,
            _ => Keyword::NoKeyword,
        };
        match &parser.peek_token_ref().token {
            Token::Word(w) => match w.keyword {
                Keyword::OR => p(Precedence::Or),
                Keyword::AND => p(Precedence::And),
                Keyword::AT if word(1) == Keyword::TIME && word(2) == Keyword::ZONE => p(Precedence::AtTz),
                Keyword::NOT => match word(1) {
                    Keyword::IN | Keyword::BETWEEN => p(Precedence::Between),
                    Keyword::LIKE => p(Precedence::Like),
                    _ => none,
                },
                Keyword::IS => p(Precedence::Is),
                Keyword::IN | Keyword::BETWEEN => p(Precedence::Between),
                Keyword::LIKE => p(Precedence::Like),
                _ => none,
            },
            Token::Eq | Token::Neq | Token::Lt | Token::LtEq | Token::Gt | Token::GtEq => p(Precedence::Eq),
            Token::Plus | Token::Minus | Token::Ampersand | Token::Pipe | Token::Caret => p(Precedence::PlusMinus),
            Token::Mul | Token::Div | Token::Mod => p(Precedence::MulDivModOp),
            Token::Period => p(Precedence::Period),
            _ => none,
        }
    }
}

/// Neighbours are paired until one tree is left.
fn balanced(mut terms: Vec<Expr>, op: &BinaryOperator) -> Expr {
    while terms.len() > 1 {
        let mut paired = Vec::with_capacity(terms.len().div_ceil(2));
        let mut rest = terms.into_iter();
        while let Some(left) = rest.next() {
            paired.push(match rest.next() {
                Some(right) => Expr::BinaryOp { left: Box::new(left), op: op.clone(), right: Box::new(right) },
                None => left,
            });
        }
        terms = paired;
    }
    terms.pop().unwrap_or(Expr::Tuple(Vec::new()))
}
