//! What a network lets through, judged from its rules and routes: pure, over the whole port range and the whole subnet.

pub mod group;
pub mod range;
pub mod route;
#[cfg(test)]
mod tests;
