//! Drawing: the state as cells. Nothing here changes anything.

pub mod checks;
pub mod cockpit;
pub mod detail;
pub mod draw;
pub mod fleet;
pub mod groups;
pub mod help;
pub mod link;
pub mod objects;
pub mod overlay;
pub mod runs;
pub mod verdict;
pub mod words;
