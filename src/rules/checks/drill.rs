//! Was the way over and back ever tried, and how long ago?

use super::case::Case;
use super::case::DrillWish;
use super::case::Judged;
use super::case::fail;
use super::case::fail_with;
use super::case::not_applicable;
use super::case::pass;
use super::case::same;
use crate::base::text;
use crate::model::ids::SiteId;
use std::time::Duration;
use time::OffsetDateTime;

/// The newest drill of the target's failover group; where the estate puts the target in none, of any group.
pub(super) fn recent(c: &Case<'_>) -> Judged {
    match &c.wishes.drill {
        None => not_applicable("[policy] drill_within is not set"),
        Some(wish) => judge(wish, &c.link.target, c.wishes.now),
    }
}

fn judge(wish: &DrillWish, target: &SiteId, now: OffsetDateTime) -> Judged {
    let drills = wish.drills.get()?;
    let own: Vec<&str> =
        wish.groups.iter().filter(|(_, members)| members.contains(target)).map(|(g, _)| g.as_str()).collect();
    let concerns = |group: &str| own.is_empty() || own.iter().any(|g| same(g, group));
    let what = if own.is_empty() { "any failover group".to_owned() } else { own.join(", ") };
    let Some(last) = drills.iter().find(|d| concerns(&d.group)) else {
        return fail(format!("no drill of {what} in this journal"));
    };
    let age = Duration::try_from(now - last.ended_at).unwrap_or_default();
    let said = format!("{} of {} ended {} ago", last.run, last.group, text::duration(age));
    match last.lost_writes {
        Some(0) => {}
        Some(n) => return fail_with(format!("{said} and LOST {}", text::count(n as usize, "write")), LOST),
        None => return fail_with(format!("{said}; what it lost was not measured"), LOST),
    }
    if age > wish.within {
        return fail(format!("{said}, more than {}", text::duration(wish.within)));
    }
    pass(said)
}

const LOST: &str = "milink report RUN of that drill; then milink drill run again";

#[cfg(test)]
mod tests {
    use super::super::case::Answer;
    use super::super::case::LastDrill;
    use super::*;
    use crate::model::fact::Fact;
    use time::macros::datetime;

    fn judged(wish: &DrillWish) -> Judged {
        judge(wish, &SiteId::from("mi-a"), datetime!(2026-11-21 20:00 UTC))
    }

    fn wish(groups: &[(&str, &str)], drills: Fact<Vec<LastDrill>>) -> DrillWish {
        let groups = groups.iter().map(|(g, m)| ((*g).to_owned(), [SiteId::from(*m), SiteId::from("mi-b")])).collect();
        DrillWish { within: Duration::from_secs(30 * 86_400), groups, drills }
    }

    fn drill(group: &str, days: i64, lost: Option<u64>) -> Fact<Vec<LastDrill>> {
        let ended_at = datetime!(2026-11-21 20:00 UTC) - time::Duration::days(days);
        let one = LastDrill { run: "drill-1".to_owned(), group: group.to_owned(), ended_at, lost_writes: lost };
        Fact::Known { value: vec![one] }
    }

    #[test]
    fn a_drill_counts_when_it_is_of_this_group_young_and_without_loss() {
        let own = [("fog-a", "mi-a")];
        let passes = |w: DrillWish| matches!(judged(&w), Ok(Answer::Pass(_)));
        assert!(passes(wish(&own, drill("FOG-A", 29, Some(0)))));
        assert!(!passes(wish(&own, drill("fog-a", 31, Some(0)))), "too old");
        assert!(!passes(wish(&own, drill("fog-b", 1, Some(0)))), "another group's");
        assert!(!passes(wish(&own, drill("fog-a", 1, Some(2)))), "it lost something");
        assert!(!passes(wish(&own, drill("fog-a", 1, None))), "nobody measured");
        assert!(passes(wish(&[("fog-c", "mi-c")], drill("fog-b", 1, Some(0)))), "the target is in no group");
        assert!(judged(&wish(&own, Fact::unknown("the journal cannot be read"))).is_err(), "unknown is no pass");
    }
}
