//! Plain tables: ASCII rules, two blanks between columns, words wrapped where the width ends.

/// Narrowest that a column is squeezed to.
const NARROWEST: usize = 8;
/// The first column is the key that people copy: a run's name must stand in one piece.
const KEY: usize = 32;
const GAP: usize = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// A table to be rendered.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A head that starts with `>` is a column of numbers, set to the right.
    pub fn new(heads: &[&str]) -> Self {
        let columns = heads.iter().map(|head| match head.strip_prefix('>') {
            Some(head) => (head.to_owned(), Align::Right),
            None => ((*head).to_owned(), Align::Left),
        });
        Self { columns: columns.collect(), rows: Vec::new() }
    }

    /// Adds a row; missing cells are empty, those beyond the last column are dropped.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        let mut cells: Vec<String> = cells.into_iter().map(|c| printable(&c.into())).collect();
        cells.resize(self.columns.len(), String::new());
        self.rows.push(cells);
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Lines of at most `width` characters (if the columns can be squeezed that far), each with a line break.
    pub fn render(&self, width: usize) -> String {
        let widths = self.widths(width);
        let heads: Vec<String> = self.columns.iter().map(|(head, _)| head.clone()).collect();
        let rule: Vec<String> = widths.iter().map(|w| "-".repeat(*w)).collect();
        let mut text = String::new();
        for cells in [heads, rule].iter().chain(&self.rows) {
            self.lines(cells, &widths, &mut text);
        }
        text
    }

    /// Natural widths, the widest squeezed first until the row fits.
    fn widths(&self, width: usize) -> Vec<usize> {
        let mut widths: Vec<usize> = (0..self.columns.len())
            .map(|i| {
                let cells = self.rows.iter().map(|r| length(&r[i]));
                cells.chain([length(&self.columns[i].0)]).max().unwrap_or(0)
            })
            .collect();
        let room = width.saturating_sub(GAP * widths.len().saturating_sub(1));
        while widths.iter().sum::<usize>() > room {
            let head = |i: usize| length(&self.columns[i].0).max(NARROWEST);
            let widest = |least: &dyn Fn(usize) -> usize| {
                (0..widths.len()).filter(|i| widths[*i] > least(*i)).max_by_key(|i| widths[*i])
            };
            // When nothing else gives way the key does: a line that is too long is worse.
            match widest(&|i| if i == 0 { KEY } else { head(i) }).or_else(|| widest(&head)) {
                Some(i) => widths[i] -= 1,
                None => break,
            }
        }
        widths
    }

    fn lines(&self, cells: &[String], widths: &[usize], text: &mut String) {
        let wrapped: Vec<Vec<String>> = cells.iter().zip(widths).map(|(cell, w)| wrap(cell, *w)).collect();
        let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
        for line in 0..height {
            let mut row = String::new();
            for (i, (parts, width)) in wrapped.iter().zip(widths).enumerate() {
                let part = parts.get(line).map_or("", String::as_str);
                let blanks = " ".repeat(width.saturating_sub(length(part)));
                match self.columns[i].1 {
                    Align::Left => row.extend([part, &blanks]),
                    Align::Right => row.extend([&blanks, part]),
                }
                row.push_str(&" ".repeat(GAP));
            }
            text.push_str(row.trim_end());
            text.push('\n');
        }
    }
}

/// Characters, not bytes: database names may be in any script.
fn length(text: &str) -> usize {
    text.chars().count()
}

/// Control characters out: a name from a server must not move the cursor.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Breaks at blanks; a word longer than the width is cut.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        loop {
            let line = lines.last_mut().map(|l| (length(l), l));
            let Some((used, line)) = line else { break };
            let blank = usize::from(used > 0);
            if used + blank + word.len() <= width {
                if blank > 0 {
                    line.push(' ');
                }
                line.extend(word);
                break;
            }
            if used > 0 {
                lines.push(String::new());
                continue;
            }
            line.extend(word.drain(..width));
            lines.push(String::new());
        }
    }
    lines
}
