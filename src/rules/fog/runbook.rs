//! What must fit before a group is taken away to be made again (facts: failover-groups 6.1, 6.2).

use super::prerequisites::Row;

/// What stands in the way of the new pair, in words: without what the old group itself causes. Its members are in it, and where
/// the pair is the same, the secondary holds its copies.
pub fn blocking(rows: Vec<Row>, old_group: &str, same_pair: bool, waived: &[String]) -> Vec<String> {
    let by_old = format!("in {old_group}");
    let of_old = |r: &Row| match r.id {
        "fog.primary_group" | "fog.secondary_group" => r.found.eq_ignore_ascii_case(&by_old),
        "fog.secondary_empty" => same_pair,
        _ => false,
    };
    rows.into_iter()
        .filter(|r| r.blocks() && !of_old(r) && !waived.iter().any(|w| w == r.id))
        .map(|r| format!("{} ({}): {}", r.id, r.rule, r.found))
        .collect()
}
