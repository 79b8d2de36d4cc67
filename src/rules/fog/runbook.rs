//! What must fit before a group is taken away to be made again (facts: failover-groups 6.1, 6.2).

use super::prerequisites;
use super::prerequisites::Row;
use crate::model::geo::GroupFacts;

/// The checklist of the pair that is to be made, without what the old group itself causes: its members are in it, and where the
/// pair is the same, the secondary holds its copies.
pub fn rows(pair: &GroupFacts, old_group: &str, same_pair: bool, gb_per_hour: Option<f64>) -> Vec<Row> {
    let mut rows = prerequisites::judge(pair, gb_per_hour);
    let by_old = format!("in {old_group}");
    rows.retain(|r| match r.id {
        "fog.primary_group" | "fog.secondary_group" => !r.found.eq_ignore_ascii_case(&by_old),
        "fog.secondary_empty" => !same_pair,
        _ => true,
    });
    rows
}

/// Those of them that stand in the way, in words.
pub fn blocking(
    pair: &GroupFacts,
    old_group: &str,
    same_pair: bool,
    gb_per_hour: Option<f64>,
    waived: &[String],
) -> Vec<String> {
    rows(pair, old_group, same_pair, gb_per_hour)
        .iter()
        .filter(|r| r.blocks() && !waived.iter().any(|w| w == r.id))
        .map(|r| format!("{} ({}): {}", r.id, r.rule, r.found))
        .collect()
}
