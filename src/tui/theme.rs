//! Colours and signs. A colour never says anything that a sign or a word does not say too.

use crate::monitor::aged::Freshness;
use crate::monitor::snapshot::Verdict;
use ratatui::style::Color;
use ratatui::style::Modifier;
use ratatui::style::Style;
use ratatui::symbols::border;
use ratatui::text::Span;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// For a dark background: the terminal's own sixteen colours.
    Dark,
    /// For a light one: no yellow or bright colour, which vanish on white.
    Light,
    /// Bold, dim and reversed only (`NO_COLOR`).
    Plain,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    pub palette: Palette,
    /// Borders and signs from ASCII only.
    pub ascii: bool,
}

/// What a piece of text is, for its style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Good,
    Warn,
    Bad,
    Unknown,
    Faint,
    Strong,
    Accent,
    Selected,
}

/// A sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Good,
    Warn,
    Bad,
    Unknown,
    Stale,
    Marked,
    Cursor,
    Running,
    Waiting,
    Skipped,
    Undone,
    More,
    Dot,
}

impl Theme {
    pub fn style(self, tone: Tone) -> Style {
        let plain = Style::default();
        let by = match self.palette {
            Palette::Plain => {
                return match tone {
                    Tone::Bad | Tone::Strong => plain.add_modifier(Modifier::BOLD),
                    Tone::Faint => plain.add_modifier(Modifier::DIM),
                    Tone::Accent => plain.add_modifier(Modifier::BOLD),
                    Tone::Selected => plain.add_modifier(Modifier::REVERSED),
                    Tone::Plain | Tone::Good | Tone::Warn | Tone::Unknown => plain,
                };
            }
            Palette::Dark => (Color::Green, Color::Yellow, Color::LightRed, Color::Magenta, Color::Cyan),
            // 256-colour entries: dark green, brown, dark red, purple, dark blue.
            Palette::Light => {
                (Color::Indexed(22), Color::Indexed(94), Color::Indexed(124), Color::Indexed(90), Color::Indexed(25))
            }
        };
        match tone {
            Tone::Plain => plain,
            Tone::Good => plain.fg(by.0),
            Tone::Warn => plain.fg(by.1),
            Tone::Bad => plain.fg(by.2).add_modifier(Modifier::BOLD),
            Tone::Unknown => plain.fg(by.3),
            Tone::Accent => plain.fg(by.4),
            Tone::Faint => plain.add_modifier(Modifier::DIM),
            Tone::Strong => plain.add_modifier(Modifier::BOLD),
            Tone::Selected => plain.add_modifier(Modifier::REVERSED),
        }
    }

    pub fn sign(self, sign: Sign) -> &'static str {
        let (fine, ascii) = match sign {
            Sign::Good => ("✓", "+"),
            Sign::Warn => ("!", "!"),
            Sign::Bad => ("✗", "X"),
            Sign::Unknown => ("?", "?"),
            Sign::Stale => ("~", "~"),
            Sign::Marked => ("●", "*"),
            Sign::Cursor => ("›", ">"),
            Sign::Running => ("▶", ">"),
            Sign::Waiting => ("·", "."),
            Sign::Skipped => ("-", "-"),
            Sign::Undone => ("↶", "<"),
            Sign::More => ("…", "~"),
            Sign::Dot => ("·", "|"),
        };
        if self.ascii { ascii } else { fine }
    }

    pub fn span(self, tone: Tone, text: impl Into<String>) -> Span<'static> {
        Span::styled(text.into(), self.style(tone))
    }

    pub fn border(self) -> border::Set<'static> {
        if self.ascii {
            return border::Set {
                top_left: "+",
                top_right: "+",
                bottom_left: "+",
                bottom_right: "+",
                vertical_left: "|",
                vertical_right: "|",
                horizontal_top: "-",
                horizontal_bottom: "-",
            };
        }
        border::PLAIN
    }

    /// Exactly `width` columns: cut with a sign, or filled with blanks.
    pub fn fit(self, text: &str, width: usize) -> String {
        let cut = self.cut(text, width);
        let used = columns(&cut);
        format!("{cut}{}", " ".repeat(width.saturating_sub(used)))
    }

    /// At most `width` columns, on one line.
    pub fn cut(self, text: &str, width: usize) -> String {
        let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        if columns(&line) <= width {
            return line;
        }
        let more = self.sign(Sign::More);
        let mut out = String::new();
        let mut used = 0;
        for c in line.chars() {
            let w = columns(c.encode_utf8(&mut [0; 4]));
            if used + w + 1 > width {
                break;
            }
            out.push(c);
            used += w;
        }
        if width > 0 {
            out.push_str(more);
        }
        out
    }

    /// A bar of `width` columns; `None`: unknown, which is no empty bar.
    pub fn bar(self, fraction: Option<f64>, width: usize) -> String {
        let Some(fraction) = fraction else { return self.fit("[unknown]", width) };
        let inner = width.saturating_sub(2);
        let full = ((fraction.clamp(0.0, 1.0) * inner as f64).round() as usize).min(inner);
        let (on, off) = if self.ascii { ("#", "-") } else { ("█", "░") };
        format!("[{}{}]", on.repeat(full), off.repeat(inner - full))
    }

    /// One column a point, scaled to the largest; a gap where nothing was known.
    pub fn spark(self, points: &[Option<f64>]) -> String {
        let levels: &[char] = if self.ascii {
            &['_', '.', ':', '-', '=', '+', '*', '#']
        } else {
            &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
        };
        let top = points.iter().flatten().copied().fold(0.0, f64::max);
        let level = |v: f64| if top <= 0.0 { 0 } else { ((v / top) * (levels.len() - 1) as f64).round() as usize };
        points.iter().map(|p| p.map_or(' ', |v| levels[level(v).min(levels.len() - 1)])).collect()
    }
}

