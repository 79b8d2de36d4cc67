//! Ports tried from both ends of a link (facts: mi-link 13.1, 13.2).

pub mod attempt;
