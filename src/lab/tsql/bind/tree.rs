//! Bound trees: every node knows its type, every name is a position.

use crate::lab::tsql::ast::Name;
use crate::lab::tsql::bind::types::Op;
use crate::lab::tsql::eval::collate::Coll;
use crate::lab::tsql::function::Builtin;
use crate::lab::tsql::value::Column;
use crate::lab::tsql::value::SqlType;
use crate::lab::tsql::value::Value;
use std::sync::Arc;

/// A scalar expression.
#[derive(Debug, Clone)]
pub struct Ex {
    pub kind: Kind,
    pub ty: SqlType,
    pub nullable: bool,
    pub coll: Coll,
}

impl Ex {
    /// An expression that may be NULL.
    pub fn new(kind: Kind, ty: SqlType) -> Self {
        Self { kind, ty, nullable: true, coll: Coll::Ci }
    }
    /// A literal.
    pub fn lit(value: Value, ty: SqlType) -> Self {
        let nullable = value.is_null();
        Self { kind: Kind::Lit(value), ty, nullable, coll: Coll::Ci }
    }
    /// The word NULL, which takes any type.
    pub fn is_bare_null(&self) -> bool {
        matches!(self.kind, Kind::Lit(Value::Null))
    }
    #[must_use]
    pub fn nullable(mut self, nullable: bool) -> Self {
        self.nullable = nullable;
        self
    }
}

