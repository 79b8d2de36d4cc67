//! Comparison, folding and pattern matching of strings (SQL_Latin1_General_CP1_CI_AS unless told otherwise).

use std::cmp::Ordering;

/// What a comparison looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Coll {
    /// Case-insensitive, accent-sensitive.
    #[default]
    Ci,
    /// Case-sensitive.
    Cs,
    /// Case- and accent-insensitive.
    CiAi,
    /// Code points.
    Bin,
}

impl Coll {
    /// From a collation's name; `None` if it does not look like one.
    pub fn named(name: &str) -> Option<Self> {
        let n = name.to_ascii_uppercase();
        if n == "DATABASE_DEFAULT" || n == "CATALOG_DEFAULT" {
            return Some(Self::Ci);
        }
        if n.ends_with("_BIN") || n.ends_with("_BIN2") || n.contains("_BIN2_") {
            return Some(Self::Bin);
        }
        let has = |part: &str| n.contains(&format!("_{part}_")) || n.ends_with(&format!("_{part}"));
        match () {
            () if has("CS") => Some(Self::Cs),
            () if has("CI") && has("AI") => Some(Self::CiAi),
            () if has("CI") => Some(Self::Ci),
            () => None,
        }
    }
}

/// The letter without its accent, for the Latin-1 range.
fn base(c: char) -> char {
    match c {
        'à'..='å' => 'a',
        'ç' => 'c',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'ò'..='ö' | 'ø' => 'o',
        'ù'..='ü' => 'u',
        'ý' | 'ÿ' => 'y',
        c => c,
    }
}

fn lower(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut l = c.to_lowercase();
    match (l.next(), l.next()) {
        (Some(x), None) => x,
        _ => c,
    }
}

/// Blanks and signs sort before digits, digits before letters.
fn weight(c: char) -> (u8, char) {
    let l = base(lower(c));
    let class = if l.is_alphabetic() { 2 } else { u8::from(l.is_numeric()) };
    (class, l)
}

/// Compares; trailing blanks do not count.
pub fn compare(a: &str, b: &str, coll: Coll) -> Ordering {
    let (a, b) = (a.trim_end_matches(' '), b.trim_end_matches(' '));
    if coll == Coll::Bin {
        return a.cmp(b);
    }
    let (mut x, mut y) = (a.chars(), b.chars());
    let mut tie = Ordering::Equal;
    loop {
        match (x.next(), y.next()) {
            (None, None) => return tie,
            // the shorter is padded with blanks
            (None, Some(d)) => return if d < ' ' { Ordering::Greater } else { Ordering::Less },
            (Some(c), None) => return if c < ' ' { Ordering::Less } else { Ordering::Greater },
            (Some(c), Some(d)) if c == d => {}
            (Some(c), Some(d)) => {
                let first = weight(c).cmp(&weight(d));
                if first != Ordering::Equal {
                    return first;
                }
                if tie == Ordering::Equal {
                    tie = match coll {
                        Coll::CiAi => Ordering::Equal,
                        Coll::Ci => lower(c).cmp(&lower(d)),
                        _ => lower(c).cmp(&lower(d)).then(d.cmp(&c)),
                    };
                }
            }
        }
    }
}

/// A key equal for strings that compare equal.
pub fn fold(s: &str, coll: Coll) -> String {
    let s = s.trim_end_matches(' ');
    match coll {
        Coll::Bin | Coll::Cs => s.to_owned(),
        Coll::Ci => s.chars().map(lower).collect(),
        Coll::CiAi => s.chars().map(|c| base(lower(c))).collect(),
    }
}

/// Are two characters the same under the collation?
pub fn same(a: char, b: char, coll: Coll) -> bool {
    a == b
        || match coll {
            Coll::Bin | Coll::Cs => false,
            Coll::Ci => lower(a) == lower(b),
            Coll::CiAi => base(lower(a)) == base(lower(b)),
        }
}

#[derive(Debug, Clone)]
enum Piece {
    Any,
    One,
    Is(char),
    Set { negated: bool, ranges: Vec<(char, char)> },
}

/// A compiled LIKE pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    pieces: Vec<Piece>,
    coll: Coll,
}