/// Columns a text takes on a terminal.
pub fn columns(text: &str) -> usize {
    Span::raw(text).width()
}

/// Sign, tone and word of a verdict that is as good as `trust`.
pub fn verdict(verdict: Verdict, trust: Freshness) -> (Sign, Tone, &'static str) {
    match (trust, verdict) {
        (Freshness::Unknown, _) | (_, Verdict::Unknown) => (Sign::Unknown, Tone::Unknown, "unknown"),
        (Freshness::Stale, Verdict::Unhealthy) => (Sign::Stale, Tone::Bad, "was bad"),
        (Freshness::Stale, Verdict::Degraded) => (Sign::Stale, Tone::Warn, "was weak"),
        (Freshness::Stale, Verdict::Healthy) => (Sign::Stale, Tone::Warn, "was ok"),
        (Freshness::Fresh, Verdict::Unhealthy) => (Sign::Bad, Tone::Bad, "unhealthy"),
        (Freshness::Fresh, Verdict::Degraded) => (Sign::Warn, Tone::Warn, "degraded"),
        (Freshness::Fresh, Verdict::Healthy) => (Sign::Good, Tone::Good, "healthy"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASCII: Theme = Theme { palette: Palette::Plain, ascii: true };

    #[test]
    fn only_a_fresh_healthy_link_is_green() {
        for trust in [Freshness::Fresh, Freshness::Stale, Freshness::Unknown] {
            for v in Verdict::ALL {
                let (sign, tone, word) = verdict(v, trust);
                let green = trust == Freshness::Fresh && v == Verdict::Healthy;
                assert_eq!((tone == Tone::Good, sign == Sign::Good, word == "healthy"), (green, green, green));
            }
        }
    }

    #[test]
    fn texts_fit_to_the_column() {
        for width in 0..12 {
            for text in ["", "ledger", "データベース", "a\nb"] {
                assert_eq!(columns(&ASCII.fit(text, width)), width, "{text:?} in {width}");
            }
        }
        assert_eq!(ASCII.cut("ledger", 4), "led~");
    }

    #[test]
    fn unknown_is_a_gap_and_no_empty_bar() {
        assert_eq!(ASCII.spark(&[Some(0.0), None, Some(7.0)]), "_ #");
        assert_eq!(ASCII.spark(&[Some(0.0)]), "_");
        assert_eq!(ASCII.bar(Some(0.5), 6), "[##--]");
        assert_eq!(ASCII.bar(None, 9), "[unknown]");
        for width in 0..4 {
            assert!(columns(&ASCII.bar(Some(2.0), width)) <= width.max(2));
        }
    }

    #[test]
    fn without_colour_no_colour_is_set() {
        for tone in [Tone::Good, Tone::Warn, Tone::Bad, Tone::Unknown, Tone::Accent, Tone::Selected] {
            assert_eq!((ASCII.style(tone).fg, ASCII.style(tone).bg), (None, None));
        }
    }
}