#[derive(Debug, Clone)]
pub enum Kind {
    Lit(Value),
    /// Column of the row `up` query levels outward.
    Col {
        up: usize,
        idx: usize,
    },
    /// Aggregate of this query level.
    Agg(usize),
    /// Window function of this query level.
    Win(usize),
    /// `@x`, lower case.
    Var(Arc<str>),
    Cast {
        ex: Box<Ex>,
        attempt: bool,
        style: Option<Box<Ex>>,
    },
    Arith(Op, Box<Ex>, Box<Ex>),
    Neg(Box<Ex>),
    BitNot(Box<Ex>),
    Case(Vec<(Cond, Ex)>, Option<Box<Ex>>),
    Call(&'static Builtin, Arc<[Ex]>),
    Host(Name, Arc<[Ex]>),
    Scalar(Arc<QueryPlan>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CmpOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// A predicate.
#[derive(Debug, Clone)]
pub enum Cond {
    Const(Option<bool>),
    And(Vec<Cond>),
    Or(Vec<Cond>),
    Not(Box<Cond>),
    Cmp(CmpOp, Box<Ex>, Box<Ex>, Coll),
    /// IS [NOT] DISTINCT FROM: never unknown.
    Distinct {
        left: Box<Ex>,
        right: Box<Ex>,
        negated: bool,
        coll: Coll,
    },
    IsNull(Box<Ex>, bool),
    Like {
        ex: Box<Ex>,
        pattern: Box<Ex>,
        escape: Option<Box<Ex>>,
        negated: bool,
        coll: Coll,
    },
    In {
        ex: Box<Ex>,
        list: Vec<Ex>,
        negated: bool,
        coll: Coll,
    },
    /// The plan's one column is cast to the type of `ex`.
    InQuery {
        ex: Box<Ex>,
        plan: Arc<QueryPlan>,
        ty: SqlType,
        negated: bool,
        coll: Coll,
    },
    Exists(Arc<QueryPlan>),
    /// ANY (`all` false) or ALL.
    Quantified {
        ex: Box<Ex>,
        op: CmpOp,
        plan: Arc<QueryPlan>,
        ty: SqlType,
        all: bool,
        coll: Coll,
    },
}

/// An aggregate of a grouped query.
#[derive(Debug, Clone)]
pub struct Agg {
    pub kind: AggKind,
    pub arg: Option<Ex>,
    pub distinct: bool,
    /// STRING_AGG: separator and WITHIN GROUP order.
    pub separator: Option<Ex>,
    pub order: Vec<(Ex, bool)>,
    pub ty: SqlType,
    pub nullable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AggKind {
    Count,
    Sum,
    Avg,
    Min,
    Max,
    Stdev,
    StdevP,
    Var,
    VarP,
    StringAgg,
    ChecksumAgg,
}

/// A window function.
#[derive(Debug, Clone)]
pub struct Win {
    pub kind: WinKind,
    pub partition: Vec<Ex>,
    pub order: Vec<(Ex, bool)>,
    pub frame: Option<Frame>,
    pub ty: SqlType,
}

#[derive(Debug, Clone)]
pub enum WinKind {
    RowNumber,
    Rank,
    DenseRank,
    Ntile(Ex),
    PercentRank,
    CumeDist,
    /// LAG (negative step) and LEAD.
    Shift {
        ex: Ex,
        by: Option<Ex>,
        default: Option<Ex>,
        back: bool,
    },
    First(Ex),
    Last(Ex),
    Agg(Agg),
}

#[derive(Debug, Clone, Copy)]
pub struct Frame {
    pub rows: bool,
    pub start: Bound,
    pub end: Bound,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    UnboundedPreceding,
    Preceding(usize),
    Current,
    Following(usize),
    UnboundedFollowing,
}

/// A query that can be run.
#[derive(Debug, Clone)]
pub struct QueryPlan {
    /// Distinguishes plans of one statement; key of the result cache.
    pub id: usize,
    pub columns: Arc<[Column]>,
    pub body: Body,
    /// Refers to rows of an outer query: runs anew for each of them.
    pub correlated: bool,
    /// FOR XML PATH(element): the rows become one string.
    pub xml: Option<XmlPath>,
}

/// FOR XML PATH.
#[derive(Debug, Clone)]
pub struct XmlPath {
    /// Empty: no element around a row.
    pub row: String,
    pub root: Option<String>,
    /// Names of the columns that were selected.
    pub columns: Arc<[Column]>,
}

#[derive(Debug, Clone)]
pub enum Body {
    Select(Box<SelectPlan>),
    Values(Vec<Vec<Ex>>),
    SetOp {
        op: SetKind,
        left: Arc<QueryPlan>,
        right: Arc<QueryPlan>,
        order: Vec<(usize, bool)>,
        limit: Limit,
    },
    /// A query in parentheses with its own order.
    Nested {
        plan: Arc<QueryPlan>,
        order: Vec<(usize, bool)>,
        limit: Limit,
    },
    /// Anchor and recursive member of a recursive CTE.
    Recursive {
        id: usize,
        name: String,
        anchor: Arc<QueryPlan>,
        step: Arc<QueryPlan>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetKind {
    UnionAll,
    Union,
    Except,
    Intersect,
}

/// TOP and OFFSET/FETCH.
#[derive(Debug, Clone, Default)]
pub struct Limit {
    pub top: Option<Ex>,
    pub percent: bool,
    pub ties: bool,
    pub offset: Option<Ex>,
    pub fetch: Option<Ex>,
}

#[derive(Debug, Clone)]
pub struct SelectPlan {
    pub source: Option<Source>,
    /// Columns of the source row.
    pub width: usize,
    pub filter: Option<Cond>,
    /// `Some` for a grouped query; without keys there is one group.
    pub group: Option<Vec<Ex>>,
    pub aggs: Vec<Agg>,
    pub having: Option<Cond>,
    pub wins: Vec<Win>,
    pub items: Vec<Ex>,
    pub distinct: bool,
    pub order: Vec<(OrderKey, bool)>,
    pub limit: Limit,
}

#[derive(Debug, Clone)]
pub enum OrderKey {
    /// Output column.
    Item(usize),
    Ex(Ex),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
}

/// Where rows come from.
#[derive(Debug, Clone)]
pub enum Source {
    Table(Name),
    /// `#t` or `@t`, lower case.
    Memory(Arc<str>),
    /// A base table whose rows end with a hidden bigint: the row's id.
    RowIds(Name),
    MemoryRowIds(Arc<str>),
    Function {
        name: Name,
        args: Vec<Ex>,
    },
    /// A table function of the engine itself.
    Builtin {
        function: TableFunction,
        args: Vec<Ex>,
    },
    Query(Arc<QueryPlan>),
    /// Rows of the previous round of the recursive CTE with this id.
    Previous(usize),
    Join(Box<Join>),
    Apply {
        left: Box<Source>,
        right: Box<Source>,
        right_width: usize,
        outer: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFunction {
    StringSplit,
    GenerateSeries,
}

#[derive(Debug, Clone)]
pub struct Join {
    pub kind: JoinKind,
    pub left: Source,
    pub right: Source,
    pub left_width: usize,
    pub right_width: usize,
    /// Equalities: left key over the left row, right key over the right row.
    pub equal: Vec<(Ex, Ex, Coll)>,
    /// What else must hold, over the joined row.
    pub rest: Option<Cond>,
}
