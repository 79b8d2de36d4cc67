//! Which columns a bound tree touches; used to turn ON and WHERE into hash keys.

use crate::lab::tsql::bind::tree::CmpOp;
use crate::lab::tsql::bind::tree::Cond;
use crate::lab::tsql::bind::tree::Ex;
use crate::lab::tsql::bind::tree::Join;
use crate::lab::tsql::bind::tree::JoinKind;
use crate::lab::tsql::bind::tree::Kind;
use crate::lab::tsql::bind::tree::Source;
use crate::lab::tsql::eval::collate::Coll;

/// Smallest and largest own column; `None` if the tree holds something that must stay where it is.
#[derive(Clone, Copy)]
pub struct Range {
    pub low: usize,
    pub high: usize,
    pub any: bool,
}

/// Columns of this level in an expression; `None` if it has a subquery or an aggregate.
pub fn range(ex: &Ex) -> Option<Range> {
    let mut r = Range { low: usize::MAX, high: 0, any: false };
    visit(ex, &mut |idx| {
        r.low = r.low.min(idx);
        r.high = r.high.max(idx);
        r.any = true;
    })
    .then_some(r)
}

fn visit(ex: &Ex, f: &mut impl FnMut(usize)) -> bool {
    match &ex.kind {
        Kind::Lit(_) | Kind::Var(_) => true,
        Kind::Col { up, idx } => {
            if *up == 0 {
                f(*idx);
            }
            true
        }
        Kind::Cast { ex, style: None, .. } | Kind::Neg(ex) | Kind::BitNot(ex) => visit(ex, f),
        Kind::Arith(_, l, r) => visit(l, f) && visit(r, f),
        Kind::Call(b, args) if b.name != "NEWID" && b.name != "RAND" => args.iter().all(|a| visit(a, f)),
        _ => false,
    }
}

fn range_cond(c: &Cond) -> Option<Range> {
    let mut out = Range { low: usize::MAX, high: 0, any: false };
    let mut add = |ex: &Ex| {
        let r = range(ex)?;
        if r.any {
            out.low = out.low.min(r.low);
            out.high = out.high.max(r.high);
            out.any = true;
        }
        Some(())
    };
    match c {
        Cond::Cmp(_, l, r, _) => {
            add(l)?;
            add(r)?;
        }
        Cond::IsNull(e, _) => add(e)?,
        Cond::In { ex, list, .. } => {
            add(ex)?;
            list.iter().try_for_each(add)?;
        }
        Cond::Like { ex, pattern, escape: None, .. } => {
            add(ex)?;
            add(pattern)?;
        }
        _ => return None,
    }
    Some(out)
}

/// The same expression over a row that begins `by` columns later.
pub fn shifted(ex: &Ex, by: usize) -> Ex {
    let mut out = ex.clone();
    shift(&mut out, by);
    out
}

fn shift(ex: &mut Ex, by: usize) {
    match &mut ex.kind {
        Kind::Col { up: 0, idx } => *idx -= by,
        Kind::Cast { ex, .. } | Kind::Neg(ex) | Kind::BitNot(ex) => shift(ex, by),
        Kind::Arith(_, l, r) => {
            shift(l, by);
            shift(r, by);
        }
        Kind::Call(_, args) => {
            let mut list = args.to_vec();
            for a in &mut list {
                shift(a, by);
            }
            *args = list.into();
        }
        _ => {}
    }
}

/// Flattens ANDs.
pub fn conjuncts(c: Cond) -> Vec<Cond> {
    match c {
        Cond::And(list) => list.into_iter().flat_map(conjuncts).collect(),
        other => vec![other],
    }
}

/// One predicate of several.
pub fn conjunction(mut list: Vec<Cond>) -> Option<Cond> {
    match list.len() {
        0 => None,
        1 => list.pop(),
        _ => Some(Cond::And(list)),
    }
}

type Equalities = (Vec<(Ex, Ex, Coll)>, Option<Cond>);

/// Splits ON into equalities between left and right, and the rest.
pub fn split_equalities(on: Option<Cond>, left_width: usize) -> Equalities {
    let (mut equal, mut rest) = (Vec::new(), Vec::new());
    for c in on.map(conjuncts).unwrap_or_default() {
        match as_equality(&c, left_width) {
            Some(e) => equal.push(e),
            None => rest.push(c),
        }
    }
    (equal, conjunction(rest))
}

#[expect(clippy::many_single_char_names, reason = "two sides and their ranges")]
fn as_equality(c: &Cond, left_width: usize) -> Option<(Ex, Ex, Coll)> {
    let Cond::Cmp(CmpOp::Eq, l, r, coll) = c else { return None };
    // a variant compares by family: the hash key would not know
    if [l, r].iter().any(|e| e.ty == crate::lab::tsql::value::SqlType::SqlVariant) {
        return None;
    }
    let (a, b) = (range(l)?, range(r)?);
    if !a.any || !b.any {
        return None;
    }
    if a.high < left_width && b.low >= left_width {
        return Some(((**l).clone(), shifted(r, left_width), *coll));
    }
    if b.high < left_width && a.low >= left_width {
        return Some(((**r).clone(), shifted(l, left_width), *coll));
    }
    None
}

/// Moves conjuncts of WHERE into the inner joins of a comma list, where they become hash keys. Gives back what stays.
pub fn push_down(source: &mut Source, filter: Option<Cond>) -> Option<Cond> {
    let filter = filter?;
    let mut stay = Vec::new();
    for c in conjuncts(filter) {
        if let Some(c) = push_one(source, c) {
            stay.push(c);
        }
    }
    conjunction(stay)
}

fn push_one(source: &mut Source, c: Cond) -> Option<Cond> {
    let Source::Join(j) = source else { return Some(c) };
    if j.kind != JoinKind::Inner {
        return Some(c);
    }
    let Some(r) = range_cond(&c) else { return Some(c) };
    if r.any && r.high < j.left_width {
        return match push_one(&mut j.left, c) {
            // a filter of the left side alone is applied while joining
            Some(c) => attach(j, c),
            None => None,
        };
    }
    match as_equality(&c, j.left_width) {
        Some(e) => {
            j.equal.push(e);
            None
        }
        None => attach(j, c),
    }
}

fn attach(j: &mut Join, c: Cond) -> Option<Cond> {
    let rest = j.rest.take();
    let mut list = rest.map(conjuncts).unwrap_or_default();
    list.push(c);
    j.rest = conjunction(list);
    None
}
