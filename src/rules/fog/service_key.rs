//! The service master key is copied once, when a group is made (facts: failover-groups 7.5).

use super::prerequisites::List;
use super::prerequisites::Row;
use crate::model::fact::Fact;
use time::OffsetDateTime;

/// `changed`: the key's last change on the primary; `made`: when the group was made.
pub fn judge(changed: &Fact<OffsetDateTime>, made: Option<OffsetDateTime>) -> Vec<Row> {
    let mut list = List(Vec::new());
    let answer = changed.get().map_err(|why| why.0.clone()).and_then(|changed| {
        let made = made.ok_or_else(|| {
            format!(
                "changed at {changed}; when the group was made is not in this journal, so the two cannot be compared"
            )
        })?;
        Ok((*changed <= made, format!("changed at {changed}, group made at {made}")))
    });
    list.add("fog.service_key", answer);
    list.0
}

#[cfg(test)]
mod tests {
    use super::super::prerequisites::Status;
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_later_change_was_not_copied() {
        let made = Some(datetime!(2026-03-01 12:00 UTC));
        let status = |changed, made| judge(&Fact::Known { value: changed }, made)[0].status;
        assert_eq!(status(datetime!(2025-01-01 12:00 UTC), made), Status::Pass);
        assert_eq!(status(datetime!(2026-03-02 12:00 UTC), made), Status::Fail);
        assert_eq!(status(datetime!(2025-01-01 12:00 UTC), None), Status::Unknown);
        assert_eq!(judge(&Fact::unknown("dark"), made)[0].status, Status::Unknown);
    }
}