impl Pattern {
    /// Reads a pattern. An unclosed `[` matches nothing.
    pub fn new(pattern: &str, escape: Option<char>, coll: Coll) -> Self {
        let chars: Vec<char> = pattern.chars().collect();
        let mut pieces = Vec::new();
        let mut i = 0;
        while i < chars.len() {
            let c = chars[i];
            i += 1;
            match c {
                _ if Some(c) == escape && i < chars.len() => {
                    pieces.push(Piece::Is(chars[i]));
                    i += 1;
                }
                '%' => {
                    if !matches!(pieces.last(), Some(Piece::Any)) {
                        pieces.push(Piece::Any);
                    }
                }
                '_' => pieces.push(Piece::One),
                '[' => pieces.push(set(&chars, &mut i, escape)),
                _ => pieces.push(Piece::Is(c)),
            }
        }
        Self { pieces, coll }
    }

    /// Does the whole string match? Trailing blanks of the string may be left over.
    pub fn matches(&self, s: &str) -> bool {
        let text: Vec<char> = s.chars().collect();
        let trimmed = text.iter().rposition(|c| *c != ' ').map_or(0, |p| p + 1);
        self.run(&text, trimmed)
    }

    /// Iterative matching with one restart point: linear in practice, quadratic at worst.
    fn run(&self, text: &[char], enough: usize) -> bool {
        let (mut t, mut p) = (0, 0);
        let mut back: Option<(usize, usize)> = None;
        loop {
            let piece = self.pieces.get(p);
            if let Some(Piece::Any) = piece {
                back = Some((p + 1, t));
                p += 1;
                continue;
            }
            let done_pattern = piece.is_none();
            if done_pattern && t >= enough {
                return true;
            }
            if let (Some(piece), Some(c)) = (piece, text.get(t))
                && self.one(piece, *c)
            {
                p += 1;
                t += 1;
                continue;
            }
            match back {
                Some((bp, bt)) if bt < text.len() => {
                    back = Some((bp, bt + 1));
                    p = bp;
                    t = bt + 1;
                }
                _ => return false,
            }
        }
    }

    fn one(&self, piece: &Piece, c: char) -> bool {
        match piece {
            Piece::Any => false,
            Piece::One => true,
            Piece::Is(d) => same(c, *d, self.coll),
            Piece::Set { negated, ranges } => {
                let hit = ranges.iter().any(|(lo, hi)| {
                    if lo == hi {
                        return same(c, *lo, self.coll);
                    }
                    if self.coll == Coll::Bin {
                        return *lo <= c && c <= *hi;
                    }
                    weight(*lo) <= weight(c) && weight(c) <= weight(*hi)
                });
                hit != *negated
            }
        }
    }
}

fn set(chars: &[char], i: &mut usize, escape: Option<char>) -> Piece {
    let negated = chars.get(*i) == Some(&'^');
    if negated {
        *i += 1;
    }
    let mut ranges = Vec::new();
    let mut first = true;
    while let Some(&c) = chars.get(*i) {
        if c == ']' && !first {
            *i += 1;
            return Piece::Set { negated, ranges };
        }
        if c == ']' && first && !chars[*i + 1..].contains(&']') {
            break;
        }
        first = false;
        let mut lo = c;
        *i += 1;
        if Some(c) == escape
            && let Some(&d) = chars.get(*i)
        {
            lo = d;
            *i += 1;
        }
        if chars.get(*i) == Some(&'-') && chars.get(*i + 1).is_some_and(|d| *d != ']') {
            ranges.push((lo, chars[*i + 1]));
            *i += 2;
        } else {
            ranges.push((lo, lo));
        }
    }
    *i = chars.len();
    Piece::Set { negated: false, ranges: Vec::new() }
}

/// Position (0-based, in characters) of the first match of a PATINDEX pattern.
pub fn patindex(pattern: &str, s: &str, coll: Coll) -> Option<usize> {
    let body = pattern.strip_prefix('%').unwrap_or(pattern);
    let anchored = body.len() == pattern.len();
    let text: Vec<char> = s.chars().collect();
    let compiled = Pattern::new(body, None, coll);
    let last = if anchored { 0 } else { text.len() };
    (0..=last).find(|&from| {
        let rest = &text[from..];
        let enough = rest.iter().rposition(|c| *c != ' ').map_or(0, |p| p + 1);
        compiled.run(rest, enough)
    })
}
