//! A row: a condition, how it is broken, what turns with it.

/// How a condition is broken and mended: statements and door requests, never the inventory.
pub enum Act {
    /// Statement at a server, in `master`.
    Sql(&'static str, &'static str),
    /// In the linked database.
    Inside(&'static str, &'static str),
    /// In the linked database, by a session that stays open until it is let go.
    Hold(&'static str, &'static str),
    /// A session that another server opens through a linked server of its own; stays open until it is let go.
    Caller(&'static str),
    /// Lets go of what is held.
    Release,
    /// `lab fault …`
    Fault(&'static str),
    /// A command of milink's.
    Run(&'static str),
    /// `link probe`, whatever it finds.
    Probe,
    /// A request to Azure: path after `providers/`, with its api-version, and body.
    Put(&'static str, &'static str),
    Patch(&'static str, &'static str),
    Post(&'static str),
    Delete(&'static str),
    /// The estate file: one text for another.
    Estate(&'static str, &'static str),
}

pub struct Mutant {
    pub check: &'static str,
    pub purpose: &'static str,
    pub break_it: &'static [Act],
    /// Done before each look, where a condition shows only while somebody works.
    pub meanwhile: &'static [Act],
    /// Where the finding offers neither statement nor command.
    pub mend_it: &'static [Act],
    /// Clears away what breaking it took, once it is green again.
    pub clear: &'static [Act],
    /// Checks that must turn with it, because they rest on the same fact.
    pub consequences: &'static [&'static str],
}

pub const NEW: &str = "create";
pub const NIGHT: &str = "cutover";
pub const WATCH: &str = "operate";

macro_rules! mutant {
    ($check:literal, $purpose:expr, [$($b:expr),* $(,)?], [$($m:expr),* $(,)?] $(, also $($c:literal),+)? $(, meanwhile $w:expr)? $(, clear [$($x:expr),* $(,)?])? $(,)?) => {
        Mutant {
            check: $check,
            purpose: $purpose,
            break_it: &[$($b),*],
            meanwhile: &[$($w)?],
            mend_it: &[$($m),*],
            clear: &[$($($x),*)?],
            consequences: &[$($($c),+)?],
        }
    };
}
pub(super) use mutant;
