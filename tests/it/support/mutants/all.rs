//! All tables in one.

use super::after::AFTER;
use super::before::DATABASE;
use super::both_ways::BOTH_WAYS_AFTER;
use super::both_ways::BOTH_WAYS_BEFORE;
use super::both_ways::SEVERAL;
use super::instances::INSTANCES;
use super::rights::RIGHTS;
use super::types::Mutant;

/// Every row.
pub fn tables() -> impl Iterator<Item = &'static Mutant> {
    [INSTANCES, DATABASE, AFTER, BOTH_WAYS_BEFORE, BOTH_WAYS_AFTER, SEVERAL, RIGHTS].into_iter().flatten()
}
