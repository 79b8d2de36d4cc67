//! The screens and their order.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Screen {
    Fleet,
    Link,
    Checks,
    Cockpit,
    Runs,
    Objects,
    Groups,
}

impl Screen {
    pub const ALL: [Screen; 7] =
        [Screen::Fleet, Screen::Link, Screen::Checks, Screen::Cockpit, Screen::Runs, Screen::Objects, Screen::Groups];

    pub fn title(self) -> &'static str {
        match self {
            Screen::Fleet => "fleet",
            Screen::Link => "link",
            Screen::Checks => "checks",
            Screen::Cockpit => "cutover",
            Screen::Runs => "runs",
            Screen::Objects => "objects",
            Screen::Groups => "groups",
        }
    }

    /// 1 to 7, which is also its key.
    pub fn number(self) -> usize {
        Self::ALL.iter().position(|s| *s == self).unwrap_or(0) + 1
    }

    #[must_use]
    pub fn next(self, by: usize) -> Screen {
        Self::ALL[(self.number() - 1 + by) % Self::ALL.len()]
    }
}
